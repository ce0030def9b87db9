"""A take's spectrum brought towards that of a recording: bright among the bright, dull among the dull."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.bands import Bands, Smoothing, bands_per_octave
from engine.audio.profile import Profile
from engine.audio.stft import window_frames

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]

# Bands of an octave: the slope and broad colours of a sound, and not its pitch.
_BANDS_PER_OCTAVE = 1.0
MAX_GAIN_DB = 12.0
# How much of a take is heard before its first sound is given out, and how long it is remembered.
_AHEAD_SECONDS, _SECONDS = 1.0, 4.0
_SILENT = 1e-16


class Tilt:
    """A treatment for ``SpectralStage``: a smooth equaliser that follows from what was heard so far."""

    def __init__(self, around: Profile, amount: float, sample_rate: int) -> None:
        """amount: 0 changes nothing, 1 takes away all of the difference, as far as ``MAX_GAIN_DB``."""
        hop_seconds = window_frames(sample_rate) / 2 / sample_rate
        self._bands = bands_per_octave(sample_rate, _BANDS_PER_OCTAVE)
        self._goal = self._bands.gathered(around.power.mean(axis=0))
        self._amount = amount
        self._ahead = round(_AHEAD_SECONDS / hop_seconds)
        self._smoothing = Smoothing(_SECONDS, hop_seconds)
        self._held = np.zeros((len(around.power), 0, len(around.mono)), np.complex64)
        self._gains = np.zeros((0, len(around.mono)), np.float32)  # as they were known at each window held

    def __call__(self, generated: Complex64, original: Complex64) -> Complex64:  # noqa: ARG002
        """See Treatment."""
        self._held = np.concatenate([self._held, generated], axis=1)
        energy = self._bands.gathered((np.abs(generated) ** 2).mean(axis=0))
        self._gains = np.concatenate([self._gains, self._wanted(self._smoothing.push(energy))])
        ready = max(0, self._held.shape[1] - self._ahead)
        # The gain of a window is what was known ``ahead`` windows later.
        return self._give(ready, self._gains[self._ahead :][:ready])

    def rest(self) -> Complex64:
        """See Treatment."""
        windows = self._held.shape[1]
        known = np.concatenate([self._gains, np.repeat(self._gains[-1:], self._ahead, axis=0)])
        return self._give(windows, known[-windows:] if windows else known[:0])

    def _give(self, windows: int, gains: Float32) -> Complex64:
        ready = self._held[:, :windows] * gains
        self._held, self._gains = self._held[:, windows:], self._gains[windows:]
        return ready

    def _wanted(self, energy: Float32) -> Float32:
        """(windows, bands) -> amplitudes (windows, bins). Loudness is fitted behind this, so only the
        differences between bands count."""
        return _equaliser(self._bands, energy, self._goal, self._amount)


def _equaliser(bands: Bands, energy: Float32, goal: Float32, amount: float) -> Float32:
    level = 10.0 * np.log10((goal + _SILENT) / (energy + _SILENT))
    louder = 10.0 * np.log10((goal.sum() + _SILENT) / (energy.sum(axis=1, keepdims=True) + _SILENT))
    gain_db = amount * np.clip(level - louder, -MAX_GAIN_DB, MAX_GAIN_DB)
    gains: Float32 = np.power(10.0, bands.spread(gain_db.astype(np.float32)) / 20.0).astype(np.float32)
    return gains
