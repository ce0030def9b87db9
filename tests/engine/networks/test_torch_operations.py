"""What the torch implementation promises beyond the arithmetic that the networks' own tests compare."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch.profiler import ProfilerActivity, profile  # noqa: E402

from engine.networks import torch_operations  # noqa: E402
from engine.networks.operations import AttentionNames  # noqa: E402
from engine.networks.torch_operations import TorchOperations  # noqa: E402

WIDTH = 64
NAMES = AttentionNames("q", "k", "v", "o")
# The VAE of 20 s of sound attends among this many places; a matrix of their scores is 256 MB.
MANY = 8192
FLOAT = 4


def attention_weights():
    generator = torch.Generator().manual_seed(1)
    drawn = {f"{name}.weight": torch.randn(WIDTH, WIDTH, generator=generator) / 8 for name in "qkvo"}
    return {**drawn, "o.bias": torch.randn(WIDTH, generator=generator)}


def tokens(count: int, batch: int = 1):
    return torch.randn(batch, count, WIDTH, generator=torch.Generator().manual_seed(2))


def written_out(weights, x, heads: int, bias=None):
    """Attention as its paper states it, in fp64."""
    query, key, value = (
        (x @ weights[f"{name}.weight"].T).double().unflatten(2, (heads, -1)).transpose(1, 2) for name in "qkv"
    )
    scores = query @ key.transpose(2, 3) / (WIDTH // heads) ** 0.5
    shares = (scores if bias is None else scores + bias).softmax(-1)
    mixed = (shares @ value).transpose(1, 2).flatten(2)
    return mixed @ weights["o.weight"].double().T + weights["o.bias"]


@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("biased", [False, True])
def test_attention_is_the_papers(heads: int, biased: bool) -> None:
    """Heads, scale, bias of the scores and bias of the last projection are where they belong."""
    weights, x = attention_weights(), tokens(50, batch=2)
    bias = torch.randn(2, heads, 50, 50) if biased else None
    found = TorchOperations(weights).self_attention(NAMES, x, heads=heads, bias=bias)
    torch.testing.assert_close(found.double(), written_out(weights, x, heads, bias), rtol=0, atol=1e-5)


def largest_allocation(run) -> int:
    """Bytes that the greediest single operation took."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as measured:
        run()
    return max(event.self_cpu_memory_usage for event in measured.events())


@pytest.mark.filterwarnings("ignore:.*:UserWarning:torch.profiler", "ignore:.*:FutureWarning:torch.profiler")
def test_attention_never_makes_the_whole_matrix() -> None:
    """With a single head over thousands of places, as in the VAE, memory grows with the places only."""
    ops, x = TorchOperations(attention_weights()), tokens(MANY)
    with torch.inference_mode():
        taken = largest_allocation(lambda: ops.self_attention(NAMES, x, heads=1))
    assert MANY * WIDTH * FLOAT <= taken < MANY * MANY * FLOAT / 16


@pytest.mark.parametrize("group", [1, 7, 50])
def test_groups_of_queries_change_nothing(group: int) -> None:
    """Where torch has no such attention, queries are taken in groups, with the same result."""
    query, key, value = (torch.randn(2, 3, 50, 8) for _ in range(3))
    whole = torch.nn.functional.scaled_dot_product_attention(query, key, value)
    found = torch_operations.attend_in_groups(query, key, value, group)
    torch.testing.assert_close(found, whole, rtol=0, atol=1e-6)


def test_masked_tokens_count_for_nothing() -> None:
    """A padded prompt attends to its own tokens only, in half precision too."""
    ops = TorchOperations(attention_weights(), dtype=torch.float16)
    x = tokens(10).half()
    bias = ops.mask_bias(torch.tensor([[1] * 6 + [0] * 4]))
    padded = ops.self_attention(NAMES, x, heads=4, bias=bias)
    alone = ops.self_attention(NAMES, x[:, :6], heads=4)
    assert (1, 1, 1, 10) == bias.shape
    torch.testing.assert_close(padded[:, :6], alone, rtol=0, atol=2e-3)


def test_sinusoid_is_exact_in_half_precision() -> None:
    """fp16 has no 2049 and few digits of 901 times anything: the angles are fp32."""
    ops = TorchOperations({}, dtype=torch.float16)
    found = ops.sinusoid(torch.tensor([901.0, 2049.0]), width=128)
    exact = TorchOperations({}).sinusoid(torch.tensor([901.0, 2049.0]), width=128)
    assert torch.float16 == found.dtype
    torch.testing.assert_close(found.float(), exact, rtol=0, atol=1e-3)


def test_group_norm_survives_half_precision() -> None:
    """Sums over a whole image are beyond fp16; the result isn't."""
    x = torch.randn(1, 32, 128, 64) * 50 + 200
    weights = {"n.weight": torch.ones(32), "n.bias": torch.zeros(32)}
    exact, found = (
        TorchOperations(weights, dtype=dtype).group_norm("n", x.to(dtype), groups=8, eps=1e-5, silu=False)
        for dtype in (torch.float32, torch.float16)
    )
    torch.testing.assert_close(found.float(), exact, rtol=0, atol=0.02)


def test_weights_of_any_float_type_are_used() -> None:
    """A checkpoint's tensors may be of another type than the computation: each is converted when used."""
    weights = {name: weight.half() for name, weight in attention_weights().items()}
    x = tokens(5)
    found = TorchOperations(weights).linear("o", x)
    assert torch.float32 == found.dtype
    torch.testing.assert_close(
        found, x @ weights["o.weight"].float().T + weights["o.bias"].float(), rtol=0, atol=1e-5
    )


def test_images_and_tokens_are_inverse() -> None:
    """Time first, then bands, and back; the image comes back channels-last, as convolutions like it."""
    ops, image = TorchOperations({}), torch.randn(2, 8, 6, 4)
    flat = ops.to_tokens(image)
    back = ops.to_image(flat.contiguous(), image)
    torch.testing.assert_close(flat[:, 4 * 3 + 1], image[:, :, 3, 1], rtol=0, atol=0)
    torch.testing.assert_close(back, image, rtol=0, atol=0)
    assert back.is_contiguous(memory_format=torch.channels_last)


def test_padding_at_the_end_only() -> None:
    """``pad_end`` adds zeros after the last time and band, none before the first."""
    kernel = torch.zeros(1, 1, 3, 3)
    kernel[0, 0, 0, 0] = 1.0
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    found = TorchOperations({"c.weight": kernel}).conv2d("c", image, stride=2, pad_end=1)
    assert [[0.0, 2.0], [8.0, 10.0]] == found[0, 0].tolist()


def test_rows_and_takes_follow_their_index() -> None:
    """Tables known beforehand are looked up in the order of the index, whatever its integer type."""
    table = torch.arange(12.0).reshape(4, 3)
    ops = TorchOperations({"t": table})
    rows = ops.rows("t", np.array([[3, 0]], np.int32))
    taken = ops.take(table, np.array([2, 0], np.int64), axis=1)
    assert [[[9.0, 10.0, 11.0], [0.0, 1.0, 2.0]]] == rows.tolist()
    assert [[2.0, 0.0], [5.0, 3.0], [8.0, 6.0], [11.0, 9.0]] == taken.tolist()
