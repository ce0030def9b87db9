"""One key of a request: its name, its type, its range, and how its value is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from engine.errors import EngineError, ErrorCode
from engine.protocol.lists import (
    ListError,
    OrderError,
    Point,
    Span,
    TimedText,
    TooLongError,
    read_points,
    read_spans,
    read_timed,
)
from engine.protocol.osc import Argument
from engine.protocol.sources import MAX_POSITION_SECONDS, Position, frames, seconds

Entry = TypeVar("Entry")

MAX_SPANS = 64  # of one mask: more than a hand draws in a minute of sound
MAX_JOB_ID_CHARACTERS = 64  # a UUID with a prefix, and short enough for a file's name
_MAX_QUOTED_CHARACTERS = 60  # of what a peer sent, in a sentence about it
_MAX_LISTED = 20  # names in a sentence; more of them nobody reads
_MAX_COMPARED_CHARACTERS = 80  # difflib's time grows with the square of what a peer sent


class Kind(StrEnum):
    """What a value is; ``TYPE_TAGS`` says which OSC types may carry it."""

    TEXT = "text"
    CHOICE = "choice"  # one of a few words
    WHOLE = "whole number"  # floats without a fraction are taken: Pd has no other numbers
    NUMBER = "number"
    SWITCH = "switch"  # yes or no
    POSITION = "position"  # whole types are frames, float types are seconds
    SPANS = "spans"  # "0.5-1.2,2-3.5"
    POINTS = "points"  # "0:0.2,1.5:0.9"
    TIMED = "timed texts"  # "0.5 hit | 1.2 slide"
    BLOB = "blob"


TYPE_TAGS = {
    Kind.TEXT: "s",
    Kind.CHOICE: "s",
    Kind.WHOLE: "i h f d",
    Kind.NUMBER: "i h f d",
    Kind.SWITCH: "T F i h f d",
    Kind.POSITION: "i h f d",
    Kind.SPANS: "s",
    Kind.POINTS: "s",
    Kind.TIMED: "s",
    Kind.BLOB: "b",
}


@dataclass(frozen=True)
class Key:
    """One key.

    low, high: bound a number's value, a point's value, or a text's characters. most: entries of a list.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: type[StrEnum] | None = None
    most: int = MAX_SPANS
    field: str = ""  # of the request's dataclass; "": the same as the name
    required: bool = False
    code: ErrorCode = ErrorCode.BAD_ARGUMENT  # what a value out of range is

    @property
    def attribute(self) -> str:
        """The dataclass field this key fills."""
        return self.field or self.name

    @property
    def range(self) -> str:
        """The values taken, as people read them; empty when all are."""
        if self.choices:
            return ", ".join(self.choices)
        limits = _limits(self.low, self.high)
        match self.kind:
            case Kind.SPANS:
                return f"at most {self.most} spans"
            case Kind.POINTS:
                return f"at most {self.most} points of {limits}"
            case Kind.TIMED:
                return f"at most {self.most} texts of {limits} characters"
            case Kind.TEXT:
                return f"{limits} characters"
            case _:
                return limits

    def read(self, value: Argument) -> Any:
        """The value a dataclass holds; raises BAD_ARGUMENT, TOO_MUCH or the key's own ``code``."""
        return _READERS[self.kind](self, value)


def read_job_id(value: Argument) -> str:
    """A job id that a peer chose; raises BAD_ARGUMENT."""
    if isinstance(value, str) and 1 <= len(value) <= MAX_JOB_ID_CHARACTERS and value.isprintable():
        return value
    limits = f"1 to {MAX_JOB_ID_CHARACTERS} printable characters"
    raise _bad(f"The job id comes first: a string (OSC type s) of {limits}, not {quoted(value)}.")


def quoted(value: Argument) -> str:
    """What a peer sent, short enough and harmless to say back."""
    if isinstance(value, bytes):
        return f"a blob of {len(value)} bytes"
    if not isinstance(value, str):
        return str(value)
    start = value[:_MAX_QUOTED_CHARACTERS]
    text = f"'{start}'" if start.isprintable() else ascii(start)
    return text if len(value) <= _MAX_QUOTED_CHARACTERS else f"{text}..."


