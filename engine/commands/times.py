"""Times as people in post write them, turned into exact frames. Nothing here is rounded before the end.

A time is one of

====================  ==================================================================
``1.5``               seconds
``72000f``            frames (samples) of the recording itself
``1:02.5``            minutes and seconds
``0:01:02.5``         hours, minutes and seconds
``00:01:02:12``       timecode, its last field counting video frames of ``--fps``
``00:01:02;12``       drop-frame timecode (29.97 and 59.94 only)
====================  ==================================================================

and a span is two of them, in file order: ``START..END``, ``START-END``, or ``START:END`` where both are
written in the same notation, because it is cut at the colon in the middle.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

# Rates of colour television: 1000/1001 of the number people count in.
_NTSC = {
    "23.976": 24,
    "23.98": 24,
    "29.97": 30,
    "47.952": 48,
    "47.95": 48,
    "59.94": 60,
    "119.88": 120,
}
_DROPPED = {30: 2, 60: 4, 120: 8}  # frame numbers skipped each minute but every tenth: SMPTE ST 12-1
_HIGHEST_RATE = 240

# Lengths are capped so that every time, at any sample rate, fits the 64 bits it travels in.
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{0,12})?|\.[0-9]{1,12}")
_WHOLE = re.compile(r"[0-9]{1,3}")
_FRAMES = re.compile(r"([0-9]{1,18})f")
_CLOCK = re.compile(r"(?:([0-9]{1,6}):)?([0-9]{1,6}):([0-9]{1,2}(?:\.[0-9]{0,12})?)")
_TIMECODE = re.compile(r"([0-9]{1,6}):([0-9]{1,2}):([0-9]{1,2})([:;])([0-9]{1,3})")


class TimeError(ValueError):
    """A time nobody can place; its text is one sentence for the user."""


@dataclass(frozen=True)
class FrameRate:
    """A video frame rate: real frames a second, the whole number people count in, whether numbers drop."""

    frames_per_second: Fraction
    nominal: int
    drop: bool = False


@dataclass(frozen=True)
class Seconds:
    """A time on the recording's clock, exact."""

    seconds: Fraction

    def at(self, sample_rate: int) -> int:
        """The nearest frame of the recording; halves go up."""
        return int(self.seconds * sample_rate + Fraction(1, 2))


@dataclass(frozen=True)
class Frames:
    """A time counted in frames of the recording."""

    frames: int

    def at(self, sample_rate: int) -> int:  # noqa: ARG002 - the same question as Seconds.at
        """The frame itself, whatever the rate."""
        return self.frames


Time = Seconds | Frames


@dataclass(frozen=True)
class Span:
    """From ``start`` to ``end``, the end exclusive."""

    start: Time
    end: Time

    def at(self, sample_rate: int) -> tuple[int, int]:
        """First frame and the frame after the last."""
        return self.start.at(sample_rate), self.end.at(sample_rate)


def parse_rate(text: str) -> FrameRate:
    """``--fps``: 24, 25, 30, 50 and so on, 23.976, 29.97, 59.94, and 29.97df or 59.94df for drop-frame."""
    number = text.strip().lower()
    drop = number.endswith("df")
    number = number.removesuffix("df")
    if number in _NTSC:
        nominal = _NTSC[number]
        exact = Fraction(nominal * 1000, 1001)
    elif _WHOLE.fullmatch(number) and 1 <= int(number) <= _HIGHEST_RATE:
        nominal = int(number)
        exact = Fraction(nominal)
    else:
        raise TimeError(
            f"{text!r} is not a frame rate: use 23.976, 24, 25, 29.97, 29.97df, 30, 50, 59.94 or 60."
        )
    if drop and (exact.denominator == 1 or nominal not in _DROPPED):
        raise TimeError(f"{text!r} has no drop-frame timecode: only 29.97, 59.94 and 119.88 have.")
    return FrameRate(exact, nominal, drop)


