"""What a take follows: how loud a guide is over time, of a recording or of the region itself.

A guide is heard as the model would hear it, mono at its rate and level, and kept as a hundred numbers a
second.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.envelope import Envelope, decibels
from engine.audio.long_mel import mel_pieces
from engine.audio.resample import resampled_frames
from engine.audio.stretch import Stretch
from engine.audio.workspace import Workspace
from engine.canvas import Canvas, cell_samples, shown
from engine.diffusion.following import Following, followed_timesteps, frame_levels
from engine.diffusion.schedule import Steps
from engine.errors import EngineError, ErrorCode
from engine.material import Material
from engine.models.interface import ModelSpecification
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.sources import MIN_REGION_SECONDS, REGION_SLACK_SECONDS
from engine.protocol.vocabulary import GUIDE_REGION

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# What lies so far below a guide's loudest moment is silence to its follower, who need not be as silent.
RANGE_DB = 50.0
# A guide that is never louder, at the level at which models hear, has nothing to follow.
_SILENT_DB = -70.0
_NAT_DB = 20.0 / np.log(10.0)


@dataclass(frozen=True)
class Guide:
    """A guide beside the region, at the level at which the model hears.

    levels: (mel_frames,) in nats, as ``frame_levels``. hops_db: (hops,) of ``Envelope``, at the model's rate.
    envelope, onsets: how closely each is followed. notice: what a person should know; "": nothing.
    """

    levels: Float32
    hops_db: Float64
    envelope: float
    onsets: float
    notice: str = ""


def read_guide(
    request: RenderRequest,
    material: Material,
    canvas: Canvas,
    specification: ModelSpecification,
    workspace: Workspace,
) -> Generator[None, None, Guide | None]:
    """The guide a request names, or None; yields while it listens.

    Raises EngineError: NOT_FOUND, BAD_AUDIO for what can't be read or is silent, or BAD_REGION where too
    little of it is left.
    """
    if not request.guide or not (request.guide_envelope or request.guide_onsets):
        return None
    name, sound, rate = _named(request, material, workspace)
    frames = resampled_frames(material.span.frames, material.sample_rate, rate)
    there = sound.part(0, min(frames, sound.frames))
    _check_left(name, there, rate)
    mono, gain = yield from shown((there,), *_rates(request, canvas, specification, frames, rate), workspace)
    if request.guide == GUIDE_REGION and request.mode is not Mode.GENERATE:
        gain = max(gain, canvas.gain)  # the model hears it among its surroundings
    levels, hops_db = yield from _listened(mono, gain, specification)
    if hops_db.max() <= _SILENT_DB:
        raise EngineError(ErrorCode.BAD_AUDIO, f"{name} is silent; there is nothing in it to follow.")
    return Guide(
        levels, hops_db, request.guide_envelope, request.guide_onsets, _short(name, there, frames, rate)
    )


def following(
    guide: Guide, canvas: Canvas, steps: Steps, specification: ModelSpecification, *, is_circle: bool
) -> Following:
    """The guide on the canvas, which begins before the region and may end after it."""
    factor = specification.latents.time_factor
    levels = np.full(canvas.cells * factor, np.nan, np.float32)
    first = canvas.region_cell * factor
    heard = guide.levels[: len(levels) - first]
    levels[first : first + len(heard)] = heard
    return Following(levels, guide.envelope, guide.onsets, followed_timesteps(steps), is_circle)


def _named(request: RenderRequest, material: Material, workspace: Workspace) -> tuple[str, Stretch, int]:
    """What to call it, its sound from where it is to begin, and its rate."""
    if request.guide == GUIDE_REGION:
        name, whole, rate = "The region", material.region, material.sample_rate
    else:
        recording = workspace.open(Path(request.guide))
        info = recording.info
        name, rate = f"The guide {info.path}", info.sample_rate
        whole = Stretch(recording, info.channels, 0, info.frames)
    start = request.guide_start.in_frames(rate)
    if start >= whole.frames:
        raise EngineError(
            ErrorCode.BAD_REGION,
            f"{name} lasts {whole.frames / rate:.3g} seconds; choose an earlier guide_start.",
        )
    return name, whole.part(start, whole.frames), rate


def _rates(
    request: RenderRequest, canvas: Canvas, specification: ModelSpecification, frames: int, rate: int
) -> tuple[int, int, int]:
    """From which rate to which, and how many frames: those that the model makes of the region."""
    if request.loop:  # a circle of whole cells, which lasts as long
        circle = canvas.cells * cell_samples(specification)
        return frames, circle, circle
    model_rate = specification.mel.sample_rate
    return rate, model_rate, resampled_frames(frames, rate, model_rate)


def _check_left(name: str, there: Stretch, rate: int) -> None:
    seconds = there.frames / rate
    if seconds < MIN_REGION_SECONDS - REGION_SLACK_SECONDS:
        raise EngineError(
            ErrorCode.BAD_REGION,
            f"{name} has only {seconds:.3f} seconds to follow; it takes {MIN_REGION_SECONDS} at least.",
        )


def _short(name: str, there: Stretch, frames: int, rate: int) -> str:
    missing = (frames - there.frames) / rate
    if missing <= REGION_SLACK_SECONDS:
        return ""
    return f"{name} ends {missing:.2f} seconds before the region does; from there on silence is followed."


def _listened(
    mono: Stretch, gain: float, specification: ModelSpecification
) -> Generator[None, None, tuple[Float32, Float64]]:
    """Both curves of a sound that is ``gain`` times as loud as the model hears it."""
    levels, envelope, powers = [], Envelope(specification.mel.sample_rate), []
    for block in mono.blocks():
        powers.append(envelope.push(block[:, 0]))
        yield
    for mel in mel_pieces(mono, specification.mel, 1.0 / gain):
        levels.append(frame_levels(mel))
        yield
    powers.append(envelope.finish())
    hops_db = decibels(np.concatenate(powers)) - 20.0 * np.log10(gain)
    heard = np.concatenate(levels)
    return (
        np.maximum(heard, heard.max() - np.float32(RANGE_DB / _NAT_DB)),
        np.maximum(hops_db, hops_db.max() - RANGE_DB),
    )
