"""The original network, watched: what goes into and comes out of each layer while torch runs it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.install.quantise import LEVELS
from engine.install.ranges import LayerRanges, Range, relative
from engine.networks.operations import AttentionNames
from engine.networks.torch_operations import TorchOperations

Float32 = NDArray[np.float32]

# Of each tensor, at most this many values are kept, evenly spread, to choose from where to clip.
MAX_SAMPLES = 16384
# Shares of the whole range that are tried. Activations have long tails: cutting off the last 0.01 % often
# halves the steps of all others.
SHARES: tuple[float, ...] = tuple(1.0 - 0.02 * number for number in range(36))
# What calibration sees is not all there is, least of all of one channel. 1.1 cut tiny denoisers off (0.33
# from the original; 0.11 with 2.0); AudioLDM-S doesn't mind (0.065 with 1.1, 0.066 with 1.4, 0.072 with 1.8).
MARGIN = np.float32(1.5)


class RangeRecorder(TorchOperations):
    """Gives what ``TorchOperations`` gives, and remembers."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        super().__init__(weights)
        self._samples: dict[str, list[Float32]] = {}
        self._extremes: dict[str, tuple[float, float]] = {}
        self._outputs: dict[str, tuple[Tensor, Tensor]] = {}
        self._attending: set[str] = set()

    def conv2d(self, name: str, x: Tensor, *, stride: int = 1, padding: int = 0, pad_end: int = 0) -> Tensor:
        """Watched."""
        self._see_input(name, x)
        result = super().conv2d(name, x, stride=stride, padding=padding, pad_end=pad_end)
        self._see_output(relative(name), self._without_bias(name, result) / span(x))
        return self._see_output(name, result)

    def conv1d(self, name: str, x: Tensor, *, padding: int, dilation: int = 1) -> Tensor:
        """Watched."""
        self._see_input(name, x)
        return self._see_output(name, super().conv1d(name, x, padding=padding, dilation=dilation))

    def conv_transpose1d(self, name: str, x: Tensor, *, stride: int, padding: int) -> Tensor:
        """Watched."""
        self._see_input(name, x)
        return self._see_output(name, super().conv_transpose1d(name, x, stride=stride, padding=padding))

    def linear(self, name: str, x: Tensor) -> Tensor:
        """Watched; bytes are made of its output only where it is a query, a key or a value."""
        self._see_input(name, x)
        result = super().linear(name, x)
        if name in self._attending:
            self._see_output(name, result.movedim(-1, 1))
        return result

    def self_attention(
        self, names: AttentionNames, x: Tensor, *, heads: int, bias: Tensor | None = None
    ) -> Tensor:
        """Watched: attention multiplies the bytes of queries, keys and values."""
        if bias is None:
            self._attending |= {names.query, names.key, names.value}
        return super().self_attention(names, x, heads=heads, bias=bias)

    @property
    def ranges(self) -> LayerRanges:
        """Of all that was seen so far."""
        inputs = {
            name: clipped(np.concatenate(self._samples[name]), *self._extremes[name])
            for name in self._samples
        }
        outputs = {
            name: Range(low.numpy() * MARGIN, high.numpy() * MARGIN)
            for name, (low, high) in self._outputs.items()
        }
        return LayerRanges(inputs, outputs)

    def _see_input(self, name: str, x: Tensor) -> None:
        flat = x.reshape(-1)
        # An odd step meets all channels whatever power of two they are.
        step = flat.numel() // MAX_SAMPLES | 1
        self._samples.setdefault(name, []).append(flat[::step].numpy().copy())
        low, high = (float(edge) for edge in torch.aminmax(flat))
        before = self._extremes.get(name, (low, high))
        self._extremes[name] = min(before[0], low), max(before[1], high)

    def _without_bias(self, name: str, x: Tensor) -> Tensor:
        bias = self._layer(name)[1]
        return x if bias is None else x - bias[:, None, None]

    def _see_output(self, name: str, x: Tensor) -> Tensor:
        """Every implementation so far has the channels along axis 1."""
        low, high = torch.aminmax(x.movedim(1, 0).flatten(1), dim=1)
        if name in self._outputs:
            low, high = (
                torch.minimum(low, self._outputs[name][0]),
                torch.maximum(high, self._outputs[name][1]),
            )
        self._outputs[name] = low, high
        return x


def span(x: Tensor) -> float:
    """From the lowest to the highest value, zero among them."""
    low, high = (float(edge) for edge in torch.aminmax(x))
    return max(high, 0.0) - min(low, 0.0) or 1.0


def clipped(samples: Float32, low: float, high: float) -> Range:
    """The part of the range from low to high whose 256 steps are nearest to the samples, by squared error."""

    def error(share: float) -> float:
        bottom, top = min(low, 0.0) * share, max(high, 0.0) * share
        scale = max((top - bottom) / LEVELS, 1e-12)
        zero = np.rint(-bottom / scale)
        stepped = np.clip(np.rint(samples / scale) + zero, 0, LEVELS) - zero
        return float(np.square(stepped * scale - samples).sum(dtype=np.float64))

    best = min(SHARES, key=error)
    return Range(np.asarray(low * best, np.float32), np.asarray(high * best, np.float32))
