"""From a circle of latents to a circle of sound: both decoders hear on each side what comes round again.

As in ``engine/decoding.py``, a local VAE decoder gives piece by piece what it would give at once. Of one
whose every mel frame depends on its whole piece, whole windows are decoded, evenly around the circle, and
each fades into the next, the last one into the first.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from engine.diffusion.windows import OVERLAP_SHARE
from engine.errors import NotFiniteError
from engine.models.interface import Model

Float32 = NDArray[np.float32]


def circular_sound(latents: Float32, model: Model, noise_seed: int) -> Iterator[Float32 | None]:
    """Sound of all the cells in order, (frames,) at the model's rate; None where some work is done.

    latents: (1, channels, cells, bands). Raises EngineError.
    """
    mel = yield from _circular_mel(latents, model)
    specification = model.specification
    hop, margin, lap = specification.mel.hop_length, specification.vocoder_margin_frames, mel.shape[1]
    step = specification.latents.window_frames * specification.latents.time_factor
    for start in range(0, lap, step):
        stop = min(start + step, lap)
        piece = _around(mel, start - margin, stop + margin, axis=1)
        waveform = model.vocode(piece, noise_seed, start - margin, lap)
        if not np.isfinite(waveform).all():
            raise NotFiniteError("The model gave samples that are not numbers; try another seed or model.")
        yield waveform[0, margin * hop : (margin + stop - start) * hop]


def _circular_mel(latents: Float32, model: Model) -> Generator[None, None, Float32]:
    """The mel of all cells, (1, mel_frames, n_mels)."""
    specification = model.specification
    if specification.decoder_margin_frames < specification.latents.window_frames:
        return (yield from _local_mel(latents, model))
    return (yield from _faded_mel(latents, model))


def _local_mel(latents: Float32, model: Model) -> Generator[None, None, Float32]:
    """Pieces with a margin of cells on both sides."""
    specification = model.specification
    cells, frames = latents.shape[2], specification.latents.time_factor
    margin, window = specification.decoder_margin_frames, specification.latents.window_frames
    mel = np.empty((1, cells * frames, specification.mel.n_mels), np.float32)
    for start in range(0, cells, window):
        stop = min(start + window, cells)
        decoded = model.decode_latents(_around(latents, start - margin, stop + margin, axis=2))
        inner = decoded[:, margin * frames : (margin + stop - start) * frames]
        mel[:, start * frames : stop * frames] = inner
        yield
    return mel


def _faded_mel(latents: Float32, model: Model) -> Generator[None, None, Float32]:
    """Windows that share a quarter or somewhat more with each neighbour; one alone, with itself."""
    geometry = model.specification.latents
    cells, frames = latents.shape[2], geometry.time_factor
    overlap = int(geometry.window_frames * OVERLAP_SHARE)
    count = -(-cells // (geometry.window_frames - overlap))
    window = min(geometry.window_frames, -(-cells // count) + overlap)
    weights = np.zeros(cells * frames, np.float32)
    mel = np.zeros((1, cells * frames, model.specification.mel.n_mels), np.float32)
    weight = _trapezium(window * frames, overlap * frames)
    for number in range(count):
        start = number * cells // count
        decoded = model.decode_latents(_around(latents, start, start + window, axis=2))
        places = np.arange(start * frames, (start + window) * frames) % (cells * frames)
        np.add.at(weights, places, weight)
        np.add.at(mel[0], places, decoded[0] * weight[:, None])
        yield
    return (mel / weights[:, None]).astype(np.float32, copy=False)


def _trapezium(frames: int, rise: int) -> Float32:
    """Rising and falling in equal steps, and 1 in between, if there is anything."""
    ramp = (np.arange(frames) + 0.5) / max(1, rise)
    shape: Float32 = np.minimum(1.0, np.minimum(ramp, ramp[::-1])).astype(np.float32)
    return shape


def _around(rows: Float32, start: int, stop: int, axis: int) -> Float32:
    """Rows [start, stop) along an axis that is a circle; either may lie outside of it."""
    return np.take(rows, np.arange(start, stop), axis=axis, mode="wrap")
