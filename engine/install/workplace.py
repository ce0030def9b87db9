"""The hidden folder in which a model is put together, and what of it is finished.

``models/.installing-NAME/stages.json`` names the source and options it is for, and the stages that
are done; ``models/.installing-NAME/bundle/`` becomes ``models/NAME`` in one rename. Who comes again
with the same source and options goes on after the last finished stage, and anybody else starts anew.
Where nothing was finished, nothing is left.
``models/.installing-NAME.lock`` holds the process that works there.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.audio.atomic import new_file
from engine.errors import EngineError, ErrorCode
from engine.processes import start_time
from engine.take_names import ANY_PART

INSTALLING = ".installing-"
REMOVING = ".removing-"
_RECORD = "stages.json"


@dataclass
class Workplace:
    """One model in the making. ``key`` is the source and the options, anything that JSON can hold."""

    folder: Path
    key: Mapping[str, Any]

    @property
    def bundle(self) -> Path:
        """What will be the model's folder."""
        return self.folder / "bundle"

    def result(self, stage: str) -> dict[str, Any] | None:
        """What a stage came to when it was finished, or None if it must be done (again).

        A stage whose files are gone or have another size by now is not finished.
        """
        entry = self._record().get(stage)
        if not isinstance(entry, dict) or not isinstance(entry.get("result"), dict):
            return None
        whole = all(_size(self.bundle / name) == size for name, size in entry["files"].items())
        return entry["result"] if whole else None

    def finish(self, stage: str, files: Sequence[str] = (), result: Mapping[str, Any] | None = None) -> None:
        """Keep that a stage is done, once all of its files have reached the disk."""
        for name in files:
            _settle(self.bundle / name)
        sizes = {name: _size(self.bundle / name) for name in files}
        stages = {**self._record(), stage: {"files": sizes, "result": dict(result or {})}}
        self._write(stages)

    def forget(self, stage: str) -> None:
        """A stage must be done again, as what it was done with has changed."""
        stages = self._record()
        if stages.pop(stage, None) is not None:
            self._write(stages)

    def publish(self, folder: Path) -> None:
        """Let the bundle take its name. Raises EngineError(FILE_EXISTS or CANT_WRITE)."""
        if folder.exists():
            raise EngineError(ErrorCode.FILE_EXISTS, f"{folder} is there already; remove it first.")
        try:
            self.bundle.rename(folder)
        except OSError as error:
            raise EngineError(
                ErrorCode.CANT_WRITE, f"{folder} can't be written ({error.strerror}); try again."
            ) from error
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to go on with."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return not self._record() and all(path == self.folder / _RECORD for path in files)

    def drop_parts(self) -> None:
        """Remove what a killed process was writing; it would become part of the model and never leave."""
        for part in (*self.folder.glob(ANY_PART), *self.bundle.glob(ANY_PART)):
            part.unlink()

    def _record(self) -> dict[str, Any]:
        found = read_record(self.folder)
        return found[1] if found is not None and found[0] == self.key else {}

    def _write(self, stages: Mapping[str, Any]) -> None:
        with new_file(self.folder / _RECORD, overwrite=True) as file:
            file.write(json.dumps({"key": self.key, "stages": stages}, indent=2).encode())


@contextmanager
def open_workplace(models: Path, name: str, key: Mapping[str, Any]) -> Iterator[Workplace]:
    """The workplace for ``name``, for this process alone; emptied if it was for another ``key``.

    Raises EngineError(BUSY or CANT_WRITE).
    """
    folder = models / f"{INSTALLING}{name}"
    key = json.loads(json.dumps(key))  # as it will be read again
    try:
        models.mkdir(parents=True, exist_ok=True)
        with _locked(models, name):
            found = read_record(folder)
            if found is None or found[0] != key:
                shutil.rmtree(folder, ignore_errors=True)
            place = Workplace(folder, key)
            place.bundle.mkdir(parents=True, exist_ok=True)
            place.drop_parts()
            place._write(place._record())
            try:
                yield place
            finally:
                if place.is_empty:
                    shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise EngineError(
            ErrorCode.CANT_WRITE,
            f"{error.filename or folder} can't be written ({error.strerror}); what was finished is kept.",
        ) from error


