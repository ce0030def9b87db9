"""Presets in and out: files and packs chosen in dialogs or dropped, and what to do about taken names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from gui.models.preset_shelf import Clash, PresetShelf
from presets.folder import ENDING
from presets.packs import PACK
from presets.store import Entry


class PresetTravel(QObject):
    """Asks over ``parent``; the files are read and written in the background."""

    def __init__(self, shelf: PresetShelf, parent: QWidget) -> None:
        super().__init__(parent)
        self._shelf, self._over = shelf, parent
        shelf.clashed.connect(self._ask)

    def take_in(self) -> None:
        """Imports what the user picks."""
        kinds = self.tr("Presets and packs ({0})").format(f"*{ENDING} *{PACK}")
        paths, _ = QFileDialog.getOpenFileNames(self._over, self.tr("Import presets"), "", kinds)
        if paths:
            self._shelf.take_in(paths)

    def give_out(self, entries: Sequence[Entry]) -> None:
        """Exports presets to where the user says: one as its file, several as a pack."""
        if not entries:
            return
        one = f"{self.tr('Preset')} (*{ENDING})"
        pack = f"{self.tr('Pack of presets')} (*{PACK})"
        kinds = f"{one};;{pack}" if len(entries) == 1 else pack
        name = f"{entries[0].preset.key}{ENDING}" if len(entries) == 1 else f"{self.tr('presets')}{PACK}"
        chosen, kind = QFileDialog.getSaveFileName(self._over, self.tr("Export presets"), name, kinds)
        if chosen:
            ending = PACK if kind == pack else ENDING
            has_ending = Path(chosen).suffix.lower() in (PACK, ENDING)
            self._shelf.give_out(entries, chosen if has_ending else f"{chosen}{ending}")

    def _ask(self, paths: tuple[str, ...], sentence: str) -> None:
        """A name is taken: nothing has been imported yet."""
        box = QMessageBox(QMessageBox.Icon.Question, self.tr("Import presets"), sentence)
        box.setParent(self._over, box.windowFlags())
        both = box.addButton(self.tr("&Keep both"), QMessageBox.ButtonRole.AcceptRole)
        new = box.addButton(self.tr("&Replace"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(both)
        box.exec()
        if box.clickedButton() is both:
            self._shelf.take_in(paths, Clash.RENAME)
        elif box.clickedButton() is new:
            self._shelf.take_in(paths, Clash.REPLACE)


def preset_files(data: QMimeData) -> list[str]:
    """Files among what is dragged that may be presets or packs."""
    paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if Path(path).suffix.lower() in (ENDING, PACK)]
