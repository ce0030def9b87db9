"""Which takes of the list are shown: by words, marks, model and date; and that in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel

from engine.history import Query
from gui.models.take_list import TakeList
from gui.models.take_row import ENDED, TakeRow
from gui.models.words import translate

Index = QModelIndex | QPersistentModelIndex


class Period(StrEnum):
    """When a take was made; days begin at midnight where the user is."""

    ANY = "any"
    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "week"  # today and the six days before
    MONTH = "month"  # today and the 29 days before
    EARLIER = "earlier"  # before that


@dataclass(frozen=True)
class TakeQuery:
    """What a take has to be; everything left at its default matches all. ``now`` has a time zone."""

    text: str = ""
    kept: bool = False
    starred: bool = False
    model: str = ""
    period: Period = Period.ANY
    now: datetime | None = None  # for ``period``

    @property
    def of_index(self) -> Query:
        """The same, for the index of all takes."""
        since, before = self._days
        return Query(
            anywhere=self.text, kept=self.kept, rating=int(self.starred), model=self.model,
            since=since, before=before,
        )  # fmt: skip

    @property
    def _days(self) -> tuple[datetime | None, datetime | None]:
        """From when, and until before when."""
        if self.now is None:
            return None, None
        today = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        day = timedelta(days=1)
        return {
            Period.ANY: (None, None),
            Period.TODAY: (today, None),
            Period.YESTERDAY: (today - day, today),
            Period.WEEK: (today - 6 * day, None),
            Period.MONTH: (today - 29 * day, None),
            Period.EARLIER: (None, today - 29 * day),
        }[self.period]

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.text.split() or self.kept or self.starred or self.model) or (
            self.period is not Period.ANY
        )


class TakeFilter(QSortFilterProxyModel):
    """The takes that match a query. What still renders, and a draft of now, is always shown."""

    def __init__(self, takes: TakeList, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.query = TakeQuery()
        self.setSourceModel(takes)

    def search(self, query: TakeQuery) -> None:
        """Shows what matches."""
        self.beginFilterChange()
        self.query = query
        self.endFilterChange()

    def filterAcceptsRow(self, number: int, parent: Index) -> bool:  # noqa: N802 - Qt's name
        """Whether a row is shown."""
        del parent
        row = self._takes.rows[number]
        return row.state not in ENDED or row.scratch or matches(row, self.query)

    @property
    def words(self) -> str:
        """What is left out, in words; "" where all is shown."""
        if not self.query.is_narrow:
            return ""
        text = translate("Panel", "{0} of {1} takes")
        if self._takes.has_more:  # they come when somebody looks that far
            text = translate("Panel", "{0} and more of {1} takes")
        return f"{text.format(self.rowCount(), self._takes.total)}: {described_query(self.query)}"

    @property
    def _takes(self) -> TakeList:
        model = self.sourceModel()
        assert isinstance(model, TakeList)
        return model


def matches(row: TakeRow, query: TakeQuery) -> bool:
    """Whether a take is what is looked for."""
    if (query.kept and not row.kept) or (query.starred and not row.rating):
        return False
    if query.model and row.model != query.model:
        return False
    if not _is_of(row, query):
        return False
    text = searched_text(row)
    return all(word in text for word in query.text.lower().split())


def searched_text(row: TakeRow) -> str:
    """All words by which a take can be found, in small letters."""
    entry = row.entry
    more = (entry.category, entry.model, entry.notes, entry.path) if entry else (row.path,)
    return " ".join((row.prompt, str(row.settings.get("negative", "")), str(row.seed), *more)).lower()


def described_query(query: TakeQuery) -> str:
    """The query as a person would say it."""
    parts = [
        translate("Panel", "kept") if query.kept else "",
        translate("Panel", "with a star") if query.starred else "",
        translate("Panel", "by {0}").format(query.model) if query.model else "",
        period_words(query.period) if query.period is not Period.ANY else "",
        translate("Panel", "with “{0}”").format(" ".join(query.text.split())) if query.text.split() else "",
    ]
    return ", ".join(part for part in parts if part)


def period_words(period: Period) -> str:
    """A period as people call it."""
    return {
        Period.ANY: translate("Panel", "any time"),
        Period.TODAY: translate("Panel", "today"),
        Period.YESTERDAY: translate("Panel", "yesterday"),
        Period.WEEK: translate("Panel", "last 7 days"),
        Period.MONTH: translate("Panel", "last 30 days"),
        Period.EARLIER: translate("Panel", "earlier"),
    }[period]


def _is_of(row: TakeRow, query: TakeQuery) -> bool:
    """A take that the index does not know yet was made just now."""
    if query.period is Period.ANY or query.now is None:
        return True
    made = datetime.fromisoformat(row.entry.made) if row.entry else query.now
    days = (query.now.date() - made.astimezone(query.now.tzinfo).date()) // timedelta(days=1)
    return {
        Period.TODAY: days <= 0,
        Period.YESTERDAY: days == 1,
        Period.WEEK: days < 7,
        Period.MONTH: days < 30,
        Period.EARLIER: days >= 30,
    }[query.period]
