"""What an instance says of itself, as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class PunchState(enum.IntEnum):
    """What has become of "Punch" on an instance, in the order of ``source/PunchDesk.hpp``."""

    READY = 0
    SENDS = 1
    WAITS = 2
    MAKES = 3
    IN_PLACE = 4
    STOPPED = 5
    NO_ENGINE = 6
    ENGINE_ENDED = 7
    NOTHING_TYPED = 8
    NOTHING_PLAYED = 9
    REFUSED = 10


@dataclass(frozen=True)
class Punched:
    """The same with how far it is, and for people."""

    state: PunchState
    percent: int
    sentence: str


@dataclass(frozen=True)
class Status:
    """How one instance is. Positions are frames of the host's timeline, -1 where there is none."""

    instance: int
    channels: int
    sample_rate: int
    rolling: bool
    position: int
    marking: bool
    mark_start: int
    mark_end: int
    takes: int
    engine_runs: bool
    lost_frames: int  # passed while there was no memory for them
    punch: Punched


@dataclass(frozen=True)
class Span:
    """What passed without a jump: ``frames`` from ``first`` of the ring, at ``position`` of the timeline.

    Where the transport stood while it passed, it has no place there: not ``rolling``.
    """

    first: int
    position: int
    frames: int
    rolling: bool

    @property
    def end(self) -> int:
        """The timeline's first frame after it."""
        return self.position + self.frames


@dataclass(frozen=True)
class Captured:
    """What one instance holds; the oldest span comes first. ``generation`` says of which ring."""

    generation: int
    sample_rate: int
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class HeldTake:
    """A take that an instance plays; with 0 frames its file is not there."""

    start: int
    frames: int
    number: int
    leads: bool  # the one that "latest" plays
    path: str


def describe(status: Status) -> str:
    """A sentence about an instance."""
    transport = "rolls" if status.rolling else "stands"
    return (
        f"Punch-In plugin {status.instance}: {status.channels} channels at {status.sample_rate} Hz, "
        f"the transport {transport} at frame {status.position}, {status.takes} takes."
        + (f" Punch: {status.punch.sentence}" if status.punch.sentence else "")
    )
