"""A region without ends: windows around a circle of cells, elsewhere at every step.

At each step every cell belongs to one window, and what else is in the window is what the network hears around
those that belong to it. From step to step the circle is rolled by the golden section of what a window counts
for: of all rotations that comes back to where it has been the latest, so no cell stays next to a border. A
circle shorter than a window is heard in it more than once, as loops are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from engine.diffusion.cells import Cells, Row, Sketch
from engine.diffusion.joining import Layout, Share
from engine.diffusion.passage import Draws, Passage, Stage, is_sketched, kept, sketched, stages
from engine.diffusion.prompt_weights import PromptPath
from engine.diffusion.windows import OVERLAP_SHARE
from engine.models.interface import Float32

_GOLDEN = (sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True)
class Circle(Layout):
    """The windows of every step of a circle of ``cells``.

    Windows are counted on through the lap: one that starts near its end stops after ``cells``.
    """

    @property
    def window(self) -> int:
        """Cells of each window: a circle that fits is heard with a part of itself on each side."""
        geometry = self.geometry
        wanted = self.cells + int(geometry.window_frames * OVERLAP_SHARE)
        wanted = min(max(wanted, geometry.shortest_frames), geometry.window_frames)
        return -(-wanted // geometry.multiple) * geometry.multiple

    @property
    def total(self) -> int:
        """One past the last cell of any window, counted on through the laps."""
        return self.cells + self.window

    @property
    def sounding(self) -> int:
        """A circle never stops."""
        return self.total

    def shares(self, number: int) -> Iterator[Share]:
        """The windows of step ``number``."""
        count = -(-self.cells // self.window)
        offset = round((number + 1) * _GOLDEN % 1.0 * self.cells / count)
        borders = [offset + part * self.cells // count for part in range(count + 1)]
        for first, stop in pairwise(borders):
            start = first - (self.window - (stop - first)) // 2
            cells = np.arange(start, start + self.window)
            weight = ((first <= cells) & (cells < stop)).astype(np.float32)
            start %= self.cells
            yield Share(start, start + self.window, weight)


def circled(cells: Cells, passage: Passage) -> Iterator[Float32 | Sketch | None]:
    """None after every network call, and then clean latents, (1, channels, cells, bands).

    A sketch of them comes before, where the passage says at which step.

    ``cells``: all of the circle. ``passage``: its shares are those of a ``Circle``, its masks and draws go on
    through the laps (``Masks.around``, ``drawn_around``).
    """
    for stage in stages(passage):
        cells = stage.enter(cells)
        for share in stage.shares:
            yield from _estimated(stage, share, cells)
        cells = stage.leave(cells)
        if is_sketched(passage, stage):
            yield sketched(passage, cells)
    yield kept(passage, cells)


def _estimated(stage: Stage, share: Share, circle: Cells) -> Iterator[None]:
    """Adds a window's estimates to the cells it counts for; what is known counts as its own estimate."""
    places = np.arange(share.start, share.stop) % (circle.stop - circle.start)
    counted = share.weight > 0.0
    window = Cells(share.start, circle.rows[:, :, places])
    calls = stage.calls(share)
    if not calls:
        for row in (Row.DENOISED, Row.COPY_DENOISED):
            _add(circle, row, places[counted], window[Row.SOURCE][:, :, counted])
    for row in calls:
        _add(circle, row, places[counted], stage.estimate(row, window)[:, :, counted])
        yield None


def _add(circle: Cells, row: Row, places: NDArray[np.int64], values: Float32) -> None:
    circle.rows[row][:, places] += values[0]


def drawn_around(draws: Draws, cells: int) -> Draws:
    """The same noise in every lap of a circle."""

    def drawn(number: int, start: int, stop: int) -> Float32:
        pieces = []
        while start < stop:
            first = start % cells
            count = min(stop - start, cells - first)
            pieces.append(draws(number, first, first + count))
            start += count
        return np.concatenate(pieces, axis=2)

    return drawn


def around(passage: Passage, cells: int) -> Passage:
    """The same passage for windows that go on through the laps."""
    fresh, observing = (drawn_around(draws, cells) for draws in (passage.fresh, passage.observing))
    return replace(passage, fresh=fresh, observing=observing)


@dataclass(frozen=True)
class PromptCircle(PromptPath):
    """Prompts around a circle of ``cells``: the last of them fades into the first."""

    cells: int

    def _weights(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """See PromptPath; on a path that comes from the lap before and goes on into the next."""
        starts = [lap * self.cells + start for lap in (-1, 0, 1) for start in (0.0, *self.starts[1:])]
        path = PromptPath(self.conditions, (-np.inf, *starts), self.fade)
        weights = path._weights(cells % self.cells)
        laps = weights[1:].reshape(3, len(self.starts), len(cells))
        folded: NDArray[np.float64] = laps.sum(axis=0)
        folded[0] += weights[0]
        return folded
