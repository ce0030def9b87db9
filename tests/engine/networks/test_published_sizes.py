"""The networks at the sizes of the published checkpoints, by shape alone: nothing is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("transformers")

from engine.networks.architecture import HeadReading, UnetConfig, VaeConfig, VocoderConfig  # noqa: E402
from engine.networks.torch_operations import TorchOperations  # noqa: E402
from engine.networks.unet import denoiser  # noqa: E402
from engine.networks.vae import vae_decoder, vae_encoder  # noqa: E402
from engine.networks.vocoder import vocoder  # noqa: E402
from tests.checkpoints import hub_config  # noqa: E402

MILLION = 1e6
# Base channels and millions of parameters of the denoisers s-full, m-full and l-full, and their heads as
# the original code had them.
DENOISERS = {128: 185.04, 192: 415.95, 256: 739.14}
ORIGINAL_HEADS = {128: (4, 8, 12, 20), 192: (6, 12, 18, 30), 256: (4, 8, 12, 20)}


class Watched(Mapping[str, Any]):
    """Shapes of weights that remember which of them were asked for."""

    def __init__(self, module: Any) -> None:
        self.weights = module.state_dict()
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.used.add(name)
        return self.weights[name]

    def __contains__(self, name: object) -> bool:
        return name in self.weights

    def __iter__(self) -> Iterator[str]:
        return iter(self.weights)

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def millions(self) -> float:
        """Parameters that were used."""
        return round(sum(self.weights[name].numel() for name in self.used) / MILLION, 2)


def shape(*sizes: int) -> Any:
    return torch.empty(sizes, device="meta")


def operations(watched: Watched) -> TorchOperations:
    return TorchOperations(watched, device="meta")


def published_unet(base: int) -> Any:
    from diffusers import UNet2DConditionModel

    channels = (base, 2 * base, 3 * base, 5 * base)
    with torch.device("meta"):
        return UNet2DConditionModel(
            sample_size=128,
            in_channels=8,
            out_channels=8,
            down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * 3,
            up_block_types=("CrossAttnUpBlock2D",) * 3 + ("UpBlock2D",),
            block_out_channels=channels,
            layers_per_block=2,
            cross_attention_dim=channels,
            attention_head_dim=8,
            class_embed_type="simple_projection",
            projection_class_embeddings_input_dim=512,
            class_embeddings_concat=True,
        )


@pytest.mark.parametrize("reading", ["diffusers", "original"])
@pytest.mark.parametrize("base", DENOISERS)
def test_denoisers_use_every_published_weight(base: int, reading: HeadReading) -> None:
    """S, M and L: all weights are used, there are as many as published, and ten seconds keep their shape."""
    module = published_unet(base)
    config = UnetConfig.from_hub(hub_config(module), reading)
    watched = Watched(module)
    found = denoiser(operations(watched), config, shape(2, 8, 256, 16), shape(2), shape(2, 512))
    assert (2, 8, 256, 16) == found.shape
    assert set(watched) == watched.used
    assert DENOISERS[base] == watched.millions
    assert {"diffusers": (8, 8, 8, 8), "original": ORIGINAL_HEADS[base]}[reading] == config.heads


def test_autoencoder_uses_every_published_weight() -> None:
    """Both halves together use all 55.38 M, and 61 s of sound go through them."""
    from diffusers import AutoencoderKL

    with torch.device("meta"):
        module = AutoencoderKL(
            in_channels=1,
            out_channels=1,
            down_block_types=("DownEncoderBlock2D",) * 3,
            up_block_types=("UpDecoderBlock2D",) * 3,
            block_out_channels=(128, 256, 512),
            layers_per_block=2,
            latent_channels=8,
        )
    config, watched = VaeConfig.from_hub(hub_config(module)), Watched(module)
    ops = operations(watched)
    assert (1, 16, 1536, 16) == vae_encoder(ops, config, shape(1, 1, 6144, 64)).shape
    assert (1, 1, 6144, 64) == vae_decoder(ops, config, shape(1, 8, 1536, 16)).shape
    assert set(watched) == watched.used
    assert 55.38 == watched.millions


def test_vocoder_uses_every_published_weight() -> None:
    """All 55.26 M but the mean and scale that published vocoders have and ignore; 32 frames too many."""
    from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

    published = SpeechT5HifiGanConfig(
        model_in_dim=64,
        sampling_rate=16000,
        upsample_initial_channel=1024,
        upsample_rates=[5, 4, 2, 2, 2],
        upsample_kernel_sizes=[16, 16, 8, 4, 4],
        normalize_before=False,
    )
    with torch.device("meta"):
        module = SpeechT5HifiGan(published)
    config, watched = VocoderConfig.from_hub(hub_config(module)), Watched(module)
    assert (1, 160 * 1024 + 32) == vocoder(operations(watched), config, shape(1, 1024, 64)).shape
    assert set(watched) - watched.used == {"mean", "scale"}
    assert 55.26 == watched.millions
