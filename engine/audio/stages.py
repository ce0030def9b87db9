"""Steps a sound passes through in blocks, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.region import Span

Float32 = NDArray[np.float32]


class Stage(Protocol):
    """A step that may hold frames back. Blocks are (frames, channels)."""

    def push(self, block: Float32) -> Float32:
        """Take the next block, give what is ready, which may be nothing."""

    def finish(self) -> Float32:
        """Give the rest; nothing may be pushed after this."""


class Chain:
    """Stages as one stage."""

    def __init__(self, first: Stage, *others: Stage) -> None:
        """In the order in which the sound passes them."""
        self._stages = (first, *others)

    def push(self, block: Float32) -> Float32:
        """Take the next block, give what the last stage has ready."""
        return _through(self._stages, block)

    def finish(self) -> Float32:
        """The rest of every stage, through the stages behind it."""
        rests = [
            _through(self._stages[number + 1 :], stage.finish()) for number, stage in enumerate(self._stages)
        ]
        return np.concatenate(rests)


def _through(stages: Sequence[Stage], block: Float32) -> Float32:
    for stage in stages:
        block = stage.push(block)
    return block


class Skip:
    """Leaves out the first ``frames`` of a mono sound."""

    def __init__(self, frames: int) -> None:
        """Start before the first frame."""
        self._left = frames

    def push(self, block: Float32) -> Float32:
        """Take the next block, give what lies behind the skipped frames."""
        skipped = min(self._left, len(block))
        self._left -= skipped
        return block[skipped:]

    def finish(self) -> Float32:
        """Nothing is held back."""
        return _nothing(1)


class Crop:
    """Lets only the first ``frames`` of a mono sound through."""

    def __init__(self, frames: int) -> None:
        """Start before the first frame."""
        self._left = frames

    def push(self, block: Float32) -> Float32:
        """Take the next block, give what is still wanted of it."""
        wanted = block[: self._left]
        self._left -= len(wanted)
        return wanted

    def finish(self) -> Float32:
        """Nothing is held back."""
        return _nothing(1)


class OnlySpans:
    """Silences a sound outside ``spans``, so that nothing behind this hears what is not used."""

    def __init__(self, spans: Sequence[Span], channels: int = 1) -> None:
        """Spans in frames of the sound that will pass."""
        self._spans = spans
        self._channels = channels
        self._position = 0

    def push(self, block: Float32) -> Float32:
        """Take the next block, give as many frames."""
        heard = np.zeros_like(block)
        for start, end in self._spans:
            inside = slice(max(0, start - self._position), max(0, end - self._position))
            heard[inside] = block[inside]
        self._position += len(block)
        return heard

    def finish(self) -> Float32:
        """Nothing is held back."""
        return _nothing(self._channels)


class Apart:
    """Stages for one channel each, side by side; all of them hold back as much."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        """One for each channel."""
        self._stages = stages

    def push(self, block: Float32) -> Float32:
        """Take (frames, channels), give as many of each as is ready."""
        ready = [stage.push(block[:, place : place + 1]) for place, stage in enumerate(self._stages)]
        return np.concatenate(ready, axis=1)

    def finish(self) -> Float32:
        """The rest."""
        return np.concatenate([stage.finish() for stage in self._stages], axis=1)


class Spread:
    """From one channel to all, or each channel by itself, with its own gain."""

    def __init__(self, gains: Float32) -> None:
        """gains: (channels,)."""
        self._gains = gains

    def push(self, block: Float32) -> Float32:
        """Take (frames, 1 or channels), give (frames, channels)."""
        return block * self._gains

    def finish(self) -> Float32:
        """Nothing is held back."""
        return _nothing(len(self._gains))


def _nothing(channels: int) -> Float32:
    return np.zeros((0, channels), np.float32)
