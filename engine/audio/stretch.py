"""A stretch of sound that is read where it is needed: of a file, of an array, or silence.

Half an hour of stereo at 48 kHz is 700 MB as samples. Whoever works on a region walks over it in blocks,
or reads the few frames of a seam.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

# Frames times channels in a block: a megabyte, over which the price of a read is spread well enough.
BLOCK_SAMPLES = 1 << 18


class Readable(Protocol):
    """Where samples come from; any order of reads gives the same."""

    def read(self, start: int, stop: int) -> Float32:
        """The frames [start, stop), (frames, channels). Raises EngineError if they can't be had."""


@dataclass(frozen=True)
class Stretch:
    """The frames [start, stop) of something that can be read."""

    readable: Readable
    channels: int
    start: int
    stop: int

    @property
    def frames(self) -> int:
        """Its length."""
        return self.stop - self.start

    def read(self, start: int, stop: int) -> Float32:
        """Its frames [start, stop), (frames, channels), counted from its own start."""
        self._check(start, stop)
        return self.readable.read(self.start + start, self.start + stop)

    def part(self, start: int, stop: int) -> Stretch:
        """Its frames [start, stop) as a stretch."""
        self._check(start, stop)
        return Stretch(self.readable, self.channels, self.start + start, self.start + stop)

    def blocks(self, frames: int = 0) -> Iterator[Float32]:
        """All of it in order, in blocks of so many frames (0: as many as fit ``BLOCK_SAMPLES``)."""
        step = frames or max(1, BLOCK_SAMPLES // self.channels)
        for start in range(0, self.frames, step):
            yield self.read(start, min(start + step, self.frames))

    def _check(self, start: int, stop: int) -> None:
        if not 0 <= start <= stop <= self.frames:
            raise ValueError(f"frames [{start}, {stop}) of a stretch of {self.frames}")


def held(waveform: Float32) -> Stretch:
    """A sound that is in memory already, (frames, channels)."""
    return Stretch(_Held(waveform), waveform.shape[1], 0, len(waveform))


def silence(frames: int, channels: int) -> Stretch:
    """Nothing to hear, however long."""
    return Stretch(_Silence(channels), channels, 0, frames)


def mixed_down(sound: Stretch, weights: Float32) -> Stretch:
    """The weighted sum of a sound's channels, (channels,) weights, as one channel."""
    return Stretch(_MixedDown(sound, weights), 1, 0, sound.frames)


@dataclass(frozen=True, eq=False)
class _MixedDown:
    sound: Stretch
    weights: Float32

    def read(self, start: int, stop: int) -> Float32:
        """See Readable."""
        return self.sound.read(start, stop) @ self.weights[:, None]


@dataclass(frozen=True, eq=False)
class _Held:
    waveform: Float32

    def read(self, start: int, stop: int) -> Float32:
        """See Readable."""
        return self.waveform[start:stop]


@dataclass(frozen=True)
class _Silence:
    channels: int

    def read(self, start: int, stop: int) -> Float32:
        """See Readable."""
        return np.zeros((stop - start, self.channels), np.float32)
