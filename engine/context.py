"""How much of the recording the model gets to hear around a region.

A model needs a window of some length to be good at anything. Beside a region that is shorter there is room
left, and what is known of the recording costs nothing more than silence would: it makes the new sound fit.
So there is as much on each side as fills the shortest window that the model is good at, and where the
recording ends on one side the other gets the rest. More of it only costs time: a gap of a second is filled as
well from 2.56 s as from 5.12 s (RESULTS.md). But at least a second, which also holds enough to tell how loud
the neighbourhood is. A region longer than the longest window is made window by window, each hearing an
overlap of the one before: its first and last windows hear that much of the recording, too.
"""

from __future__ import annotations

from engine.audio.region import Region
from engine.diffusion.windows import OVERLAP_SHARE
from engine.models.interface import ModelSpecification
from engine.protocol.requests import RenderRequest

LEAST_CONTEXT_SECONDS = 1.0


def context_frames(
    request: RenderRequest, span: Region, frames: int, sample_rate: int, specification: ModelSpecification
) -> tuple[int, int]:
    """Frames of context before and after the region ``span`` of a recording of ``frames``.

    By hand each side has what was asked for, as far as the recording goes.
    """
    there = span.start_frame, frames - span.end_frame
    latents = specification.latents
    room = round(_seconds(specification, latents.shortest_frames) * sample_rate) - span.frames
    window = round(_seconds(specification, latents.window_frames) * sample_rate)
    asked = (
        _asked(seconds, request.context_seconds, sample_rate)
        for seconds in (request.context_before_seconds, request.context_after_seconds)
    )
    overlap = round(window * OVERLAP_SHARE) if span.frames > window else 0
    least = max(round(LEAST_CONTEXT_SECONDS * sample_rate), overlap)
    before, after = (
        max(least, room // 2, room - other) if wanted is None else wanted
        for wanted, other in zip(asked, reversed(there), strict=True)
    )
    return min(before, there[0]), min(after, there[1])


def _asked(seconds: float, on_both_sides: float, sample_rate: int) -> int | None:
    """Frames asked for by hand on one side; None: as fits."""
    wanted = seconds if seconds >= 0.0 else on_both_sides
    return round(wanted * sample_rate) if wanted >= 0.0 else None


def _seconds(specification: ModelSpecification, cells: int) -> float:
    mel = specification.mel
    return cells * specification.latents.time_factor * mel.hop_length / mel.sample_rate
