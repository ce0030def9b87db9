"""A bundle's numbers, from the sizes of published networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import EngineError
from engine.install.geometry import latent_geometry, mel_parameters, vocoder_margin
from engine.networks.architecture import UnetConfig, VaeConfig, VocoderConfig

DILATIONS = ((1, 3, 5),) * 3
VOCODER = VocoderConfig(
    model_in_dim=64,
    sampling_rate=16_000,
    upsample_initial_channel=1024,
    upsample_rates=(5, 4, 2, 2, 2),
    upsample_kernel_sizes=(16, 16, 8, 4, 4),
    resblock_kernel_sizes=(3, 7, 11),
    resblock_dilation_sizes=DILATIONS,
    leaky_relu_slope=0.1,
    normalize_before=False,
)
VOCODER_48K = replace(
    VOCODER,
    model_in_dim=256,
    sampling_rate=48_000,
    upsample_initial_channel=1536,
    upsample_rates=(6, 5, 4, 2, 2),
    upsample_kernel_sizes=(12, 10, 8, 4, 4),
    resblock_kernel_sizes=(3, 7, 11, 15),
    resblock_dilation_sizes=((1, 3, 5),) * 4,
)
UNET = UnetConfig(8, 8, (128, 256, 384, 640), (False, True, True, True), 2, (8, 8, 8, 8), 32, 512)
VAE = VaeConfig(1, 1, 8, (128, 256, 512), 2, 32, 0.9)


def test_the_published_geometry() -> None:
    """10.24 s are 256 latent frames of 8 channels."""
    expected = {
        "channels": 8,
        "time_factor": 4,
        "band_factor": 4,
        "multiple": 8,
        "window_frames": 256,
        "shortest_frames": 64,
    }
    assert expected == latent_geometry(UNET, VAE, mel_parameters(VOCODER))


def test_the_48k_geometry() -> None:
    """10.24 s are 128 latent frames of 16 channels."""
    vae = replace(VAE, latent_channels=16, block_out_channels=(128, 256, 512, 1024))
    found = latent_geometry(UNET, vae, mel_parameters(VOCODER_48K))
    assert (16, 8, 128, 32) == tuple(
        found[key] for key in ("channels", "time_factor", "window_frames", "shortest_frames")
    )


@pytest.mark.parametrize(
    "change", [{"sampling_rate": 22_050}, {"model_in_dim": 80}, {"upsample_rates": (5, 5)}]
)
def test_an_unknown_vocoder_is_refused(change: dict) -> None:
    """Its log-mel is nowhere written down."""
    with pytest.raises(EngineError, match="known are 16000 Hz with 64 bands every 160"):
        mel_parameters(replace(VOCODER, **change))


def test_bands_that_can_not_be_halved_are_refused() -> None:
    """The last level would have half a band."""
    with pytest.raises(EngineError, match="halved"):
        latent_geometry(replace(UNET, block_out_channels=(32,) * 6), VAE, mel_parameters(VOCODER))


@pytest.mark.torch
@pytest.mark.parametrize("config", [VOCODER, VOCODER_48K], ids=["16k", "48k"])
def test_a_sample_depends_on_no_frame_beyond_the_margin(config: VocoderConfig) -> None:
    """One frame changed: what sounds differently lies within the margin, and reaches nearly as far."""
    torch = pytest.importorskip("torch")
    from engine.networks.torch_operations import TorchOperations
    from engine.networks.vocoder import vocoder

    small = replace(config, model_in_dim=4, upsample_initial_channel=64)
    weights = _ones(small, torch)
    frames, hop = 121, int(np.prod(config.upsample_rates))
    place = frames // 2
    mel = torch.full((2, frames, 4), 1.0, dtype=torch.float64)
    mel[1, place] += 1.0
    with torch.inference_mode():
        plain, changed = vocoder(TorchOperations(weights, dtype=torch.float64), small, mel)
    different = np.flatnonzero((plain != changed).numpy())
    margin = vocoder_margin(config)
    reach = max(place - different[0] // hop, different[-1] // hop - place)
    assert reach <= margin <= reach + 5  # the outermost count for less than float64 can tell


def _ones(config: VocoderConfig, torch) -> dict:  # type: ignore[no-untyped-def]
    """Weights of one sign, none of which can cancel another, so small that nothing saturates."""
    width, weights = config.upsample_initial_channel, {}

    def add(name: str, shape: tuple[int, ...], outputs: int) -> None:
        weights[f"{name}.weight"] = torch.full(shape, 0.3 / np.prod(shape[1:]), dtype=torch.float64)
        weights[f"{name}.bias"] = torch.zeros(outputs, dtype=torch.float64)

    add("conv_pre", (width, config.model_in_dim, 7), width)
    blocks = len(config.resblock_kernel_sizes)
    for stage, kernel in enumerate(config.upsample_kernel_sizes):
        inner = width // 2
        add(f"upsampler.{stage}", (width, inner, kernel), inner)
        for index, size in enumerate(config.resblock_kernel_sizes):
            for layer in range(len(config.resblock_dilation_sizes[index])):
                for convolution in ("convs1", "convs2"):
                    name = f"resblocks.{stage * blocks + index}.{convolution}.{layer}"
                    add(name, (inner, inner, size), inner)
        width = inner
    add("conv_post", (1, width, 7), 1)
    weights["mean"] = torch.zeros(config.model_in_dim)
    weights["scale"] = torch.ones(config.model_in_dim)
    return weights