@dataclass(frozen=True)
class Unfinished:
    """An installation that was interrupted."""

    name: str
    folder: Path
    size_bytes: int


def unfinished(models: Path) -> list[Unfinished]:
    """Every installation that can go on, or is going on."""
    folders = sorted(path for path in models.glob(f"{INSTALLING}*") if (path / _RECORD).is_file())
    return [
        Unfinished(
            folder.name.removeprefix(INSTALLING),
            folder,
            sum(max(0, _size(file)) for file in folder.rglob("*") if file.is_file()),
        )
        for folder in folders
    ]


def give_up(models: Path, name: str) -> None:
    """Remove an interrupted installation. Raises EngineError: BUSY, or CANT_WRITE."""
    folder = models / f"{INSTALLING}{name}"
    try:
        with _locked(models, name):
            shutil.rmtree(folder)
    except OSError as error:
        raise EngineError(
            ErrorCode.CANT_WRITE, f"{error.filename or folder} can't be removed ({error.strerror})."
        ) from error


def read_record(folder: Path) -> tuple[Any, dict[str, Any]] | None:
    """The key of a workplace and its finished stages, or None if it has none that can be read."""
    try:
        values = json.loads((folder / _RECORD).read_bytes())
        return values["key"], dict(values["stages"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def tidy(models: Path) -> None:
    """Remove what killed processes left: folders being removed, and workplaces of models that are there."""
    with contextlib.suppress(OSError):
        for folder in list(models.iterdir()):
            name = folder.name.removeprefix(INSTALLING)
            done = name != folder.name and (models / name).is_dir() and not (folder / "bundle").is_dir()
            if folder.is_dir() and (done or folder.name.startswith(REMOVING)):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(models: Path, name: str) -> Iterator[None]:
    """The lock file is there and ours. Raises EngineError(BUSY) while a living process has it."""
    path = models / f"{INSTALLING}{name}.lock"
    mine = {"pid": os.getpid(), "started": start_time(os.getpid()), "mark": secrets.token_hex(8)}
    if not _take(path, mine):
        raise EngineError(
            ErrorCode.BUSY, f"Another process is installing {name} right now; wait until it is done."
        )
    try:
        yield
    finally:
        if _read_lock(path) == mine:
            with contextlib.suppress(OSError):
                path.unlink()


def _take(path: Path, mine: Mapping[str, Any]) -> bool:
    """Make the lock file, in place of one whose process is gone."""
    for _ in range(2):
        with contextlib.suppress(FileExistsError):
            _make_lock(path, mine)
            return True
        if _lives(_read_lock(path)):
            return False
        _put_aside(path)
    return False


def _make_lock(path: Path, mine: Mapping[str, Any]) -> None:
    """Whole or not at all, where the file system has hard links: nobody reads half a lock.

    Raises FileExistsError.
    """
    draft = path.with_name(f"{path.name}.{mine['mark']}")
    draft.write_text(json.dumps(mine), encoding="utf-8")
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:
        with path.open("x", encoding="utf-8") as file:
            file.write(draft.read_text(encoding="utf-8"))
    finally:
        draft.unlink()


def _put_aside(path: Path) -> None:
    """Take a stale lock away. Whoever finds another process's fresh lock in its hands puts it back."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with contextlib.suppress(FileNotFoundError):
        path.rename(aside)
        if _lives(_read_lock(aside)):
            with contextlib.suppress(OSError):
                path.hardlink_to(aside)
        aside.unlink()


def _read_lock(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _lives(lock: Any) -> bool:
    """Whether the process that made a lock still runs; a number that was given out again does not count."""
    if not isinstance(lock, dict) or not isinstance(lock.get("pid"), int):
        return False
    started = start_time(lock["pid"])
    return started is not None and started == lock.get("started")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _settle(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
