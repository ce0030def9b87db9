"""The region and its surroundings as the model sees them: mono, at its rate, on its latent grid.

The region starts on a latent cell, so whole cells of context lie before it. The canvas starts at a
whole frame of the host, and so does what is decoded: it goes back by one resampling, without a
fraction of a sample to spare.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from engine.audio.limiter import Limiter
from engine.audio.loudness import SILENCE_DB, mono_channel, to_mono
from engine.audio.mel import log_mel
from engine.audio.resample import StreamResampler, resampled_frames
from engine.audio.stretch import Stretch, silence
from engine.audio.workspace import Workspace
from engine.material import Material
from engine.models.interface import Model, ModelSpecification
from engine.protocol.requests import Mode

Float32 = NDArray[np.float32]

# The level of every sound a model was trained on (AudioLDM's front end); quieter input is lifted to it.
MODEL_PEAK = 0.5
# Below this peak (-80 dBFS) there is nothing to lift but noise of the converter.
SILENT_PEAK = 1e-4
# What is only there beside what an edit is about is shown at most so much louder than that, by its peaks. A
# model's latents hold some 40 dB: under a bang next to it a soft region came back 24 dB too soft, and with
# the bang's traces at its ends.
LOUDEST_BESIDE = 10.0 ** (6.0 / 20.0)
# What lies so far below the peak of what is shown is silence, where that is lower than usual: the room tone
# of a studio is none.
_SILENCE_BELOW_PEAK_DB = 50.0
# What is made anew reaches this many cells beyond the span asked for: the encoder looks around, so the
# cells next to a span still hold some of what was in it.
MASK_MARGIN_CELLS = 1
# Decoded on both sides of the region, so that the resampler's filter, which reaches 14 ms at the lowest
# rate, finds sound there and not a cut.
EDGE_SECONDS = 0.02


@dataclass(frozen=True)
class Canvas:
    """Where things lie, in latent cells and host frames.

    sound: mono at the model's rate, ``cells`` long, as loud as the recording.
    known: (cells,) 1 where the recording is to stay as it is, 0 where it is made anew.
    decoded: the cells [first, last) that become sound: the region and a little around it.
    lead_frames: host frames from the first decoded cell to the region.
    gain: what brings the model's level, a peak of ``MODEL_PEAK``, back to the recording's.
    region_cell: the cell with which the region starts.
    """

    sound: Stretch
    known: Float32
    cells: int
    decoded: tuple[int, int]
    lead_frames: int
    gain: float
    region_cell: int = 0

    @property
    def silence_db(self) -> float:
        """Nothing below it counts as sound, in this recording."""
        peak_db = 20.0 * math.log10(self.gain * MODEL_PEAK)
        return min(SILENCE_DB, peak_db - _SILENCE_BELOW_PEAK_DB)

    def heard(self, start: int, stop: int) -> Float32:
        """What the model gets to hear of the frames [start, stop), (frames,), at its level."""
        samples = self.sound.read(min(start, self.sound.frames), min(stop, self.sound.frames))[:, 0]
        return samples if self.gain == 1.0 else samples * np.float32(1.0 / self.gain)


def cell_samples(specification: ModelSpecification) -> int:
    """Frames at the model's rate in one latent cell."""
    return specification.mel.hop_length * specification.latents.time_factor


