"""All presets of this account: the user's own, and those that come with Punch-In.

Every program opens the same folders. A preset of the user's takes the place of a factory preset of the same
name, and when it goes the factory's is back. Reading changes nothing; every change is one whole file, made
under a lock with what is there by then before its eyes.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

import platformdirs

from presets.document import encode
from presets.errors import PresetError, Reason, bad, quoted
from presets.folder import (
    DAMAGED,
    ENDING,
    Contents,
    File,
    Problem,
    locked,
    put_aside,
    read_folder,
    read_limited,
    remove,
    write_whole,
)
from presets.preset import Preset, key_of

FACTORY = Path(__file__).with_name("factory")
HOME_VARIABLE = "PUNCHIN_HOME"  # where the engine keeps everything, if it is set


@dataclass(frozen=True)
class Entry:
    """A preset as it is listed."""

    preset: Preset
    path: Path
    is_factory: bool


@dataclass(frozen=True)
class Shelf:
    """Everything there is, by name, and what is the matter with files that could not be read."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Saved:
    """Where a preset is now, and where a damaged file went that was in its place."""

    path: Path
    aside: tuple[Path, ...] = ()


def user_folder() -> Path:
    """Where this account's presets lie: under PUNCHIN_HOME if that is set. Nothing is made."""
    chosen = os.environ.get(HOME_VARIABLE, "")
    home = Path(chosen).absolute() if chosen else platformdirs.user_config_path("punch-in", appauthor=False)
    return home / "presets"


@dataclass(frozen=True)
class Store:
    """Two folders of presets; ``factory`` is only read."""

    folder: Path = field(default_factory=user_folder)
    factory: Path = field(default_factory=lambda: FACTORY)

    def shelf(self) -> Shelf:
        """Everything there is. Raises PresetError only if a folder can't be looked into."""
        own, factory = read_folder(self.folder), read_folder(self.factory, deep=True)
        found = {file.preset.key: Entry(file.preset, file.path, True) for file in factory.files}
        found |= {file.preset.key: Entry(file.preset, file.path, False) for file in own.files}
        by_name = sorted(found.values(), key=lambda entry: entry.preset.name.casefold())
        return Shelf(tuple(by_name), (*own.problems, *factory.problems))

    def find(self, name: str) -> Entry:
        """The preset of this name, however its letters are written. Raises PresetError(NOT_FOUND)."""
        shelf = self.shelf()
        for entry in shelf.entries:
            if entry.preset.key == key_of(name):
                return entry
        raise _not_found(name, shelf)

    def save(self, preset: Preset, replacing: bool = False) -> Saved:
        """Keeps a preset. Raises PresetError; FILE_EXISTS if its name is taken and not to be replaced."""
        return self.save_all((preset,), replacing)[0]

    def save_all(self, presets: Sequence[Preset], replacing: bool = False) -> tuple[Saved, ...]:
        """Keeps several; if one can't be kept because of its name, none is."""
        with locked(self.folder):
            there = read_folder(self.folder)
            if not replacing:
                _check_free(presets, there)
            return tuple(self._write(preset, there) for preset in presets)

    def change(self, name: str, changed: Callable[[Preset], Preset]) -> Saved:
        """Replaces a preset by what ``changed`` makes of it; of a factory preset that becomes the user's own.

        ``changed`` gets what other programs saved meanwhile. The name may change, to one that is free.
        """
        with locked(self.folder):
            entry = self.find(name)
            preset = changed(entry.preset)
            there = read_folder(self.folder)
            if preset.key == entry.preset.key:
                return self._write(preset, there, entry.path)
            if any(other.preset.key == preset.key for other in self.shelf().entries):
                raise _taken(preset.name)
            saved = self._write(preset, there, entry.path)
            if not entry.is_factory:
                remove(entry.path)
            return saved

    def delete(self, name: str) -> Path:
        """Deletes a preset of the user's. Raises PresetError; NOT_ALLOWED for a factory preset."""
        with locked(self.folder):
            entry = self.find(name)
            if entry.is_factory:
                sentence = f"{quoted(entry.preset.name)} comes with Punch-In and can't be deleted."
                raise PresetError(Reason.NOT_ALLOWED, sentence)
            remove(entry.path)
            return entry.path

    def free_name(self, name: str, beside: Iterable[str] = ()) -> str:
        """The name itself if nobody has it, or else with the first number that makes it one."""
        taken = {entry.preset.key for entry in self.shelf().entries} | {key_of(other) for other in beside}
        names = itertools.chain([name], (f"{name} {number}" for number in itertools.count(2)))
        return next(free for free in names if key_of(free) not in taken)

    def _write(self, preset: Preset, there: Contents, like: Path | None = None) -> Saved:
        """Into the file that has the name already, or a free one; ``like``: whose comments are kept."""
        file = next((file for file in there.files if file.preset.key == preset.key), None)
        path, aside = (file.path, ()) if file else self._place(preset, there)
        over = like or (file.path if file else None)
        write_whole(path, encode(preset, _former(over)))
        return Saved(path, aside)

    def _place(self, preset: Preset, there: Contents) -> tuple[Path, tuple[Path, ...]]:
        """A path for a new preset. A damaged file that has it gives way; one of a later version stays."""
        path = self.folder / f"{preset.key}{ENDING}"
        for problem in there.problems:
            if problem.path == path and problem.newer:
                raise PresetError(Reason.NOT_ALLOWED, f"There is a file for it already. {problem.sentence}")
            if problem.path == path:
                return path, (put_aside(path),)
        others = (self.folder / f"{preset.key}-{number}{ENDING}" for number in itertools.count(2))
        return next(free for free in itertools.chain([path], others) if not free.exists()), ()


def duplicate(store: Store, name: str, new_name: str) -> Saved:
    """A copy under another name. Raises PresetError."""
    return store.save(replace(store.find(name).preset, name=new_name))


def damaged_files(store: Store) -> tuple[Path, ...]:
    """What had to give way to a preset of the same name; whoever mends one takes the ending away."""
    return tuple(sorted(store.folder.glob(f"*{DAMAGED}")))


def _former(path: Path | None) -> bytes:
    """The text whose comments are kept; a file that can't be read any more has none."""
    try:
        return read_limited(path) if path else b""
    except OSError:
        return b""


def _check_free(presets: Sequence[Preset], there: Contents) -> None:
    taken = {file.preset.key: file for file in there.files}
    for preset in presets:
        if preset.key in taken:
            raise _taken(taken[preset.key].preset.name)
    keys = [preset.key for preset in presets]
    for preset in presets:
        if keys.count(preset.key) > 1:
            raise bad(f"Two presets are called {quoted(preset.name)}: give one of them another name.")


def _taken(name: str) -> PresetError:
    return PresetError(
        Reason.FILE_EXISTS, f"There is a preset {quoted(name)} already; choose another name or replace it."
    )


def _not_found(name: str, shelf: Shelf) -> PresetError:
    for problem in shelf.problems:
        if problem.path.stem == key_of(name):
            return PresetError(Reason.NOT_FOUND, f"There is no preset {quoted(name)}. {problem.sentence}")
    names = {entry.preset.name.casefold(): entry.preset.name for entry in shelf.entries}
    near = get_close_matches(name[:80].casefold(), names, 3, 0.5)
    hint = (
        f"did you mean {', '.join(names[one] for one in near)}?"
        if near
        else "'punchin presets list' has all."
    )
    return PresetError(Reason.NOT_FOUND, f"There is no preset {quoted(name)}; {hint}")


__all__ = ["Entry", "File", "Saved", "Shelf", "Store", "damaged_files", "duplicate", "user_folder"]
