"""A frequency range of a sound: by itself, or in an original that stays what it is elsewhere.

There, the range is cut out of the difference of the two by a linear-phase filter without delay, so outside
the range there is nothing of it but the filter's stop band, and inside nothing of the original.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.stretch import Stretch

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# A Kaiser window's shape for 80 dB in the stop band, and its length in transition widths.
_BETA, _LENGTH = 7.86, 5.0
# From one sound to the other within this share of the edge's frequency, inside the range, but not narrower
# than what a filter of half a second can do.
_TRANSITION, _NARROWEST_HZ = 0.12, 10.0


class BandPass:
    """A stage: (frames, channels) in, the range of it out."""

    def __init__(self, low_hz: float, high_hz: float, sample_rate: int, channels: int) -> None:
        """``high_hz`` 0: no upper limit."""
        self._filter = band_filter(low_hz, high_hz, sample_rate)
        self._half = len(self._filter) // 2
        self._held = np.zeros((self._half, channels), np.float32)
        self._size = 1 << max(12, (4 * len(self._filter)).bit_length())
        self._response = np.fft.rfft(self._filter, self._size)[:, None]

    def push(self, block: Float32) -> Float32:
        """Take the next block; what comes out is half a filter late."""
        self._held = np.concatenate([self._held, block])
        return self._filtered()

    def finish(self) -> Float32:
        """The rest."""
        return self.push(np.zeros((self._half, self._held.shape[1]), np.float32))

    def _filtered(self) -> Float32:
        """As much as the filter's whole length is there for."""
        pieces = [np.zeros((0, self._held.shape[1]), np.float32)]
        step = self._size - 2 * self._half
        while (ready := len(self._held) - 2 * self._half) > 0:
            frames = min(ready, step)
            spectrum = np.fft.rfft(self._held[: frames + 2 * self._half], self._size, axis=0)
            cut = np.fft.irfft(spectrum * self._response, self._size, axis=0)
            pieces.append(cut[2 * self._half : 2 * self._half + frames].astype(np.float32))
            self._held = self._held[frames:]
        return np.concatenate(pieces)


class BandSplice:
    """A stage: (frames, channels) in, the range of it in the original out."""

    def __init__(self, original: Stretch, low_hz: float, high_hz: float, sample_rate: int) -> None:
        """``original`` is as long as what will pass; ``high_hz`` 0: no upper limit."""
        self._original = original
        self._range = BandPass(low_hz, high_hz, sample_rate, original.channels)
        self._taken = 0
        self._given = 0

    def push(self, block: Float32) -> Float32:
        """Take the next block; what comes out is half a filter late."""
        beside = self._original.read(self._taken, self._taken + len(block))
        self._taken += len(block)
        return self._in_original(self._range.push(block - beside))

    def finish(self) -> Float32:
        """The rest."""
        return self._in_original(self._range.finish())

    def _in_original(self, difference: Float32) -> Float32:
        """The original and the range of the difference."""
        original = self._original.read(self._given, self._given + len(difference))
        self._given += len(difference)
        return original + difference


def band_filter(low_hz: float, high_hz: float, sample_rate: int) -> Float64:
    """A linear-phase filter that lets [low_hz, high_hz) through, (odd,)."""
    half = sample_rate / 2
    edges = [hz for hz in (low_hz, high_hz) if 0.0 < hz < half]
    if not edges:
        return np.ones(1)
    width = max(min(edges) * _TRANSITION, _NARROWEST_HZ)
    taps = int(_LENGTH * sample_rate / width) // 2 * 2 + 1
    time = np.arange(taps) - taps // 2
    window = np.kaiser(taps, _BETA)

    def low_pass(hz: float) -> Float64:
        kernel: Float64 = 2.0 * hz / sample_rate * np.sinc(2.0 * hz / sample_rate * time) * window
        return kernel

    everything = (time == 0).astype(np.float64)
    # The middle of each transition lies inside the range.
    upper = low_pass(high_hz - width / 2) if 0.0 < high_hz < half else everything
    lower = low_pass(low_hz + width / 2) if 0.0 < low_hz < half else 0.0 * time
    return upper - lower