def lay_out(
    material: Material, mode: Mode, specification: ModelSpecification, workspace: Workspace
) -> Generator[None, None, Canvas]:
    """Place the region and as much context as was read, rounded down to cells, on the latent grid.

    Yields after every block of it. Raises EngineError.
    """
    cell = cell_samples(specification)
    model_rate, host_rate = specification.mel.sample_rate, material.sample_rate
    region = -(-resampled_frames(material.span.frames, host_rate, model_rate) // cell)
    before, after = (
        context.frames * model_rate // host_rate // cell if mode is not Mode.GENERATE else 0
        for context in (material.before, material.after)
    )
    cells = before + region + after
    cell_frames = cell * host_rate / model_rate
    offset = min(material.before.frames, round(before * cell_frames))
    edge = math.ceil(EDGE_SECONDS * model_rate / cell)
    # Every so many cells one starts at a whole frame of the host: at most rates each of them does.
    grid = model_rate // math.gcd(model_rate, cell * host_rate)
    first = max(0, before - edge) // grid * grid
    sound, gain = silence(cells * cell, 1), 1.0
    if mode is not Mode.GENERATE:  # which is made from nothing
        pieces, beside = _pieces(material, mode, offset)
        sound, gain = yield from shown(pieces, host_rate, model_rate, cells * cell, workspace, beside)
    return Canvas(
        sound=sound,
        known=_known_cells(material, mode, before, cells, cell_frames),
        cells=cells,
        decoded=(first, min(cells, before + region + edge)),
        lead_frames=offset - first * cell * host_rate // model_rate,
        gain=gain,
        region_cell=before,
    )


def _pieces(material: Material, mode: Mode, offset: int) -> tuple[list[Stretch], range]:
    """The recording from ``offset`` frames before the region on, in a row, and the numbers of those pieces
    that an edit is not about: around what is restyled, and in the place of what is made anew."""
    nearby = material.before.part(material.before.frames - offset, material.before.frames)
    if mode is Mode.TRANSFER:
        return [nearby, material.region, material.after], range(0, 3, 2)
    edges = [0, *chain.from_iterable(material.mask), material.region.frames]
    inside = [material.region.part(start, end) for start, end in pairwise(edges)]
    return [nearby, *inside, material.after], range(2, len(inside) + 1, 2)


def shown(
    pieces: Sequence[Stretch],
    host_rate: int,
    model_rate: int,
    frames: int,
    workspace: Workspace,
    beside: Collection[int] = (),
) -> Generator[None, None, tuple[Stretch, float]]:
    """The pieces in a row as ``frames`` of mono at the model's rate, and the gain that undoes the lifting.

    beside: numbers of the pieces that are turned down where they are louder than ``LOUDEST_BESIDE``.
    """
    mono, peak = workspace.temporary(1), 0.0
    resampler = StreamResampler(host_rate, model_rate, 1, frames)
    channel = yield from mono_channel(pieces)
    ceiling = yield from _loudest_beside(pieces, beside, channel)

    def keep(block: Float32) -> None:
        nonlocal peak
        mono.append(block)
        peak = max(peak, float(np.abs(block).max(initial=0.0)))

    for number, piece in enumerate(pieces):
        limiter = Limiter(host_rate, 1, ceiling) if number in beside and ceiling else None
        for block in piece.blocks():
            heard = to_mono(block, channel)
            keep(resampler.push(heard if limiter is None else limiter.push(heard)))
            yield
        if limiter is not None:
            keep(resampler.push(limiter.finish()))
    keep(resampler.finish())
    return mono.stretch(), 1.0 if peak < SILENT_PEAK else peak / MODEL_PEAK


def _loudest_beside(
    pieces: Sequence[Stretch], beside: Collection[int], channel: int | None
) -> Generator[None, None, float]:
    """The amplitude that pieces beside the others may have; 0: any, as there is nothing to go by."""
    peak = 0.0
    if not any(pieces[number].frames for number in beside):
        return peak
    for number, piece in enumerate(pieces):
        if number not in beside:
            for block in piece.blocks():
                peak = max(peak, float(np.abs(to_mono(block, channel)).max(initial=0.0)))
                yield
    return peak * LOUDEST_BESIDE if peak >= SILENT_PEAK else 0.0


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
    samples = canvas.heard(first * cell, last * cell)
    padded = np.pad(samples, (0, (last - first) * cell - samples.size))
    mel = log_mel(padded, specification.mel)[None]
    return model.encode_mel(mel)[:, :, start - first : stop - first]
