"""What calibration saw: how large the values are that go into and come out of each layer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.install.checkpoint import Network

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Range:
    """From the lowest to the highest value worth telling apart; a number each, or one a channel."""

    low: Float32
    high: Float32


@dataclass(frozen=True)
class LayerRanges:
    """Of one network, by the names of its layers: ``inputs`` have one range, ``outputs`` one a channel.

    A convolution of an image also has outputs over the span of its inputs, as ``relative`` calls them.
    """

    inputs: Mapping[str, Range]
    outputs: Mapping[str, Range]


def relative(name: str) -> str:
    """What a layer's output, without its bias and over the span of its input, is called in ``outputs``."""
    return f"{name} / span"


@dataclass(frozen=True)
class Ranges:
    """Of a whole checkpoint."""

    networks: Mapping[Network, LayerRanges]

    def to_json(self) -> str:
        """The same as text, to the last digit."""
        return json.dumps({network: _values(layers) for network, layers in self.networks.items()})

    @classmethod
    def from_json(cls, text: str) -> Ranges:
        """The inverse of ``to_json``."""
        return cls({Network(network): _layers(values) for network, values in json.loads(text).items()})


def _values(layers: LayerRanges) -> dict[str, Any]:
    return {
        kind: {name: [seen.low.tolist(), seen.high.tolist()] for name, seen in ranges.items()}
        for kind, ranges in (("inputs", layers.inputs), ("outputs", layers.outputs))
    }


def _layers(values: dict[str, Any]) -> LayerRanges:
    inputs, outputs = (
        {
            name: Range(np.asarray(low, np.float32), np.asarray(high, np.float32))
            for name, (low, high) in values[kind].items()
        }
        for kind in ("inputs", "outputs")
    )
    return LayerRanges(inputs, outputs)
