"""The mel of a sketch without its VAE: a linear map from latents to mel, learnt from a few of its own cells.

A VAE decoder takes as much time as some steps of the denoiser. But it is convolutional, and sounds of one job
are alike: the liveliest cells of each window are decoded, and from these follows what the others come to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.mel import SILENCE
from engine.diffusion.cells import Sketch
from engine.models.interface import Float32, Model

Float64 = NDArray[np.float64]

# Decoded of every window: with half as many drafts are 0.1 nats further from their takes, with twice as many
# 0.1 nearer (RESULTS.md).
SHOWN_CELLS = 16
# A cell's mel follows from it and as many cells on each side.
NEIGHBOURS = 1
# Ridge regression's, for latents of about unit variance.
_RIDGE = 0.3
# Nats that a band may be above everything decoded: beyond that the map has lost its way.
_MOST_ABOVE = 0.5


class SketchedMel:
    """Sketches in order in, the mel of some of their cells in order out."""

    def __init__(self, model: Model, first_cell: int, last_cell: int) -> None:
        """The mel of cells [first_cell, last_cell) is wanted; the first sketch begins at cell 0."""
        self._window = model.specification.latents.window_frames
        self._map = _LearntMap(model)
        self._untaught = self._window  # cells since the map learnt
        self._done, self._last = first_cell, last_cell
        self._start = 0
        self._latents: Float32 | None = None

    def push(self, sketch: Sketch) -> Float32:
        """Take the next cells; give the mel that is known now, (mel_frames, n_mels)."""
        held = sketch.latents if self._latents is None else np.concatenate([self._latents, sketch.latents], 2)
        self._latents = held
        self._untaught += sketch.latents.shape[2]
        if self._untaught >= self._window:
            self._map.learn(_liveliest(sketch.latents, SHOWN_CELLS))
            self._untaught = 0
        stop = self._start + held.shape[2]
        mel = self._read(self._last if stop >= self._last else stop - NEIGHBOURS)
        before = max(0, min(self._done - NEIGHBOURS - self._start, held.shape[2]))
        self._latents, self._start = held[:, :, before:], self._start + before
        return mel

    @property
    def is_whole(self) -> bool:
        """Whether all of it was given."""
        return self._done >= self._last

    def _read(self, ready: int) -> Float32:
        """The mel of the cells up to ``ready``; at the ends, the outermost cells are their own neighbours."""
        if ready <= self._done or self._latents is None:
            return self._map.nothing
        places = np.arange(self._done - NEIGHBOURS, ready + NEIGHBOURS) - self._start
        around = np.clip(places, 0, self._latents.shape[2] - 1)
        self._done = ready
        return self._map(self._latents[:, :, around])


class _LearntMap:
    """From latents to mel by least squares: the same for all bands, but for what they are without any."""

    def __init__(self, model: Model) -> None:
        """Knows nothing yet."""
        latents, self._n_mels = model.specification.latents, model.specification.mel.n_mels
        self._model = model
        self._factors = latents.time_factor, latents.band_factor
        self._bands = self._n_mels // latents.band_factor
        features = latents.channels * (2 * NEIGHBOURS + 1) + self._bands
        self._squares: Float64 = _RIDGE * np.eye(features)
        self._products: Float64 = np.zeros((features, latents.time_factor * latents.band_factor))
        self._weights = self._products
        self._level: float | None = None  # from which deviations are learnt
        self._ceiling = SILENCE

    @property
    def nothing(self) -> Float32:
        """No mel frame."""
        return np.zeros((0, self._n_mels), np.float32)

    def learn(self, latents: Float32) -> None:
        """Have a few cells, (1, channels, cells, bands), decoded, beside all those before."""
        mel = np.maximum(self._model.decode_latents(latents)[0], SILENCE)
        level = float(mel.mean()) if self._level is None else self._level
        rows = self._features(np.pad(latents, ((0, 0), (0, 0), (NEIGHBOURS, NEIGHBOURS), (0, 0)), "edge"))
        frames, bins = self._factors
        patches = mel.reshape(-1, frames, self._bands, bins).transpose(0, 2, 1, 3).reshape(len(rows), -1)
        self._squares = self._squares + rows.T @ rows
        self._products = self._products + rows.T @ (patches - level)
        self._weights = np.linalg.solve(self._squares, self._products).astype(np.float64, copy=False)
        self._level, self._ceiling = level, max(self._ceiling, float(mel.max()))

    def __call__(self, latents: Float32) -> Float32:
        """Cells with their neighbours at both ends -> mel (mel_frames, n_mels) of those between."""
        patches = self._features(latents) @ self._weights + (self._level or 0.0)
        frames, bins = self._factors
        mel = patches.reshape(-1, self._bands, frames, bins).transpose(0, 2, 1, 3).reshape(-1, self._n_mels)
        return np.nan_to_num(mel, nan=SILENCE).clip(SILENCE, self._ceiling + _MOST_ABOVE).astype(np.float32)

    def _features(self, latents: Float32) -> Float64:
        """A row for each place, (cells * bands, features): the channels here and beside, and which band."""
        _, _, cells, bands = latents.shape
        inner = cells - 2 * NEIGHBOURS
        beside = [latents[0, :, place : place + inner] for place in range(2 * NEIGHBOURS + 1)]
        values = np.concatenate(beside).transpose(1, 2, 0).reshape(inner * bands, -1)
        return np.concatenate([values, np.tile(np.eye(bands), (inner, 1))], axis=1).astype(np.float64)


def _liveliest(latents: Float32, count: int) -> Float32:
    """The run of ``count`` cells along which most happens: it has loud and soft, onset and decay."""
    changes = np.abs(np.diff(latents[0], axis=1)).sum(axis=(0, 2))
    summed = np.concatenate([[0.0], np.cumsum(changes)])
    within = max(0, min(count, latents.shape[2]) - 1)
    start = int(np.argmax(summed[within:] - summed[: len(summed) - within]))
    return np.ascontiguousarray(latents[:, :, start : start + count])
