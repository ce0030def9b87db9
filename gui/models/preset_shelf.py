"""The presets there are, as the panel lists and keeps them; files are read and written in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.errors import EngineError, ErrorCode, as_engine_error
from gui.models.background import Background, Work
from gui.models.error_words import in_words, told
from gui.models.words import translate
from presets.errors import PresetError
from presets.folder import Problem
from presets.packs import PACK, read_any, write_one, write_pack
from presets.preset import MAX_NAME_CHARACTERS, Preset, key_of
from presets.search import all_tags, matching
from presets.store import Entry, Shelf, Store, duplicate

_ROOM_FOR_NUMBER = 6  # behind the name of a copy

Group = tuple[str, tuple[Entry, ...]]


class Clash(StrEnum):
    """What to do about an imported preset whose name is taken."""

    ASK = "ask"
    REPLACE = "replace"
    RENAME = "rename"  # keep both


class PresetShelf(QObject):
    """Factory presets and the user's own."""

    listed = Signal()
    said = Signal(str)
    kept = Signal()  # what was to be saved is
    copied = Signal(str)  # the name of a copy that was made
    clashed = Signal(object, str)  # files to import, and the sentence about a name that is taken
    taken = Signal(object, str)  # a preset that was not saved, and the sentence about who has its name

    def __init__(self, background: Background, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[Entry, ...] = ()
        self.problem = ""  # about files that can't be read
        self._background, self._store = background, store
        self._reading = Work()

    def refresh(self) -> None:
        """Reads them anew; ``listed`` tells when they are there."""
        self._reading.drop()  # what was read before may arrive after
        self._reading = self._background.run(partial(_read, self._store), self._keep, self._fail)

    def find(self, name: str) -> Entry | None:
        """The preset of this name, however its letters are written."""
        return next((entry for entry in self.entries if entry.preset.key == key_of(name)), None)

    def groups(self, words: str = "", tag: str = "", group: str = "") -> tuple[Group, ...]:
        """What matches, group by group, the user's own first; ``tag`` and ``group`` "" for any."""
        found = matching(self.entries, words.split(), (tag,) if tag else ())
        by_group: dict[str, list[Entry]] = {}
        for entry in found:
            by_group.setdefault(group_of(entry), []).append(entry)
        names = sorted(by_group, key=lambda name: (name != OWN, name))
        return tuple((name, tuple(by_group[name])) for name in names if group in ("", name))

    @property
    def group_names(self) -> tuple[str, ...]:
        """All groups, the user's own first."""
        return tuple(name for name, _ in self.groups())

    @property
    def tags(self) -> tuple[str, ...]:
        """All tags."""
        return tuple(all_tags(self.entries))

    def save(self, preset: Preset, replacing: bool = False) -> None:
        """Keeps a preset; if its name is taken ``taken`` asks about it, and nothing is replaced."""
        entry = self.find(preset.name)
        if entry is not None and entry.is_factory and not replacing:
            text = translate("Panel", "{0} comes with Punch-In; yours would take its place.")
            self.taken.emit(preset, text.format(entry.preset.name))
            return

        def failed(error: EngineError) -> None:
            if error.code is ErrorCode.FILE_EXISTS and not replacing:
                self.taken.emit(preset, translate("Panel", "You have a preset {0}.").format(preset.name))
            else:
                self._fail(error)

        def done(sentence: str) -> None:
            self._changed(sentence)
            self.kept.emit()

        self._background.run(partial(_saved, self._store, preset, replacing), done, failed)

    def delete(self, name: str) -> None:
        """Deletes a preset of the user's; they have been asked."""
        self._background.run(partial(_deleted, self._store, name), self._changed, self._fail)

    def change(self, before: Preset, after: Preset) -> None:
        """Keeps a preset that was edited, unless another program has changed it meanwhile."""

        def done(sentence: str) -> None:
            self._changed(sentence)
            self.kept.emit()

        self._background.run(partial(_edited, self._store, before, after), done, self._fail)

    def duplicate(self, entry: Entry) -> None:
        """Copies a preset, also a factory's, under a free name; ``copied`` has that."""

        def done(name: str) -> None:
            text = translate("Panel", "{0} is a copy of {1}.")
            self._changed(text.format(name, entry.preset.name))
            self.copied.emit(name)

        self._background.run(partial(_copied, self._store, entry.preset.name), done, self._fail)

    def take_in(self, paths: Sequence[str], on_clash: Clash = Clash.ASK) -> None:
        """Imports presets from files and packs, all of them or none; ``clashed`` asks about taken names."""

        def failed(error: EngineError) -> None:
            if error.code is ErrorCode.FILE_EXISTS and on_clash is Clash.ASK:
                self.clashed.emit(tuple(paths), in_words(error))
            else:
                self._fail(error)

        self._background.run(partial(_taken_in, self._store, tuple(paths), on_clash), self._changed, failed)

    def give_out(self, entries: Sequence[Entry], path: str) -> None:
        """Exports one preset as its file, or any number as a pack, by the ending of ``path``."""
        self._background.run(partial(_given_out, tuple(entries), Path(path)), self.said.emit, self._fail)

    def _changed(self, sentence: str) -> None:
        self.said.emit(sentence)
        self.refresh()

    def _keep(self, shelf: Shelf) -> None:
        problem = " ".join(map(_named, shelf.problems))
        if (shelf.entries, problem) != (self.entries, self.problem):
            self.entries, self.problem = shelf.entries, problem
            self.listed.emit()

    def _fail(self, error: EngineError) -> None:
        self.said.emit(in_words(error))


OWN = "own"  # the group of the user's presets


def group_of(entry: Entry) -> str:
    """The folder of a factory preset."""
    return entry.path.parent.name if entry.is_factory else OWN


def group_words(group: str) -> str:
    """A group as people call it."""
    return {
        OWN: translate("Panel", "My presets"),
        "ambience": translate("Panel", "Ambience"),
        "creatures": translate("Panel", "Creatures"),
        "foley": translate("Panel", "Film foley"),
        "impacts": translate("Panel", "Game impacts"),
        "machines": translate("Panel", "Machines"),
        "restyles": translate("Panel", "Restyles"),
        "ui": translate("Panel", "UI"),
        "weather": translate("Panel", "Weather"),
    }.get(group, group)


def _read(store: Store) -> Shelf:
    with as_engine_error(PresetError):
        return store.shelf()


def _named(problem: Problem) -> str:
    """A file that is no preset, and why."""
    return f"{problem.path.name}: {told(ErrorCode.BAD_ARGUMENT, problem.sentence)}"


def _saved(store: Store, preset: Preset, replacing: bool) -> str:
    with as_engine_error(PresetError):
        saved = store.save(preset, replacing)
    sentence = translate("Panel", "The preset {0} is saved.").format(preset.name)
    aside = [
        translate("Panel", "A damaged file of its name is now {0}.").format(path) for path in saved.aside
    ]
    return " ".join((sentence, *aside))


def _deleted(store: Store, name: str) -> str:
    with as_engine_error(PresetError):
        store.delete(name)
    return translate("Panel", "The preset {0} is deleted.").format(name)


def _edited(store: Store, before: Preset, after: Preset) -> str:
    def changed(now: Preset) -> Preset:
        if now != before:
            text = translate("Panel", "Another program has changed {0} meanwhile: close, and edit it again.")
            raise EngineError(ErrorCode.BAD_ARGUMENT, text.format(before.name))
        return after

    with as_engine_error(PresetError):
        store.change(before.name, changed)
    return translate("Panel", "The preset {0} is saved.").format(after.name)


def _copied(store: Store, name: str) -> str:
    with as_engine_error(PresetError):
        free = store.free_name(name[: MAX_NAME_CHARACTERS - _ROOM_FOR_NUMBER].rstrip())
        duplicate(store, name, free)
    return free


def _taken_in(store: Store, paths: Sequence[str], on_clash: Clash) -> str:
    with as_engine_error(PresetError):
        presets = [preset for path in paths for preset in read_any(Path(path))]
        if on_clash is Clash.RENAME:
            presets = _renamed(presets, store)
        saved = store.save_all(presets, on_clash is Clash.REPLACE)
    sentence = translate("Panel", "Imported: {0}.").format(", ".join(preset.name for preset in presets))
    aside = [path for one in saved for path in one.aside]
    more = translate("Panel", "A damaged file of its name is now {0}.")
    return " ".join((sentence, *(more.format(path) for path in aside)))


def _renamed(presets: Sequence[Preset], store: Store) -> list[Preset]:
    names: list[str] = []
    for preset in presets:
        names.append(store.free_name(preset.name, names))
    return [replace(preset, name=name) for preset, name in zip(presets, names, strict=True)]


def _given_out(entries: Sequence[Entry], path: Path) -> str:
    with as_engine_error(PresetError):
        if path.suffix.lower() == PACK:
            write_pack(entries, path)
        elif len(entries) == 1:
            write_one(entries[0], path)
        else:
            text = translate("Panel", "{0} presets go into a pack: name a file that ends in {1}.")
            raise EngineError(ErrorCode.BAD_ARGUMENT, text.format(len(entries), PACK))
    return translate("Panel", "Exported: {0}.").format(path)