def _timecode_frames(fields: tuple[int, int, int, int], rate: FrameRate) -> int:
    """Video frames since 00:00:00:00.

    Drop-frame skips the first numbers of every minute that is not a multiple of ten, so as many
    are taken off as have been skipped by then (SMPTE ST 12-1).
    """
    hours, minutes, seconds, frames = fields
    counted = ((hours * 60 + minutes) * 60 + seconds) * rate.nominal + frames
    if not rate.drop:
        return counted
    whole_minutes = hours * 60 + minutes
    return counted - _DROPPED[rate.nominal] * (whole_minutes - whole_minutes // 10)


def _dropping(text: str, rate: FrameRate) -> FrameRate:
    """The rate when the timecode is written with a semicolon."""
    if rate.nominal not in _DROPPED or rate.frames_per_second.denominator == 1:
        raise TimeError(f"{text!r} is drop-frame timecode, which needs --fps 29.97, 59.94 or 119.88.")
    return FrameRate(rate.frames_per_second, rate.nominal, drop=True)


def _check_fields(text: str, minutes: int, seconds: int | Fraction, hours_given: bool = True) -> None:
    if seconds >= 60 or (hours_given and minutes >= 60):
        raise TimeError(f"{text!r} has more than 59 minutes or seconds in a field.")


def _parse_timecode(text: str, match: re.Match[str], rate: FrameRate | None) -> Seconds:
    if rate is None:
        raise TimeError(f"{text!r} is timecode: say which frame rate it counts in with --fps.")
    if match[4] == ";":
        rate = _dropping(text, rate)
    hours, minutes, seconds, frames = (int(match[group]) for group in (1, 2, 3, 5))
    _check_fields(text, minutes, seconds)
    if frames >= rate.nominal:
        raise TimeError(f"{text!r} counts frame {frames}, and at this rate they go up to {rate.nominal - 1}.")
    if rate.drop and minutes % 10 and seconds == 0 and frames < _DROPPED[rate.nominal]:
        raise TimeError(f"{text!r} does not exist: drop-frame timecode skips that number.")
    return Seconds(_timecode_frames((hours, minutes, seconds, frames), rate) / rate.frames_per_second)


def _parse_clock(text: str, match: re.Match[str]) -> Seconds:
    hours, minutes = int(match[1] or 0), int(match[2])
    seconds = Fraction(match[3].rstrip("."))
    _check_fields(text, minutes, seconds, hours_given=match[1] is not None)
    return Seconds((hours * 60 + minutes) * 60 + seconds)


def parse_time(text: str, rate: FrameRate | None = None) -> Time:
    """One time in any of the module's notations; only timecode needs ``rate``. Raises ``TimeError``."""
    text = text.strip()
    if match := _FRAMES.fullmatch(text):
        return Frames(int(match[1]))
    if _SECONDS.fullmatch(text):
        return Seconds(Fraction(text.rstrip(".")))
    if match := _CLOCK.fullmatch(text):
        return _parse_clock(text, match)
    if match := _TIMECODE.fullmatch(text):
        return _parse_timecode(text, match, rate)
    raise TimeError(
        f"{text!r} is not a time: use seconds (1.5), frames (72000f), m:s, h:m:s or h:m:s:f with --fps."
    )


def _halves(text: str) -> list[str]:
    """Start and end as written: a ``..`` or a ``-`` decides; where neither is, the colon in the middle."""
    for separator in ("..", "-"):
        if separator in text:
            return text.split(separator)
    colons = [match.start() for match in re.finditer(":|;", text)]
    if not len(colons) % 2:
        raise TimeError(f"{text!r} can't be split in two: write START..END, such as 1:02..0:01:04.")
    middle = colons[len(colons) // 2]
    return [text[:middle], text[middle + 1 :]]


def parse_span(text: str, rate: FrameRate | None = None) -> Span:
    """``START:END``, ``START..END`` or ``START-END``. Raises ``TimeError``; order is checked by the engine,
    which knows the recording."""
    halves = _halves(text.strip())
    if len(halves) != 2 or not all(half.strip() for half in halves):
        raise TimeError(f"{text!r} is not a span: write START:END in seconds or frames, or START..END.")
    return Span(parse_time(halves[0], rate), parse_time(halves[1], rate))
