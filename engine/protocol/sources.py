"""What a render works on: a span of a file, audio the client streams, or nothing yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from engine.errors import EngineError, ErrorCode

MIN_REGION_SECONDS = 0.1  # shorter than a mel window has no sound to speak of
MAX_REGION_SECONDS = 1800.0  # an ambience as long as a reel; memory does not grow with it, only time
# What the difference of two positions in single precision, all that Pd has, is off by after two hours.
REGION_SLACK_SECONDS = 0.001
# A minute of 16 channels at 48 kHz, or of 5.1 at 96 kHz, with its context.
MAX_STREAM_BYTES = 256 * 1024 * 1024
DEFAULT_SAMPLE_RATE = 48_000  # Hz, for new sounds: what sound for picture is delivered in
DEFAULT_CHANNELS = 1  # for new sounds
# Thirty years, where no recording goes on: at every rate a whole number of frames can be had of it.
MAX_POSITION_SECONDS = 1e9
_BYTES_PER_SAMPLE = 4  # float32


@dataclass(frozen=True)
class Position:
    """A place in a recording whose rate may not be known yet; make one with ``frames`` or ``seconds``."""

    value: int | float
    unit: Literal["frames", "seconds"]

    def in_frames(self, sample_rate: int) -> int:
        """The nearest frame at ``sample_rate`` Hz."""
        return int(self.value) if self.unit == "frames" else round(self.value * sample_rate)


def frames(value: int) -> Position:
    """A position in frames of the recording's own rate."""
    return Position(value, "frames")


def seconds(value: float) -> Position:
    """A position in seconds from the recording's start."""
    return Position(float(value), "seconds")


@dataclass(frozen=True)
class FileSource:
    """A span of a file the engine can read; ``end`` is exclusive."""

    path: str
    start: Position
    end: Position


@dataclass(frozen=True)
class StreamSource:
    """Audio the client sends as blobs over TCP, interleaved float32: context, region, context.

    ``frames`` is the length of all of it; the region is [start_frame, end_frame) of that.
    """

    sample_rate: int
    channels: int
    frames: int
    start_frame: int
    end_frame: int


@dataclass(frozen=True)
class NewSource:
    """No recording: a new sound of ``frames`` at ``sample_rate``."""

    sample_rate: int
    channels: int
    frames: int


Source = FileSource | StreamSource | NewSource


class SourceKind(StrEnum):
    """The words of the key ``source``."""

    FILE = "file"
    STREAM = "stream"
    NEW = "new"


_KEYS_OF = {
    SourceKind.FILE: ("path", "start", "end"),
    SourceKind.STREAM: ("rate", "channels", "frames", "start", "end"),
    SourceKind.NEW: ("rate", "channels", "frames", "seconds"),
}
_ALL_KEYS = ("path", "start", "end", "rate", "channels", "frames", "seconds")


def read_source(values: dict[str, Any]) -> Source:
    """The source that checked key values describe; raises BAD_ARGUMENT, BAD_REGION or TOO_MUCH."""
    kind = values["source"] if "source" in values else _guess_kind(values)
    for name in _ALL_KEYS:
        if name in values and name not in _KEYS_OF[kind]:
            allowed = ", ".join(_KEYS_OF[kind])
            raise _bad(f"The key {name} does not go with source {kind}, which takes {allowed}.")
    return _READERS[kind](values)


def source_values(source: Source) -> dict[str, Any]:
    """The key values that ``read_source`` turns into ``source`` again."""
    if isinstance(source, FileSource):
        return {"path": source.path, "start": source.start, "end": source.end}
    values: dict[str, Any] = {
        "source": SourceKind.NEW,
        "rate": source.sample_rate,
        "channels": source.channels,
        "frames": source.frames,
    }
    if isinstance(source, StreamSource):
        span = {"start": frames(source.start_frame), "end": frames(source.end_frame)}
        values |= {"source": SourceKind.STREAM} | span
    return values


def region_seconds(source: Source) -> float | None:
    """The region's length, or None while it takes the file's own rate to tell."""
    if isinstance(source, NewSource):
        return source.frames / source.sample_rate
    if isinstance(source, StreamSource):
        return (source.end_frame - source.start_frame) / source.sample_rate
    if source.start.unit == source.end.unit == "seconds":
        return source.end.value - source.start.value
    return None


def _guess_kind(values: dict[str, Any]) -> SourceKind:
    if "path" in values:
        return SourceKind.FILE
    if "start" in values or "end" in values:
        raise _bad("A region needs its recording: add the key path, or source stream and its keys.")
    return SourceKind.NEW


def _read_file(values: dict[str, Any]) -> FileSource:
    if "path" not in values:
        raise _bad("The key path is missing: it names the file that holds the region.")
    start, end = _read_span(values)
    source = FileSource(values["path"], start, end)
    _check_length(source)
    return source


def _read_stream(values: dict[str, Any]) -> StreamSource:
    for name in ("rate", "channels", "frames"):
        if name not in values:
            raise _bad(f"The key {name} is missing: a stream needs rate, channels and frames.")
    rate, channels, length = values["rate"], values["channels"], values["frames"]
    if length * channels * _BYTES_PER_SAMPLE > MAX_STREAM_BYTES:
        sentence = f"A stream may have {MAX_STREAM_BYTES} bytes at most; write a file and send its path."
        raise EngineError(ErrorCode.TOO_MUCH, sentence)
    start, end = (position.in_frames(rate) for position in _read_span(values))
    if end > length:
        raise _bad_region(f"The region ends at frame {end}, after the stream's {length} frames.")
    source = StreamSource(rate, channels, length, start, end)
    _check_length(source)
    return source


def _read_new(values: dict[str, Any]) -> NewSource:
    if ("seconds" in values) == ("frames" in values):
        raise _bad("Say what to work on: path, start and end, or for a new sound either seconds or frames.")
    rate = values.get("rate", DEFAULT_SAMPLE_RATE)
    length = values["frames"] if "frames" in values else round(values["seconds"] * rate)
    source = NewSource(rate, values.get("channels", DEFAULT_CHANNELS), length)
    _check_length(source)
    return source


def _read_span(values: dict[str, Any]) -> tuple[Position, Position]:
    if "start" not in values or "end" not in values:
        raise _bad_region("The region needs the keys start and end, in seconds or in frames.")
    start, end = values["start"], values["end"]
    if start.unit == end.unit and end.value <= start.value:
        raise _bad_region(f"The region must end after it starts, not run from {start.value} to {end.value}.")
    return start, end


def _check_length(source: Source) -> None:
    length = region_seconds(source)
    if length is None:
        return
    shortest = MIN_REGION_SECONDS - REGION_SLACK_SECONDS
    if not shortest <= length <= MAX_REGION_SECONDS + REGION_SLACK_SECONDS:
        limits = f"{MIN_REGION_SECONDS:g} to {MAX_REGION_SECONDS:g} seconds"
        raise _bad_region(f"The region lasts {length:g} seconds; choose one of {limits}.")


def _bad(sentence: str) -> EngineError:
    return EngineError(ErrorCode.BAD_ARGUMENT, sentence)


def _bad_region(sentence: str) -> EngineError:
    return EngineError(ErrorCode.BAD_REGION, sentence)


_READERS: dict[SourceKind, Callable[[dict[str, Any]], Source]] = {
    SourceKind.FILE: _read_file,
    SourceKind.STREAM: _read_stream,
    SourceKind.NEW: _read_new,
}
