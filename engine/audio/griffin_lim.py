"""A sound with the magnitudes of a log-mel, whose phases are searched for: quick, and enough to judge by.

Griffin & Lim 1984: the spectrum of a sound is given the magnitudes that it should have, and the nearest sound
to that takes its place, a few times over. Here the sound comes in pieces: what was given away stays as it is,
and so the phases of a new piece go on from it.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.audio.mel import LOG_FLOOR, MelParameters, band_edges, hann, mel_matrix

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]

# More bring the sound hardly nearer to a vocoder's (RESULTS.md).
PASSES = 3
# A window covers at least so many hops: with fewer, phases of neighbours say too little about each other.
_LEAST_OVERLAP = 3
# What the search begins with, against sound at full scale: soft, so that what went before counts for more.
_BEGINNING = 1e-4
# Where hardly any window reaches, a sample is not divided by as little as that; such are not given away.
_LEAST_WEIGHT = 1e-2
# Bins that no band covers, and bands that cover no bin, stay silent.
_LEAST_SHARE = 1e-6


class GriffinLim:
    """Mel frames in order in, sound in order out; deterministic in the seed and the pieces."""

    def __init__(self, parameters: MelParameters, seed: int) -> None:
        """Start before the first mel frame, which lies around the middle of the sound's first hop."""
        self._mel_hop = parameters.hop_length
        self._step = max(1, parameters.win_length // (_LEAST_OVERLAP * parameters.hop_length))
        self._hop = self._step * parameters.hop_length
        self._reach = (parameters.n_fft - self._hop) // 2  # of a window, beyond its hop
        self._window = hann(parameters.win_length)
        self._matrix = _spread(parameters)
        self._noise = np.random.default_rng(seed)
        self._mel = np.zeros((0, parameters.n_mels), np.float32)  # too little for a window
        self._last = self._mel  # the frame that the sound ends with
        self._magnitudes = np.zeros((0, parameters.n_fft // 2 + 1), np.float32)  # of windows that still count
        self._known = np.zeros(0, np.float32)  # the sound from where those begin
        self._before = self._reach  # frames before the first, which are not given away
        self._missing = 0  # frames to give away

    def push(self, mel: Float32) -> Float32:
        """Take (mel_frames, n_mels), give the frames that no later window reaches, (frames,)."""
        self._missing += len(mel) * self._mel_hop
        self._last = mel[-1:] if len(mel) else self._last
        return self._given(self._sounded(mel))

    def finish(self) -> Float32:
        """The rest, before what goes on as it ends."""
        if not self._missing:
            return np.zeros(0, np.float32)
        more = (math.ceil(self._reach / self._hop) + 1) * self._step - 1
        return self._given(self._sounded(np.repeat(self._last, more, axis=0)))

    def _given(self, sound: Float32) -> Float32:
        before = min(self._before, len(sound))
        given = sound[before : before + self._missing]
        self._before -= before
        self._missing -= len(given)
        return given

    def _sounded(self, mel: Float32) -> Float32:
        """The sound up to where the windows to come begin."""
        frames = np.concatenate([self._mel, mel])
        windows = len(frames) // self._step
        if not windows:
            self._mel = frames
            return np.zeros(0, np.float32)
        self._mel = frames[windows * self._step :]
        levels = np.exp(frames[: windows * self._step]) - np.float32(LOG_FLOOR)
        levels = levels.reshape(windows, self._step, -1).mean(axis=1)
        self._magnitudes = np.concatenate([self._magnitudes, np.maximum(levels, 0.0) @ self._matrix])
        known, sound = len(self._known), self._found()
        self._remember(sound)
        return sound[known:]

    def _found(self) -> Float32:
        """The sound of all windows that still count, up to where those to come begin."""
        windows = len(self._magnitudes)
        frames = windows * self._hop
        weight = self._added(np.broadcast_to(self._window, (windows, len(self._window)))) + _LEAST_WEIGHT
        sound = np.float32(_BEGINNING) * self._noise.standard_normal(frames + 2 * self._reach, np.float32)
        for _ in range(PASSES):
            sound[: len(self._known)] = self._known
            framed = np.lib.stride_tricks.sliding_window_view(sound, len(self._window))[:: self._hop]
            spectra = np.fft.rfft(framed * self._window).astype(np.complex64, copy=False)
            spectra *= self._magnitudes / np.maximum(np.abs(spectra), np.float32(1e-12))
            sound = self._added(np.fft.irfft(spectra, len(self._window))) / weight
        sound[: len(self._known)] = self._known
        return sound[:frames]

    def _added(self, waves: NDArray[np.floating]) -> Float32:
        """Windows of sound, weighted and overlapped, (windows, n_fft) -> (frames,)."""
        windows, size = waves.shape
        hops = math.ceil(size / self._hop)
        parts = np.zeros((windows, hops * self._hop), np.float32)
        np.multiply(waves, self._window, out=parts[:, :size], casting="same_kind")
        parts = parts.reshape(windows, hops, self._hop)
        added = np.zeros((windows + hops, self._hop), np.float32)
        for place in range(hops):
            added[place : place + windows] += parts[:, place]
        return added.reshape(-1)[: windows * self._hop + 2 * self._reach]

    def _remember(self, sound: Float32) -> None:
        """What windows to come share with those there were."""
        count = min(len(self._magnitudes), math.ceil(2 * self._reach / self._hop))
        first = len(self._magnitudes) - count
        self._magnitudes, self._known = self._magnitudes[first:], sound[first * self._hop :]


@lru_cache(maxsize=8)
def _spread(parameters: MelParameters) -> Float32:
    """(n_mels, bins): from mel energies to magnitudes, in straight lines between the bands' middles."""
    edges, matrix = band_edges(parameters), mel_matrix(parameters)
    shares = matrix * (edges[2:] - edges[:-2])[:, None]
    areas = matrix.sum(axis=1, keepdims=True)
    spread: Float32 = shares / np.maximum(shares.sum(axis=0), _LEAST_SHARE) / np.maximum(areas, _LEAST_SHARE)
    return spread.astype(np.float32)
