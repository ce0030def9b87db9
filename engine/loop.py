"""A region as a circle: on the model's latent grid, whole cells of it, and back exactly as long as asked for.

A loop's length is hardly ever a multiple of a cell. So the circle of cells nearest to it is made, and read at
a rate a little other than the model's, which fits it exactly. Pitch moves by as much: half a cell over the
loop's length at most, 2 % for a second of the embedded model, 0.2 % for ten. What is made of a recording is
read at that rate on the way in as well, and keeps its pitch.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.audio.circular import closed, wrapped
from engine.audio.stretch import Stretch, silence
from engine.audio.workspace import Workspace
from engine.canvas import Canvas, cell_samples, encode_cells, shown
from engine.errors import EngineError, ErrorCode
from engine.material import Material
from engine.models.interface import Model, ModelSpecification
from engine.protocol.requests import Mode

Float32 = NDArray[np.float32]

# All of a loop is final at the same time, so all its latents are held: 60 MB for as long as this.
MAX_LOOP_SECONDS = 600.0
# A recording's own end fades into what comes before its start over so much, at most half of it.
CLOSING_SECONDS = 0.5
# More than soxr's filter reaches at any rate.
_LEAD_SECONDS = 0.5


@dataclass(frozen=True)
class Loop:
    """As many frames of the host as ``model_frames`` of the model, which are whole ``cells``."""

    frames: int
    cells: int
    model_frames: int

    def model_rate(self, host_rate: int) -> int:
        """The rate at which the model's frames are read, to the nearest Hz."""
        return round(host_rate * self.model_frames / self.frames)


def loop_of(frames: int, sample_rate: int, specification: ModelSpecification) -> Loop:
    """The circle nearest to that length. Raises EngineError for what is too short or too long to be one."""
    cell, model_rate = cell_samples(specification), specification.mel.sample_rate
    if frames * model_rate < cell * sample_rate:
        raise EngineError(
            ErrorCode.BAD_REGION,
            f"A loop of the model {specification.name} lasts at least {cell / model_rate:.3g} seconds; "
            "make it longer.",
        )
    if frames > MAX_LOOP_SECONDS * sample_rate:
        raise EngineError(
            ErrorCode.TOO_MUCH, f"A loop lasts {MAX_LOOP_SECONDS / 60.0:g} minutes at most; make it shorter."
        )
    cells = max(1, round(frames * model_rate / (cell * sample_rate)))
    return Loop(frames, cells, cells * cell)


def circle_of(material: Material) -> tuple[Stretch, ...]:
    """The region's own sound as a circle, in pieces; see ``closed``."""
    if material.recording is None:
        return (material.region,)
    fade = round(CLOSING_SECONDS * material.sample_rate)
    return closed(material.region, material.before, material.after, fade)


def lay_out_loop(
    material: Material, mode: Mode, specification: ModelSpecification, workspace: Workspace
) -> Generator[None, None, Canvas]:
    """The circle as a canvas; yields after every block of it. Raises EngineError."""
    loop = loop_of(material.span.frames, material.sample_rate, specification)
    sound, gain = silence(loop.model_frames, 1), 1.0
    if mode is not Mode.GENERATE:
        lead = round(_LEAD_SECONDS * material.sample_rate)
        skipped = round(lead * loop.model_frames / loop.frames)
        pieces = (wrapped(circle_of(material), lead, lead),)
        frames = skipped + loop.model_frames
        unrolled, gain = yield from shown(pieces, loop.frames, loop.model_frames, frames, workspace)
        sound = unrolled.part(skipped, frames)
    return Canvas(
        sound=sound,
        known=np.zeros(loop.cells, np.float32),
        cells=loop.cells,
        decoded=(0, loop.cells),
        lead_frames=0,
        gain=gain,
    )


def encode_circle(canvas: Canvas, model: Model) -> Float32:
    """Scaled latents of all of a circle, (1, channels, cells, bands), piece by piece."""
    specification = model.specification
    cell, window = cell_samples(specification), specification.latents.window_frames
    reach = specification.decoder_margin_frames + math.ceil(specification.mel.win_length / 2 / cell)
    unrolled = replace(canvas, sound=wrapped((canvas.sound,), reach * cell, reach * cell))
    pieces = [
        encode_cells(unrolled, model, reach + start, reach + min(start + window, canvas.cells))
        for start in range(0, canvas.cells, window)
    ]
    return np.concatenate(pieces, axis=2)
