"""How loud a sound is over time, in hops of 10 ms, whatever its rate."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

HOP_SECONDS = 0.01
# Nothing is softer than this, in decibels.
SILENT_DB = -120.0
_HOPS_A_SECOND = round(1.0 / HOP_SECONDS)
# An attack moves by less than a hop when each hop hears half of its neighbours.
_WEIGHTS = np.array([0.25, 0.5, 0.25])


class Envelope:
    """The mean square of each hop of a mono sound that comes in blocks; their sizes change nothing."""

    def __init__(self, sample_rate: int) -> None:
        """Nothing heard yet."""
        self._sample_rate = sample_rate
        self._hop = 0
        self._rest = np.zeros(0, np.float32)

    def push(self, sound: Float32) -> Float64:
        """Take (frames,), give the hops that are whole now."""
        self._rest = np.concatenate([self._rest, sound])
        start = hop_start(self._hop, self._sample_rate)
        stop = _whole_hops(start + len(self._rest), self._sample_rate)
        edges = [hop_start(hop, self._sample_rate) - start for hop in range(self._hop, stop + 1)]
        powers = _mean_squares(self._rest, edges)
        self._rest = self._rest[edges[-1] :]
        self._hop += len(powers)
        return powers

    def finish(self) -> Float64:
        """The last hop, of what there is of it; none if nothing is left."""
        return _mean_squares(self._rest, [0, len(self._rest)] if len(self._rest) else [0])


Hops = TypeVar("Hops", int, Int64)


def hop_start(hop: Hops, sample_rate: int) -> Hops:
    """The frame nearest to where a hop, or each of some, begins."""
    return (2 * hop * sample_rate + _HOPS_A_SECOND) // (2 * _HOPS_A_SECOND)


def hops_in(frames: int, sample_rate: int) -> int:
    """Hops that cover so many frames, the last of which may be a part of one."""
    whole = _whole_hops(frames, sample_rate)
    return whole if hop_start(whole, sample_rate) == frames else whole + 1


def _whole_hops(frames: int, sample_rate: int) -> int:
    """Hops that end within so many frames."""
    hops = frames * _HOPS_A_SECOND // sample_rate + 1
    while hop_start(hops, sample_rate) > frames:
        hops -= 1
    return hops


def decibels(powers: Float64) -> Float64:
    """Each hop's level, heard with half of its neighbours, (hops,); what is outside is as the ends are."""
    if not len(powers):
        return powers
    heard = np.convolve(np.pad(powers, 1, mode="edge"), _WEIGHTS, mode="valid")
    return np.asarray(10.0 * np.log10(np.maximum(heard, 10.0 ** (SILENT_DB / 10.0))))


def smoothed(values: Float64, reach: int) -> Float64:
    """Means under a Hann window of 2 reach + 1, whose share outside the ends repeats them, (any,)."""
    window = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(values, reach, mode="edge")
    return np.asarray(np.convolve(padded, window / window.sum(), mode="valid"))


def correlation(one: Float64, other: Float64) -> float:
    """Of two envelopes in decibels, as far as both go; 0 where either does not move."""
    hops = min(len(one), len(other))
    one, other = one[:hops], other[:hops]
    if not hops or not np.ptp(one) or not np.ptp(other):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _mean_squares(sound: Float32, edges: list[int]) -> Float64:
    if len(edges) < 2:
        return np.zeros(0)
    squares = np.square(sound[: edges[-1]], dtype=np.float64)
    return np.asarray(np.add.reduceat(squares, edges[:-1]) / np.diff(edges))
