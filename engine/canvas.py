"""The region and its surroundings as the model sees them: mono, at its rate, on its latent grid.

The region starts on a latent cell, so whole cells of context lie before it. The canvas starts at a
whole frame of the host, and so does what is decoded: it goes back by one resampling, without a
fraction of a sample to spare.
"""

from __future__ import annotations

import math
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
# What is made anew reaches this many cells beyond the span asked for: the encoder looks around, so the
# cells next to a span still hold some of what was in it.
MASK_MARGIN_CELLS = 1
# Decoded on both sides of the region, so that the resampler's filter, which reaches 14 ms at the lowest
# rate, finds sound there and not a cut.
EDGE_SECONDS = 0.02


@dataclass(frozen=True)
class Canvas:
    """Where things lie, in latent cells and host frames.

    waveform: (frames,) mono at the model's rate, peak ``MODEL_PEAK``, ``cells`` long.
    known: (cells,) 1 where the recording is to stay as it is, 0 where it is made anew.
    decoded: the cells [first, last) that become sound: the region and a little around it.
    lead_frames: host frames from the first decoded cell to the region.
    """

    waveform: Float32
    known: Float32
    cells: int
    decoded: tuple[int, int]
    lead_frames: int
    gain: float  # what brings the model's level back to the recording's


def cell_samples(specification: ModelSpecification) -> int:
    """Frames at the model's rate in one latent cell."""
    return specification.mel.hop_length * specification.latents.time_factor


def lay_out(material: Material, mode: Mode, specification: ModelSpecification) -> Canvas:
    """Place the region and as much context as was read, rounded down to cells, on the latent grid."""
    cell = cell_samples(specification)
    model_rate, host_rate = specification.mel.sample_rate, material.sample_rate
    region = -(-resampled_frames(material.span.frames, host_rate, model_rate) // cell)
    before, after = (
        len(context) * model_rate // host_rate // cell if mode is not Mode.GENERATE else 0
        for context in (material.before, material.after)
    )
    cells = before + region + after
    cell_frames = cell * host_rate / model_rate
    offset = min(len(material.before), round(before * cell_frames))
    edge = math.ceil(EDGE_SECONDS * model_rate / cell)
    # Every so many cells one starts at a whole frame of the host: at most rates each of them does.
    grid = model_rate // math.gcd(model_rate, cell * host_rate)
    first = max(0, before - edge) // grid * grid
    waveform, gain = _shown(material, mode, offset, cells * cell, model_rate)
    return Canvas(
        waveform=waveform,
        known=_known_cells(material, mode, before, cells, cell_frames),
        cells=cells,
        decoded=(first, min(cells, before + region + edge)),
        lead_frames=offset - first * cell * host_rate // model_rate,
        gain=gain,
    )


def _shown(
    material: Material, mode: Mode, offset: int, frames: int, model_rate: int
) -> tuple[Float32, float]:
    """What the model gets to hear, (frames,) at its level, and the gain that undoes the lifting.

    ``offset`` is the host frames before the region. A new sound is made from nothing.
    """
    if mode is Mode.GENERATE:
        return np.zeros(frames, np.float32), 1.0
    nearby = material.before[len(material.before) - offset :]
    mono = to_mono(np.concatenate([nearby, material.region, material.after]))
    waveform = resample(mono, material.sample_rate, model_rate, frames)[:, 0]
    peak = float(np.abs(waveform).max(initial=0.0))
    if peak < SILENT_PEAK:
        return waveform, 1.0
    return waveform * np.float32(MODEL_PEAK / peak), peak / MODEL_PEAK


def _known_cells(material: Material, mode: Mode, region_cell: int, cells: int, cell_frames: float) -> Float32:
    """(cells,): 1 where no masked span comes near; a new sound keeps nothing at all."""
    if mode is Mode.GENERATE:
        return np.zeros(cells, np.float32)
    known = np.ones(cells, np.float32)
    for start, end in material.mask:
        first = region_cell + math.floor(start / cell_frames) - MASK_MARGIN_CELLS
        last = region_cell + math.ceil(end / cell_frames) + MASK_MARGIN_CELLS
        known[max(0, first) : last] = 0.0
    return known


def encode_cells(canvas: Canvas, model: Model, start: int, stop: int) -> Float32:
    """Scaled latents of cells [start, stop), (1, channels, stop - start, bands).

    Beyond the canvas there is silence. Only the cells asked for and their surroundings are encoded,
    so memory does not grow with the region.
    """
    specification = model.specification
    cell = cell_samples(specification)
    # The encoder looks about as far as the decoder, and each mel frame a window around itself.
    margin = specification.decoder_margin_frames + math.ceil(specification.mel.win_length / 2 / cell)
    first, last = max(0, start - margin), stop + margin
    samples = canvas.waveform[first * cell : last * cell]
    padded = np.pad(samples, (0, (last - first) * cell - samples.size))
    mel = log_mel(padded, specification.mel)[None]
    return model.encode_mel(mel)[:, :, start - first : stop - first]
