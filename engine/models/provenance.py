"""Where a converted or trained model came from, and what of it the torch runtime reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Layout = Literal["diffusers", "original"]
Weights = Literal["ema", "plain"]
Heads = Literal["diffusers", "original"]
Steering = Literal["text", "audio", "both"]

LAYOUTS: tuple[Layout, ...] = ("diffusers", "original")
WEIGHTS: tuple[Weights, ...] = ("ema", "plain")
HEADS: tuple[Heads, ...] = ("diffusers", "original")
STEERINGS: tuple[Steering, ...] = ("text", "audio", "both")


@dataclass(frozen=True)
class Provenance:
    """All that decided what is in a bundle, so that it can be made again."""

    repository: str  # a hub repository, or the absolute path of a folder or a file
    revision: str  # the commit that was downloaded; "" for a folder or a file
    layout: Layout
    weights: Weights  # of an original checkpoint, the averaged ones or the last ones
    heads: Heads  # how the UNet's head count was read (``engine.networks.architecture.HeadReading``)
    audio_tower: str  # the absolute path of the folder the audio tower came from, "" if from nowhere else
    left_out: str = ""  # a sentence about a part of the checkpoint that is not in the bundle


@dataclass(frozen=True)
class Training:
    """What ``punchin train`` made a model from. The folder's name is in it, no path and no file's name."""

    base: str  # the model it was trained from
    base_digest: str  # which one of that name, as ``ModelSpecification.digest``
    library: str  # the name of the folder of sounds
    sounds: int  # files of it
    seconds: float  # how long they sound
    steps: int
    rank: int  # of the adapters; 0: all weights were trained
    steering: Steering  # what stood for prompts: names, how the sounds sound, or either


@dataclass(frozen=True)
class TorchFiles:
    """The torch runtime's files, both keys of the manifest's ``files``."""

    architecture: str  # the sizes of all networks
    weights: Mapping[str, str]  # network -> safetensors file
