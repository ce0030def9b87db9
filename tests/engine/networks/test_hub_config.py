"""The hub's configurations give sizes that the networks can have, or a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.networks.architecture import (
    ClapAudioConfig,
    ClapTextConfig,
    UnetConfig,
    VaeConfig,
    VocoderConfig,
    head_width,
)
from engine.networks.hub_config import HubConfig

CHANNELS = [128, 256, 384, 640]
UNET: dict[str, Any] = {
    "_class_name": "UNet2DConditionModel",
    "_diffusers_version": "0.15.0.dev0",
    "act_fn": "silu",
    "attention_head_dim": 8,
    "block_out_channels": CHANNELS,
    "center_input_sample": False,
    "class_embed_type": "simple_projection",
    "class_embeddings_concat": True,
    "conv_in_kernel": 3,
    "conv_out_kernel": 3,
    "cross_attention_dim": CHANNELS,
    "down_block_types": ["DownBlock2D", *["CrossAttnDownBlock2D"] * 3],
    "downsample_padding": 1,
    "dual_cross_attention": False,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "in_channels": 8,
    "layers_per_block": 2,
    "mid_block_scale_factor": 1,
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "norm_eps": 1e-05,
    "norm_num_groups": 32,
    "num_class_embeds": None,
    "only_cross_attention": False,
    "out_channels": 8,
    "projection_class_embeddings_input_dim": 512,
    "resnet_time_scale_shift": "default",
    "sample_size": 128,
    "time_cond_proj_dim": None,
    "time_embedding_type": "positional",
    "timestep_post_act": None,
    "up_block_types": [*["CrossAttnUpBlock2D"] * 3, "UpBlock2D"],
    "upcast_attention": False,
    "use_linear_projection": False,
}
VAE: dict[str, Any] = {
    "act_fn": "silu",
    "block_out_channels": [128, 256, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "in_channels": 1,
    "out_channels": 1,
    "latent_channels": 8,
    "layers_per_block": 2,
    "norm_num_groups": 32,
    "sample_size": 512,
    "scaling_factor": 0.9392935633659363,
}
VOCODER: dict[str, Any] = {
    "model_in_dim": 64,
    "sampling_rate": 16000,
    "upsample_initial_channel": 1024,
    "upsample_rates": [5, 4, 2, 2, 2],
    "upsample_kernel_sizes": [16, 16, 8, 4, 4],
    "resblock_kernel_sizes": [3, 7, 11],
    "resblock_dilation_sizes": [[1, 3, 5]] * 3,
    "leaky_relu_slope": 0.1,
    "normalize_before": False,
    "architectures": ["SpeechT5HifiGan"],
}
TEXT: dict[str, Any] = {
    "hidden_size": 768,
    "num_attention_heads": 12,
    "projection_dim": 512,
    "torch_dtype": "float32",
}
AUDIO: dict[str, Any] = {"depths": [2, 2, 12, 2], "patch_embeds_hidden_size": 128, "hidden_size": 1024}
READERS: dict[str, tuple[dict[str, Any], Callable[[HubConfig], object]]] = {
    "unet": (UNET, lambda config: UnetConfig.from_hub(config, "diffusers")),
    "vae": (VAE, VaeConfig.from_hub),
    "vocoder": (VOCODER, VocoderConfig.from_hub),
    "text": (TEXT, ClapTextConfig.from_hub),
    "audio": (AUDIO, ClapAudioConfig.from_hub),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({key for values, _ in READERS.values() for key in values})


def read(part: str, **changes: object) -> object:
    """A published part with some keys changed."""
    values, reader = READERS[part]
    return reader(HubConfig({**values, **changes}, "config.json"))


def test_the_published_small_one() -> None:
    """All five, as the published files have them."""
    unet = UnetConfig.from_hub(HubConfig(UNET, "config.json"), "diffusers")
    assert UnetConfig(8, 8, (128, 256, 384, 640), (False, True, True, True), 2, (8,) * 4, 32, 512) == unet
    assert VaeConfig(1, 1, 8, (128, 256, 512), 2, 32, 0.9392935633659363) == read("vae")
    vocoder = read("vocoder")
    assert isinstance(vocoder, VocoderConfig)
    assert (160, ((1, 3, 5),) * 3) == (vocoder.hop_length, vocoder.resblock_dilation_sizes)
    text = read("text")
    assert isinstance(text, ClapTextConfig)
    assert (50265, 514, 512, 1e-12) == (
        text.vocab_size,
        text.max_position_embeddings,
        text.max_tokens,
        text.layer_norm_eps,
    )
    audio = read("audio")
    assert isinstance(audio, ClapAudioConfig)
    assert (1024, 4, 4, 256) == (audio.hidden_size, audio.patch_size, audio.patch_stride, audio.spec_size)


@pytest.mark.parametrize(
    ("base", "original"), [(128, (4, 8, 12, 20)), (192, (6, 12, 18, 30)), (256, (4, 8, 12, 20))]
)
def test_both_readings_of_the_heads(base: int, original: tuple[int, ...]) -> None:
    """A count for all levels, or a fixed width: 32 for S and M, 64 for L."""
    channels = [base * factor for factor in (1, 2, 3, 5)]
    config = HubConfig(
        {**UNET, "block_out_channels": channels, "cross_attention_dim": channels}, "config.json"
    )
    assert (8, 8, 8, 8) == UnetConfig.from_hub(config, "diffusers").heads
    assert original == UnetConfig.from_hub(config, "original").heads
    assert channels == [head_width(base) * heads for heads in original]


def test_the_newer_key_of_the_heads_counts_first() -> None:
    """As it does in diffusers."""
    unet = read("unet", num_attention_heads=[4, 8, 12, 20])
    assert isinstance(unet, UnetConfig)
    assert (4, 8, 12, 20) == unet.heads


REFUSED: list[tuple[str, str, object]] = [
    ("unet", "resnet_time_scale_shift", "scale_shift"),
    ("unet", "norm_eps", 1e-6),
    ("unet", "act_fn", "gelu"),
    ("unet", "class_embed_type", "timestep"),
    ("unet", "class_embed_type", None),
    ("unet", "class_embeddings_concat", False),
    ("unet", "use_linear_projection", True),
    ("unet", "only_cross_attention", True),
    ("unet", "only_cross_attention", [False, True, True, True]),
    ("unet", "downsample_padding", 0),
    ("unet", "mid_block_type", None),
    ("unet", "mid_block_scale_factor", 2),
    ("unet", "flip_sin_to_cos", False),
    ("unet", "flip_sin_to_cos", 1),
    ("unet", "cross_attention_dim", 1024),
    ("unet", "cross_attention_dim", [128, 256, 384, 512]),
    ("unet", "down_block_types", ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"]),
    ("unet", "up_block_types", ["UpBlock2D"] * 4),
    ("unet", "transformer_layers_per_block", 2),
    ("unet", "layers_per_block", [1, 2, 2, 2]),
    ("unet", "layers_per_block", True),
    ("unet", "attention_head_dim", 7),
    ("unet", "attention_head_dim", [8, 8]),
    ("unet", "norm_num_groups", 48),
    ("unet", "block_out_channels", [0]),
    ("unet", "block_out_channels", "128"),
    ("unet", "encoder_hid_dim", 768),
    ("unet", "some_new_key", "on"),
    ("vae", "act_fn", "relu"),
    ("vae", "use_quant_conv", False),
    ("vae", "shift_factor", 0.1),
    ("vae", "mid_block_add_attention", False),
    ("vae", "down_block_types", ["DownEncoderBlock2D"] * 2),
    ("vae", "scaling_factor", 0),
    ("vae", "scaling_factor", float("nan")),
    ("vae", "latents_mean", [0.0]),
    ("vocoder", "upsample_kernel_sizes", [16, 16, 8, 4]),
    ("vocoder", "upsample_kernel_sizes", [4, 16, 8, 4, 4]),
    ("vocoder", "resblock_kernel_sizes", [3, 8, 11]),
    ("vocoder", "resblock_dilation_sizes", [[1, 3, 5]]),
    ("vocoder", "upsample_initial_channel", 1000),
    ("vocoder", "upsample_rates", [5, 4, 2, 2, 2**20]),
    ("vocoder", "normalize_before", "no"),
    ("text", "hidden_act", "relu"),
    ("text", "projection_hidden_act", "gelu"),
    ("text", "position_embedding_type", "relative_key"),
    ("text", "type_vocab_size", 2),
    ("text", "num_attention_heads", 7),
    ("text", "pad_token_id", 50265),
    ("text", "max_position_embeddings", 4),
    ("audio", "enable_fusion", "sometimes"),
    ("audio", "patch_embed_input_channels", 4),
    ("audio", "qkv_bias", False),
    ("audio", "patch_stride", [4, 8]),
    ("audio", "patch_size", 2),
    ("audio", "window_size", 7),
    ("audio", "spec_size", 250),
    ("audio", "num_attention_heads", [4, 8, 16]),
    ("audio", "num_attention_heads", [4, 8, 16, 33]),
    ("audio", "hidden_size", 768),
]


# Two keys that contradict each other: the sentence names the other one.
NAMED = {
    ("unet", "attention_head_dim"): "block_out_channels",
    ("unet", "norm_num_groups"): "block_out_channels",
    ("vocoder", "upsample_rates"): "upsample_kernel_sizes",
    ("text", "num_attention_heads"): "hidden_size",
    ("audio", "patch_size"): "patch_stride",
}


@pytest.mark.parametrize(("part", "key", "value"), REFUSED)
def test_what_a_network_can_not_be_is_refused_by_name(part: str, key: str, value: object) -> None:
    """With the file, so that people know where to look."""
    with pytest.raises(EngineError, match=r"config\.json has a ") as raised:
        read(part, **{key: value})
    assert ErrorCode.BAD_BUNDLE == raised.value.code
    assert any(name in raised.value.sentence for name in (key, NAMED.get((part, key), key)))


def test_what_has_no_bearing_is_ignored() -> None:
    """Training's settings, who wrote the file, and what is off."""
    assert read("unet") == read("unet", _name_or_path="x", dropout=0.1, sample_size=None, new_feature=False)
    assert read("text") == read(
        "text", hidden_dropout_prob=0.5, fusion_hidden_size=3, transformers_version="9"
    )


def test_absent_keys_have_their_library_s_default() -> None:
    """Only what the library would not have filled in is missing."""
    assert ClapTextConfig.from_hub(HubConfig({}, "x")) == read("text")
    without = {
        key: value for key, value in UNET.items() if key not in ("norm_eps", "freq_shift", "layers_per_block")
    }
    assert UnetConfig.from_hub(HubConfig(without, "x"), "diffusers") == read("unet")


@given(
    part=st.sampled_from(sorted(READERS)),
    changes=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=9), JSON, max_size=4),
)
def test_any_json_is_read_or_refused(part: str, changes: dict[str, Any]) -> None:
    """Never anything but an EngineError."""
    try:
        read(part, **changes)
    except EngineError as error:
        assert ErrorCode.BAD_BUNDLE == error.code


@given(values=JSON, part=st.sampled_from(sorted(READERS)))
def test_any_document_is_read_or_refused(values: object, part: str) -> None:
    """Even one that is no object."""
    try:
        READERS[part][1](HubConfig(values, "config.json"))
    except EngineError as error:
        assert ErrorCode.BAD_BUNDLE == error.code
