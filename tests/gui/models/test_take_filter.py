"""Takes are found by words, marks, model and day, and the panel says what it leaves out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from engine.config import Home
from engine.history import Entry
from engine.takes import index
from engine.takes.database import opened
from engine.takes.recipe import encode_recipe
from gui.models.take_filter import Period, TakeFilter, TakeQuery
from gui.models.take_list import TakeList
from gui.models.take_row import RowState, TakeRow
from tests.engine.takes.making import recipe

BERLIN = timezone(timedelta(hours=1))
NOW = datetime(2026, 3, 10, 0, 30, tzinfo=BERLIN)  # where it is still the 9th in UTC


def take(made: datetime, model: str = "foley-small", prompt: str = "rain", number: int = 1) -> TakeRow:
    """A take of an earlier day."""
    path = f"/{number}.wav"
    entry = Entry(
        number, "", path, made.isoformat(), model, "CC0", prompt, "", "", 1, 1.0, 0, False, "", False,
        encode_recipe(recipe()),
    )  # fmt: skip
    return TakeRow("", 0, 1, prompt, 1, 48_000, 480, {}, state=RowState.DONE, path=path, entry=entry)


@pytest.fixture
def shown(qapp: QApplication) -> TakeFilter:
    """Takes of now and of before."""
    del qapp
    takes = TakeList()
    takes.add(
        [
            take(datetime(2026, 3, 9, 23, 15, tzinfo=UTC), prompt="just after midnight"),
            take(datetime(2026, 3, 9, 22, 59, tzinfo=UTC), "big", "just before midnight"),
            take(datetime(2026, 3, 4, 12, tzinfo=UTC), prompt="six days ago"),
            take(datetime(2026, 3, 3, 12, tzinfo=UTC), prompt="seven days ago"),
            take(datetime(2026, 1, 1, 12, tzinfo=UTC), "big", "long ago"),
        ]
    )
    made = TakeFilter(takes)
    takes.setParent(made)
    return made


def prompts(shown: TakeFilter) -> list[str]:
    """What is listed."""
    return [shown.index(row, 0).data().split(",")[0] for row in range(shown.rowCount())]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period.ANY, 5),
        (Period.TODAY, ["just after midnight"]),
        (Period.YESTERDAY, ["just before midnight"]),
        (Period.WEEK, ["just after midnight", "just before midnight", "six days ago"]),
        (Period.MONTH, 4),
        (Period.EARLIER, ["long ago"]),
    ],
)
def test_days_begin_where_the_user_is(shown: TakeFilter, period: Period, expected: object) -> None:
    """Whatever the time zone of the index."""
    shown.search(TakeQuery(period=period, now=NOW))
    assert expected == (prompts(shown) if isinstance(expected, list) else shown.rowCount())


def test_all_that_is_chosen_counts_and_is_said(shown: TakeFilter) -> None:
    """Model, day and words together, and how many are left."""
    assert "" == shown.words
    shown.search(TakeQuery("  midnight ", model="big", period=Period.WEEK, now=NOW))
    assert ["just before midnight"] == prompts(shown)
    assert "1 of 5 takes: by big, last 7 days, with “midnight”" == shown.words
    shown.search(TakeQuery(kept=True, starred=True))
    assert "0 of 5 takes: kept, with a star" == shown.words


def test_what_is_of_now_is_always_shown(shown: TakeFilter) -> None:
    """A take that renders and a live draft have no model in the index yet."""
    takes = shown.sourceModel()
    assert isinstance(takes, TakeList)
    rows = [
        TakeRow("a", 0, 1, "renders", 1, 48_000, 480, {}),
        TakeRow("b", 0, 1, "draft", 1, 48_000, 480, {}, state=RowState.DONE, scratch=True),
        TakeRow("c", 0, 1, "failed", 1, 48_000, 480, {}, state=RowState.FAILED),
    ]
    takes.add(rows)
    shown.search(TakeQuery(model="big", period=Period.EARLIER, now=NOW))
    assert ["renders", "draft", "long ago"] == prompts(shown)
    shown.search(TakeQuery(period=Period.TODAY, now=NOW))
    assert ["renders", "draft", "failed", "just after midnight"] == prompts(shown)


@pytest.mark.parametrize("period", Period)
@pytest.mark.parametrize(
    "chosen", [{}, {"text": "MIDnight b"}, {"model": "big"}, {"starred": True}, {"kept": True}]
)
def test_the_index_finds_what_the_list_shows(
    shown: TakeFilter, tmp_path: Path, period: Period, chosen: dict[str, Any]
) -> None:
    """The same question to both has the same answer."""
    takes = shown.sourceModel()
    assert isinstance(takes, TakeList)
    query = TakeQuery(period=period, now=NOW, **chosen)
    shown.search(query)
    with opened(Home(tmp_path, tmp_path)) as database:
        for number, row in enumerate(takes.rows):
            assert row.entry is not None
            made = recipe(number, made=row.entry.made, model=row.entry.model, settings={"prompt": row.prompt})
            index.record(database, tmp_path / f"{number}.wav", made)
        found = index.find(database, query.of_index)
    assert prompts(shown) == [entry.prompt for entry in found]


def test_earlier_takes_come_where_their_time_is(shown: TakeFilter) -> None:
    """Between those that are here, once each; takes of now stay on top."""
    takes = shown.sourceModel()
    assert isinstance(takes, TakeList)
    takes.add([TakeRow("a", 0, 1, "renders", 1, 48_000, 480, {})])
    found = [
        take(datetime(2026, month, 1, tzinfo=UTC), prompt=f"in month {month}", number=month)
        for month in (4, 3, 2)
    ]
    takes.set_history(found)
    takes.set_history(found)
    assert ["renders", "in month 4", "just after midnight"] == prompts(shown)[:3]
    assert ["seven days ago", "in month 3", "in month 2", "long ago"] == prompts(shown)[-4:]


def test_the_oldest_make_room(shown: TakeFilter) -> None:
    """Never a take of now."""
    takes = shown.sourceModel()
    assert isinstance(takes, TakeList)
    takes.add([TakeRow("a", 0, 1, f"renders {number}", 1, 48_000, 480, {}) for number in range(2)])
    takes.shorten(4)
    assert ["renders 0", "renders 1", "just after midnight", "just before midnight"] == prompts(shown)
    takes.shorten(1)
    assert ["renders 0", "renders 1"] == prompts(shown)
