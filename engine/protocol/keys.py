"""The keys of every request: one table that the parser, the README and its test read.

Defaults are not here: they stand in the dataclasses of ``requests.py``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from engine.errors import EngineError, ErrorCode
from engine.protocol.osc import Argument
from engine.protocol.sources import Position, SourceKind, frames, seconds


class Mode(StrEnum):
    """What happens to the region."""

    GENERATE = "generate"  # a new sound of exactly the region's length
    TRANSFER = "transfer"  # the region, noised to ``strength`` and denoised under the prompt
    INPAINT = "inpaint"  # the masked part made anew so that it fits what is around it


class Sampler(StrEnum):
    """The reverse process; ``engine/diffusion/samplers.py`` has one function for each."""

    DPM = "dpm"  # DPM-Solver++ 2M
    DDIM = "ddim"
    DDPM = "ddpm"


class Kind(StrEnum):
    """What a value is; ``TYPE_TAGS`` says which OSC types may carry it."""

    TEXT = "text"
    CHOICE = "choice"  # one of a few words
    WHOLE = "whole"  # a whole number; floats without a fraction are taken, Pd has no others
    NUMBER = "number"
    SWITCH = "switch"  # yes or no
    POSITION = "position"  # whole types are frames, float types are seconds
    SPANS = "spans"  # "0.5-1.2,2-3.5" in seconds; "/" parts too, as "," is special in Pd and Max
    BLOB = "blob"


TYPE_TAGS = {
    Kind.TEXT: "s",
    Kind.CHOICE: "s",
    Kind.WHOLE: "i h f d",
    Kind.NUMBER: "i h f d",
    Kind.SWITCH: "T F i h f d",
    Kind.POSITION: "i h f d",
    Kind.SPANS: "s",
    Kind.BLOB: "b",
}


@dataclass(frozen=True)
class Key:
    """One key. ``low`` and ``high`` bound a number, a text's characters or a blob's bytes."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    field: str = ""  # of the request's dataclass; "": the same as the name
    required: bool = False
    code: ErrorCode = ErrorCode.BAD_ARGUMENT  # what a value out of range is

    @property
    def attribute(self) -> str:
        """The dataclass field this key fills."""
        return self.field or self.name

    def read(self, value: Argument) -> Any:
        """The value a dataclass holds; raises BAD_ARGUMENT, TOO_MUCH or the key's own ``code``."""
        return _READERS[self.kind](self, value)


MAX_PROMPT_CHARACTERS = 2000  # far more than any text encoder reads, few enough for a datagram
MAX_PATH_CHARACTERS = 4096  # Linux's own limit
MAX_NAME_CHARACTERS = 256
MAX_SEED = 2**31 - 1  # what every OSC peer can send
MAX_SPANS = 64

TOKEN = Key("token", Kind.TEXT, "the engine's token, which peers on other machines must send", high=256)

SOURCE_KEYS = (
    Key("source", Kind.CHOICE, "where the audio comes from", choices=tuple(SourceKind)),
    Key("path", Kind.TEXT, "the file that holds the region", low=1, high=MAX_PATH_CHARACTERS),
    Key("start", Kind.POSITION, "the region's first frame", low=0, code=ErrorCode.BAD_REGION),
    Key("end", Kind.POSITION, "the frame after the region's last", low=0, code=ErrorCode.BAD_REGION),
    Key("rate", Kind.WHOLE, "sample rate of a stream or new sound", "Hz", 8000, 192_000),
    Key("channels", Kind.WHOLE, "channels of a stream or new sound", low=1, high=16),
    Key("frames", Kind.WHOLE, "length of the whole stream, or of the new sound", "frames", 1, 2**31 - 1),
    Key("seconds", Kind.NUMBER, "length of the new sound", "seconds", 0.1, 60, code=ErrorCode.BAD_REGION),
)

RENDER_KEYS = (
    *SOURCE_KEYS,
    Key(
        "prompt",
        Kind.TEXT,
        "what the region should sound like",
        low=1,
        high=MAX_PROMPT_CHARACTERS,
        required=True,
    ),
    Key("mode", Kind.CHOICE, "what happens to the region", choices=tuple(Mode)),
    Key("negative", Kind.TEXT, "what it should not sound like", high=MAX_PROMPT_CHARACTERS),
    Key("strength", Kind.NUMBER, "how much of the region is made anew, only for transfer", low=0, high=1),
    Key("seed", Kind.WHOLE, "same request and seed, same samples; take k uses seed + k", low=0, high=MAX_SEED),
    Key("steps", Kind.WHOLE, "denoising steps; 0: the model's own", low=0, high=1000),
    Key("guidance", Kind.NUMBER, "how firmly the prompt is followed; below 0: the model's own", low=-1, high=30),
    Key("sampler", Kind.CHOICE, "the way from noise to sound; none: the model's own", choices=tuple(Sampler)),
    Key("eta", Kind.NUMBER, "fresh noise at each step, only for ddim", low=0, high=1),
    Key("takes", Kind.WHOLE, "how many takes to make", low=1, high=16),
    Key("model", Kind.TEXT, "the model's name; empty: the engine's own", high=MAX_NAME_CHARACTERS),
    Key(
        "mask",
        Kind.SPANS,
        "spans of the region to make anew, only for inpaint; none: all of it",
        "seconds",
        field="mask_seconds",
    ),
    Key(
        "context",
        Kind.NUMBER,
        "recording shown to the model on each side of the region",
        "seconds",
        0,
        30,
        field="context_seconds",
    ),
    Key(
        "crossfade",
        Kind.NUMBER,
        "length of each seam, inside the region",
        "seconds",
        0,
        5,
        field="crossfade_seconds",
    ),
    Key("loudness", Kind.SWITCH, "fit the take's loudness to its neighbourhood", field="match_loudness"),
    Key("output", Kind.TEXT, "file of the take; empty: the engine's take folder", high=MAX_PATH_CHARACTERS),
    Key("overwrite", Kind.SWITCH, "replace the file if it is there"),
    Key("chunks", Kind.SWITCH, "stream the take back as it is decoded, only over TCP", field="want_chunks"),
    Key("priority", Kind.WHOLE, "higher is served first", low=-100, high=100),
)

