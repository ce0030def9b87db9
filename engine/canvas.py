"""The region and its surroundings as the model sees them: mono, at its rate, on its latent grid.

The region starts exactly on a latent cell, so whole cells of context lie before it. The canvas starts
at a whole frame of the host: what is decoded goes back by one resampling, without a fraction of a
sample to spare.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.loudness import to_mono
from engine.audio.mel import log_mel
from engine.audio.resample import resample, resampled_frames
from engine.material import Material
from engine.models.interface import Model, ModelSpecification
from engine.protocol.requests import Mode

Float32 = NDArray[np.float32]

# The level of every sound a model was trained on (AudioLDM's front end); quieter input is lifted to it.
MODEL_PEAK = 0.5
# Below this peak (-80 dBFS) there is nothing to lift but noise of the converter.
SILENT_PEAK = 1e-4
# A mask ends this many cells beyond the span it was asked for: the encoder looks around, so the cells
# next to a span still hold some of what was in it.
MASK_MARGIN_CELLS = 1


@dataclass(frozen=True)
class Canvas:
    """Where things lie, in latent cells and host frames.

    waveform: (frames,) mono at the model's rate, peak ``MODEL_PEAK``, ``cells`` long.
    known: (cells,) 1 where the recording is to stay as it is, 0 where it is made anew.
    region_offset: host frames from the canvas's start to the region's.
    """

    waveform: Float32
    known: Float32
    cells: int
    region_cell: int
    region_offset: int
    gain: float  # what brings the model's level back to the recording's


def cell_samples(specification: ModelSpecification) -> int:
    """Frames at the model's rate in one latent cell."""
    return specification.mel.hop_length * specification.latents.time_factor


def lay_out(material: Material, mode: Mode, specification: ModelSpecification) -> Canvas:
    """Place the region and as much context as was read, rounded down to cells, on the latent grid."""
    cell = cell_samples(specification)
    model_rate, host_rate = specification.mel.sample_rate, material.sample_rate
    region = -(-resampled_frames(material.span.frames, host_rate, model_rate) // cell)
    if mode is Mode.GENERATE:
        before = after = 0  # nothing of the recording is shown to the model
    else:
        before = len(material.before) * model_rate // host_rate // cell
        after = len(material.after) * model_rate // host_rate // cell
    offset = min(len(material.before), round(before * cell * host_rate / model_rate))
    cells = before + region + after
    waveform = _at_model_rate(material, offset, cells * cell, model_rate)
    if mode is Mode.GENERATE:
        waveform = np.zeros_like(waveform)
    peak = float(np.abs(waveform).max(initial=0.0))
    silent = peak < SILENT_PEAK
    known = _known_cells(material, mode, before, cells, cell * host_rate / model_rate)
    return Canvas(
        waveform=waveform if silent else waveform * np.float32(MODEL_PEAK / peak),
        known=known,
        cells=cells,
        region_cell=before,
        region_offset=offset,
        gain=1.0 if silent else peak / MODEL_PEAK,
    )


def _at_model_rate(material: Material, offset: int, frames: int, model_rate: int) -> Float32:
    start = len(material.before) - offset
    heard = np.concatenate([material.before[start:], material.region, material.after])
    mono = to_mono(heard)
    return resample(mono, material.sample_rate, model_rate, frames)[:, 0]


def _known_cells(
    material: Material, mode: Mode, region_cell: int, cells: int, cell_frames: float
) -> Float32:
    """Cells that no masked span touches; a transfer changes only what it was asked to as well."""
    known = np.ones(cells, np.float32)
    if mode is Mode.GENERATE:
        return np.zeros(cells, np.float32)
    for start, end in material.mask:
        first = region_cell + int(start / cell_frames) - MASK_MARGIN_CELLS
        last = region_cell + int(-(-end // cell_frames)) + MASK_MARGIN_CELLS
        known[max(0, first) : last] = 0.0
    return known


def encode_cells(canvas: Canvas, model: Model, start: int, stop: int) -> Float32:
    """Scaled latents of cells [start, stop), (1, channels, stop - start, bands).

    Beyond the canvas there is silence. Only the cells asked for and their surroundings are encoded,
    so memory does not grow with the region.
    """
    specification = model.specification
    cell = cell_samples(specification)
    multiple = specification.latents.multiple
    margin = specification.decoder_margin_frames
    first = max(0, start - margin)
    last = stop + margin
    last += -(last - first) % multiple
    samples = canvas.waveform[first * cell : last * cell]
    padded = np.pad(samples, (0, (last - first) * cell - samples.size))
    mel = log_mel(padded, specification.mel)[None]
    return model.encode_mel(mel)[:, :, start - first : stop - first]
