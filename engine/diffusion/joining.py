"""How the windows of one denoising step lie, and what each of them counts for.

Joint windows are estimated at the same step, and their estimates are put together before anything moves on.
Each way of doing so is a list of shares, from left to right, whose weights add up to one at every cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.diffusion.windows import OVERLAP_SHARE, Window, plan
from engine.models.interface import Float32, LatentGeometry
from engine.protocol.requests import Joining


@dataclass(frozen=True)
class Share:
    """Cells [start, stop) given to the denoiser, and how much its estimate of each counts, (cells,)."""

    start: int
    stop: int
    weight: Float32


@dataclass(frozen=True)
class Layout:
    """The windows of every step of a region of ``cells``, padded to what the denoiser takes.

    anew: the first and one past the last cell that isn't known.
    """

    joining: Joining
    cells: int
    geometry: LatentGeometry
    steps: int
    anew: tuple[int, int]

    @property
    def windows(self) -> tuple[Window, ...]:
        """The fewest that overlap by a quarter. They end with the region, but one alone may be padded."""
        window = self.geometry.window_frames
        cells = max(self.cells, self.geometry.shortest_frames)
        return plan(cells, window, int(window * OVERLAP_SHARE), self.geometry.multiple)

    @property
    def total(self) -> int:
        """Cells with padding."""
        return self.windows[-1].stop

    @property
    def sounding(self) -> int:
        """One past the last cell that sounds."""
        return self.cells

    def shares(self, number: int) -> Iterator[Share]:
        """The windows of step ``number``, from left to right."""
        if self.total <= self.geometry.window_frames:
            yield whole(0, self.total)
        elif self.joining is Joining.SHIFTED or self.is_within_one:
            yield from _side_by_side(self._boundaries(number), self.geometry.window_frames)
        else:
            yield from _overlapping(self.windows, self.joining, number)

    def _boundaries(self, number: int) -> list[int]:
        """Where one window's cells end and the next one's begin, with both ends of the region.

        From step to step they drift to the left, by one window in all: then a step needs no more than one
        window ahead of what the next step has got, and the first cells come after two windows' worth of
        calls, where standing still would take half as many as there are steps.
        """
        window = self.geometry.window_frames
        if self.is_within_one:
            first = self._around_anew() % window or window
        else:
            first = window - (number + 1) * window // self.steps % window
        return [0, *range(first, self.cells, window), self.cells]

    @property
    def is_within_one(self) -> bool:
        """Whether one window, always in the same place, has room for all that is made anew."""
        return self.anew[1] - self.anew[0] <= self.geometry.window_frames

    def _around_anew(self) -> int:
        """Where that window starts: as much is known on one side as on the other."""
        start = (sum(self.anew) - self.geometry.window_frames) // 2
        return min(max(0, start), self.cells - self.geometry.window_frames)


def whole(start: int, stop: int) -> Share:
    """A window alone."""
    return Share(start, stop, np.ones(stop - start, np.float32))


def _side_by_side(boundaries: list[int], window: int) -> Iterator[Share]:
    """Windows that share nothing, but at the region's ends, where a shorter one is filled up inwards."""
    last = boundaries[-1] - window
    for first, stop in pairwise(boundaries):
        start = min(first, last)
        cells = np.arange(start, start + window)
        yield Share(start, start + window, ((first <= cells) & (cells < stop)).astype(np.float32))


def _overlapping(planned: tuple[Window, ...], joining: Joining, number: int) -> Iterator[Share]:
    """Windows that share a quarter with each neighbour, in the middle of where they overlap."""
    zones = [_zone(left, right) for left, right in pairwise(planned)]
    for position, window in enumerate(planned):
        cells = np.arange(window.start, window.stop)
        weight = np.ones(window.frames, np.float32)
        if position > 0:
            weight = weight * _rise(cells, *zones[position - 1], joining, number)
        if position < len(zones):
            weight = weight * (np.float32(1.0) - _rise(cells, *zones[position], joining, number))
        yield Share(window.start, window.stop, weight)


def _zone(left: Window, right: Window) -> tuple[int, int]:
    """Where the one gives way to the other."""
    length = min(left.stop - right.start, int(left.frames * OVERLAP_SHARE))
    start = (right.start + left.stop - length) // 2
    return start, start + length


def _rise(
    cells: np.typing.NDArray[np.int64], start: int, stop: int, joining: Joining, number: int
) -> Float32:
    """The right window's weight: 0 before the zone, 1 after it; averaged in between, or cell by cell."""
    inside = (cells - start + 0.5) / max(1, stop - start)
    if joining is Joining.SWAPPED:
        inside = np.where(cells < start, 0.0, np.where(cells < stop, (cells + number) % 2, 1.0))
    return np.clip(inside, 0.0, 1.0).astype(np.float32)
