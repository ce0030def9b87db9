"""Lists of times in one text: spans, a curve's points, texts that begin somewhere.

Numbers are seconds from the region's start. "/" parts spans and points as well as ",", which Pd and Max
keep for themselves. Texts are parted by "|", but not inside braces nor after a backslash, where a prompt
needs it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

Span = tuple[float, float]
Point = tuple[float, float]
TimedText = tuple[float, str]

Entry = TypeVar("Entry", Point, TimedText)

# What Python writes for a number: 17 digits, and from there on an exponent.
_NUMBER = r"\s*((?:\d{1,17}(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?)\s*"
_SPAN = re.compile(f"{_NUMBER}-{_NUMBER}", re.ASCII)
_POINT = re.compile(f"{_NUMBER}:{_NUMBER}", re.ASCII)
_TIMED = re.compile(rf"{_NUMBER[:-3]}\s+(\S.*)", re.ASCII | re.DOTALL)


class ListError(ValueError):
    """What is written is no such list; its text is the entry that is wrong."""


class TooLongError(ValueError):
    """The list has more entries than it may."""


class OrderError(ValueError):
    """The times do not follow one another."""


def read_spans(text: str, most: int) -> tuple[Span, ...]:
    """`0.5-1.2,2-3.5` as pairs of start and end, as they stand there. Raises ListError or TooLongError."""
    return tuple(_read_span(part) for part in _parts(text, most))


def read_points(text: str, most: int) -> tuple[Point, ...]:
    """`0:0.2,1.5:0.9` as pairs of time and value. Raises ListError, OrderError or TooLongError."""
    return _in_order([_read_point(part) for part in _parts(text, most)])


def read_timed(text: str, most: int) -> tuple[TimedText, ...]:
    """`0.5 hit | 1.2 slide` as pairs of time and text. Raises ListError, OrderError or TooLongError."""
    parts = list(_bar_parts(text))
    if len(parts) > most:
        raise TooLongError
    return _in_order([_read_timed(part) for part in parts])


def write_spans(spans: Sequence[Span]) -> str:
    """The text that ``read_spans`` turns into ``spans``."""
    return ",".join(f"{start}-{end}" for start, end in spans)


def write_points(points: Sequence[Point]) -> str:
    """The text that ``read_points`` turns into ``points``."""
    return ",".join(f"{time}:{value}" for time, value in points)


def write_timed(texts: Sequence[TimedText]) -> str:
    """The text that ``read_timed`` turns into ``texts``."""
    return " | ".join(f"{time} {text}" for time, text in texts)


def _parts(text: str, most: int) -> list[str]:
    parts = re.split("[,/]", text, maxsplit=most)
    if len(parts) > most:
        raise TooLongError
    return parts


def _bar_parts(text: str) -> Iterator[str]:
    """What stands between the bars that part texts."""
    start, depth, escaped = 0, 0, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "|" and depth == 0:
            yield text[start:index]
            start = index + 1
        else:
            escaped = character == "\\"
            depth = max(0, depth + (character == "{") - (character == "}"))
    yield text[start:]


def _read_span(text: str) -> Span:
    match = _SPAN.fullmatch(text)
    start, end = (float(number) for number in match.groups()) if match else (0.0, 0.0)
    if not start < end < math.inf:
        raise ListError(text)
    return start, end


def _read_point(text: str) -> Point:
    match = _POINT.fullmatch(text)
    time, value = (float(number) for number in match.groups()) if match else (math.inf, 0.0)
    if not (time < math.inf and value < math.inf):
        raise ListError(text)
    return time, value


def _read_timed(text: str) -> TimedText:
    match = _TIMED.fullmatch(text)
    time = float(match[1]) if match else math.inf
    if match is None or time == math.inf:
        raise ListError(text)
    return time, match[2].rstrip()


def _in_order(entries: list[Entry]) -> tuple[Entry, ...]:
    if any(before[0] >= after[0] for before, after in pairwise(entries)):
        raise OrderError
    return tuple(entries)
