"""A strength curve drawn by hand, kept to as few points as say the same. Pure."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

MAX_POINTS = 256  # the protocol's limit
_UNSEEN = 0.01  # a difference in strength that nobody hears


@dataclass(frozen=True)
class Curve:
    """(frame, strength 0 to 1) in order; linear between, constant beyond."""

    points: tuple[tuple[int, float], ...] = ()

    def at(self, frame: float, otherwise: float) -> float:
        """The strength at a frame; ``otherwise`` where nothing was drawn at all."""
        if not self.points:
            return otherwise
        place = bisect_left([point[0] for point in self.points], frame)
        if place == 0:
            return self.points[0][1]
        if place == len(self.points):
            return self.points[-1][1]
        (x0, y0), (x1, y1) = self.points[place - 1], self.points[place]
        return y0 + (y1 - y0) * (frame - x0) / (x1 - x0)

    def drawn(self, start: tuple[float, float], end: tuple[float, float]) -> Curve:
        """With the line from one (frame, strength) to another in place of what was between."""
        first, last = sorted(((round(x), min(1.0, max(0.0, y))) for x, y in (start, end)))
        kept = [point for point in self.points if not first[0] <= point[0] <= last[0]]
        line = [first] if first[0] == last[0] else [first, last]
        return Curve(tuple(simplified(sorted([*kept, *line]))))

    def between(self, start: int, end: int) -> tuple[tuple[int, float], ...]:
        """The part over [start, end), with points at both ends."""
        if not self.points:
            return ()
        inside = [point for point in self.points if start < point[0] < end]
        return ((start, self.at(start, 0.0)), *inside, (end, self.at(end, 0.0)))


def simplified(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Without points that lie on the line between their neighbours; never more than the limit less two."""
    tolerance = _UNSEEN
    while len(kept := _thinned(points, tolerance)) > MAX_POINTS - 2:
        tolerance *= 2
    return kept


def _thinned(points: list[tuple[int, float]], tolerance: float) -> list[tuple[int, float]]:
    """Ramer, Douglas and Peucker's, with the distance measured in strength."""
    if len(points) < 3:
        return points
    (x0, y0), (x1, y1) = points[0], points[-1]
    span = max(1, x1 - x0)
    off = [abs(y - (y0 + (y1 - y0) * (x - x0) / span)) for x, y in points]
    worst = max(range(len(points)), key=off.__getitem__)
    if off[worst] <= tolerance:
        return [points[0], points[-1]]
    return _thinned(points[: worst + 1], tolerance)[:-1] + _thinned(points[worst:], tolerance)
