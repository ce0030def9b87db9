"""How much of the recording beside a region the model hears, to be shown before anything is rendered. Pure.

It is the rule of ``engine/context.py``, which knows the model. The window lengths here are those of the model
that comes along; the shortest is the published ones' too, whose longest is 10.24 s.
"""

from __future__ import annotations

from gui.models.timeline import Span

SHORTEST_SECONDS = 2.56  # windows in which models are good at anything
LONGEST_SECONDS = 5.12
LEAST_SECONDS = 1.0
OVERLAP_SHARE = 0.25  # of a window that is heard again by the next one


def heard_around(region: Span, frames: int, rate: int, asked_seconds: float) -> tuple[int, int]:
    """Frames before and after the region of a recording of ``frames``; ``asked_seconds`` below 0: as fits."""
    there = region.start, frames - region.end
    if asked_seconds >= 0.0:
        asked = round(asked_seconds * rate)
        return min(asked, there[0]), min(asked, there[1])
    room = round(SHORTEST_SECONDS * rate) - region.frames
    window = round(LONGEST_SECONDS * rate)
    least = max(round(LEAST_SECONDS * rate), round(window * OVERLAP_SHARE) if region.frames > window else 0)
    before, after = (max(least, room // 2, room - other) for other in reversed(there))
    return min(before, there[0]), min(after, there[1])
