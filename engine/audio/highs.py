"""The original's own sound above a model's band, following what was made of the rest.

Where an edit made the band below louder or softer, the original above it gets louder or softer with it.
Where it would have to be boosted out of its noise, it is boosted so far, and an extension does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.bands import Smoothing
from engine.audio.crossover import Crossover
from engine.audio.stft import frequencies, window_frames

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]

# What is compared: the two octaves below the crossover, and of them the upper half, which says most about
# what is next to it. Half an octave above the crossover, the whole of both octaves counts.
_WIDE_FROM, _NEAR_FROM = 0.25, 0.6
_WIDE_AFTER_OCTAVES = 0.5
# A longer memory smears hits, a shorter one follows the beating of noise.
_SECONDS = 0.015
# More boost than this would bring up the recording's noise.
_MAX_BOOST = 10.0 ** (12.0 / 10.0)
_MAX_CUT = 10.0 ** (-60.0 / 10.0)
# The memory of how alike the two sides of the crossover are.
_LIKENESS_SECONDS = 0.05
_SILENT = 1e-16


@dataclass(frozen=True)
class Shares:
    """Amplitudes (windows, bins): of the original as it is, and of the extension that stands in for it."""

    original: Float32
    extension: Float32


class KeptHighs:
    """How loud the original is to be above the crossover."""

    def __init__(self, crossover: Crossover, sample_rate: int) -> None:
        """Nothing heard yet."""
        hz = frequencies(sample_rate)
        self._wide, self._near = (
            slice(max(1, int(np.searchsorted(hz, crossover.hz * share))), crossover.first)
            for share in (_WIDE_FROM, _NEAR_FROM)
        )
        way = np.clip(np.log2(np.maximum(hz, 1.0) / crossover.hz) / _WIDE_AFTER_OCTAVES, 0.0, 1.0)
        self._wider = way.astype(np.float32)
        self._crossover = crossover
        hop_seconds = window_frames(sample_rate) / 2 / sample_rate
        self._smoothing = Smoothing(_SECONDS, hop_seconds)
        self._likeness = Smoothing(_LIKENESS_SECONDS, hop_seconds)

    def shares(self, generated: Complex64, original: Complex64) -> Shares:
        """generated, original: one channel each, (windows, bins)."""
        energies = [
            (np.abs(sound[:, band]) ** 2).sum(axis=1)
            for sound in (generated, original)
            for band in (self._near, self._wide)
        ]
        made_near, made_wide, near, wide = self._smoothing.push(np.stack(energies, axis=1)).T
        ratio = np.stack([made_near / (near + _SILENT), made_wide / (wide + _SILENT)], axis=1)
        way = np.stack([1.0 - self._wider, self._wider])
        wanted = np.exp(np.log(np.clip(ratio, _MAX_CUT, 1.0 / _MAX_CUT)) @ way)  # (windows, bins), of power
        kept = np.minimum(wanted, _MAX_BOOST)
        return Shares(np.sqrt(kept).astype(np.float32), np.sqrt(1.0 - kept / wanted).astype(np.float32))

    def likeness(self, generated: Complex64, original: Complex64) -> Float32:
        """How alike the two, (windows, bins), are around the crossover, (windows,), 0 to 1."""
        reach = self._crossover.last - self._crossover.first
        near = slice(self._crossover.first - reach, self._crossover.last)
        one, other = generated[:, near], original[:, near]
        products = ((one * other.conj()).real, np.abs(one) ** 2, np.abs(other) ** 2)
        sums = np.stack([product.sum(axis=1) for product in products], axis=1)
        joint, first, second = self._likeness.push(sums).T
        alike: Float32 = np.clip(joint / np.sqrt(first * second + _SILENT), 0.0, 1.0)
        return alike
