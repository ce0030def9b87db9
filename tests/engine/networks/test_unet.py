"""The denoiser against diffusers' UNet with the same weights."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from engine.networks.architecture import HeadReading, UnetConfig  # noqa: E402
from engine.networks.torch_operations import TorchOperations  # noqa: E402
from engine.networks.unet import denoiser  # noqa: E402
from tests.checkpoints import CONDITION_WIDTH, LATENT_CHANNELS, hub_config, make_unet  # noqa: E402

# Of outputs of about 0.6: what the order of sums makes of fp32 in forty layers.
TOLERANCE = 2e-5
# Two readings of one checkpoint are as far apart as two checkpoints.
UNLIKE = 0.1
TIMESTEPS = (901.0, 3.0)


def config_of(unet, reading: HeadReading = "diffusers") -> UnetConfig:
    return UnetConfig.from_hub(hub_config(unet), reading)


def inputs(frames: int, batch: int = 2, seed: int = 1):
    generator = torch.Generator().manual_seed(seed)
    latents = torch.randn(batch, LATENT_CHANNELS, frames, 16, generator=generator)
    condition = torch.randn(batch, CONDITION_WIDTH, generator=generator)
    return latents, torch.tensor(TIMESTEPS[:batch]), condition


@torch.inference_mode()
def theirs(unet, latents, timesteps, condition):
    return unet(latents, timesteps, encoder_hidden_states=None, class_labels=condition).sample


@torch.inference_mode()
def ours(unet, given, reading: HeadReading = "diffusers", **options):
    return denoiser(TorchOperations(unet.state_dict(), **options), config_of(unet, reading), *given)


def seeded(**options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        return make_unet(**options)


@pytest.mark.parametrize("frames", [8, 24, 64])
@pytest.mark.parametrize("levels", [2, 4])
def test_equals_diffusers(levels: int, frames: int) -> None:
    """Every weight is used as diffusers uses it, whatever the depth, the heads and the length."""
    unet, given = seeded(levels=levels), inputs(frames)
    torch.testing.assert_close(ours(unet, given), theirs(unet, *given), rtol=0, atol=TOLERANCE)


def test_equals_diffusers_beyond_float32() -> None:
    """In fp64 nothing is left of the difference: it was rounding, not another network."""
    unet = seeded(levels=4).double()
    latents, timesteps, condition = inputs(16)
    given = latents.double(), timesteps, condition.double()
    # The time embedding is fp32 in both.
    found = ours(unet, given, dtype=torch.float64)
    torch.testing.assert_close(found, theirs(unet, *given), rtol=0, atol=1e-12)


@pytest.mark.parametrize("reading", ["diffusers", "original"])
def test_heads_are_read_as_named(reading: HeadReading) -> None:
    """One published config, "8", has two readings; each is the network diffusers builds with those heads."""
    published = seeded(levels=4, heads=8)
    heads = {"diffusers": (8, 8, 8, 8), "original": (1, 2, 3, 5)}[reading]  # of width 32: 32, 64, 96, 160
    assert heads == config_of(published, reading).heads
    intended = make_unet(4, heads)
    intended.load_state_dict(published.state_dict())
    given = inputs(16)
    found = ours(published, given, reading)
    torch.testing.assert_close(found, theirs(intended, *given), rtol=0, atol=TOLERANCE)


def test_the_readings_are_different_networks() -> None:
    """Nothing about the weights tells the readings apart, but the outputs are unlike."""
    published, given = seeded(levels=4, heads=8), inputs(16)
    diffusers, original = (ours(published, given, reading) for reading in ("diffusers", "original"))
    assert (diffusers - original).abs().max() > UNLIKE


def test_batches_do_not_mix() -> None:
    """Guidance computes two conditions in one batch; each sound gets what it would get alone."""
    unet, (latents, timesteps, condition) = seeded(levels=2), inputs(16)
    together = ours(unet, (latents, timesteps, condition))
    apart = [ours(unet, (latents[i : i + 1], timesteps[i : i + 1], condition[i : i + 1])) for i in (0, 1)]
    torch.testing.assert_close(together, torch.cat(apart), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("dtype", "error"), [(torch.float16, 0.01), (torch.bfloat16, 0.06)])
def test_half_precisions_stay_near(dtype, error: float) -> None:
    """Every layer runs in half precision, none overflows, and the mean error is that of its few bits."""
    unet, given = seeded(levels=4), inputs(16)
    exact, found = ours(unet, given), ours(unet, given, dtype=dtype)
    assert dtype == found.dtype
    assert (found.float() - exact).abs().mean() < error * exact.abs().mean()
