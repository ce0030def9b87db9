"""The tables of expected weights are what the published libraries make of the same sizes."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.torch

import torch  # noqa: E402  # behind the skips: without torch nothing below is there

from engine.errors import EngineError  # noqa: E402
from engine.install.checkpoint import Network  # noqa: E402
from engine.install.expected import (  # noqa: E402
    audio_shapes,
    check_weights,
    text_shapes,
    unet_shapes,
    vae_shapes,
    vocoder_shapes,
)
from engine.install.hub_names import LEFTOVERS  # noqa: E402
from engine.networks.architecture import (  # noqa: E402
    ClapAudioConfig,
    ClapTextConfig,
    UnetConfig,
    VaeConfig,
    VocoderConfig,
)
from engine.networks.hub_config import HubConfig  # noqa: E402


def config_of(values: dict[str, Any]) -> HubConfig:
    return HubConfig(values, "the test")


def shapes_of(module: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    return {
        name: tuple(tensor.shape)
        for name, tensor in module.state_dict().items()
        if not LEFTOVERS.fullmatch(name)
    }


def unet_values(channels: list[int], attends: list[bool], layers: int, heads: object) -> dict[str, Any]:
    """As a config.json has them."""
    return {
        "in_channels": 8,
        "out_channels": 8,
        "block_out_channels": channels,
        "layers_per_block": layers,
        "cross_attention_dim": channels,
        "attention_head_dim": heads,
        "down_block_types": ["CrossAttnDownBlock2D" if attend else "DownBlock2D" for attend in attends],
        "up_block_types": ["CrossAttnUpBlock2D" if attend else "UpBlock2D" for attend in reversed(attends)],
        "class_embed_type": "simple_projection",
        "class_embeddings_concat": True,
        "projection_class_embeddings_input_dim": 512,
    }


PUBLISHED = [False, True, True, True]


@pytest.mark.parametrize(
    ("values", "parameters"),
    [
        (unet_values([128, 256, 384, 640], PUBLISHED, 2, 8), 185_036_552),
        (unet_values([192, 384, 576, 960], PUBLISHED, 2, 8), 415_954_568),
        (unet_values([256, 512, 768, 1280], PUBLISHED, 2, 8), 739_139_080),
        (unet_values([32, 32, 96], [True, False, True], 3, [4, 8, 2]), None),
        (unet_values([64], [True], 1, 8), None),
    ],
    ids=["S", "M", "L", "three levels", "one level"],
)
def test_the_denoiser(values: dict[str, Any], parameters: int | None) -> None:
    """The published S, M and L have the known numbers of parameters."""
    with torch.device("meta"):
        module = diffusers.UNet2DConditionModel(**values)
    expected = unet_shapes(UnetConfig.from_hub(config_of(values), "diffusers"))
    assert shapes_of(module) == expected
    if parameters:
        assert parameters == sum(torch.Size(shape).numel() for shape in expected.values())


@pytest.mark.parametrize(("channels", "layers"), [([128, 256, 512], 2), ([32, 32, 64, 96], 1), ([32], 3)])
def test_the_autoencoder(channels: list[int], layers: int) -> None:
    """The published one, and others."""
    values: dict[str, Any] = {
        "in_channels": 1,
        "out_channels": 1,
        "latent_channels": 8,
        "block_out_channels": channels,
        "layers_per_block": layers,
        "down_block_types": ["DownEncoderBlock2D"] * len(channels),
        "up_block_types": ["UpDecoderBlock2D"] * len(channels),
    }
    with torch.device("meta"):
        module = diffusers.AutoencoderKL(**values)
    assert shapes_of(module) == vae_shapes(VaeConfig.from_hub(config_of(values)))


@pytest.mark.parametrize(
    "values",
    [
        {
            "model_in_dim": 64,
            "upsample_initial_channel": 1024,
            "upsample_rates": [5, 4, 2, 2, 2],
            "upsample_kernel_sizes": [16, 16, 8, 4, 4],
        },
        {"resblock_kernel_sizes": [3, 5], "resblock_dilation_sizes": [[1, 2], [1, 3, 4]]},
        {},
    ],
    ids=["published", "two residual blocks", "defaults"],
)
def test_the_vocoder(values: dict[str, Any]) -> None:
    """The published one, and others."""
    with torch.device("meta"):
        module = transformers.SpeechT5HifiGan(transformers.SpeechT5HifiGanConfig(**values))
    assert shapes_of(module) == vocoder_shapes(VocoderConfig.from_hub(config_of(values)))


@pytest.mark.parametrize(
    "values", [{}, {"hidden_size": 32, "num_attention_heads": 4, "projection_dim": 40, "vocab_size": 99}]
)
def test_the_text_tower(values: dict[str, Any]) -> None:
    """CLAP's, and a smaller one."""
    with torch.device("meta"):
        module = transformers.ClapTextModelWithProjection(transformers.ClapTextConfig(**values))
    assert shapes_of(module) == text_shapes(ClapTextConfig.from_hub(config_of(values)))


@pytest.mark.parametrize(
    "values",
    [{}, {"patch_embeds_hidden_size": 128, "depths": [2, 2, 12, 2], "hidden_size": 1024}],
    ids=["tiny", "base"],
)
def test_the_audio_tower(values: dict[str, Any]) -> None:
    """HTSAT as S and L have it, and as M has it."""
    with torch.device("meta"):
        module = transformers.ClapAudioModelWithProjection(transformers.ClapAudioConfig(**values))
    assert shapes_of(module) == audio_shapes(ClapAudioConfig.from_hub(config_of(values)))


def test_what_is_wrong_is_named_and_counted() -> None:
    """The first three, and how many."""
    expected = {f"w{number}": (2,) for number in range(5)}
    cases = {
        "lacks w0, w1, w2 and 2 more \\(5 in all\\)": {},
        "should not have: x, y": {
            **{name: torch.zeros(2) for name in expected},
            "x": torch.zeros(1),
            "y": torch.zeros(1),
        },
        r"w3 is \(3,\) instead of \(2,\)\.": {
            name: torch.zeros(3 if name == "w3" else 2) for name in expected
        },
    }
    for sentence, weights in cases.items():
        with pytest.raises(EngineError, match=f"The unet in here .*{sentence}"):
            check_weights(Network.UNET, weights, expected, "here")
