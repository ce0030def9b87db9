"""How much of the recording the model gets to hear around a region: the rule of ``protocol/surroundings.py``
with the model's windows."""

from __future__ import annotations

from engine.audio.region import Region
from engine.diffusion.windows import OVERLAP_SHARE
from engine.models.interface import ModelSpecification
from engine.protocol.requests import RenderRequest
from engine.protocol.surroundings import Windows, frames_around


def context_frames(
    request: RenderRequest, span: Region, frames: int, sample_rate: int, specification: ModelSpecification
) -> tuple[int, int]:
    """Frames of context before and after the region ``span`` of a recording of ``frames``.

    By hand each side has what was asked for, as far as the recording goes.
    """
    there = span.start_frame, frames - span.end_frame
    asked = (
        _asked(request.context_before_seconds, request.context_seconds),
        _asked(request.context_after_seconds, request.context_seconds),
    )
    return frames_around(span.frames, there, sample_rate, windows_of(specification), asked)


def windows_of(specification: ModelSpecification) -> Windows:
    """A model's."""
    latents = specification.latents
    longest = _seconds(specification, latents.window_frames)
    return Windows(_seconds(specification, latents.shortest_frames), longest, longest * OVERLAP_SHARE)


def _asked(seconds: float, on_both_sides: float) -> float:
    return seconds if seconds >= 0.0 else on_both_sides


def _seconds(specification: ModelSpecification, cells: int) -> float:
    mel = specification.mel
    return cells * specification.latents.time_factor * mel.hop_length / mel.sample_rate
