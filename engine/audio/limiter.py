"""A limiter that looks ahead: the gain is already down when the peak arrives, and never jumps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Head room for the converters and codecs behind us.
CEILING_DB = -1.0
CEILING = 10.0 ** (CEILING_DB / 20.0)

# The time over which the gain goes down before a peak and comes back after it.
ATTACK_SECONDS = 0.005

# True peaks as BS.1770-4, annex 2, has them: of the sound at four times its rate. More neighbours are read
# than there, which finds the peaks of the highest frequencies too.
_OVERSAMPLING = 4
_TAPS = 48
# Kept as head room for what lies between four times the rate and the continuous sound, and for meters whose
# filter is another: of white noise up to half the rate they differ by 0.25 dB.
_MARGIN = 10.0 ** (-0.3 / 20.0)


class Limiter:
    """Keeps every true peak within the ceiling; all channels share one gain, so the image stays.

    For each frame the gain that its own peak needs is spread by a sliding minimum and then smoothed
    over the same width: an average of values that are all low enough is low enough.
    """

    def __init__(self, sample_rate: int, channels: int, ceiling: float = CEILING) -> None:
        """Start before the first frame; ``ceiling`` is an amplitude."""
        self._ceiling = ceiling
        self._reach = max(1, round(ATTACK_SECONDS * sample_rate))
        smoothing = np.hanning(2 * self._reach + 3)[1:-1]
        self._smoothing = smoothing / smoothing.sum()
        # Behind the last frame given out lie as many that still weigh on the next one.
        self._margin = 2 * self._reach + _TAPS
        self._held = np.zeros((self._margin, channels), np.float32)

    def push(self, block: Float32) -> Float32:
        """Take (any, channels), give what no later peak can change: 10 ms less than was taken."""
        self._held = np.concatenate([self._held, block])
        ready = len(self._held) - 2 * self._margin
        if ready <= 0:
            return self._held[:0]
        limited = self._limit(self._held)
        self._held = self._held[ready:]
        return limited

    def finish(self) -> Float32:
        """The rest."""
        silence = np.zeros((self._margin, self._held.shape[1]), np.float32)
        return self._limit(np.concatenate([self._held, silence]))

    def _limit(self, waveform: Float32) -> Float32:
        """All but the first and last ``margin`` frames."""
        inner = waveform[self._margin : len(waveform) - self._margin]
        peaks = true_peaks(waveform, self._ceiling)[_TAPS : len(waveform) - _TAPS]
        if peaks.max(initial=0.0) <= self._ceiling:
            return inner.copy()
        goal = self._ceiling * _MARGIN
        needed = np.where(peaks > goal, goal / np.maximum(peaks, goal), 1.0)
        gain = np.convolve(sliding_minimum(needed, 2 * self._reach + 1), self._smoothing, mode="valid")
        limited = inner * gain[:, None]
        # Only the last bit of rounding is left to cut.
        return np.clip(limited, -self._ceiling, self._ceiling).astype(np.float32)


def true_peaks(waveform: Float32 | Float64, enough: float = 0.0) -> Float64:
    """The largest value of any channel at each frame and between it and the next, (frames,).

    waveform: (frames, channels). Channels that can't reach ``enough`` between their frames are looked at
    only at them.
    """
    peaks = np.zeros(len(waveform))
    for channel in waveform.T:
        heights = np.abs(channel)
        np.maximum(peaks, heights, out=peaks)
        if heights.max(initial=0.0) * _OVERSHOOT > enough:
            for phase in _PHASES:
                between = np.convolve(channel, phase, mode="full")[_TAPS // 2 - 1 :][: len(channel)]
                np.maximum(peaks, np.abs(between), out=peaks)
    return peaks


def sliding_minimum(values: Float64, width: int) -> Float64:
    """The least of each ``width`` neighbours, (len - width + 1,), in log(width) passes."""
    covered = 1
    while 2 * covered <= width:
        values = np.minimum(values[:-covered], values[covered:])
        covered *= 2
    rest = width - covered
    return np.minimum(values[: len(values) - rest], values[rest:])


def _phase(fraction: float) -> Float64:
    """The filter that reads a sound at this fraction of a frame further on, (taps,)."""
    distance = np.arange(_TAPS) - _TAPS // 2 + fraction
    shape = np.sinc(distance) * (0.5 + 0.5 * np.cos(np.pi * distance / (_TAPS // 2 + 0.5)))
    taps: Float64 = shape / shape.sum()
    return taps


_PHASES = tuple(_phase(step / _OVERSAMPLING) for step in range(1, _OVERSAMPLING))
_OVERSHOOT = max(float(np.abs(phase).sum()) for phase in _PHASES)
