"""Samples on their way through libsndfile into a part file."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import soundfile as sf

from engine.audio.atomic import PartFile
from engine.audio.formats import Samples, TakeFormat, exact_dtype
from engine.errors import EngineError, ErrorCode

BLOCK_SAMPLES = 1 << 18  # frames times channels that are in memory at a time

_TAGS = (
    "title",
    "artist",
    "album",
    "comment",
    "copyright",
    "date",
    "genre",
    "license",
    "software",
    "tracknumber",
)


class Encoder:
    """Exact samples on their way through libsndfile into a part file, with a checksum to compare."""

    def __init__(self, sound: sf.SoundFile, stream: _Stream, part: PartFile, wanted: TakeFormat) -> None:
        self._sound = sound
        self._stream = stream
        self._part = part
        self._wanted = wanted
        self._layout = _layout(sound)
        self._checksum = 0
        self._frames = 0

    @classmethod
    @contextmanager
    def opened(
        cls,
        part: PartFile,
        wanted: TakeFormat,
        sample_rate: int,
        channels: int,
        tags: dict[str, str] | None = None,
    ) -> Iterator[Encoder]:
        """Open for writing; closing, which writes the header, is part of it."""
        stream = _Stream(part)
        with (
            stream.raising(wanted),
            sf.SoundFile(
                stream, "w", sample_rate, channels, wanted.subtype, wanted.endian, wanted.format
            ) as sound,
        ):
            _set_tags(sound, tags or {})
            yield cls(sound, stream, part, wanted)

    def write(self, samples: Samples) -> None:
        """The next (frames, channels), in the dtype that is exact."""
        with self._stream.raising(self._wanted):
            try:
                self._sound.write(samples)
            except AssertionError:  # soundfile's word for libsndfile having written less
                self._stream.check()
                raise
            self._stream.check()
        self._checksum = zlib.crc32(_bytes(samples), self._checksum)
        self._frames += len(samples)

    def check(self) -> None:
        """Read everything back. Raises CANT_WRITE if it is not what was written."""
        checksum = 0
        try:
            with sf.SoundFile(str(self._part.path)) as sound:
                found = (sound.frames, *_layout(sound))
                step = max(1, BLOCK_SAMPLES // sound.channels)
                for block in sound.blocks(step, dtype=exact_dtype(self._wanted.subtype), always_2d=True):
                    checksum = zlib.crc32(_bytes(block), checksum)
        except sf.LibsndfileError as error:
            raise not_as_written() from error
        if (checksum, *found) != (self._checksum, self._frames, *self._layout):
            raise not_as_written()


class _Stream:
    """A part file as libsndfile sees it.

    An exception can't pass through libsndfile, so that it is kept here and raised on the other side.
    """

    def __init__(self, part: PartFile) -> None:
        self._part = part
        self._error: EngineError | None = None
        self.read = part.read
        self.seek = part.seek
        self.tell = part.tell

    def write(self, data: bytes) -> int:
        """As a file's; 0 once anything failed."""
        if self._error is not None:
            return 0
        try:
            self._part.write(data)
        except EngineError as error:
            self._error = error
            return 0
        return len(data)

    def check(self) -> None:
        """Raise what went wrong inside."""
        if self._error is not None:
            raise self._error

    @contextmanager
    def raising(self, wanted: TakeFormat) -> Iterator[None]:
        """What libsndfile complains about, as the error behind it."""
        try:
            yield
        except sf.LibsndfileError as error:
            raise self._error or _refused(wanted) from error
        self.check()


def _set_tags(sound: sf.SoundFile, tags: dict[str, str]) -> None:
    """The tags that this container has; AU and W64 have none."""
    for name in _TAGS:
        if name in tags:
            with contextlib.suppress(sf.LibsndfileError):
                setattr(sound, name, tags[name])


def _layout(sound: sf.SoundFile) -> tuple[int, int, str, str]:
    return sound.samplerate, sound.channels, sound.format, sound.subtype


def _bytes(samples: Samples) -> memoryview:
    return np.ascontiguousarray(samples).data


def _refused(wanted: TakeFormat) -> EngineError:
    return EngineError(
        ErrorCode.BAD_ARGUMENT,
        f"A {wanted.format} file can't have this rate and number of channels; name the take .wav.",
    )


def not_as_written() -> EngineError:
    return EngineError(
        ErrorCode.CANT_WRITE,
        "The take read back from disk is not what was written; check the disk and try again.",
    )
