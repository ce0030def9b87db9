"""What a job keeps open while it works: recordings, and sound of its own in files without a name.

Temporary sound is float32, as plain as in memory, and read and written by calls: pages of a memory map
would count as memory in use. The files have no name, so that even a killed process leaves nothing.
"""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from engine.audio.source import Recording
from engine.audio.stretch import Stretch
from engine.errors import EngineError, ErrorCode

Float32 = NDArray[np.float32]

_SAMPLE_BYTES = 4


class TemporarySound:
    """Sound that grows at its end and is read anywhere."""

    def __init__(self, folder: Path, channels: int) -> None:
        """An empty one. Raises EngineError(CANT_WRITE) if the folder takes no file."""
        self.channels = channels
        self.frames = 0
        self._folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = _nameless(folder)
        except OSError as error:
            raise _cant_keep(folder, error) from error

    def append(self, block: Float32) -> None:
        """Add (frames, channels) at the end. Raises EngineError(CANT_WRITE) when the disk is full."""
        rest = memoryview(np.ascontiguousarray(block, np.float32).tobytes())
        try:
            self._file.seek(self.frames * self.channels * _SAMPLE_BYTES)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise _cant_keep(self._folder, error) from error
        self.frames += len(block)

    def read(self, start: int, stop: int) -> Float32:
        """See Readable."""
        frame_bytes = self.channels * _SAMPLE_BYTES
        wanted = bytearray((stop - start) * frame_bytes)
        rest = memoryview(wanted)
        self._file.seek(start * frame_bytes)
        while rest:
            rest = rest[_some(self._file.readinto(rest)) :]
        block: Float32 = np.frombuffer(wanted, np.float32).reshape(-1, self.channels)
        return block

    def stretch(self) -> Stretch:
        """All of it so far."""
        return Stretch(self, self.channels, 0, self.frames)

    def close(self) -> None:
        """Give its room on the disk back."""
        self._file.close()


class Workspace:
    """The open files of one job; leaving it closes them, and what was temporary is gone."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is for temporary sound; it is made when it is needed."""
        self.folder = folder
        self._files = ExitStack()
        self._recordings: list[Recording] = []

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def open(self, path: Path) -> Recording:
        """A recording to read from. Raises EngineError (NOT_FOUND, BAD_AUDIO)."""
        recording = Recording(path)
        self._files.callback(recording.close)
        self._recordings.append(recording)
        return recording

    def temporary(self, channels: int) -> TemporarySound:
        """Room for sound; it may be closed before the workspace is. Raises EngineError(CANT_WRITE)."""
        sound = TemporarySound(self.folder, channels)
        self._files.callback(sound.close)
        return sound

    def check_unchanged(self) -> None:
        """Raise BAD_AUDIO if a recording is not what it was when it was opened, or NOT_FOUND."""
        for recording in self._recordings:
            recording.check_unchanged()


def _some(count: int | None) -> int:
    if not count:
        raise EngineError(ErrorCode.INTERNAL, "Temporary sound got lost; check the disk and try again.")
    return count


def _nameless(folder: Path) -> FileIO:
    """An empty file that goes away when it is closed, without a buffer of Python's."""
    handle, name = tempfile.mkstemp(".part", "sound-", folder)
    if os.name == "nt":
        os.close(handle)
        return FileIO(name, "r+", opener=_vanishing)
    Path(name).unlink()
    return FileIO(handle, "r+")


def _vanishing(name: str, flags: int) -> int:
    """Windows keeps the name of an open file, and removes the file when it is closed."""
    return os.open(name, flags | getattr(os, "O_TEMPORARY", 0))


def _cant_keep(folder: Path, error: OSError) -> EngineError:
    reason = error.strerror or "unknown reason"
    advice = "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "check that folder"
    return EngineError(
        ErrorCode.CANT_WRITE, f"There is no room for temporary sound in {folder} ({reason}); {advice}."
    )
