"""How much of the recording beside a region is heard, to be shown before anything is rendered. Pure."""

from __future__ import annotations

from engine.protocol.surroundings import Windows, frames_around
from gui.models.timeline import Span

# Of the model that comes along. The shortest is the published ones' too, whose longest is 10.24 s.
EMBEDDED = Windows(shortest=2.56, longest=5.12, overlap=1.28)


def heard_around(region: Span, frames: int, rate: int, asked_seconds: float) -> tuple[int, int]:
    """Frames before and after the region of a recording of ``frames``; ``asked_seconds`` below 0: as fits."""
    there = region.start, frames - region.end
    return frames_around(region.frames, there, rate, EMBEDDED, (asked_seconds, asked_seconds))
