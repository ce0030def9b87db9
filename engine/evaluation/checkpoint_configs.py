"""The published checkpoints' configuration files, with the hub's keys and values.

The hub's folders of S, M and L differ in the denoiser's channels alone; the scale factor is the one that
is known, S's.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

_DIFFUSERS = "0.15.0.dev0"
_TRANSFORMERS = "4.28.0.dev0"

Configs = Mapping[str, dict[str, Any]]


class Size(StrEnum):
    """The published sizes."""

    S = "s"
    M = "m"
    L = "l"


CHANNELS: Mapping[Size, tuple[int, ...]] = {
    Size.S: (128, 256, 384, 640),
    Size.M: (192, 384, 576, 960),
    Size.L: (256, 512, 768, 1280),
}
# For dry runs: two levels, and still in groups of 32.
TINY_CHANNELS: Mapping[Size, tuple[int, ...]] = {Size.S: (32, 64), Size.M: (64, 96), Size.L: (64, 128)}

MODEL_INDEX: dict[str, Any] = {
    "_class_name": "AudioLDMPipeline",
    "_diffusers_version": _DIFFUSERS,
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "ClapTextModelWithProjection"],
    "tokenizer": ["transformers", "RobertaTokenizerFast"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "vocoder": ["transformers", "SpeechT5HifiGan"],
}

SCHEDULER: dict[str, Any] = {
    "_class_name": "DDIMScheduler",
    "_diffusers_version": _DIFFUSERS,
    "beta_end": 0.0195,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.0015,
    "clip_sample": False,
    "clip_sample_range": 1.0,
    "dynamic_thresholding_ratio": 0.995,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "sample_max_value": 1.0,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "thresholding": False,
    "trained_betas": None,
}

VAE: dict[str, Any] = {
    "_class_name": "AutoencoderKL",
    "_diffusers_version": _DIFFUSERS,
    "act_fn": "silu",
    "block_out_channels": [128, 256, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "in_channels": 1,
    "latent_channels": 8,
    "layers_per_block": 2,
    "norm_num_groups": 32,
    "out_channels": 1,
    "sample_size": 512,
    "scaling_factor": 0.9392935633659363,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
}

VOCODER: dict[str, Any] = {
    "architectures": ["SpeechT5HifiGan"],
    "initializer_range": 0.01,
    "leaky_relu_slope": 0.1,
    "model_in_dim": 64,
    "model_type": "hifigan",
    "normalize_before": False,
    "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
    "resblock_kernel_sizes": [3, 7, 11],
    "sampling_rate": 16000,
    "torch_dtype": "float32",
    "transformers_version": _TRANSFORMERS,
    "upsample_initial_channel": 1024,
    "upsample_kernel_sizes": [16, 16, 8, 4, 4],
    "upsample_rates": [5, 4, 2, 2, 2],
}

TEXT_ENCODER: dict[str, Any] = {
    "architectures": ["ClapTextModelWithProjection"],
    "attention_probs_dropout_prob": 0.1,
    "bos_token_id": 0,
    "classifier_dropout": None,
    "eos_token_id": 2,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 768,
    "initializer_factor": 1.0,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 514,
    "model_type": "clap_text_model",
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pad_token_id": 1,
    "position_embedding_type": "absolute",
    "projection_dim": 512,
    "projection_hidden_act": "relu",
    "torch_dtype": "float32",
    "transformers_version": _TRANSFORMERS,
    "type_vocab_size": 1,
    "use_cache": True,
    "vocab_size": 50265,
}


def unet_config(channels: tuple[int, ...]) -> dict[str, Any]:
    """The denoiser's: four levels, the first (and on the way up, the last) without attention."""
    attending = len(channels) - 1
    return {
        "_class_name": "UNet2DConditionModel",
        "_diffusers_version": _DIFFUSERS,
        "act_fn": "silu",
        "attention_head_dim": 8,
        "block_out_channels": list(channels),
        "center_input_sample": False,
        "class_embed_type": "simple_projection",
        "class_embeddings_concat": True,
        "conv_in_kernel": 3,
        "conv_out_kernel": 3,
        "cross_attention_dim": list(channels),
        "cross_attention_norm": None,
        "down_block_types": ["DownBlock2D", *["CrossAttnDownBlock2D"] * attending],
        "downsample_padding": 1,
        "dual_cross_attention": False,
        "encoder_hid_dim": None,
        "flip_sin_to_cos": True,
        "freq_shift": 0,
        "in_channels": 8,
        "layers_per_block": 2,
        "mid_block_only_cross_attention": None,
        "mid_block_scale_factor": 1,
        "mid_block_type": "UNetMidBlock2DCrossAttn",
        "norm_eps": 1e-05,
        "norm_num_groups": 32,
        "num_class_embeds": None,
        "only_cross_attention": False,
        "out_channels": 8,
        "projection_class_embeddings_input_dim": 512,
        "resnet_out_scale_factor": 1.0,
        "resnet_skip_time_act": False,
        "resnet_time_scale_shift": "default",
        "sample_size": 128,
        "time_cond_proj_dim": None,
        "time_embedding_act_fn": None,
        "time_embedding_dim": None,
        "time_embedding_type": "positional",
        "timestep_post_act": None,
        "up_block_types": [*["CrossAttnUpBlock2D"] * attending, "UpBlock2D"],
        "upcast_attention": False,
        "use_linear_projection": False,
    }


def published_configs(size: Size) -> Configs:
    """The ``config.json`` of each folder that has weights."""
    return {
        "unet": unet_config(CHANNELS[size]),
        "vae": VAE,
        "vocoder": VOCODER,
        "text_encoder": TEXT_ENCODER,
    }


def tiny_configs(size: Size) -> Configs:
    """The published ones with few channels: for what has to run, not to be measured."""
    text = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    return {
        "unet": unet_config(TINY_CHANNELS[size]) | {"projection_class_embeddings_input_dim": 32},
        "vae": VAE | {"block_out_channels": [32, 32, 64], "layers_per_block": 1},
        "vocoder": VOCODER | {"upsample_initial_channel": 64},
        "text_encoder": TEXT_ENCODER | text | {"projection_dim": 32, "vocab_size": 400},
    }
