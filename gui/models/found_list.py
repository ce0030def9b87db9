"""The sounds that a search has found, as the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from engine.protocol.replies import Hit
from gui.models.files_out import FilesOut
from gui.models.words import plain_tip, translate

HIT = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
_DOTS = 5  # of nearness


class FoundList(FilesOut, QAbstractTableModel):
    """Hits, the best first; those whose file has gone since can't be dragged any more."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.hits: tuple[Hit, ...] = ()
        self._gone: set[str] = set()

    def show(self, hits: Sequence[Hit]) -> None:
        """Replaces them all; the same ones, of another search, stay as they are chosen."""
        if [replace(hit, job_id="") for hit in hits] == [replace(hit, job_id="") for hit in self.hits]:
            return
        self.beginResetModel()
        self.hits, self._gone = tuple(hits), set()
        self.endResetModel()

    def lose(self, path: str) -> None:
        """This file is not there any more."""
        self._gone.add(path)
        if self.hits:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.hits) - 1, self.columnCount() - 1))

    def is_gone(self, hit: Hit) -> bool:
        """Whether its file was looked for in vain."""
        return hit.path in self._gone

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """How many there are."""
        return 0 if parent.isValid() else len(self.hits)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """Name, length, nearness, what it says, folder."""
        return 0 if parent.isValid() else 5

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """What the columns are."""
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            translate("Panel", "Name"),
            translate("Panel", "Length"),
            translate("Panel", "Near"),
            translate("Panel", "What it is"),
            translate("Panel", "Folder"),
        )[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The hit itself for who works with it, words for who reads it."""
        if not index.isValid():
            return None
        hit = self.hits[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._cell(hit, index.column())
            case Qt.ItemDataRole.AccessibleTextRole:
                return nearness_words(hit) if index.column() == 2 else self._cell(hit, index.column())
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(tip_of(hit))
            case _:
                return hit if role == HIT else None

    def _cell(self, hit: Hit, column: int) -> str:
        path = Path(hit.path)
        length = translate("Panel", "gone") if self.is_gone(hit) else length_words(hit)
        return (path.name, length, dots_of(hit.score), hit.text, str(path.parent))[column]

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Files that are there can be dragged away."""
        flags = super().flags(index)
        if index.isValid() and self.file_of(index.row()):
            return flags | Qt.ItemFlag.ItemIsDragEnabled
        return flags

    def file_of(self, row: int) -> str:
        """Where it is still there."""
        return "" if self.is_gone(self.hits[row]) else self.hits[row].path


def is_whole(hit: Hit) -> bool:
    """Whether the stretch that fits is all of the file."""
    return hit.end_frame - hit.start_frame >= round(hit.seconds * hit.sample_rate)


def length_words(hit: Hit) -> str:
    """How long the file is, and where in it the stretch lies that fits."""
    if is_whole(hit):
        return time_words(hit.seconds)
    start, end = hit.start_frame / hit.sample_rate, hit.end_frame / hit.sample_rate
    return f"{clock_words(start)}-{clock_words(end)} / {clock_words(hit.seconds)}"


def time_words(seconds: float) -> str:
    """A length, to a hundredth where that is heard."""
    if seconds < 60.0:
        return translate("Panel", "{0:.2f} s").format(seconds)
    return clock_words(seconds)


def clock_words(seconds: float) -> str:
    """Minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def dots_of(score: float) -> str:
    """Nearness to be seen at once: a dot for each standard deviation above the average sound, up to 5."""
    full = min(max(0, round(score)), _DOTS)
    return "●" * full + "○" * (_DOTS - full)


def nearness_words(hit: Hit) -> str:
    """The same to be read, and by what it was found."""
    found_by = {
        "sound": translate("Panel", "by its sound"),
        "name": translate("Panel", "by its name"),
        "sound and name": translate("Panel", "by its sound and its name"),
    }.get(hit.why, hit.why)
    text = translate("Panel", "found {0}; {1:.1f} standard deviations nearer than your average sound")
    return text.format(found_by, hit.score)


def tip_of(hit: Hit) -> str:
    """Everything that is known of it."""
    copies = translate("Panel", "{0} copies elsewhere").format(hit.copies) if hit.copies else ""
    return "\n".join(part for part in (hit.path, hit.text, nearness_words(hit), copies) if part)
