"""A value of an int8 graph: one thing, kept in whichever forms somebody asked for.

Normalisation is fastest with channels first and in float, convolutions and linear layers with channels
last and in bytes. So a value says where it can be had from, and each form is made once, when it is first
asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from engine.install.quantise import Steps


class Kind(Enum):
    """What the axes mean; the last one is the channels of tokens and vectors, the second one of the rest."""

    IMAGE = auto()
    WAVE = auto()
    TOKENS = auto()
    OTHER = auto()  # vectors, ids and arrays: what has one form only


@dataclass(frozen=True)
class Bytes:
    """A tensor of uint8, channels last."""

    name: str
    steps: Steps


# Gives a layer's output in bytes, with steps for each channel or with one for all.
EmitBytes = Callable[[bool], Bytes]


@dataclass(frozen=True)
class Value:
    """One of the sources is set. Waves are images of one row: (batch, channels, 1, frames).

    channels and bands are 0 where they are not known or mean nothing.
    """

    kind: Kind
    channels: int
    bands: int = 0
    first: str = ""  # float, channels first
    last: str = ""  # float, channels last; the only form of Kind.OTHER
    layer: EmitBytes | None = None  # the output of a quantised layer
    leaky: tuple[Value, float] | None = None  # a leaky ReLU of a value
    doubled: Value | None = None  # an image twice as large as this one
    places: Value | None = None  # the tokens of an image
    normalised: bool = False  # made by a normalisation: as large as ever, whatever it was made of