def read_pairs(keys: Sequence[Key], pairs: Sequence[Argument]) -> dict[str, Any]:
    """Checked values by key name; raises BAD_ARGUMENT, or what ``Key.read`` raises."""
    known = {key.name: key for key in keys}
    values: dict[str, Any] = {}
    for index in range(0, len(pairs), 2):
        key = _known_key(known, pairs[index])
        if index + 1 == len(pairs):
            raise _bad(f"The key {key.name} has no value: send keys and values in pairs.")
        if key.name in values:
            raise _bad(f"The key {key.name} comes twice: send it once.")
        values[key.name] = key.read(pairs[index + 1])
    for key in keys:
        if key.required and key.name not in values:
            raise _bad(f"The key {key.name} is missing: it says {key.meaning}.")
    return values


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that is not there."""
    names = list(known)
    near = get_close_matches(name[:_MAX_COMPARED_CHARACTERS], names, 1)
    if near:
        return f"did you mean {near[0]}?"
    if len(names) > _MAX_LISTED:
        return "the protocol's tables have all that are."
    return f"choose from {', '.join(names)}."


def _known_key(known: dict[str, Key], name: Argument) -> Key:
    if not isinstance(name, str):
        raise _bad(f"A key should stand where {quoted(name)} is: send keys and values in pairs.")
    if name not in known:
        raise _bad(f"There is no key {quoted(name)} here; {suggestion(name, known)}")
    return known[name]


def _read_text(key: Key, value: Argument) -> str:
    if not isinstance(value, str):
        raise _wrong_type(key, value)
    if key.low and not value.strip():
        raise _bad(f"The key {key.name} is empty: it says {key.meaning}.")
    if key.high is not None and len(value) > key.high:
        sentence = f"The key {key.name} has {len(value)} characters; {key.high} are the most."
        raise EngineError(ErrorCode.TOO_MUCH, sentence)
    return value


def _read_choice(key: Key, value: Argument) -> StrEnum:
    if not isinstance(value, str):
        raise _wrong_type(key, value)
    for choice in key.choices or ():
        if choice == value:
            return choice
    raise _bad(f"The key {key.name} takes one of {key.range}, not {quoted(value)}.")


def _read_number(key: Key, value: Argument) -> float:
    if isinstance(value, bool | str | bytes):
        raise _wrong_type(key, value)
    if not math.isfinite(value):
        raise _bad(f"The key {key.name} takes a finite number, not {value}.")
    too_low = key.low is not None and value < key.low
    too_high = key.high is not None and value > key.high
    if too_low or too_high:
        unit = f" {key.unit}" if key.unit else ""
        raise EngineError(key.code, f"The key {key.name} must be {key.range}{unit}, not {value}.")
    return float(value)


def _read_whole(key: Key, value: Argument) -> int:
    number = _read_number(key, value)
    if not number.is_integer():
        raise _bad(f"The key {key.name} takes a whole number, not {quoted(value)}.")
    return int(number)


def _read_switch(key: Key, value: Argument) -> bool:
    if isinstance(value, str | bytes):
        raise _wrong_type(key, value)
    if value not in (0, 1):
        raise _bad(f"The key {key.name} takes yes (T or 1) or no (F or 0), not {value}.")
    return bool(value)


def _read_position(key: Key, value: Argument) -> Position:
    number = _read_number(key, value)
    if isinstance(value, int):
        return frames(value)
    if number > MAX_POSITION_SECONDS:
        limit = f"{MAX_POSITION_SECONDS:.10g} seconds at most"
        raise EngineError(key.code, f"The key {key.name} takes {limit}, not {number:g}.")
    return seconds(number)


def _read_spans(key: Key, value: Argument) -> tuple[Span, ...]:
    return _read_list(key, value, read_spans)


def _read_points(key: Key, value: Argument) -> tuple[Point, ...]:
    points = _read_list(key, value, read_points)
    limits = _limits(key.low, key.high)
    for _, height in points:
        if not (key.low or 0.0) <= height <= (math.inf if key.high is None else key.high):
            raise _bad(f"The values of the key {key.name} must be {limits}, not {height:g}.")
    return points


def _read_timed(key: Key, value: Argument) -> tuple[TimedText, ...]:
    texts = _read_list(key, value, read_timed)
    for _, text in texts:
        _read_text(key, text)
    return texts


_EXAMPLES = {
    Kind.SPANS: "spans in seconds such as 0.5-1.2,2-3.5",
    Kind.POINTS: "points of seconds and value such as 0:0.2,1.5:0.9",
    Kind.TIMED: "seconds and texts such as 0.5 first | 1.2 second",
}


_ENTRIES = {Kind.SPANS: "spans", Kind.POINTS: "points", Kind.TIMED: "texts"}


def _read_list(key: Key, value: Argument, read: Callable[[str, int], tuple[Entry, ...]]) -> tuple[Entry, ...]:
    if not isinstance(value, str):
        raise _wrong_type(key, value)
    try:
        return read(value, key.most)
    except ListError as error:
        raise _bad(f"The key {key.name} takes {_EXAMPLES[key.kind]}, not {quoted(str(error))}.") from None
    except OrderError:
        raise _bad(f"The times of the key {key.name} must follow one another, each later.") from None
    except TooLongError:
        sentence = f"The key {key.name} takes {key.most} {_ENTRIES[key.kind]} at most."
        raise EngineError(ErrorCode.TOO_MUCH, sentence) from None


def _read_blob(key: Key, value: Argument) -> bytes:
    if not isinstance(value, bytes):
        raise _wrong_type(key, value)
    if not value or len(value) % 4:
        raise _bad(f"The key {key.name} takes {key.meaning}: a multiple of four bytes, not {len(value)}.")
    return value


def _limits(low: float | None, high: float | None) -> str:
    if high is None:
        return "" if low is None else f"at least {low:.10g}"
    return f"at most {high:.10g}" if low is None else f"{low:.10g} to {high:.10g}"


def _wrong_type(key: Key, value: Argument) -> EngineError:
    tags = TYPE_TAGS[key.kind]
    return _bad(f"The key {key.name} must be of type {key.kind} (OSC {tags}), not {quoted(value)}.")


def _bad(sentence: str) -> EngineError:
    return EngineError(ErrorCode.BAD_ARGUMENT, sentence)


_READERS: dict[Kind, Callable[[Key, Any], Any]] = {
    Kind.TEXT: _read_text,
    Kind.CHOICE: _read_choice,
    Kind.WHOLE: _read_whole,
    Kind.NUMBER: _read_number,
    Kind.SWITCH: _read_switch,
    Kind.POSITION: _read_position,
    Kind.SPANS: _read_spans,
    Kind.POINTS: _read_points,
    Kind.TIMED: _read_timed,
    Kind.BLOB: _read_blob,
}
