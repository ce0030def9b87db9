"""Timecode: video frames by the numbers people read, and the audio frames they begin at. Pure and exact.

Source: SMPTE ST 12-1. Drop-frame timecode leaves out numbers, never frames: the first two (at 59.94 four) of
every minute but each tenth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from plugin_host.timeline import nearest

_TEXT = re.compile(r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})([:;])([0-9]{2})")
_HOURS = 100  # two digits; tape goes round after 24, timelines go on


class TimecodeError(ValueError):
    """A timecode that names no frame; its text is a sentence."""


@dataclass(frozen=True)
class VideoRate:
    """Video frames a second, exactly, and whether their timecode drops numbers."""

    per_second: Fraction
    drop: bool = False

    @property
    def nominal(self) -> int:
        """What the last field counts to."""
        return self.per_second.__ceil__()

    @property
    def dropped(self) -> int:
        """How many numbers are left out of a minute, but of none that can be divided by ten."""
        return self.nominal // 15 if self.drop else 0

    def frame_of(self, number: int, sample_rate: int) -> int:
        """The audio frame nearest to where the video frame of this number, from 0, begins."""
        return nearest(number * sample_rate / self.per_second)

    def number_at(self, frame: int, sample_rate: int) -> int:
        """The number of the video frame that is shown at an audio frame: the last that has begun by then."""
        # frame_of(n) <= frame, solved for n.
        return (Fraction(2 * frame + 1, 2 * sample_rate) * self.per_second).__ceil__() - 1


def _ntsc(nominal: int, drop: bool = False) -> VideoRate:
    return VideoRate(Fraction(nominal * 1000, 1001), drop)


# By what people call them.
RATES: Mapping[str, VideoRate] = {
    "23.976": _ntsc(24),
    "24": VideoRate(Fraction(24)),
    "25": VideoRate(Fraction(25)),
    "29.97": _ntsc(30),
    "29.97df": _ntsc(30, drop=True),
    "30": VideoRate(Fraction(30)),
    "48": VideoRate(Fraction(48)),
    "50": VideoRate(Fraction(50)),
    "59.94": _ntsc(60),
    "59.94df": _ntsc(60, drop=True),
    "60": VideoRate(Fraction(60)),
}


def rate_named(name: str) -> VideoRate:
    """The rate of that name. Raises TimecodeError."""
    rate = RATES.get(name.strip().lower())
    if rate is None:
        raise TimecodeError(f'"{name}" is no video frame rate; use one of {", ".join(RATES)}.')
    return rate


@dataclass(frozen=True)
class Timecode:
    """The name of one video frame. Raises TimecodeError for a name that no frame has."""

    hours: int
    minutes: int
    seconds: int
    frames: int
    rate: VideoRate

    def __post_init__(self) -> None:
        fields = ((self.hours, _HOURS), (self.minutes, 60), (self.seconds, 60))
        if any(not 0 <= field < limit for field, limit in (*fields, (self.frames, self.rate.nominal))):
            raise TimecodeError(f"{self} has a field that is too large.")
        if self.minutes % 10 and self.seconds == 0 and self.frames < self.rate.dropped:
            raise TimecodeError(f"{self} does not exist: drop-frame timecode leaves that number out.")

    @classmethod
    def of_number(cls, number: int, rate: VideoRate) -> Timecode:
        """The name of the video frame of this number, from 0. Raises TimecodeError after 99 hours."""
        counted = number + _left_out(number, rate)
        seconds, frames = divmod(counted, rate.nominal)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return cls(hours, minutes, seconds, frames, rate)

    @classmethod
    def at(cls, frame: int, sample_rate: int, rate: VideoRate) -> Timecode:
        """What is on the screen at an audio frame. Raises TimecodeError after 99 hours."""
        return cls.of_number(rate.number_at(frame, sample_rate), rate)

    @classmethod
    def read(cls, text: str, rate: VideoRate) -> Timecode:
        """``01:00:10:12``; a ``;`` before the last field is drop-frame's. Raises TimecodeError."""
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise TimecodeError(f'"{text}" is no timecode: write hh:mm:ss:ff.')
        if (match[4] == ";") > rate.drop:
            raise TimecodeError(f'"{text}" is drop-frame timecode, and the rate is not.')
        hours, minutes, seconds, frames = (int(match[group]) for group in (1, 2, 3, 5))
        return cls(hours, minutes, seconds, frames, rate)

    @property
    def number(self) -> int:
        """Which video frame it is, from 0."""
        minutes = self.hours * 60 + self.minutes
        counted = (minutes * 60 + self.seconds) * self.rate.nominal + self.frames
        return counted - self.rate.dropped * (minutes - minutes // 10)

    def frame(self, sample_rate: int) -> int:
        """The audio frame nearest to where it begins."""
        return self.rate.frame_of(self.number, sample_rate)

    def __str__(self) -> str:
        separator = ";" if self.rate.drop else ":"
        return f"{self.hours:02}:{self.minutes:02}:{self.seconds:02}{separator}{self.frames:02}"


def _left_out(number: int, rate: VideoRate) -> int:
    """How many numbers were left out before the video frame of this number."""
    if not rate.drop:
        return 0
    per_minute = rate.nominal * 60 - rate.dropped
    tens, rest = divmod(number, 10 * per_minute + rate.dropped)
    # The first minute of ten is whole: it is longer by what the others leave out.
    return rate.dropped * (9 * tens + max(0, rest - rate.dropped) // per_minute)
