"""Which frames of the ring are which stretch of the timeline. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plugin_host.vst3.state import Span


@dataclass(frozen=True)
class Piece:
    """``frames`` from ``first`` of the ring are the timeline from ``position`` on."""

    first: int
    position: int
    frames: int

    @property
    def end(self) -> int:
        """The timeline's first frame after it."""
        return self.position + self.frames


def pieces(spans: Iterable[Span], start: int, end: int) -> tuple[Piece, ...]:
    """What is there of a stretch, in order, without overlaps: the newest of what passed more than once.

    ``spans`` are in order, the oldest first.
    """
    gaps = [(start, end)]
    found: list[Piece] = []
    for span in reversed(tuple(span for span in spans if span.rolling)):
        left: list[tuple[int, int]] = []
        for low, high in gaps:
            inner_low, inner_high = max(low, span.position), min(high, span.end)
            if inner_low >= inner_high:
                left.append((low, high))
                continue
            found.append(Piece(span.first + inner_low - span.position, inner_low, inner_high - inner_low))
            left += [(a, b) for a, b in ((low, inner_low), (inner_high, high)) if a < b]
        gaps = left
    return tuple(sorted(found, key=lambda piece: piece.position))


def around(found: Sequence[Piece], start: int, end: int) -> tuple[Piece, ...]:
    """Those of ``found`` that join the stretch without a gap, or none if the stretch itself has one."""
    runs: list[list[Piece]] = []
    for piece in found:
        if runs and runs[-1][-1].end == piece.position:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return next((tuple(run) for run in runs if run[0].position <= start and run[-1].end >= end), ())
