"""What could be above a model's band: copies of its upper half octaves, moved up.

A copy keeps the time structure of what it is a copy of, so a hit stays a hit and hiss hiss. How loud the
copies are follows from the recording around, or, for a new sound, from the slope of the sound itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.bands import Smoothing, bands_per_octave
from engine.audio.crossover import Crossover
from engine.audio.stft import frequencies, window_frames

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]

# Copied is what lies between this share of the crossover's frequency and the crossover.
_COPIED_FROM = 0.56
# The slope is that of the sound from two octaves below the crossover up to it,
_SLOPE_FROM = 0.25
# as it was over the last moments, so that single events do not swing it.
_SECONDS = 0.3
_BANDS_PER_OCTAVE = 6.0
# What natural sounds do up there, in dB an octave; a steeper or flatter slope is not followed.
_STEEPEST, _FLATTEST = -24.0, -6.0
# Above this they fall faster by so much: air, microphones and codecs.
_AIR_HZ, _AIR_DB = 12_000.0, -12.0
# A gap in what is copied is filled no further than this.
_MAX_FLATTENING_DB = 20.0
# Nobody hears further up; a recording's noise and a converter's filter are there.
_END_HZ, _GONE_HZ = 20_000.0, 22_000.0
_SILENT = 1e-20


class Extension:
    """The part of a sound above a crossover, made from the part below it."""

    def __init__(
        self, crossover: Crossover, sample_rate: int, offsets_db: Float32 | None = None, *, lap: int = 0
    ) -> None:
        """``offsets_db``: (bins,) how loud the sound is to be above the crossover, relative to
        ``reference_band``; None: as its own slope goes on. ``lap``: frames after which a loop comes round,
        and its copies with it; 0: it is none."""
        hz = frequencies(sample_rate)
        bins = np.arange(len(hz))
        # A move by an even number of bins is the same move in every window.
        width = int(crossover.first * (1.0 - _COPIED_FROM)) // 2 * 2
        moves = (np.maximum(bins - crossover.first, 0) // width + 1) * width
        self._from = np.maximum(bins - moves, 0)
        self._first = crossover.first
        self._octaves = np.log2(np.maximum(hz, hz[1]) / (crossover.hz / 2.0**0.25)).astype(np.float32)
        self._air_db = (_AIR_DB * np.maximum(np.log2(np.maximum(hz, hz[1]) / _AIR_HZ), 0.0)).astype(
            np.float32
        )
        self._fade = np.interp(hz, (_END_HZ, _GONE_HZ), (1.0, 0.0)).astype(np.float32)
        self._offsets_db = offsets_db
        self._bands = bands_per_octave(sample_rate, _BANDS_PER_OCTAVE)
        self._widths = self._bands.weights.sum(axis=1)
        self._below, self._near = (
            slice(*np.searchsorted(self._bands.centres, (crossover.hz * share, crossover.hz * 0.98)))
            for share in (_SLOPE_FROM, 1.0 / np.sqrt(2.0))
        )
        self._smoothing = Smoothing(_SECONDS, window_frames(sample_rate) / 2 / sample_rate)
        self._drift = _drift(moves, window_frames(sample_rate), lap) if lap else None
        self._windows = 0

    def __call__(self, generated: Complex64) -> Complex64:
        """(inputs, windows, bins) -> the same with nothing below the crossover and copies above it.

        The first input is the sound whose spectrum counts.
        """
        energy = self._smoothing.push(self._bands.gathered(np.abs(generated[0]) ** 2)) / self._widths
        level = 10.0 * np.log10(energy + _SILENT)  # (windows, bands)
        near = 10.0 * np.log10(energy[:, self._near].mean(axis=1, keepdims=True) + _SILENT)
        uneven = np.clip(level - near, -_MAX_FLATTENING_DB, _MAX_FLATTENING_DB)
        first = self._first
        wanted = self._continued(level)[:, first:] if self._offsets_db is None else self._offsets_db[first:]
        gain_db = wanted - self._bands.spread(uneven)[:, self._from[first:]]
        extended = np.zeros_like(generated)
        gain = np.power(np.float32(10.0), gain_db / np.float32(20.0)) * self._fade[first:]
        extended[:, :, first:] = generated[:, :, self._from[first:]] * gain
        if self._drift is not None:
            windows = np.arange(self._windows, self._windows + len(gain))[:, None]
            extended *= np.exp(2j * np.pi * (windows * self._drift % 1.0)).astype(np.complex64)
            self._windows += len(gain)
        return extended

    def _continued(self, level: Float32) -> Float32:
        """The slope of each window's bands below the crossover, by least squares, further up:
        (windows, bands) -> (windows, bins), in dB relative to the reference band."""
        octaves = np.log2(self._bands.centres[self._below]).astype(np.float32)
        octaves -= octaves.mean()
        slope = np.clip(level[:, self._below] @ octaves / (octaves @ octaves), _STEEPEST, _FLATTEST)
        continued: Float32 = slope[:, None].astype(np.float32) * self._octaves + self._air_db
        return continued


def _drift(moves: NDArray[np.int64], size: int, lap: int) -> NDArray[np.float64]:
    """Turns from window to window, (bins,), that make of each move by so many bins one by whole turns a
    lap, the nearest: else copies would jump where a loop comes round."""
    turns = np.rint(moves * lap / size)
    drift: NDArray[np.float64] = (turns / lap - moves / size) * (size // 2)
    return drift


def reference_band(crossover: Crossover, sample_rate: int) -> slice:
    """The bins just below a crossover to which levels above it are relative: half an octave."""
    first = int(np.searchsorted(frequencies(sample_rate), crossover.hz / np.sqrt(2.0)))
    return slice(first, crossover.first)
