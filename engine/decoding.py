"""From latents to sound, as soon as it is final: latents in order in, waveform in order out.

Vocoders are local: a sample depends on the mel frames around it, no further than the manifest's margin,
so what is joined equals what would be made at once. VAE decoders come in two kinds. A local one is
treated alike. In the published checkpoints every mel frame depends on the whole piece, through attention
and through normalisation over time: there, pieces of a whole window are decoded, and where two of them
overlap, one is faded into the other.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.canvas import cell_samples
from engine.diffusion.windows import OVERLAP_SHARE
from engine.errors import NotFiniteError
from engine.models.interface import Model

Float32 = NDArray[np.float32]


class Decoder:
    """Latents in order in, the sound of some of the cells in order out."""

    def __init__(self, model: Model, first_cell: int, last_cell: int, noise_seed: int) -> None:
        """Sound of cells [first_cell, last_cell) is wanted; what is pushed begins at cell 0."""
        specification = model.specification
        self._model = model
        self._noise_seed = noise_seed
        self._cell_frames = specification.latents.time_factor
        self._cell_samples = cell_samples(specification)
        self._margin = specification.vocoder_margin_frames
        self._done, self._last = first_cell, last_cell
        reach = math.ceil(self._margin / self._cell_frames)
        self._mels = mel_stream(model, max(0, first_cell - reach), last_cell + reach)
        empty = np.zeros((1, 0, specification.mel.n_mels), np.float32)
        self._mel = _Strip(empty, 1, max(0, first_cell - reach) * self._cell_frames)

    def push(self, latents: Float32) -> Float32:
        """Take the next cells, (1, channels, cells, bands); give (frames,) at the model's rate."""
        self._mel.push(self._mels.push(latents))
        ready = (self._mel.stop - self._margin) // self._cell_frames
        return self._vocode(min(ready, self._last))

    def finish(self) -> Float32:
        """The rest, up to the last cell wanted."""
        self._mel.push(self._mels.finish())
        return self._vocode(self._last)

    def _vocode(self, ready: int) -> Float32:
        """The sound from where we are up to cell ``ready``."""
        if ready <= self._done:
            return np.zeros(0, np.float32)
        self._mel.forget(self._done * self._cell_frames - self._margin)
        mel = self._mel.get(self._mel.start, min(ready * self._cell_frames + self._margin, self._mel.stop))
        waveform = self._model.vocode(mel, self._noise_seed, self._mel.start)
        if not np.isfinite(waveform).all():
            raise NotFiniteError("The model gave samples that are not numbers; try another seed or model.")
        zero = self._mel.start * (self._cell_samples // self._cell_frames)
        first, self._done = self._done, ready
        return waveform[0, first * self._cell_samples - zero : ready * self._cell_samples - zero]


class MelStream(Protocol):
    """Latents in order in, mel frames in order out."""

    def push(self, latents: Float32) -> Float32:
        """Take the next cells, (1, channels, cells, bands); give the mel frames that are final now,
        (1, mel_frames, n_mels)."""

    def finish(self) -> Float32:
        """The rest."""


def mel_stream(model: Model, first_cell: int, last_cell: int) -> MelStream:
    """The mel of cells [first_cell, last_cell), or up to the last one pushed.

    A decoder whose every frame depends on its whole piece has a margin of a window or more.
    """
    specification = model.specification
    if specification.decoder_margin_frames < specification.latents.window_frames:
        return _LocalMel(model, first_cell, last_cell)
    return _FadedMel(model, first_cell, last_cell)


class _LocalMel:
    """Pieces with a margin of cells on both sides: exactly what decoding at once would give."""

    def __init__(self, model: Model, first_cell: int, last_cell: int) -> None:
        self._model = model
        self._margin = model.specification.decoder_margin_frames
        self._done, self._last = first_cell, last_cell
        self._latents = _no_latents(model)

    def push(self, latents: Float32) -> Float32:
        """See MelStream."""
        self._latents.push(latents)
        self._latents.forget(self._done - self._margin)
        return self._decode(min(self._latents.stop - self._margin, self._last))

    def finish(self) -> Float32:
        """See MelStream."""
        return self._decode(min(self._latents.stop, self._last))

    def _decode(self, ready: int) -> Float32:
        if ready <= self._done:
            return _no_mel(self._model)
        start = self._latents.start
        piece = self._latents.get(start, min(ready + self._margin, self._latents.stop))
        frames = self._model.specification.latents.time_factor
        mel = self._model.decode_latents(piece)[:, (self._done - start) * frames : (ready - start) * frames]
        self._done = ready
        return mel


class _FadedMel:
    """Pieces of a whole window; the overlap of two neighbours goes from the first to the second.

    The overlap is that of the windows the denoiser works in, so a window's latents are decoded together.
    Nothing is decoded twice when a single window is all there is: its end is only held back.
    """

    def __init__(self, model: Model, first_cell: int, last_cell: int) -> None:
        latents = model.specification.latents
        self._model = model
        self._window = latents.window_frames
        self._overlap = int(latents.window_frames * OVERLAP_SHARE)
        self._frames = latents.time_factor
        self._done, self._last = first_cell, last_cell
        self._latents = _no_latents(model)
        self._held = _Strip(_no_mel(model), 1, 0)  # decoded already, for the next piece to fade in over

    def push(self, latents: Float32) -> Float32:
        """See MelStream."""
        self._latents.push(latents)
        self._latents.forget(min(self._latents.stop - self._window, self._done))
        if self._latents.stop <= self._done or self._done >= self._last:
            return _no_mel(self._model)
        start = self._latents.start * self._frames
        mel = self._model.decode_latents(self._latents.get(self._latents.start, self._latents.stop))
        self._held = _faded(self._held, _Strip(mel, 1, start))
        return self._give(self._latents.stop - self._overlap)

    def finish(self) -> Float32:
        """See MelStream."""
        return self._give(self._latents.stop)

    def _give(self, ready: int) -> Float32:
        ready = min(ready, self._last)
        if ready <= self._done:
            return _no_mel(self._model)
        mel = self._held.get(self._done * self._frames, ready * self._frames)
        self._held.forget(ready * self._frames)
        self._done = ready
        return mel


def _faded(before: _Strip, after: _Strip) -> _Strip:
    """``after``, but where ``before`` reaches into it, from the one to the other in equal steps."""
    start, stop = max(before.start, after.start), min(before.stop, after.stop)
    if start >= stop:
        return after
    share = ((np.arange(stop - start) + 0.5) / (stop - start)).astype(np.float32)[None, :, None]
    joined = _Strip(before.get(before.start, start), 1, before.start)
    joined.push((1.0 - share) * before.get(start, stop) + share * after.get(start, stop))
    joined.push(after.get(stop, after.stop))
    return joined


class _Strip:
    """Rows along time that arrive in order, of which those before a place can be let go."""

    def __init__(self, rows: Float32, axis: int, start: int) -> None:
        self._rows = rows
        self._axis = axis
        self.start = start

    @property
    def stop(self) -> int:
        """One past the last row that arrived."""
        return self.start + int(self._rows.shape[self._axis])

    def push(self, rows: Float32) -> None:
        """Append the next rows."""
        self._rows = np.concatenate([self._rows, rows], axis=self._axis)

    def forget(self, before: int) -> None:
        """Let go of the rows before this place."""
        start = min(max(before, self.start), self.stop)
        self._rows, self.start = self.get(start, self.stop), start

    def get(self, start: int, stop: int) -> Float32:
        """Rows [start, stop)."""
        wanted = [slice(None)] * self._rows.ndim
        wanted[self._axis] = slice(start - self.start, stop - self.start)
        return self._rows[tuple(wanted)]


def _no_latents(model: Model) -> _Strip:
    geometry = model.specification.latents
    bands = model.specification.mel.n_mels // geometry.band_factor
    return _Strip(np.zeros((1, geometry.channels, 0, bands), np.float32), 2, 0)


def _no_mel(model: Model) -> Float32:
    return np.zeros((1, 0, model.specification.mel.n_mels), np.float32)
