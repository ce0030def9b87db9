"""The list of takes: those of now and those of before, the newest first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from engine.history import Entry
from engine.protocol.replies import Models, Reply, Status
from gui.models.files_out import FilesOut
from gui.models.take_row import ENDED, RowState, TakeRow, advance
from gui.models.words import plain_tip, seconds_left, translate

ROW = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class TakeList(FilesOut, QAbstractListModel):
    """Rows, changed by replies of the engine and by what is known of earlier takes.

    These come page by page: ``more_wanted`` says that somebody has looked to the end of those that are here.
    """

    more_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[TakeRow] = []
        self.has_more = False  # of what is looked for now
        self._indexed, self._indexed_models = 0, tuple[str, ...]()

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """How many there are."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row itself for who draws it, words for who reads it aloud."""
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return described(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(row.sentence or row.path or row.prompt)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Whole takes can be dragged away."""
        flags = super().flags(index)
        if index.isValid() and self.file_of(index.row()):
            return flags | Qt.ItemFlag.ItemIsDragEnabled
        return flags

    def file_of(self, row: int) -> str:
        """Of a whole take."""
        return self.rows[row].path

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802 - Qt's name
        """Whether takes follow below."""
        return self.has_more and not parent.isValid()

    def fetchMore(self, parent: Index) -> None:  # noqa: N802 - Qt's name
        """They arrive when they are read."""
        del parent
        self.more_wanted.emit()

    # What happens to takes

    def add(self, rows: Sequence[TakeRow]) -> None:
        """A new job, on top."""
        self._insert(0, list(rows))

    def reply(self, reply: Reply) -> list[TakeRow]:
        """The rows that a reply is about, brought up to date."""
        if isinstance(reply, Status | Models):
            return []
        rows = self.of_job(reply.job_id)
        if rows:
            advance(rows, reply)
            self.touched(rows)
        return rows

    def of_job(self, job_id: str) -> list[TakeRow]:
        """The takes of one job, in order."""
        return [row for row in self.rows if job_id and row.job_id == job_id]

    def set_history(self, found: Sequence[TakeRow]) -> None:
        """Takes of the index, newest first: those that are here learn their entry, the others their place."""
        paths = {row.path: number for number, row in enumerate(self.rows) if row.path}
        numbers = {row.entry.id for row in self.rows if row.entry}
        new: list[TakeRow] = []
        for row in found:
            here = paths.get(row.path)
            if here is not None:
                self._learn(here, row.entry)
            elif row.entry and row.entry.id not in numbers:
                new.append(row)
        for place, run in groupby(self._placed(new), key=itemgetter(0)):
            self._insert(place, [row for _, row in run][::-1])

    def know(self, takes: int, models: tuple[str, ...], has_more: bool) -> None:
        """How many takes the index has, of which models, and whether more of what is looked for follow."""
        self._indexed, self._indexed_models, self.has_more = takes, models, has_more

    def shorten(self, most: int) -> None:
        """Leaves the oldest takes out of the list beyond so many rows; those of now stay."""
        end = len(self.rows)
        first = max(most, 1 + max((number for number, row in enumerate(self.rows) if row.job_id), default=-1))
        if first < end:
            self.beginRemoveRows(QModelIndex(), first, end - 1)
            del self.rows[first:]
            self.endRemoveRows()

    def _learn(self, number: int, entry: Entry | None) -> None:
        if self.rows[number].entry != entry:
            self.rows[number].entry = entry
            self.dataChanged.emit(self.index(number), self.index(number))

    def _placed(self, new: Sequence[TakeRow]) -> Iterator[tuple[int, TakeRow]]:
        """Before which row each belongs, the oldest first: behind all that are newer."""
        times = [made_at(row) for row in self.rows]
        place = len(times)
        for row in reversed(new):
            while place and times[place - 1] < made_at(row):
                place -= 1
            yield place, row

    def _insert(self, place: int, rows: list[TakeRow]) -> None:
        self.beginInsertRows(QModelIndex(), place, place + len(rows) - 1)
        self.rows[place:place] = rows
        self.endInsertRows()

    def note(self, row: TakeRow, entry: Entry) -> None:
        """What the index says of a take now; a row of its own, which a search had made of it before, goes."""
        self.remove([other for other in self.rows if other is not row and _is_of(other, entry)])
        row.entry = entry
        self.touched([row])

    def remove(self, rows: Iterable[TakeRow]) -> None:
        """Takes out of the list."""
        for row in rows:
            number = self._number(row)
            if number is not None:
                self.beginRemoveRows(QModelIndex(), number, number)
                del self.rows[number]
                self.endRemoveRows()

    def touched(self, rows: Iterable[TakeRow]) -> None:
        """Says that these rows look otherwise now."""
        for row in rows:
            number = self._number(row)
            if number is not None:
                index = self.index(number)
                self.dataChanged.emit(index, index)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that takes were made by, in order."""
        return tuple(sorted({*self._indexed_models, *(row.model for row in self.rows)} - {""}))

    @property
    def total(self) -> int:
        """How many takes there are: here, or in the index."""
        return max(len(self.rows), self._indexed)

    def unfinished(self) -> list[TakeRow]:
        """What waits or renders."""
        return [row for row in self.rows if row.state not in ENDED]

    def _number(self, wanted: TakeRow) -> int | None:
        return next((number for number, row in enumerate(self.rows) if row is wanted), None)


def made_at(row: TakeRow) -> tuple[float, int]:
    """When, as the index orders them; what it does not know is of now."""
    if row.entry is None:
        return math.inf, 0
    return datetime.fromisoformat(row.entry.made).timestamp(), row.entry.id


def _is_of(row: TakeRow, entry: Entry) -> bool:
    return row.entry is not None and row.entry.id == entry.id and not row.job_id


def described(row: TakeRow) -> str:
    """A row in words, as a screen reader says it."""
    parts = [row.prompt, translate("Panel", "{0:.2f} seconds").format(row.seconds), state_words(row)]
    if row.live:
        parts.append(translate("Panel", "live draft"))
    if row.kept:
        parts.append(translate("Panel", "kept"))
    if row.rating:
        parts.append(translate("Panel", "{0} stars").format(row.rating))
    return ", ".join(part for part in parts if part)


def state_words(row: TakeRow) -> str:
    """What is happening to a take, in a few words."""
    match row.state:
        case RowState.QUEUED if row.position > 0:
            return translate("Panel", "queued behind {0}").format(row.position)
        case RowState.QUEUED:
            return translate("Panel", "queued")
        case RowState.RENDERING:
            return _how_far(stage_word(row.stage), row)
        case RowState.FAILED:
            return translate("Panel", "failed: {0}").format(row.sentence)
        case RowState.CANCELLED:
            return translate("Panel", "cancelled")
        case RowState.DONE if row.effect:
            return _how_far(translate("Panel", "effects: {0}").format(row.effect), row)
        case RowState.DONE if row.is_dry and not row.is_missing:
            return translate("Panel", "effects…")
        case _:
            return translate("Panel", "its file is gone") if row.is_missing else ""


def _how_far(what: str, row: TakeRow) -> str:
    percent = translate("Panel", "{0} %").format(round(100 * row.progress))
    return ", ".join(part for part in (what, percent, seconds_left(row.seconds_left)) if part)


def stage_word(stage: str) -> str:
    """The engine's stage in the user's language."""
    return {
        "loading": translate("Panel", "loading the model"),
        "reading": translate("Panel", "reading"),
        "denoising": translate("Panel", "rendering"),
        "decoding": translate("Panel", "decoding"),
        "ranking": translate("Panel", "ranking"),
        "writing": translate("Panel", "writing"),
    }.get(stage, stage)
