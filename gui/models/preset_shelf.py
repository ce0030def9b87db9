"""The presets there are, as the panel lists and keeps them; files are read and written in the background."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from engine.errors import EngineError, ErrorCode, as_engine_error
from gui.models.background import Background, Work
from gui.models.words import translate
from presets.errors import PresetError
from presets.preset import Preset, key_of
from presets.search import all_tags, matching
from presets.store import Entry, Shelf, Store

Group = tuple[str, tuple[Entry, ...]]


class PresetShelf(QObject):
    """Factory presets and the user's own."""

    listed = Signal()
    said = Signal(str)
    kept = Signal()  # what was to be saved is
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

    def _changed(self, sentence: str) -> None:
        self.said.emit(sentence)
        self.refresh()

    def _keep(self, shelf: Shelf) -> None:
        problem = " ".join(f"{problem.path.name}: {problem.sentence}" for problem in shelf.problems)
        if (shelf.entries, problem) != (self.entries, self.problem):
            self.entries, self.problem = shelf.entries, problem
            self.listed.emit()

    def _fail(self, error: EngineError) -> None:
        self.said.emit(error.sentence)


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
