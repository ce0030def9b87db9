"""A published checkpoint, read: sizes, weights under their hub names, tokenizer, where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from torch import Tensor

from engine.audio.clap_mel import MelScale
from engine.models.interface import ScheduleParameters
from engine.networks.architecture import (
    ClapAudioConfig,
    ClapTextConfig,
    HeadReading,
    UnetConfig,
    VaeConfig,
    VocoderConfig,
)

WeightsKind = Literal["ema", "plain"]
Layout = Literal["diffusers", "original"]


class Network(StrEnum):
    """The parts of a checkpoint, each with its own weights."""

    TEXT_ENCODER = "text_encoder"
    AUDIO_ENCODER = "audio_encoder"
    UNET = "unet"
    VAE = "vae"
    VOCODER = "vocoder"


@dataclass(frozen=True)
class Checkpoint:
    """Everything a conversion needs. ``weights`` use the names of current diffusers and transformers.

    Tensors may be memory-mapped from the checkpoint's files and of any float type.
    """

    name: str  # what the bundle will be called
    licence: str
    layout: Layout
    heads: HeadReading
    unet: UnetConfig
    vae: VaeConfig
    vocoder: VocoderConfig
    text: ClapTextConfig
    audio: ClapAudioConfig | None  # None: the checkpoint ships no audio tower
    schedule: ScheduleParameters
    weights: Mapping[Network, Mapping[str, Tensor]]
    tokenizer: str  # what its tokenizer.json holds; made from vocab.json and merges.txt where there is none
    max_tokens: int  # longest prompt in tokens, marks of start and end included
    weights_kind: WeightsKind  # which of an original checkpoint's two sets the denoiser's weights are
    hears: MelScale = "slaney"  # how the audio tower's mel bands lie
    left_out: str = ""  # a sentence about a part that can't be used, "" if there is none
