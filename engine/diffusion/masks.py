"""What is known of every cell at every step: the recording's to keep, or not yet begun."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.diffusion.curve import Int64
from engine.models.interface import Float32


@dataclass(frozen=True)
class Masks:
    """known: (cells, 1 or bands), 1 where the source stays. first: (cells,), the step at which each begins.

    Masks are 1 where the latents are observed, (1, 1, cells, 1 or bands), and count steps from 0.
    """

    known: Float32
    first: Int64
    steps: int

    def kept(self, start: int, stop: int) -> Float32:
        """What is the source's in the end: known all along, or never begun."""
        never = self.first[start:stop, None] >= self.steps
        return _mask(np.maximum(self.known[start:stop], never))

    def observed(self, start: int, stop: int, number: int) -> Float32:
        """What is observed at step ``number``: known, or to begin later."""
        later = self.first[start:stop, None] > number
        return _mask(np.maximum(self.known[start:stop], later))

    def beginning(self, start: int, stop: int, number: int) -> Float32:
        """What begins at step ``number``: until then it was observed."""
        return _mask(self.first[start:stop, None] == number)

    def settled(self, start: int, stop: int, number: int, weight: Float32) -> bool:
        """Whether nothing that counts in this window needs an estimate at this step."""
        return bool(self.observed(start, stop, number)[0, 0, weight > 0.0].all())

    @property
    def anew(self) -> tuple[int, int]:
        """From the first to one past the last cell in which anything is made anew; (0, 0) if nothing is."""
        cells = np.flatnonzero((self.known < 1.0).any(axis=1) & (self.first < self.steps))
        return (int(cells[0]), int(cells[-1]) + 1) if cells.size else (0, 0)

    def any_known(self, start: int, stop: int) -> bool:
        """Whether anything in this span is observed at any step."""
        return bool(self.observed(start, stop, 0).any())

    def knowing(self, start: int, stop: int) -> Masks:
        """The same, with everything in this span known as well."""
        known = self.known.copy()
        known[start:stop] = 1.0
        return replace(self, known=known)

    def around(self, total: int) -> Masks:
        """The same cells over and over, up to ``total``."""
        places = np.arange(total) % len(self.first)
        return replace(self, known=self.known[places], first=self.first[places])

    def padded(self, total: int) -> Masks:
        """The same, with cells that begin at once up to ``total``."""
        more = (0, total - len(self.first))
        return replace(self, known=np.pad(self.known, (more, (0, 0))), first=np.pad(self.first, more))


def _mask(cells: np.typing.NDArray[np.generic]) -> Float32:
    return cells.astype(np.float32)[None, None]