AUDIO_KEYS = (
    Key(
        "offset",
        Kind.WHOLE,
        "where in the stream the blob starts",
        "frames",
        0,
        2**31 - 1,
        field="frame_offset",
        required=True,
    ),
    Key(
        "samples",
        Kind.BLOB,
        "interleaved float32, little-endian",
        "bytes",
        4,
        2**20,
        required=True,
    ),
)

MODELS_KEYS = (
    Key("name", Kind.TEXT, "only this model; empty: all", high=MAX_NAME_CHARACTERS),
    Key("verify", Kind.SWITCH, "check the checksums of its files"),
)


def read_job_id(value: Argument) -> str:
    """A job id that a peer chose: 1 to 64 printable characters."""
    if isinstance(value, str) and 1 <= len(value) <= 64 and value.isprintable():
        return value
    raise _bad("The job id comes first: a string (OSC type s) of 1 to 64 printable characters.")


def quoted(value: Argument) -> str:
    """What a peer sent, short enough and harmless to say back."""
    text = ascii(value) if not isinstance(value, str) or not value.isprintable() else f"'{value}'"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _read_text(key: Key, value: Argument) -> str:
    if not isinstance(value, str):
        raise _wrong_type(key, value)
    if key.low and not value.strip():
        raise _bad(f"The key {key.name} is empty: it is {key.meaning}.")
    if key.high is not None and len(value) > key.high:
        sentence = f"The key {key.name} has {len(value)} characters; {key.high:g} are the most."
        raise EngineError(ErrorCode.TOO_MUCH, sentence)
    return value


def _read_choice(key: Key, value: Argument) -> str:
    if not isinstance(value, str):
        raise _wrong_type(key, value)
    if value not in key.choices:
        raise _bad(f"The key {key.name} takes one of {', '.join(key.choices)}, not {quoted(value)}.")
    return value


def _read_number(key: Key, value: Argument) -> float:
    if isinstance(value, bool | str | bytes):
        raise _wrong_type(key, value)
    if not math.isfinite(value):
        raise _bad(f"The key {key.name} takes a finite number, not {value}.")
    _check_range(key, value)
    return float(value)


def _read_whole(key: Key, value: Argument) -> int:
    number = _read_number(key, value)
    if number != int(number):
        raise _bad(f"The key {key.name} takes a whole number, not {value}.")
    return int(value)  # not of ``number``: a float has only 53 bits


def _read_switch(key: Key, value: Argument) -> bool:
    if isinstance(value, str | bytes):
        raise _wrong_type(key, value)
    if value not in (0, 1):
        raise _bad(f"The key {key.name} takes yes (T or 1) or no (F or 0), not {value}.")
    return bool(value)


def _read_position(key: Key, value: Argument) -> Position:
    number = _read_number(key, value)
    return frames(value) if isinstance(value, int) else seconds(number)


def _read_spans(key: Key, value: Argument) -> tuple[tuple[float, float], ...]:
    if not isinstance(value, str):
        raise _wrong_type(key, value)
    parts = re.split("[,/]", value, maxsplit=MAX_SPANS)
    if len(parts) > MAX_SPANS:
        raise EngineError(ErrorCode.TOO_MUCH, f"The key {key.name} takes {MAX_SPANS} spans at most.")
    spans = tuple(_read_span(key, part) for part in parts)
    if any(before[1] > after[0] for before, after in pairwise(spans)):
        raise _bad(f"The spans of the key {key.name} must follow one another without overlap.")
    return spans


_SPAN_NUMBER = r"\s*(\d{1,9}(?:\.\d*)?(?:e[+-]?\d{1,3})?|\.\d+)\s*"
_SPAN = re.compile(f"{_SPAN_NUMBER}-{_SPAN_NUMBER}", re.ASCII)


def _read_span(key: Key, text: str) -> tuple[float, float]:
    match = _SPAN.fullmatch(text)
    start, end = (float(number) for number in match.groups()) if match else (0.0, 0.0)
    if not start < end < math.inf:
        raise _bad(f"The key {key.name} takes spans in seconds such as 0.5-1.2,2-3.5, not {quoted(text)}.")
    return start, end


def _read_blob(key: Key, value: Argument) -> bytes:
    if not isinstance(value, bytes):
        raise _wrong_type(key, value)
    if not value or len(value) % 4:
        raise _bad(f"The key {key.name} takes {key.meaning}: some multiple of four bytes, not {len(value)}.")
    return value


def _check_range(key: Key, value: float) -> None:
    too_low = key.low is not None and value < key.low
    too_high = key.high is not None and value > key.high
    if too_low or too_high:
        raise EngineError(key.code, f"The key {key.name} takes {range_text(key)}, not {value:g}.")


def range_text(key: Key) -> str:
    """The range as people read it: "0 to 1", "at least 0", the words of a choice, or nothing."""
    ...


def _wrong_type(key: Key, value: Argument) -> EngineError:
    tags = TYPE_TAGS[key.kind]
    return _bad(f"The key {key.name} takes a {key.kind} (OSC type {tags}), not {quoted(value)}.")


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
    Kind.BLOB: _read_blob,
}
