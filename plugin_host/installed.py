"""Installations carried out, noted, and undone: what was written, its hash, and what was there before."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plugin_host.errors import DawError
from plugin_host.install import Edit, Installation, NewFile, check_sessions

_VERSION = 1
_ENCODING = "utf-8"


@dataclass(frozen=True)
class Step:
    """One thing that is going to happen, in words."""

    verb: str  # "write", "replace", "edit", "delete", "keep"
    path: Path
    text: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.path}" + (f": {self.text}" if self.text else "")


@dataclass(frozen=True)
class Written:
    """A file of ours that was written."""

    path: str
    sha256: str


@dataclass(frozen=True)
class Edited:
    """A file of the DAW's that was changed; ``backup`` names its copy from before, "" if there was none."""

    path: str
    summary: str
    sha256: str  # as we left it
    backup: str


@dataclass(frozen=True)
class Manifest:
    """What one installation did, in order."""

    written: tuple[Written, ...] = ()
    edited: tuple[Edited, ...] = ()
    folders: tuple[str, ...] = ()  # that were made for it, outermost first


class Ledger:
    """What is installed, in a folder of its own: one for each DAW, with a manifest and backups."""

    def __init__(self, folder: Path, name: str) -> None:
        """``folder`` holds those of all DAWs; ``name`` is the DAW's."""
        self._folder = folder / name
        self._manifest = self._folder / "installed.json"

    def read(self) -> Manifest | None:
        """What is installed; None if nothing is. Raises DawError for a manifest that nobody can read."""
        try:
            plain = json.loads(self._manifest.read_text(encoding=_ENCODING))
            if plain.get("version") != _VERSION:
                raise ValueError("it is of another version")
            return Manifest(
                tuple(Written(**row) for row in plain["written"]),
                tuple(Edited(**row) for row in plain["edited"]),
                tuple(plain["folders"]),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DawError(
                f"The list of what was installed, {self._manifest}, can't be read: {error}."
            ) from error

    def plan(self, installation: Installation) -> tuple[Step, ...]:
        """What ``install`` would do; nothing is changed. Raises DawError where it can't be done."""
        check_sessions(installation)
        known = self.read() or Manifest()
        return (*self._plan_files(installation, known), *_plan_edits(installation.edits))

    def install(self, installation: Installation) -> None:
        """Carries it out, all of it or nothing. Raises DawError."""
        self.plan(installation)
        known = self.read() or Manifest()
        done = _Doing(known)
        try:
            for file in installation.files:
                done.write(file)
            done.drop(installation.files)
            for edit in installation.edits:
                done.edit(edit, self._folder)
            self._note(done.manifest())
        except (OSError, DawError) as error:
            done.take_back()
            raise _sentence(error) from error
        self._drop_backups(known, done.manifest())

    def plan_removal(self) -> tuple[Step, ...]:
        """What ``remove`` would do. Raises DawError if nothing is installed, or if it would lose work."""
        manifest = self.read()
        if manifest is None:
            raise DawError("Nothing of Punch-In is installed there.")
        _check_unchanged(manifest)
        deleted = tuple(Step("delete", Path(one.path)) for one in manifest.written)
        return deleted + tuple(
            Step("edit", Path(one.path), f"no longer {one.summary}") for one in manifest.edited
        )

    def remove(self, edits: tuple[Edit, ...] = ()) -> None:
        """Undoes what was installed. ``edits``: their ways back, for files the DAW has rewritten since.

        Raises DawError.
        """
        self.plan_removal()
        manifest = self.read()
        assert manifest is not None
        try:
            for path, content in self._undone(manifest, edits).items():
                _put_back(path, content)
            for file in manifest.written:
                Path(file.path).unlink(missing_ok=True)
            _remove_folders(manifest.folders)
            self._drop_backups(manifest, Manifest())
            self._manifest.unlink()
            self._folder.rmdir()
        except OSError as error:
            raise _sentence(error) from error

    def _plan_files(self, installation: Installation, known: Manifest) -> Iterator[Step]:
        ours = {one.path: one.sha256 for one in known.written}
        for file in installation.files:
            there = _read(file.path)
            if there is None:
                yield Step("write", file.path)
            elif there == file.content:
                yield Step("keep", file.path)
            elif ours.get(str(file.path)) == _digest(there):
                yield Step("replace", file.path)
            else:
                raise DawError(
                    f"{file.path} is there already, and it is not as Punch-In wrote it: move it away first."
                )

    def _undone(self, manifest: Manifest, edits: tuple[Edit, ...]) -> dict[Path, bytes | None]:
        """The DAW's files without our edits, the last one undone first; None: no file, as there was none."""
        ways_back = {(str(edit.path), edit.summary): edit for edit in edits}
        contents = {Path(one.path): _read(Path(one.path)) for one in manifest.edited}
        for one in reversed(manifest.edited):
            now = contents[Path(one.path)]
            if now is not None:  # what is not there any more is not brought back
                contents[Path(one.path)] = self._without(one, now, ways_back.get((one.path, one.summary)))
        return contents

    def _without(self, one: Edited, now: bytes, edit: Edit | None) -> bytes | None:
        path = Path(one.path)
        before = _read(self._folder / one.backup) if one.backup else None
        if _digest(now) == one.sha256:
            return before
        if edit is None:
            raise DawError(
                f"{path} was changed since, and it is not known any more what of it is Punch-In's "
                f"({one.summary}): change it by hand. Nothing was removed."
            )
        text = edit.undo(_text(path, now), _text(path, before or b""))
        return None if before is None and not text.strip() else text.encode(_ENCODING)

    def _note(self, manifest: Manifest) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        plain: dict[str, Any] = {"version": _VERSION, **asdict(manifest)}
        _write(self._manifest, json.dumps(plain, indent=1).encode(_ENCODING))

    def _drop_backups(self, before: Manifest, now: Manifest) -> None:
        kept = {one.backup for one in now.edited}
        for one in before.edited:
            if one.backup and one.backup not in kept:
                (self._folder / one.backup).unlink(missing_ok=True)


class _Doing:
    """An installation as it happens, able to take back what it has done so far."""

    def __init__(self, known: Manifest) -> None:
        self._written = {one.path: one for one in known.written}
        self._edited = {(one.path, one.summary): one for one in known.edited}
        self._folders = list(known.folders)
        self._backups: list[Path] = []
        self._before: list[tuple[Path, bytes | None]] = []
        self._made: list[str] = []

    def manifest(self) -> Manifest:
        """What is there by now."""
        folders = dict.fromkeys((*self._folders, *self._made))
        return Manifest(tuple(self._written.values()), tuple(self._edited.values()), tuple(folders))

    def write(self, file: NewFile) -> None:
        """Writes a file of ours."""
        there = _read(file.path)
        if there == file.content and str(file.path) not in self._written:
            return  # somebody else's copy of the same: it stays theirs
        self._replace(file.path, there, file.content)
        if file.executable:
            file.path.chmod(file.path.stat().st_mode | 0o111)
        self._written[str(file.path)] = Written(str(file.path), _digest(file.content))

    def drop(self, files: tuple[NewFile, ...]) -> None:
        """Deletes files of an earlier version that this one does not have, unless somebody changed them."""
        for gone in self._written.keys() - {str(file.path) for file in files}:
            path, there = Path(gone), _read(Path(gone))
            if there is not None and _digest(there) == self._written[gone].sha256:
                self._before.append((path, there))
                path.unlink()
            del self._written[gone]

    def edit(self, edit: Edit, folder: Path) -> None:
        """Changes a file of the DAW's; an edit of an earlier time keeps the backup from then."""
        there = _read(edit.path)
        content = edit.apply(_text(edit.path, there or b"")).encode(_ENCODING)
        key = (str(edit.path), edit.summary)
        if content == there:
            return
        earlier = self._edited.get(key)
        backup = earlier.backup if earlier else self._backup(there, folder)
        self._replace(edit.path, there, content)
        self._edited[key] = Edited(str(edit.path), edit.summary, _digest(content), backup)

    def take_back(self) -> None:
        """Everything as it was; what can't be put back stays."""
        for path, content in reversed(self._before):
            with suppress(OSError):
                _put_back(path, content)
        for backup in self._backups:
            with suppress(OSError):
                backup.unlink()
        _remove_folders(tuple(self._made))

    def _replace(self, path: Path, there: bytes | None, content: bytes) -> None:
        self._made += _make_folders(path.parent)
        self._before.append((path, there))
        _write(path, content)

    def _backup(self, content: bytes | None, folder: Path) -> str:
        if content is None:
            return ""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{secrets.token_hex(8)}.backup"
        _write(path, content)
        self._backups.append(path)
        return path.name


def _plan_edits(edits: tuple[Edit, ...]) -> Iterator[Step]:
    for edit in edits:
        there = _read(edit.path)
        text = _text(edit.path, there or b"")
        changed = edit.apply(text) != text
        yield Step("edit" if changed else "keep", edit.path, edit.summary)


def _check_unchanged(manifest: Manifest) -> None:
    for one in manifest.written:
        there = _read(Path(one.path))
        if there is not None and _digest(there) != one.sha256:
            raise DawError(
                f"{one.path} was changed since Punch-In wrote it: move it away if it is of use to you, or "
                "delete it, and then remove again. Nothing was removed."
            )


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _sentence(error) from error


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode(_ENCODING)
    except UnicodeDecodeError as error:
        raise DawError(f"{path} is no text in UTF-8, and is left alone.") from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all; a file that was there keeps its rights, and a link what it points to."""
    path = path.resolve()
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            part.chmod(path.stat().st_mode & 0o7777)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        _write(path, content)


def _make_folders(folder: Path) -> list[str]:
    """Makes a folder; which ones were not there, outermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return [str(one) for one in reversed(missing)]


def _remove_folders(folders: tuple[str, ...]) -> None:
    """Those that were made for it, and hold nothing else by now."""
    for folder in reversed(folders):
        with suppress(OSError):
            Path(folder).rmdir()


def _sentence(error: Exception) -> DawError:
    if isinstance(error, DawError):
        return error
    name = getattr(error, "filename", None) or "A file"
    return DawError(f"{name} can't be read or written: {getattr(error, 'strerror', None) or error}.")
