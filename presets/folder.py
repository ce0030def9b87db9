"""A folder of preset files: read without changing it, written one whole file at a time under a lock."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock

from presets.document import MAX_BYTES, decode
from presets.errors import NewerError, PresetError, Reason
from presets.preset import Preset

ENDING = ".toml"
DAMAGED = ".damaged"  # what a file that could not be read has behind its name once it had to give way
MAX_FILES = 10_000
# Saving takes milliseconds; who has the lock for longer hangs.
LOCK_SECONDS = 10.0
_LOCK, _PART = ".lock", ".part"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class File:
    """A preset and the file it is in."""

    path: Path
    preset: Preset


@dataclass(frozen=True)
class Problem:
    """A file that is in the way: ``newer`` of a later version, or else damaged."""

    path: Path
    sentence: str
    newer: bool = False


@dataclass(frozen=True)
class Contents:
    """What a folder holds, by file name."""

    files: tuple[File, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_folder(folder: Path, deep: bool = False) -> Contents:
    """Every preset file of a folder, with ``deep`` of those inside it, too. What is not there is empty."""
    files, problems = [], []
    seen: dict[str, Path] = {}
    for path in _preset_paths(folder, deep):
        try:
            preset = decode(read_limited(path))
        except FileNotFoundError:
            continue  # deleted meanwhile
        except OSError as error:
            problems.append(Problem(path, f"{path} can't be read: {error.strerror}."))
            continue
        except PresetError as error:
            newer = isinstance(error, NewerError)
            problems.append(Problem(path, f"{path} can't be used. {error.sentence}", newer))
            continue
        if preset.key in seen:
            sentence = f"{path} has the same name as {seen[preset.key].name}: rename one of the two presets."
            problems.append(Problem(path, sentence, newer=True))
            continue
        seen[preset.key] = path
        files.append(File(path, preset))
    return Contents(tuple(files), tuple(problems))


def _preset_paths(folder: Path, deep: bool) -> list[Path]:
    try:
        found = folder.rglob(f"*{ENDING}") if deep else folder.glob(f"*{ENDING}")
        paths = sorted(path for path in found if not path.name.startswith(".") and path.is_file())
    except OSError as error:
        raise PresetError(
            Reason.CANT_WRITE, f"The folder {folder} can't be read: {error.strerror}."
        ) from error
    if len(paths) > MAX_FILES:
        raise PresetError(
            Reason.TOO_MUCH, f"The folder {folder} has {len(paths)} presets; {MAX_FILES} are the most."
        )
    return paths


def read_limited(path: Path, most: int = MAX_BYTES) -> bytes:
    """At most one byte more than ``most``, what a preset may have. Raises OSError."""
    with path.open("rb") as file:
        return file.read(most + 1)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else writes into the folder meanwhile; makes it if need be. Raises PresetError."""
    with _cant_write(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / _LOCK, timeout=LOCK_SECONDS)
        try:
            lock.acquire()
        except filelock.Timeout:
            sentence = f"Another program keeps the folder {folder} busy; try again."
            raise PresetError(Reason.CANT_WRITE, sentence) from None
    try:
        _sweep(folder)
        yield
    finally:
        lock.release()


def _sweep(folder: Path) -> None:
    """Whoever had the lock and left a part of a file behind was killed."""
    for part in folder.glob(f".*{_PART}"):
        with contextlib.suppress(OSError):
            part.unlink()


def write_whole(path: Path, data: bytes) -> None:
    """The file is the old one or the new one, whatever happens. Raises PresetError(CANT_WRITE)."""
    part = path.with_name(f".{secrets.token_hex(8)}{_PART}")
    with _cant_write(path):
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            with contextlib.suppress(OSError):
                part.unlink()
        _settle(path.parent)


def _settle(folder: Path) -> None:
    """Have the disk confirm the new name, where folders can be opened (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put_aside(path: Path) -> Path:
    """Gives a file another name, under which nobody reads it as a preset; nothing is lost."""
    name = path.name + DAMAGED
    number = 1
    while (aside := path.with_name(name)).exists():
        number += 1
        name = f"{path.name}-{number}{DAMAGED}"
    with _cant_write(path):
        path.rename(aside)
    return aside


def remove(path: Path) -> None:
    """Deletes a file. Raises PresetError(CANT_WRITE)."""
    with _cant_write(path):
        path.unlink(missing_ok=True)


@contextmanager
def _cant_write(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or "unknown reason"
        advice = "free some space" if error.errno in _NO_ROOM else "look at the rights of its folder"
        raise PresetError(Reason.CANT_WRITE, f"{path} can't be written ({reason}): {advice}.") from error
