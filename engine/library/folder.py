"""Which files of a folder may be sounds. Nothing is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import EngineError, ErrorCode

# What libsndfile reads and people keep sounds in.
SUFFIXES = frozenset(
    {".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".caf", ".au", ".snd"}
    | {".flac", ".ogg", ".oga", ".opus", ".mp3"}
)
# Far more than anybody's library; a folder with more of them is not one.
MAX_FILES = 2_000_000


@dataclass(frozen=True)
class FoundFile:
    """A file as the folder lists it: bytes, and when it was changed in nanoseconds."""

    path: str
    size: int
    changed: int


@dataclass
class Walk:
    """A folder and all folders in it. ``closed``: those that could not be looked into."""

    root: Path
    closed: list[str] = field(default_factory=list)

    def files(self) -> Iterator[FoundFile]:
        """Each file that may be a sound, in order. Raises EngineError(TOO_MUCH).

        Hidden ones are left out, and links that lead out of the folder: they were not granted.
        """
        real, count = self.root.resolve(), 0
        for folder, names, files in os.walk(self.root, onerror=self._note):
            names[:] = sorted(name for name in names if not name.startswith("."))
            for name in sorted(files):
                found = _sound(os.path.join(folder, name), real)  # noqa: PTH118 - a Path for each is slow
                if found is not None:
                    count += 1
                    yield found
            if count > MAX_FILES:
                raise EngineError(
                    ErrorCode.TOO_MUCH, f"{self.root} holds more than {MAX_FILES} sounds; name a part of it."
                )

    def _note(self, error: OSError) -> None:
        self.closed.append(str(error.filename))


def check_folder(text: str) -> Path:
    """The folder of this name. Raises EngineError(NOT_FOUND or BAD_ARGUMENT)."""
    path = Path(text)
    if not path.is_absolute():
        raise EngineError(ErrorCode.BAD_ARGUMENT, f'Give the whole path, from the root, instead of "{text}".')
    if not path.is_dir():
        raise EngineError(
            ErrorCode.NOT_FOUND,
            f"There is no folder {path}; if it is on a drive, connect it. What was indexed of it stays.",
        )
    return Path(os.path.normpath(path))


def is_below(path: str, folder: str) -> bool:
    """Whether a file lies in a folder, or in one in it."""
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _sound(path: str, real_root: Path) -> FoundFile | None:
    name = os.path.basename(path)  # noqa: PTH119
    if name.startswith(".") or Path(name).suffix.lower() not in SUFFIXES:
        return None
    try:
        if os.path.islink(path) and not Path(path).resolve().is_relative_to(real_root):  # noqa: PTH114
            return None
        status = os.stat(path)  # noqa: PTH116
    except OSError:  # gone since, or a link to nowhere
        return None
    if not stat.S_ISREG(status.st_mode):  # who opens a pipe may wait for ever
        return None
    return FoundFile(path, status.st_size, status.st_mtime_ns)
