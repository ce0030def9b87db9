"""Where things are on a DAW's timeline: whole frames of one sample rate, and nothing in between. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

_HALF = Fraction(1, 2)


def nearest(place: Fraction) -> int:
    """The nearest whole frame; halves go up."""
    return (place + _HALF).__floor__()


@dataclass(frozen=True)
class Region:
    """A stretch of a timeline: ``frames`` frames from ``start`` on, at ``sample_rate`` Hz.

    Raises ValueError unless it has a start of at least 0, a length and a rate.
    """

    start: int
    frames: int
    sample_rate: int

    def __post_init__(self) -> None:
        if self.start < 0 or self.frames < 1 or self.sample_rate < 1:
            raise ValueError(f"no region: {self.frames} frames from {self.start} at {self.sample_rate} Hz")

    @property
    def end(self) -> int:
        """The first frame after it."""
        return self.start + self.frames

    @property
    def seconds(self) -> Fraction:
        """Its length, exactly."""
        return Fraction(self.frames, self.sample_rate)

    def with_handles(self, handles: int) -> Region:
        """With ``handles`` frames more on each side, but none before the timeline's start."""
        start = max(0, self.start - handles)
        return Region(start, self.end + handles - start, self.sample_rate)

    def overlap(self, other: Region) -> Region | None:
        """What lies in both, at the same rate; None where nothing does. Raises ValueError for two rates."""
        if self.sample_rate != other.sample_rate:
            raise ValueError(f"two timelines: {self.sample_rate} and {other.sample_rate} Hz")
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Region(start, end - start, self.sample_rate) if start < end else None

    def at_rate(self, sample_rate: int) -> Region:
        """The same stretch of time in frames of another rate: both ends at the nearest frame."""
        start, end = (
            nearest(Fraction(frame * sample_rate, self.sample_rate)) for frame in (self.start, self.end)
        )
        return Region(start, max(1, end - start), sample_rate)


@dataclass(frozen=True)
class Track:
    """A track of a DAW, by the ``name`` people see and the ``key`` the DAW itself knows it by."""

    name: str
    key: str = ""


@dataclass(frozen=True)
class Take:
    """One result for a region: an audio file that is exactly as long as the region.

    ``track`` is the one it was made of, where that is known: two tracks may have the same region.
    """

    path: Path
    region: Region
    name: str
    track: Track | None = None


@dataclass(frozen=True)
class Tempo:
    """Beats at one pace: ``beats_per_minute`` exactly, beat 0 on frame 0. Raises ValueError for no pace."""

    beats_per_minute: Fraction
    beats_per_bar: int = 4

    def __post_init__(self) -> None:
        if self.beats_per_minute <= 0 or self.beats_per_bar < 1:
            raise ValueError(f"no tempo: {self.beats_per_minute} BPM, {self.beats_per_bar} beats a bar")

    def frame_of(self, beat: Fraction, sample_rate: int) -> int:
        """The frame nearest to a beat."""
        return nearest(beat * 60 * sample_rate / self.beats_per_minute)

    def beat_of(self, frame: int, sample_rate: int) -> Fraction:
        """How many beats there are before a frame, exactly."""
        return Fraction(frame, sample_rate) * self.beats_per_minute / 60

    def bars(self, first: int, bars: int, sample_rate: int) -> Region:
        """So many bars from bar ``first`` on; the first bar of all is 1, as DAWs count."""
        start, end = (
            self.frame_of(Fraction((bar - 1) * self.beats_per_bar), sample_rate)
            for bar in (first, first + bars)
        )
        return Region(start, end - start, sample_rate)


@dataclass(frozen=True)
class Playhead:
    """Where a transport is, and whether it goes on; at ``loop.end`` it goes back to ``loop.start``.

    A playhead outside its loop plays on without it, and a loop ahead of it is entered, as DAWs do.
    """

    frame: int
    sample_rate: int
    playing: bool = False
    loop: Region | None = None

    def after(self, frames: int) -> Playhead:
        """Where it is when ``frames`` frames more have passed through the sound device."""
        *_, last = (self, *(replace(self, frame=part.end) for part in self.block(frames)))
        return last._wrapped()

    def block(self, frames: int) -> Iterator[Region]:
        """The stretches of the timeline that are heard in the next ``frames`` frames, in order."""
        here = self._wrapped()
        while here.playing and frames > 0:
            length = min(frames, here._room())
            yield Region(here.frame, length, self.sample_rate)
            here = replace(here, frame=here.frame + length)._wrapped()
            frames -= length

    def _room(self) -> int:
        """Frames up to the loop's end, or more than any block has."""
        if self.loop is None or self.frame >= self.loop.end:
            return 2**62
        return self.loop.end - self.frame

    def _wrapped(self) -> Playhead:
        if self.loop is None or not self.playing or self.frame != self.loop.end:
            return self
        return replace(self, frame=self.loop.start)
