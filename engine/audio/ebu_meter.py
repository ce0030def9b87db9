"""What EBU R 128 measures of a whole file while its samples pass: the five numbers of a bext chunk.

Sources: ITU-R BS.1770-4 (gates, true peaks), EBU Tech 3341 (windows of 0.4 and 3 s) and Tech 3342 (loudness
range). libebur128 weights, squares and oversamples; what follows from that is arithmetic on steps of 10 ms,
so that the highest windows are found wherever they begin.
"""

from __future__ import annotations

import math
from array import array

import numpy as np
from numpy.typing import NDArray
from pyebur128 import ChannelType, MeasurementMode, R128State, get_loudness_window, get_previous_true_peak

from engine.takes.bext import Loudness

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_STEPS_PER_SECOND = 100
_STEP_MS = 10
_MOMENTARY = 40  # steps
_SHORT_TERM = 300
_HOP = 10  # from one block of a gate to the next
_SILENCE_LUFS = -70.0
_QUIET_LU = -10.0  # below the mean, for integrated loudness
_QUIET_RANGE_LU = -20.0  # and for the range
_PERCENTILES = (0.1, 0.95)
_OFFSET = -0.691  # from mean square to LUFS

# More channels may be anything, and each would weigh otherwise.
_MOST_PLACED_CHANNELS = 2
# Frames that the oversampling filter reaches back.
_REACH = 48
# What it can make of frames that do not exceed 1: the largest sum of its taps' sizes, at 96 kHz.
_OVERSHOOT = 2.31
_PEAK_BLOCK = 4_096


class EbuMeter:
    """Of everything pushed so far. It keeps 8 bytes for every 10 ms."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        """Nothing heard yet."""
        self._powers = _Powers(sample_rate, channels) if channels <= _MOST_PLACED_CHANNELS else None
        self._peak = _TruePeak(sample_rate, channels)

    def push(self, block: Float32) -> None:
        """Add (frames, channels)."""
        block = np.ascontiguousarray(block, np.float32)
        if self._powers is not None:
            self._powers.push(block)
        self._peak.push(block)

    def loudness(self) -> Loudness:
        """What can be said: a sound shorter than a window has no loudness of that window.

        The same goes for silence, and for loudness where nobody knows what stands in which channel.
        """
        powers = self._powers.steps() if self._powers is not None else np.zeros(0)
        momentary, short_term = _windows(powers, _MOMENTARY), _windows(powers, _SHORT_TERM)
        return Loudness(
            integrated=_lufs(_gated_mean(momentary[::_HOP])),
            range=_range(short_term[::_HOP]),
            true_peak=self._peak.db(),
            momentary=_lufs(momentary.max(initial=0.0)),
            short_term=_lufs(short_term.max(initial=0.0)),
        )


class _Powers:
    """The mean square of each 10 ms, all channels together, after the standard's weighting."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._state = R128State(channels, sample_rate, MeasurementMode.MODE_M)
        for channel in range(channels):
            self._state.set_channel(channel, ChannelType.LEFT)
        self._rate = sample_rate
        self._heard = 0
        self._lufs = array("d")

    def push(self, block: Float32) -> None:
        """Whole steps are measured; the rest waits inside."""
        start = 0
        while start < len(block):
            ends = -(-(len(self._lufs) + 1) * self._rate // _STEPS_PER_SECOND)
            part = block[start : start + ends - self._heard]
            self._state.add_frames(part.reshape(-1), len(part))
            self._heard += len(part)
            start += len(part)
            if self._heard == ends:
                self._lufs.append(get_loudness_window(self._state, _STEP_MS))

    def steps(self) -> Float64:
        """(steps,)"""
        powers: Float64 = 10.0 ** ((np.frombuffer(self._lufs) - _OFFSET) / 10.0)
        return powers


class _TruePeak:
    """The highest, of any channel. What can't exceed it is not oversampled, which is nearly everything."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._state = R128State(channels, sample_rate, MeasurementMode.MODE_TRUE_PEAK)
        self._channels = channels
        self._before = np.zeros((_REACH, channels), np.float32)
        self._highest = 0.0

    def push(self, block: Float32) -> None:
        """In pieces, as a peak in one says nothing of the others."""
        for start in range(0, len(block), _PEAK_BLOCK):
            piece = block[start : start + _PEAK_BLOCK]
            self._highest = self._highest_with(piece)
            self._before = np.concatenate([self._before, piece])[-_REACH:]

    def db(self) -> float | None:
        """In dBTP, as if silence followed. None where nothing is heard."""
        highest = self._highest_with(np.zeros_like(self._before))
        return 20.0 * math.log10(highest) if highest > 0.0 else None

    def _highest_with(self, piece: Float32) -> float:
        """What lies before it is given again: the last pieces may have been passed over."""
        loudest = max(float(np.abs(near).max()) for near in (self._before, piece))
        if loudest * _OVERSHOOT <= self._highest:
            return self._highest
        self._state.add_frames(self._before.reshape(-1), _REACH)
        self._state.add_frames(piece.reshape(-1), len(piece))
        peaks = (get_previous_true_peak(self._state, channel) for channel in range(self._channels))
        return max(self._highest, *map(float, peaks))


def _windows(powers: Float64, width: int) -> Float64:
    """The mean of each ``width`` steps that follow each other, (len - width + 1,)."""
    if len(powers) < width:
        return np.zeros(0)
    sums = np.concatenate([[0.0], np.cumsum(powers)])
    # What was loud before must not leave a remainder in silence.
    means: Float64 = np.maximum(sums[width:] - sums[:-width], 0.0) / width
    return means


def _gated_mean(powers: Float64) -> float:
    """Of the blocks above both gates of BS.1770; 0 where there are none."""
    return _mean(_above(powers, _QUIET_LU))


def _range(powers: Float64) -> float | None:
    """Tech 3342: between the tenth and the ninety-fifth of a hundred of the blocks above its gates."""
    heard = np.sort(_above(powers, _QUIET_RANGE_LU))
    if not len(heard):
        return None
    low, high = (heard[int((len(heard) - 1) * part + 0.5)] for part in _PERCENTILES)
    return 10.0 * math.log10(high / low)


def _above(powers: Float64, below_mean: float) -> Float64:
    """Blocks that are no silence, and not so far below the mean of those."""
    audible = powers[powers >= _power(_SILENCE_LUFS)]
    gated: Float64 = audible[audible >= _mean(audible) * 10.0 ** (below_mean / 10.0)]
    return gated


def _mean(powers: Float64) -> float:
    return float(powers.mean()) if len(powers) else 0.0


def _power(lufs: float) -> float:
    return float(10.0 ** ((lufs - _OFFSET) / 10.0))


def _lufs(power: float) -> float | None:
    """None for what is below the standard's silence."""
    return 10.0 * math.log10(power) + _OFFSET if power >= _power(_SILENCE_LUFS) else None
