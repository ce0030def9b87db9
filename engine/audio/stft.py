"""The short-time spectrum of a sound that comes in blocks, and the way back.

Windows are sines over two hops, so that analysis and synthesis together give back what came in, and what
is done to a spectrum in between fades from one to the next.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Complex64 = NDArray[np.complex64]

# Long enough to part bands of 50 Hz, short enough that a hit stays one.
WINDOW_SECONDS = 0.0213


def window_frames(sample_rate: int) -> int:
    """The length of a window: the power of two nearest to ``WINDOW_SECONDS``; a hop is half of it."""
    return 1 << max(6, round(math.log2(sample_rate * WINDOW_SECONDS)))


def frequencies(sample_rate: int) -> Float64:
    """The middle of each bin in Hz, (bins,)."""
    middles: Float64 = np.linspace(0.0, sample_rate / 2, window_frames(sample_rate) // 2 + 1)
    return middles


class Analyser:
    """Blocks in, spectra out. The first window begins one hop before the sound."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        """Start before the first frame."""
        self._size = window_frames(sample_rate)
        self._window = _sine(self._size)
        self._held = np.zeros((channels, self._size // 2), np.float32)

    def push(self, block: Float32) -> Complex64:
        """Take (frames, channels), give the spectra that are whole, (channels, windows, bins)."""
        self._held = np.concatenate([self._held, block.T], axis=1)
        hop = self._size // 2
        windows = max(0, self._held.shape[1] // hop - 1)
        if not windows:
            return np.zeros((len(self._held), 0, hop + 1), np.complex64)
        framed = np.lib.stride_tricks.sliding_window_view(self._held, self._size, axis=1)
        spectra = np.fft.rfft(framed[:, : windows * hop : hop] * self._window)
        self._held = self._held[:, windows * hop :]
        return spectra.astype(np.complex64, copy=False)

    def finish(self) -> Complex64:
        """The spectra that reach beyond the end, where there is silence."""
        hop = self._size // 2
        missing = -self._held.shape[1] % hop + hop
        return self.push(np.zeros((missing, len(self._held)), np.float32))


class Listener:
    """An ``Analyser`` for parts of a sound: without the window in which a part is cut off from what was
    before, whose edge would be heard as a click at all frequencies."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        """Start before the first frame of a part."""
        self._analyser = Analyser(sample_rate, channels)
        self._cut = 1

    def push(self, block: Float32) -> Complex64:
        """Take (frames, channels), give the spectra that are whole, (channels, windows, bins)."""
        spectra = self._analyser.push(block)
        cut, self._cut = self._cut, max(0, self._cut - spectra.shape[1])
        return spectra[:, cut:]


class Synthesiser:
    """Spectra in, sound out: what ``Analyser`` took, if nothing was changed."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        """Start before the first window."""
        self._size = window_frames(sample_rate)
        self._window = _sine(self._size)
        self._half = np.zeros((channels, self._size // 2), np.float32)
        self._first = True

    def push(self, spectra: Complex64) -> Float32:
        """Take (channels, windows, bins), give the frames that no later window reaches."""
        channels, windows, _ = spectra.shape
        if not windows:
            return np.zeros((0, channels), np.float32)
        hop = self._size // 2
        waves = np.fft.irfft(spectra, self._size).astype(np.float32, copy=False)
        waves *= self._window
        joined = waves[:, :, :hop]
        joined[:, 0] += self._half
        joined[:, 1:] += waves[:, :-1, hop:]
        self._half = waves[:, -1, hop:].copy()
        sound = joined.reshape(channels, -1).T
        sound, self._first = (sound[hop:] if self._first else sound), False
        return sound


def _sine(size: int) -> Float32:
    window: Float32 = np.sin(np.pi * (np.arange(size) + 0.5) / size).astype(np.float32)
    return window
