"""The noise that is left when nothing sounds: that of the recording, under a take that has less or more."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.audio.bands import Bands, Smoothing, bands_per_octave
from engine.audio.profile import heard_parts
from engine.audio.stft import Listener, window_frames
from engine.audio.stretch import Stretch

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]

_BANDS_PER_OCTAVE = 3.0
# The floor is what a band's energy, over so long, falls below for this share of the time.
_SECONDS, _SHARE = 0.1, 0.1
# Energies are counted in steps of 1 dB from here up: a running quantile in constant memory.
_LOWEST_DB, _STEPS = -160, 260
# Where a take is noisier than its surroundings, its floor is turned down by so much at most: between 3 dB
# above it, which is all noise, and 12, where something sounds.
_MAX_CUT_DB = 12.0
_NOISE_DB, _SOUND_DB = 3.0, 12.0
# How much of a take is heard before its first sound is given out.
_AHEAD_SECONDS = 1.0
_BLOCK_SAMPLES = 1 << 17


class NoiseFloor:
    """A treatment for ``SpectralStage``: noise is added up to a floor, or the take's own turned down."""

    def __init__(self, goal_db: Float32, sample_rate: int, seed: int) -> None:
        """goal_db: (channels, bands) as ``floor_db`` gives them; the noise is a function of the seed."""
        hop_seconds = window_frames(sample_rate) / 2 / sample_rate
        self._bands = bands_per_octave(sample_rate, _BANDS_PER_OCTAVE)
        self._width = self._bands.weights.sum(axis=1)
        self._goal_db = goal_db
        self._random = np.random.default_rng(seed)
        self._ahead = round(_AHEAD_SECONDS / hop_seconds)
        self._smoothing = Smoothing(_SECONDS, hop_seconds)
        self._quantile = Quantile(goal_db.shape)
        bins = self._bands.weights.shape[1]
        self._held = np.zeros((len(goal_db), 0, bins), np.complex64)
        self._levels = np.zeros((0, *goal_db.shape), np.float32)  # of each window held
        self._floors = np.zeros((0, *goal_db.shape), np.float32)  # as they were known at each

    def __call__(self, generated: Complex64, original: Complex64) -> Complex64:  # noqa: ARG002
        """See Treatment."""
        self._held = np.concatenate([self._held, generated], axis=1)
        levels = _levels(generated, self._bands, self._smoothing)
        self._levels = np.concatenate([self._levels, levels])
        self._floors = np.concatenate([self._floors, self._quantile.push(levels)])
        ready = max(0, self._held.shape[1] - self._ahead)
        return self._give(ready, self._floors[self._ahead :][:ready])

    def rest(self) -> Complex64:
        """See Treatment."""
        windows = self._held.shape[1]
        known = np.concatenate([self._floors, np.repeat(self._floors[-1:], self._ahead, axis=0)])
        return self._give(windows, known[-windows:] if windows else known[:0])

    def _give(self, windows: int, floors: Float32) -> Complex64:
        """floors: (windows, channels, bands) in dB."""
        levels, sound = self._levels[:windows], self._held[:, :windows]
        gains = self._bands.spread(_turned_down(levels, floors, self._goal_db)).transpose(1, 0, 2)
        missing = np.maximum(_power(self._goal_db) - _power(floors), 0.0) / self._width
        noise = np.sqrt(self._bands.spread(missing.astype(np.float32))) * self._noise(windows)
        self._held, self._levels = self._held[:, windows:], self._levels[windows:]
        self._floors = self._floors[windows:]
        fitted: Complex64 = (sound * gains + noise.transpose(1, 0, 2)).astype(np.complex64)
        return fitted

    def _noise(self, windows: int) -> Complex64:
        """(windows, channels, bins), that sound as loud as an analysed noise of power 1 in each bin."""
        shape = (windows, len(self._goal_db), self._bands.weights.shape[1], 2)
        parts = self._random.standard_normal(shape, np.float32)
        noise: Complex64 = parts.view(np.complex64)[..., 0]
        return noise


class Quantile:
    """A quantile of everything so far, of many values at once, counted in steps of a decibel."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        """Nothing counted yet."""
        self._counts = np.zeros((*shape, _STEPS), np.int32)
        self._rows = 0

    def push(self, levels: Float32) -> Float32:
        """(rows, ...) in dB -> the quantile after each row, in the same shape."""
        steps = np.clip(np.rint(levels - _LOWEST_DB), 0, _STEPS - 1).astype(int)
        quantiles = np.empty_like(levels)
        for number, row in enumerate(steps):
            if row.any():  # what was silenced, because it is not used, says nothing
                self._rows += 1
                counted = np.take_along_axis(self._counts, row[..., None], axis=-1) + 1
                np.put_along_axis(self._counts, row[..., None], counted, axis=-1)
            below = np.cumsum(self._counts, axis=-1) <= _SHARE * self._rows
            quantiles[number] = below.sum(axis=-1) + _LOWEST_DB
        return quantiles


def floor_db(pieces: Sequence[Stretch], sample_rate: int) -> Generator[None, None, Float32 | None]:
    """The noise floor of a recording in each band, (channels, bands), in dB; None if there is no sound.

    Yields after every block.
    """
    bands = bands_per_octave(sample_rate, _BANDS_PER_OCTAVE)
    hop_seconds = window_frames(sample_rate) / 2 / sample_rate
    rows: list[Float32] = []
    for part in heard_parts(pieces, sample_rate):
        listener, smoothing = Listener(sample_rate, part.channels), Smoothing(_SECONDS, hop_seconds)
        for block in part.blocks(max(1, _BLOCK_SAMPLES // part.channels)):
            rows.append(_levels(listener.push(block), bands, smoothing))
            yield
    levels = np.concatenate(rows) if rows else np.zeros((0, 1, 1), np.float32)
    if not len(levels):
        return None
    floor: Float32 = np.quantile(levels, _SHARE, axis=0).astype(np.float32)
    return floor


def _levels(spectra: Complex64, bands: Bands, smoothing: Smoothing) -> Float32:
    """(channels, windows, bins) -> smoothed energies of bands in dB, (windows, channels, bands)."""
    energy = bands.gathered((np.abs(spectra) ** 2).transpose(1, 0, 2))
    levels: Float32 = 10.0 * np.log10(smoothing.push(energy) + 10.0 ** (_LOWEST_DB / 10.0))
    return levels.astype(np.float32, copy=False)


def _turned_down(levels: Float32, floors: Float32, goal_db: Float32) -> Float32:
    """Amplitudes, (windows, channels, bands), for what is no louder than the take's own floor."""
    cut_db = np.clip(goal_db - floors, -_MAX_CUT_DB, 0.0)
    noise = np.clip((_SOUND_DB - (levels - floors)) / (_SOUND_DB - _NOISE_DB), 0.0, 1.0)
    gains: Float32 = np.power(10.0, cut_db * noise / 20.0).astype(np.float32)
    return gains


def _power(db: Float32) -> Float32:
    power: Float32 = np.power(10.0, db / 10.0)
    return power
