"""Steps a sound passes through in blocks, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]


class Stage(Protocol):
    """A step that may hold frames back. Blocks are (frames, channels)."""

    def push(self, block: Float32) -> Float32:
        """Take the next block, give what is ready, which may be nothing."""

    def finish(self) -> Float32:
        """Give the rest; nothing may be pushed after this."""


def run_through(blocks: Iterable[Float32], *stages: Stage) -> Iterator[Float32]:
    """The blocks after all stages, in order; empty blocks are left out."""
    for stage in stages:
        blocks = _through(blocks, stage)
    return iter(blocks)


def _through(blocks: Iterable[Float32], stage: Stage) -> Iterator[Float32]:
    for block in blocks:
        ready = stage.push(block)
        if len(ready):
            yield ready
    rest = stage.finish()
    if len(rest):
        yield rest


class Chain:
    """Stages as one stage."""

    def __init__(self, *stages: Stage) -> None:
        """The first stage given is the first passed."""
        self._stages = stages

    def push(self, block: Float32) -> Float32:
        """Take the next block, give what the last stage has ready."""
        for stage in self._stages:
            block = stage.push(block)
        return block

    def finish(self) -> Float32:
        """The rest of every stage, through the stages behind it."""
        parts: list[Float32] = []
        for number, stage in enumerate(self._stages):
            block = stage.finish()
            for later in self._stages[number + 1 :]:
                block = later.push(block)
            parts.append(block)
        return np.concatenate(parts)


class Skip:
    """Leaves out the first ``frames``."""

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
        return np.zeros((0, 1), np.float32)
