"""A small waveform that fills while a take arrives."""

from __future__ import annotations

import numpy as np

from gui.sound.peaks import Sound

COLUMNS = 320


class Envelope:
    """The extremes of all channels in COLUMNS stretches of a take."""

    def __init__(self, frames: int) -> None:
        self.frames = max(1, frames)
        self.low = np.ones(COLUMNS, np.float32)
        self.high = -np.ones(COLUMNS, np.float32)  # below ``low``: nothing there yet
        self.is_draft = np.zeros(COLUMNS, np.bool_)

    def put(self, offset: int, samples: Sound, draft: bool = False) -> None:
        """(frames, channels) at ``offset``; what is final replaces a draft, and not the other way."""
        if not len(samples):
            return
        places = (offset + np.arange(len(samples))) * COLUMNS // self.frames
        first, last = int(places[0]), min(int(places[-1]), COLUMNS - 1)
        for column in range(first, last + 1):
            inside = samples[places == column] if last > first else samples
            self._put_column(column, float(inside.min()), float(inside.max()), draft)

    def clear(self) -> None:
        """Nothing is there any more: the take is made again."""
        self.__init__(self.frames)  # type: ignore[misc]

    def _put_column(self, column: int, low: float, high: float, draft: bool) -> None:
        there = self.low[column] <= self.high[column]
        if there and draft and not self.is_draft[column]:
            return
        if there and draft == bool(self.is_draft[column]):
            low, high = min(low, float(self.low[column])), max(high, float(self.high[column]))
        self.low[column], self.high[column], self.is_draft[column] = low, high, draft


def envelope_of(samples: Sound) -> Envelope:
    """All of a take at once."""
    envelope = Envelope(len(samples))
    if len(samples):
        edges = np.unique(np.arange(COLUMNS) * len(samples) // COLUMNS)
        columns = np.arange(COLUMNS) if len(edges) == COLUMNS else edges * COLUMNS // len(samples)
        envelope.low[columns] = np.minimum.reduceat(samples.min(axis=1), edges)
        envelope.high[columns] = np.maximum.reduceat(samples.max(axis=1), edges)
    return envelope
