"""Tiny random CLAP towers of transformers, and their sizes as this project reads them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from engine.networks.architecture import ClapAudioConfig, ClapTextConfig
from engine.networks.hub_config import HubConfig

PAD_ID = 1


def make_text_tower(**changes: Any) -> nn.Module:
    """A random ClapTextModelWithProjection."""
    from transformers import ClapTextConfig as Published
    from transformers import ClapTextModelWithProjection

    sizes = {
        "vocab_size": 100,
        "hidden_size": 24,
        "num_hidden_layers": 3,
        "num_attention_heads": 3,
        "intermediate_size": 40,
        "max_position_embeddings": 60,
        "projection_dim": 16,
    }
    return randomised(ClapTextModelWithProjection(Published(**{**sizes, **changes})))


def make_audio_tower(**changes: Any) -> nn.Module:
    """A random ClapAudioModelWithProjection: HTSAT's shape, narrower."""
    from transformers import ClapAudioConfig as Published
    from transformers import ClapAudioModelWithProjection

    sizes = {
        "patch_embeds_hidden_size": 8,
        "depths": [2, 2, 3, 2],
        "num_attention_heads": [2, 2, 4, 4],
        "hidden_size": 64,
        "projection_dim": 16,
    }
    return randomised(ClapAudioModelWithProjection(Published(**{**sizes, **changes})))


def text_config(tower: nn.Module) -> ClapTextConfig:
    """As a checkpoint's reader has it."""
    return ClapTextConfig.from_hub(HubConfig(tower.config.to_dict(), "the test"))


def audio_config(tower: nn.Module) -> ClapAudioConfig:
    """As a checkpoint's reader has it."""
    return ClapAudioConfig.from_hub(HubConfig(tower.config.to_dict(), "the test"))


def randomised(tower: nn.Module) -> nn.Module:
    """No scale is 1, no shift 0, no attention flat, no statistics those of a fresh layer."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in tower.named_parameters():
            _draw(name, parameter, generator)
        for name, buffer in tower.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_(-30.0, 15.0, generator=generator)
            elif name.endswith("running_var"):
                buffer.uniform_(50.0, 400.0, generator=generator)
    return tower.eval()


def _draw(name: str, parameter: Tensor, generator: torch.Generator) -> None:
    if name.endswith(("bias_table", "embeddings.weight")):
        parameter.normal_(generator=generator)
    elif parameter.ndim > 1:
        sharpening = 1.5 if name.endswith(("query.weight", "key.weight")) else 1.0
        parameter.normal_(0.0, sharpening / parameter[0].numel() ** 0.5, generator=generator)
    elif name.endswith("weight"):
        parameter.uniform_(0.7, 1.3, generator=generator)
    else:
        parameter.normal_(0.0, 0.1, generator=generator)
