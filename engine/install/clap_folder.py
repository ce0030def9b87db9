"""CLAP as transformers saves it: the text half, the audio half, or both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import torch

from engine.audio.clap_mel import MelScale
from engine.errors import EngineError, ErrorCode
from engine.install.checkpoint import Network
from engine.install.expected import audio_shapes, check_weights, text_shapes
from engine.install.hub_component import TRANSFORMERS_STEMS, component_config, weights_file
from engine.install.hub_names import Weights, under, without, without_leftovers
from engine.install.weights_file import read_weights
from engine.networks.architecture import ClapAudioConfig, ClapTextConfig
from engine.networks.hub_config import HubConfig

# Of a tower that can fuse several pieces of a sound longer than it hears, the layers that see those pieces.
# Its other layers are those of a plain one, and longer sounds are given to it in several calls here.
PATCHES = "audio_model.audio_encoder.patch_embed"
FUSION = (f"{PATCHES}.fusion_model.", f"{PATCHES}.mel_conv2d.")
AUDIO_PREFIXES = ("audio_model.", "audio_projection.")
TEXT_PREFIXES = ("text_model.", "text_projection.")
# Half a precision and two conversions apart, the weights of one text tower differ by less.
SAME_TOWER = 1e-2


@dataclass(frozen=True)
class TextTower:
    """The half of a CLAP that prompts go through."""

    config: ClapTextConfig
    weights: Weights


@dataclass(frozen=True)
class AudioTower:
    """The half of a CLAP that sounds go through."""

    config: ClapAudioConfig
    weights: Weights
    hears: MelScale = "slaney"


def read_sizes(folder: Path) -> tuple[ClapTextConfig, ClapAudioConfig | None]:
    """The sizes of both halves, without their weights. Raises EngineError(BAD_BUNDLE)."""
    text, audio, _ = _sizes(component_config(folder))
    if text is None:
        _refuse(f"{folder} is only the audio half of a CLAP.")
    return text, audio


def read_clap(folder: Path) -> tuple[TextTower, AudioTower | None]:
    """The halves of the CLAP in a checkpoint's ``text_encoder``. Raises EngineError(BAD_BUNDLE)."""
    text, audio = _towers(folder)
    if text is None:
        _refuse(f"{folder} is only the audio half of a CLAP.")
    return text, audio


def read_audio_tower(folder: Path, text: TextTower) -> AudioTower:
    """The audio half of the CLAP in ``folder``, which must belong to ``text``.

    If the folder has a text half as well, it must be the same one. If it has none, only the widths can be
    compared: whether the two were trained together is then up to who chose them.
    Raises EngineError(BAD_BUNDLE).
    """
    own_text, audio = _towers(folder)
    if audio is None:
        _refuse(f"{folder} has no audio half of a CLAP.")
    if audio.config.projection_dim != text.config.projection_dim:
        _refuse(
            f"The audio tower in {folder} makes vectors of {audio.config.projection_dim} numbers, the "
            f"checkpoint's text encoder of {text.config.projection_dim}; they do not belong together."
        )
    if own_text and not _same_training(text.weights, own_text.weights):
        _refuse(
            f"The CLAP in {folder} was trained with another text encoder than the checkpoint's, so ranking "
            "with it would mean nothing; take the audio tower of the checkpoint's own CLAP."
        )
    return audio


def _towers(folder: Path) -> tuple[TextTower | None, AudioTower | None]:
    """What a folder of transformers holds."""
    text, audio, hears = _sizes(component_config(folder))
    weights = _weights(folder)
    if hears == "htk":
        weights = without(weights, *FUSION)
    if text is not None:
        return split_towers(weights, text, audio, str(folder), hears)
    assert audio is not None, "a folder has at least one half"
    check_weights(Network.AUDIO_ENCODER, weights, audio_shapes(audio), str(folder))
    return None, AudioTower(audio, weights, hears)


def _sizes(config: HubConfig) -> tuple[ClapTextConfig | None, ClapAudioConfig | None, MelScale]:
    """The sizes of the halves that a folder of transformers has, and what the audio half hears."""
    kind = config.text("model_type", "clap_text_model")
    if kind == "clap_text_model":
        return ClapTextConfig.from_hub(config), None, "slaney"
    if kind == "clap_audio_model":
        return None, ClapAudioConfig.from_hub(config), _hears(config)
    if kind != "clap":
        config.refuse("model_type")
    shared = config.whole("projection_dim", 512)
    text, audio = config.section("text_config"), config.section("audio_config")
    return (
        ClapTextConfig.from_hub(text, shared),
        ClapAudioConfig.from_hub(audio, shared),
        _hears(audio),
    )


def _hears(audio: HubConfig) -> MelScale:
    """How the mel bands lie that a tower was trained with."""
    if audio.values.get("enable_fusion") is not True:
        return "slaney"
    if audio.values.get("fusion_type") == "channel_map":  # another first layer, which no published one has
        audio.refuse("fusion_type")
    return "htk"


def split_towers(
    weights: Weights,
    text: ClapTextConfig,
    audio: ClapAudioConfig | None,
    where: str,
    hears: MelScale = "slaney",
) -> tuple[TextTower, AudioTower | None]:
    """Both halves of a CLAP whose weights are together. Raises EngineError(BAD_BUNDLE)."""
    expected = text_shapes(text) | (audio_shapes(audio) if audio else {})
    check_weights(Network.TEXT_ENCODER, weights, expected, where)
    tower = AudioTower(audio, under(weights, *AUDIO_PREFIXES), hears) if audio else None
    return TextTower(text, under(weights, *TEXT_PREFIXES)), tower


def _weights(folder: Path) -> Weights:
    return without_leftovers(read_weights(weights_file(folder, TRANSFORMERS_STEMS)))


def _same_training(one: Weights, other: Weights) -> bool:
    """Whether the last layers, which no two trainings leave alike, agree."""
    name = "text_projection.linear2.weight"
    first, second = one[name].float(), other[name].float()
    return first.shape == second.shape and torch.allclose(first, second, rtol=SAME_TOWER, atol=1e-4)


def _refuse(sentence: str) -> NoReturn:
    raise EngineError(ErrorCode.BAD_BUNDLE, sentence)
