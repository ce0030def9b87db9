"""Where things are on a DAW's timeline: whole frames of one sample rate, and nothing in between. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path


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


@dataclass(frozen=True)
class Track:
    """A track of a DAW, by the ``name`` people see and the ``key`` the DAW itself knows it by."""

    name: str
    key: str = ""


@dataclass(frozen=True)
class Take:
    """One result for a region: an audio file that is exactly as long as the region."""

    path: Path
    region: Region
    name: str
