"""A limiter that looks ahead: the gain is already down when the peak arrives, and never jumps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Head room for the converters and codecs behind us, which overshoot between samples.
CEILING_DB = -1.0
CEILING = 10.0 ** (CEILING_DB / 20.0)

# The time over which the gain goes down before a peak and comes back after it.
ATTACK_SECONDS = 0.005


class Limiter:
    """Keeps every sample within the ceiling; all channels share one gain, so the image stays.

    For each frame the gain that its own peak needs is spread by a sliding minimum and then smoothed
    over the same width: an average of values that are all low enough is low enough.
    """

    def __init__(self, sample_rate: int, channels: int, ceiling: float = CEILING) -> None:
        """Start before the first frame."""
        self._ceiling = ceiling
        self._reach = max(1, round(ATTACK_SECONDS * sample_rate))
        smoothing = np.hanning(2 * self._reach + 3)[1:-1]
        self._smoothing = smoothing / smoothing.sum()
        # Behind the last frame given out lie 2 * reach that still weigh on the next one.
        self._held = np.zeros((2 * self._reach, channels), np.float32)

    def push(self, block: Float32) -> Float32:
        """Take (any, channels), give what no later peak can change: 10 ms less than was taken."""
        self._held = np.concatenate([self._held, block])
        ready = len(self._held) - 4 * self._reach
        if ready <= 0:
            return self._held[:0]
        limited = self._limit(self._held)
        self._held = self._held[ready:]
        return limited

    def finish(self) -> Float32:
        """The rest."""
        silence = np.zeros((2 * self._reach, self._held.shape[1]), np.float32)
        return self._limit(np.concatenate([self._held, silence]))

    def _limit(self, waveform: Float32) -> Float32:
        """All but the first and last 2 * reach frames."""
        margin = 2 * self._reach
        inner = waveform[margin : len(waveform) - margin]
        heights = np.abs(waveform)
        if heights.max(initial=0.0) <= self._ceiling:
            return inner.copy()
        peaks = heights.max(axis=1, initial=0.0).astype(np.float64)
        needed = self._ceiling / np.maximum(peaks, self._ceiling)
        gain = np.convolve(sliding_minimum(needed, 2 * self._reach + 1), self._smoothing, mode="valid")
        limited = inner * gain[:, None]
        # Only the last bit of rounding is left to cut.
        return np.clip(limited, -self._ceiling, self._ceiling).astype(np.float32)


def sliding_minimum(values: Float64, width: int) -> Float64:
    """The least of each ``width`` neighbours, (len - width + 1,), in log(width) passes."""
    covered = 1
    while 2 * covered <= width:
        values = np.minimum(values[:-covered], values[covered:])
        covered *= 2
    rest = width - covered
    return np.minimum(values[: len(values) - rest], values[rest:])
