"""When something begins in a sound: peaks of how much its spectrum grows (Bock and Widmer 2013).

A band counts as grown by what it is above its own and its neighbours' level two frames before, so that
vibrato and glides are no onsets. A peak is an onset where it stands out from the quarter second around it.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from engine.audio.long_mel import mel_pieces
from engine.audio.mel import Float32, MelParameters
from engine.audio.stretch import Stretch

Float64 = NDArray[np.float64]

# Matched within this (the usual tolerance of onset detection, and of the ear between two hits).
TOLERANCE_SECONDS = 0.05
_HOPS_A_SECOND = 100
_WINDOW_SECONDS = 0.032
_BANDS = 40
_HIGHEST_HZ = 8_000.0
# What lies so far below the loudest band is silence: rustling in it is no onset.
_RANGE_DB = 45.0
_DB = 20.0 / np.log(10.0)
_LAG = 2
# Mean growth of all bands by which a peak stands out, in decibels.
_THRESHOLD_DB = 1.2
# In frames: a peak's neighbourhood, what it stands out from, and the least distance of two onsets.
_PEAK_REACH, _MEAN_REACH, _APART = 3, 10, 5
# Last frames that hear the sound's end, mirrored: a click that is not there.
_MIRRORED = 2


def onsets(sound: Stretch, sample_rate: int) -> Generator[None, None, Float64]:
    """Their times in seconds, (any,), of one channel; yields while it listens."""
    parameters = _parameters(sample_rate)
    loudest = -np.inf
    for mel in mel_pieces(sound, parameters):
        loudest = max(loudest, float(mel.max(initial=-np.inf)))
        yield
    floor = np.float32(loudest - _RANGE_DB / _DB)
    grown, before = [np.zeros(0)], np.full((_LAG, _BANDS), floor)
    for mel in mel_pieces(sound, parameters):
        heard = np.concatenate([before, np.maximum(mel, floor)])
        grown.append(growth(heard))
        before = heard[-_LAG:]
        yield
    values = np.concatenate(grown)
    values[len(values) - _MIRRORED :] = 0.0
    return peaks(values) / _HOPS_A_SECOND


def growth(log_mel: Float32) -> Float64:
    """Of (lag + mel_frames, bands), how much each frame's bands have grown on the mean, in decibels,
    (mel_frames,)."""
    past = np.pad(log_mel[:-_LAG], ((0, 0), (1, 1)), mode="edge")
    around = np.maximum(np.maximum(past[:, :-2], past[:, 2:]), past[:, 1:-1])
    return np.asarray(_DB * np.maximum(0.0, log_mel[_LAG:] - around).mean(axis=1, dtype=np.float64))


def peaks(values: Float64) -> Float64:
    """Where values stand out, in frames, rising, at least ``_APART`` from each other."""
    if not len(values):
        return np.zeros(0)
    highest = _over_neighbours(np.pad(values, _PEAK_REACH, mode="minimum"), 2 * _PEAK_REACH + 1).max(axis=1)
    mean = _over_neighbours(np.pad(values, _MEAN_REACH, mode="edge"), 2 * _MEAN_REACH + 1).mean(axis=1)
    found: list[int] = []
    for place in np.flatnonzero((values >= highest) & (values >= mean + _THRESHOLD_DB)):
        if not found or place - found[-1] >= _APART:
            found.append(int(place))
    return np.array(found, np.float64)


def f_measure(expected: Float64, found: Float64, tolerance: float = TOLERANCE_SECONDS) -> float:
    """Of times in seconds, both rising; each matches one other at most. 1 where there are none at all."""
    if not len(expected) and not len(found):
        return 1.0
    matched = one = other = 0
    while one < len(expected) and other < len(found):
        late = found[other] - expected[one]
        is_match = abs(late) <= tolerance
        matched += is_match
        one += is_match or late > 0.0
        other += is_match or late < 0.0
    return 2.0 * matched / (len(expected) + len(found))


def _over_neighbours(padded: Float64, width: int) -> Float64:
    return np.lib.stride_tricks.sliding_window_view(padded, width)


def _parameters(sample_rate: int) -> MelParameters:
    window = round(_WINDOW_SECONDS * sample_rate)
    return MelParameters(
        sample_rate=sample_rate,
        n_fft=window,
        win_length=window,
        hop_length=round(sample_rate / _HOPS_A_SECOND),
        n_mels=_BANDS,
        f_min=0.0,
        f_max=min(_HIGHEST_HZ, sample_rate / 2.0),
    )
