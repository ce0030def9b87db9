"""How much of a recording is heard around a region: the engine reads it, and clients show it before.

A model needs a window of some length to be good at anything. Beside a region that is shorter there is room
left, and what is known of the recording costs nothing more than silence would: it makes the new sound fit.
So there is as much on each side as fills the shortest window that the model is good at, and where the
recording ends on one side the other gets the rest. More of it only costs time: a gap of a second is filled as
well from 2.56 s as from 5.12 s (RESULTS.md). But at least a second, which also holds enough to tell how loud
the neighbourhood is. A region longer than the longest window is made window by window, each hearing an
overlap of the one before: its first and last windows hear that much of the recording, too.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST_CONTEXT_SECONDS = 1.0


@dataclass(frozen=True)
class Windows:
    """What a model hears at once, in seconds: the least that it is good at, the most, and what a window
    shows of itself to the next."""

    shortest: float
    longest: float
    overlap: float


def frames_around(
    region: int, there: tuple[int, int], sample_rate: int, windows: Windows, asked: tuple[float, float]
) -> tuple[int, int]:
    """Frames that are heard before and after a region of ``region`` frames, where ``there`` are so many.

    asked: seconds by hand on each side, below 0: as fits.
    """
    room = round(windows.shortest * sample_rate) - region
    is_longer = region > round(windows.longest * sample_rate)
    least = round(max(LEAST_CONTEXT_SECONDS, windows.overlap if is_longer else 0.0) * sample_rate)
    before, after = (
        round(seconds * sample_rate) if seconds >= 0.0 else max(least, room // 2, room - other)
        for seconds, other in zip(asked, reversed(there), strict=True)
    )
    return min(before, there[0]), min(after, there[1])
