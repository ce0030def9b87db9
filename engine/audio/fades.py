"""A take that rises from silence and falls back into it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.region import Span

Float32 = NDArray[np.float32]


class Fades:
    """A stage: (frames, channels) that are silent before and after ``span`` and rise and fall in it."""

    def __init__(self, span: Span, fade_in: int, fade_out: int, channels: int) -> None:
        """Fades in frames; where both do not fit, they share the span in proportion."""
        start, end = span
        both = max(1, fade_in + fade_out)
        share = min(1.0, (end - start) / both)
        self._start, self._end = start, end
        self._fade_in, self._fade_out = round(fade_in * share), round(fade_out * share)
        self._channels = channels
        self._position = 0

    def push(self, block: Float32) -> Float32:
        """Take the next block, give as many frames."""
        at = np.arange(self._position, self._position + len(block)) + 0.5
        self._position += len(block)
        rising = (at - self._start) / max(1, self._fade_in)
        falling = (self._end - at) / max(1, self._fade_out)
        way = np.clip(np.minimum(rising, falling), 0.0, 1.0)
        faded: Float32 = block * np.sin(way * np.pi / 2)[:, None].astype(np.float32) ** 2
        return faded

    def finish(self) -> Float32:
        """Nothing is held back."""
        return np.zeros((0, self._channels), np.float32)
