"""Bins of a spectrum gathered into the bands that the ear tells apart, and spread over bins again."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.stft import frequencies

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Narrower bands would hold a bin or none.
_NARROWEST_BINS = 3.0


@dataclass(frozen=True)
class Bands:
    """Overlapping triangles: the weights of each bin sum to 1. ``weights``: (bands, bins)."""

    weights: Float32
    centres: Float64  # (bands,) in Hz

    def gathered(self, values: Float32) -> Float32:
        """(..., bins) -> sums, (..., bands)."""
        sums: Float32 = values @ self.weights.T
        return sums

    def spread(self, values: Float32) -> Float32:
        """(..., bands) -> (..., bins), linear between the centres."""
        bins: Float32 = values @ self.weights
        return bins


def bands_per_octave(sample_rate: int, count: float) -> Bands:
    """So many bands an octave from 100 Hz up, and below as many as the bins allow."""
    hz = frequencies(sample_rate)
    centres, width = [0.0], _NARROWEST_BINS * hz[1]
    while centres[-1] < hz[-1]:
        centres.append(centres[-1] + max(width, centres[-1] * (2.0 ** (1.0 / count) - 1.0)))
    edges = np.array(centres)
    weights = np.array([np.interp(hz, edges, row) for row in np.eye(len(edges))])
    return Bands(weights.astype(np.float32), edges)


class Smoothing:
    """A running mean over windows that forgets, row by row; at first it is the plain mean."""

    def __init__(self, seconds: float, hop_seconds: float) -> None:
        """``seconds``: after which a value counts for a third."""
        self._share = 1.0 - math.exp(-hop_seconds / seconds) if seconds > 0.0 else 1.0
        self._mean: Float32 | None = None
        self._rows = 0

    def push(self, rows: Float32) -> Float32:
        """Take (windows, ...), give the mean after each of them, in the same shape."""
        smooth = np.empty_like(rows)
        for number, row in enumerate(rows):
            self._rows += 1
            share = np.float32(max(self._share, 1.0 / self._rows))
            self._mean = row if self._mean is None else self._mean + share * (row - self._mean)
            smooth[number] = self._mean
        return smooth
