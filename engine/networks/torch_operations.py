"""The networks executed by torch, on any of its devices and in any of its float types."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from engine.networks.operations import AttentionNames, Float32, Integers

LONGEST_PERIOD = 10000.0
# Where torch has no attention that goes through the scores in blocks, queries are taken in groups, so
# that no more than this many scores exist at once: 64 MB of them in fp32.
MAX_SCORES = 2**24


class TorchOperations:
    """``Operations`` over tensors (``operations.py``).

    weights: by their hub names, (out, in) for linear layers; converted to ``device`` and ``dtype`` at
    each use, which costs nothing where they are that already. Inputs may be of another float type:
    what leaves a layer is ``dtype``. Sums of normalisations and softmax are fp32 inside torch's kernels.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.weights = weights
        self.device = torch.device(device)
        self.dtype = dtype

    # Images.
    def conv2d(self, name: str, x: Tensor, *, stride: int = 1, padding: int = 0, pad_end: int = 0) -> Tensor:
        """Convolution of an image; zeros on all four sides, or ``pad_end`` after time and bands."""
        if pad_end:
            x = functional.pad(x, (0, pad_end, 0, pad_end))
        return functional.conv2d(self._inner(x), *self._layer(name), stride=stride, padding=padding)

    def group_norm(self, name: str, x: Tensor, *, groups: int, eps: float, silu: bool) -> Tensor:
        """Group normalisation with the layer's scale and shift, then SiLU if ``silu``."""
        weight, bias = self._layer(name)
        normalised = functional.group_norm(x, groups, weight, bias, eps)
        return functional.silu(normalised) if silu else normalised

    def add_vector(self, x: Tensor, vector: Tensor) -> Tensor:
        """A vector (batch, channels) added at every place of an image."""
        return x + vector[:, :, None, None]

    def upsample(self, x: Tensor) -> Tensor:
        """Each place of an image four times: twice as long, twice as many bands."""
        return functional.interpolate(x, scale_factor=2.0, mode="nearest")

    def to_tokens(self, x: Tensor) -> Tensor:
        """An image's places as tokens; a view where the image is channels-last in memory."""
        return x.permute(0, 2, 3, 1).flatten(1, 2)

    def to_image(self, tokens: Tensor, like: Tensor) -> Tensor:
        """The inverse of ``to_tokens``; the image is channels-last in memory."""
        return tokens.reshape(len(tokens), *like.shape[2:], -1).permute(0, 3, 1, 2)

    # Waves.
    def conv1d(self, name: str, x: Tensor, *, padding: int, dilation: int = 1) -> Tensor:
        """Convolution along time."""
        return functional.conv1d(self._inner(x), *self._layer(name), padding=padding, dilation=dilation)

    def conv_transpose1d(self, name: str, x: Tensor, *, stride: int, padding: int) -> Tensor:
        """Transposed convolution along time: frames -> (frames - 1) * stride - 2 * padding + kernel."""
        return functional.conv_transpose1d(x, *self._layer(name), stride=stride, padding=padding)

    def standardise(self, mean: str, scale: str, x: Tensor) -> Tensor:
        """(x - mean) / scale over the last axis."""
        return (self._inner(x) - self._weight(mean)) / self._weight(scale)

    def mel_to_wave(self, mel: Tensor) -> Tensor:
        """(batch, mel_frames, n_mels) -> (batch, n_mels, mel_frames)."""
        return mel.transpose(1, 2)

    def only_channel(self, x: Tensor) -> Tensor:
        """(batch, 1, frames) -> (batch, frames)."""
        return x.squeeze(1)

    # Tokens and vectors.
    def linear(self, name: str, x: Tensor) -> Tensor:
        """x @ weight.T + bias over the last axis."""
        return functional.linear(self._inner(x), *self._layer(name))

    def layer_norm(self, name: str, x: Tensor, *, eps: float) -> Tensor:
        """Layer normalisation over the last axis."""
        weight, bias = self._layer(name)
        return functional.layer_norm(x, x.shape[-1:], weight, bias, eps)

    def self_attention(
        self, names: AttentionNames, x: Tensor, *, heads: int, bias: Tensor | None = None
    ) -> Tensor:
        """Projections, scaled dot-product attention of tokens with each other, and the output projection."""
        query, key, value = (
            self.linear(name, x).reshape(*x.shape[:2], heads, -1).transpose(1, 2)
            for name in (names.query, names.key, names.value)
        )
        attended = _attend(query, key, value, bias)
        return self.linear(names.out, attended.transpose(1, 2).flatten(2))

    def geglu(self, name: str, x: Tensor) -> Tensor:
        """One linear layer to twice the width; its first half times the GELU of the second."""
        kept, gate = self.linear(name, x).chunk(2, dim=-1)
        return kept * functional.gelu(gate)

    def sinusoid(self, timesteps: Tensor, *, width: int) -> Tensor:
        """(batch,) -> (batch, width): cosines, then sines; computed in fp32, since fp16 has no 2049."""
        half = width // 2
        exponents = torch.arange(half, dtype=torch.float32, device=timesteps.device) / half
        angles = timesteps.float()[:, None] * torch.exp(-math.log(LONGEST_PERIOD) * exponents)
        return self._inner(torch.cat([angles.cos(), angles.sin()], dim=1))

    def first_token(self, x: Tensor) -> Tensor:
        """(batch, tokens, width) -> (batch, width)."""
        return x[:, 0]

    def mean_token(self, x: Tensor) -> Tensor:
        """The mean over all tokens: (batch, tokens, width) -> (batch, width)."""
        return x.mean(dim=1)

    # Ids.
    def embed(self, name: str, ids: Tensor) -> Tensor:
        """Rows of the layer's table: (batch, tokens) -> (batch, tokens, width)."""
        return functional.embedding(ids, self._weight(f"{name}.weight"))

    def positions(self, ids: Tensor, *, pad_id: int) -> Tensor:
        """RoBERTa's places, as ids: pad_id + 1 for the first token, and so on; padding has pad_id itself."""
        real = ids != pad_id
        return real.cumsum(dim=1) * real + pad_id

    def mask_bias(self, mask: Tensor) -> Tensor:
        """Ids of 1 and 0 -> (batch, 1, 1, tokens): 0, or the type's lowest number."""
        bias = torch.zeros(mask.shape, dtype=self.dtype, device=mask.device)
        return bias.masked_fill(mask == 0, torch.finfo(self.dtype).min)[:, None, None]

    # Arrays.
    def constant(self, values: Float32) -> Tensor:
        """These numbers."""
        return torch.from_numpy(values).to(self.device, self.dtype)

    def rows(self, key: str, index: Integers) -> Tensor:
        """Rows of a table of the checkpoint: (rows, width) -> (*index.shape, width)."""
        return self._weight(key)[torch.from_numpy(index).to(self.device, torch.int64)]

    def reshape(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The same numbers in the same order; one length may be -1: what is left."""
        return x.reshape(shape)

    def transpose(self, x: Tensor, axes: tuple[int, ...]) -> Tensor:
        """Axis ``axes[n]`` becomes axis n."""
        return x.permute(axes)

    def take(self, x: Tensor, index: Integers, *, axis: int) -> Tensor:
        """Entries along an axis, in the order of ``index``."""
        return x.index_select(axis, torch.from_numpy(index).to(x.device, torch.int64))

    def repeat_like(self, x: Tensor, like: Tensor) -> Tensor:
        """x again and again along axis 0, until it has as many entries as ``like``."""
        return x.repeat(len(like) // len(x), *(1 for _ in x.shape[1:]))

    def batch_norm(self, name: str, x: Tensor, *, eps: float) -> Tensor:
        """Batch normalisation of the last axis by the layer's running mean and variance."""
        mean, variance = self._weight(f"{name}.running_mean"), self._weight(f"{name}.running_var")
        weight, bias = self._layer(name)
        return (self._inner(x) - mean) * torch.rsqrt(variance + eps) * weight + (
            0.0 if bias is None else bias
        )

    # Anything.
    def add(self, a: Tensor, b: Tensor) -> Tensor:
        """Elementwise sum."""
        return a + b

    def multiply(self, a: Tensor, b: Tensor) -> Tensor:
        """Elementwise product."""
        return a * b

    def concat(self, a: Tensor, b: Tensor) -> Tensor:
        """Two images or two vectors joined along axis 1."""
        return torch.cat([a, b], dim=1)

    def scale(self, x: Tensor, factor: float) -> Tensor:
        """x times a number."""
        return x * factor

    def silu(self, x: Tensor) -> Tensor:
        """x * sigmoid(x)."""
        return functional.silu(x)

    def gelu(self, x: Tensor) -> Tensor:
        """The exact GELU, by the error function."""
        return functional.gelu(x)

    def relu(self, x: Tensor) -> Tensor:
        """max(x, 0)."""
        return functional.relu(x)

    def tanh(self, x: Tensor) -> Tensor:
        """The hyperbolic tangent."""
        return torch.tanh(x)

    def leaky_relu(self, x: Tensor, *, slope: float) -> Tensor:
        """x where positive, else slope * x."""
        return functional.leaky_relu(x, slope)

    # What the above share.
    def _inner(self, x: Tensor) -> Tensor:
        return x.to(self.dtype)

    def _weight(self, key: str) -> Tensor:
        return self.weights[key].to(self.device, self.dtype)

    def _layer(self, name: str) -> tuple[Tensor, Tensor | None]:
        """A layer's weight and, if the checkpoint has one for it, its bias."""
        bias = f"{name}.bias"
        return self._weight(f"{name}.weight"), self._weight(bias) if bias in self.weights else None


def _attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
    """Attention of (batch, heads, tokens, width) without ever more than MAX_SCORES scores.

    On CPU (measured) and CUDA torch's own attention goes through the scores in blocks. On Metal it makes
    the whole matrix. Biased scores exist one by one already; only few tokens have them.
    """
    batch, heads, tokens, _ = query.shape
    group = max(1, MAX_SCORES // (batch * heads * tokens))
    if query.device.type == "mps" and bias is None and group < tokens:
        return attend_in_groups(query, key, value, group)
    return functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)


def attend_in_groups(query: Tensor, key: Tensor, value: Tensor, group: int) -> Tensor:
    """The same, so many queries at a time."""
    parts = torch.split(query, group, dim=2)
    return torch.cat([functional.scaled_dot_product_attention(part, key, value) for part in parts], dim=2)
