"""Where what a model makes ends and something else goes on above it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.stft import frequencies

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]

# Share of a model's half rate that it makes well. Measured with the embedded model: its vocoder is within
# 1.5 dB up to 7.4 of 8 kHz, 3 dB down at 7.5, and all noise at 7.8.
MODEL_SHARE = 0.9
# The two sounds change places within this share of the crossover's frequency, to both sides.
_HALF_WIDTH = 0.03
# With fewer bins than this above it there is nothing to add.
_FEWEST_BINS = 16


@dataclass(frozen=True)
class Crossover:
    """Weights of each bin below and above, (bins,), whose squares add up to 1.

    first, last: the bins between which both are heard: below ``first`` there is only the one, from
    ``last`` on only the other.
    """

    hz: float
    low: Float32
    high: Float32
    first: int
    last: int

    def levelled(self, sum_of_both: Complex64, likeness: Float32) -> Complex64:
        """What was added up with the weights, (channels, windows, bins), as loud at the crossover as around.

        likeness: (windows,), 0 where the two have nothing to do with each other, 1 where they are the same:
        what is alike adds up by amplitude, and what is not by power.
        """
        both = 1.0 + 2.0 * likeness[:, None] * self.low * self.high
        sound: Complex64 = sum_of_both / np.sqrt(both)
        return sound


def crossover_hz(model_rate: int) -> float:
    """Where to leave a model's own band."""
    return model_rate / 2 * MODEL_SHARE


def has_highs(model_rate: int, host_rate: int) -> bool:
    """Is there anything above a model's band at this rate?"""
    hz = frequencies(host_rate)
    edge = crossover_hz(model_rate) * (1.0 + _HALF_WIDTH)
    return bool((hz > edge).sum() >= _FEWEST_BINS and host_rate > model_rate)


def crossover(model_rate: int, host_rate: int) -> Crossover:
    """The crossover of a model's sound in a recording of a higher rate."""
    hz, at = frequencies(host_rate), crossover_hz(model_rate)
    first, last = (int(np.searchsorted(hz, at * factor)) for factor in (1 - _HALF_WIDTH, 1 + _HALF_WIDTH))
    way = np.clip((np.arange(len(hz)) - first + 1) / (last - first + 1), 0.0, 1.0) * (np.pi / 2)
    low, high = np.cos(way).astype(np.float32), np.sin(way).astype(np.float32)
    low[last:], high[:first] = 0.0, 0.0
    return Crossover(at, low, high, first, last)
