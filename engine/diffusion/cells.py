"""Cells on their way through the steps, with everything that has to travel with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from engine.models.interface import Float32


class Row(IntEnum):
    """What travels along with every cell; each is (channels, cells, bands)."""

    SOURCE = 0  # clean, of the recording or of what was made before
    NOISE = 1  # what a cell begins with
    LATENTS = 2  # at the level of the stage
    DENOISED = 3  # z0's estimate, summed up over the windows that have been there
    BEFORE = 4  # the same, one stage ago
    COPY_DENOISED = 5  # of the source's noised copy, in DDPM inversion
    COPY_BEFORE = 6
    BELOW = 7  # the latents one stage ago, in DDIM inversion


@dataclass(frozen=True)
class Cells:
    """From cell ``start`` on; rows: (len(Row), channels, cells, bands)."""

    start: int
    rows: Float32

    @property
    def stop(self) -> int:
        """One past the last."""
        return self.start + int(self.rows.shape[2])

    def __getitem__(self, row: Row) -> Float32:
        """One row, (1, channels, cells, bands)."""
        return self.rows[row : row + 1]

    def changed(self, values: dict[Row, Float32]) -> Cells:
        """A copy with these rows; values broadcast."""
        rows = self.rows.copy()
        for row, value in values.items():
            rows[row] = value[0]
        return Cells(self.start, rows)

    def part(self, start: int, stop: int) -> Cells:
        """A view of the cells [start, stop)."""
        return Cells(start, self.rows[:, :, start - self.start : stop - self.start])

    def followed_by(self, cells: Cells) -> Cells:
        """Both in one."""
        return Cells(self.start, np.concatenate([self.rows, cells.rows], axis=2))


@dataclass(frozen=True)
class Sketch:
    """What the cells from ``start`` on are taken for halfway: clean latents, (1, channels, cells, bands)."""

    start: int
    latents: Float32


# None: the network was called once more.
Stream = Iterator[Cells | Sketch | None]


def entering(start: int, source: Float32, noise: Float32) -> Cells:
    """Cells at the head of a stream; both are (1, channels, cells, bands)."""
    rows = np.zeros((len(Row), *source.shape[1:]), np.float32)
    return Cells(start, rows).changed({Row.SOURCE: source, Row.NOISE: noise, Row.LATENTS: source})
