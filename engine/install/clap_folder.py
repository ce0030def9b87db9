"""CLAP as transformers saves it: the text half, the audio half, or both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import torch

from engine.errors import EngineError, ErrorCode
from engine.install.checkpoint import Network
from engine.install.expected import audio_shapes, check_weights, text_shapes
from engine.install.hub_component import TRANSFORMERS_STEMS, component_config, weights_file
from engine.install.hub_names import Weights, under, without_leftovers
from engine.install.weights_file import read_weights
from engine.networks.architecture import ClapAudioConfig, ClapTextConfig

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
    config = component_config(folder)
    kind = config.text("model_type", "clap_text_model")
    if kind == "clap":
        shared = config.whole("projection_dim", 512)
        text = ClapTextConfig.from_hub(config.section("text_config"), shared)
        return split_towers(
            _weights(folder),
            text,
            ClapAudioConfig.from_hub(config.section("audio_config"), shared),
            str(folder),
        )
    if kind == "clap_text_model":
        return split_towers(_weights(folder), ClapTextConfig.from_hub(config), None, str(folder))
    if kind == "clap_audio_model":
        weights, audio = _weights(folder), ClapAudioConfig.from_hub(config)
        check_weights(Network.AUDIO_ENCODER, weights, audio_shapes(audio), str(folder))
        return None, AudioTower(audio, weights)
    return config.refuse("model_type")


def split_towers(
    weights: Weights, text: ClapTextConfig, audio: ClapAudioConfig | None, where: str
) -> tuple[TextTower, AudioTower | None]:
    """Both halves of a CLAP whose weights are together. Raises EngineError(BAD_BUNDLE)."""
    expected = text_shapes(text) | (audio_shapes(audio) if audio else {})
    check_weights(Network.TEXT_ENCODER, weights, expected, where)
    tower = AudioTower(audio, under(weights, *AUDIO_PREFIXES)) if audio else None
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
