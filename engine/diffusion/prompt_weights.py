"""Several prompts along one region: how much each of them says at every cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.models.interface import Float32

# In cells: the middle of no two cells is nearer.
SHORTEST_FADE = 1e-3


@dataclass(frozen=True)
class PromptPath:
    """Prompt k from ``starts[k]`` on, up to the next one's start; the first from the very beginning.

    conditions: (prompts, ...), rows of ``Model.encode_text``. starts, fade: in cells, fractions allowed. A
    fade lies half on each side of a start and is linear; between two starts it has to end at the middle.
    """

    conditions: Float32
    starts: tuple[float, ...]
    fade: float

    def at(self, start: int, stop: int) -> tuple[Float32, Float32]:
        """The conditions that say something in cells [start, stop), and their weights, (prompts, cells).

        Weights add up to 1 at every cell.
        """
        weights = self._weights(np.arange(start, stop, dtype=np.float64) + 0.5)
        heard = weights.any(axis=1)
        return self.conditions[heard], weights[heard].astype(np.float32)

    def _weights(self, cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """All of them, (prompts, cells)."""
        risen = np.stack([np.ones_like(cells), *(self._risen(cells, k) for k in range(1, len(self.starts)))])
        weights: NDArray[np.float64] = risen - np.concatenate([risen[1:], np.zeros_like(risen[:1])])
        return weights

    def _risen(self, cells: NDArray[np.float64], number: int) -> NDArray[np.float64]:
        """From 0 to 1 around the start of prompt ``number``, and 1 from there on."""
        place = self.starts[number]
        room = [abs(place - other) for other in self.starts[1:] if other != place]
        fade = min([self.fade, *room])
        if fade < SHORTEST_FADE:
            return (cells >= place).astype(np.float64)
        risen: NDArray[np.float64] = np.clip((cells - place) / fade + 0.5, 0.0, 1.0)
        return risen
