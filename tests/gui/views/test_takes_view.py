"""Takes compared, filtered and kept with keyboard and mouse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.config import Home
from engine.history import Entry
from engine.takes import index
from engine.takes.database import opened
from engine.takes.recipe import encode_recipe
from gui.models.audition import Side
from gui.models.take_filter import Period
from gui.models.take_row import RowState, TakeRow
from gui.views.takes_view import TakesView
from gui.views.window import Window
from tests.engine.takes.making import recipe
from tests.gui.models.test_pair import take

Wait = Callable[[Callable[[], bool]], None]
SHIFT = Qt.KeyboardModifier.ShiftModifier


def choose(view: TakesView, window: Window, number: int) -> TakeRow:
    """Makes a row the chosen one."""
    view.list.setCurrentIndex(window.panel.shown.index(number, 0))
    return view.chosen[0]


def foot(view: TakesView, row: TakeRow) -> str:
    """What stands under a take."""
    return view.delegate._foot_words(row)


def test_two_takes_are_compared_by_keyboard(
    qtbot: QtBot, window: Window, tmp_path: Path, recording: Path, until: Wait
) -> None:
    """M marks one, X on another plays it and then goes to and fro; Shift+X does so in place."""
    panel, view = window.panel, window.takes
    panel.takes.add([take(tmp_path, level, 96_000, recording) for level in (0.1, 0.2)])
    for looping in panel.takes.rows:
        looping.loop = True  # however long this test takes
    other = choose(view, window, 0)
    qtbot.keyClick(view.list, Qt.Key.Key_X)
    assert "Mark a take with M" in window.status.said.text()
    qtbot.keyClick(view.list, Qt.Key.Key_M)
    assert "marked (X compares)" in foot(view, other)
    qtbot.keyClick(view.list, Qt.Key.Key_X)
    assert not panel.audition.is_on  # with itself there is nothing to compare
    row = choose(view, window, 1)
    qtbot.keyClick(view.list, Qt.Key.Key_X)
    until(lambda: panel.audition.can_compare)
    assert "B: this take" in foot(view, row)
    qtbot.keyClick(view.list, Qt.Key.Key_X)
    assert Side.MARKED is panel.audition.side
    assert "A: marked take" in foot(view, other)
    assert "A:" not in foot(view, row)
    qtbot.keyClick(view.list, Qt.Key.Key_X, SHIFT)
    assert (True, row) == (panel.audition.in_context, panel.audition.heard)
    qtbot.keyClick(view.list, Qt.Key.Key_Escape)
    assert not panel.audition.is_on
    texts = [action.text().split("\t")[0] for action in view.menu().actions() if action.isEnabled()]
    assert "Compare with the marked take" in texts
    panel.takes.remove([other])
    assert panel.audition.marked is None


def noted(window: Window, model: str, days: float, prompt: str) -> TakeRow:
    """A take of another day, by a model."""
    made = (window.panel.now() - timedelta(days=days)).isoformat()
    entry = Entry(
        1, "", "", made, model, "CC0", prompt, "", "", 1, 1.0, 0, False, "", False, encode_recipe(recipe())
    )
    return TakeRow("", 0, 1, prompt, 1, 48_000, 480, {}, state=RowState.DONE, entry=entry)


def test_takes_are_filtered_by_model_and_day(qtbot: QtBot, window: Window) -> None:
    """By keyboard; what is left out is said in words, and one button shows all again."""
    finder, shown = window.takes.finder, window.panel.shown
    assert not finder.model.isVisible()
    window.panel.takes.add([noted(window, "big", 0, "rain"), noted(window, "small", 40, "wind")])
    qtbot.waitUntil(lambda: finder.model.count() == 3)
    assert finder.model.isVisible()
    finder.model.setFocus()
    for _ in range(2):
        qtbot.keyClick(finder.model, Qt.Key.Key_Down)
    assert ("small", 1) == (finder.model.currentData(), shown.rowCount())
    finder.period.setFocus()
    qtbot.keyClick(finder.period, Qt.Key.Key_Down)
    assert (Period.TODAY, 0) == (finder.period.currentData(), shown.rowCount())
    assert "0 of 2 takes: by small, today" == finder.words.text() == finder.words.accessibleName()
    window.panel.takes.remove(window.panel.takes.rows[1:])
    qtbot.waitUntil(lambda: finder.words.text().startswith("0 of 1 "))
    assert "small" == finder.model.currentData()  # what was chosen stays to be seen
    finder.everything.click()
    assert ("", 1) == (finder.words.text(), shown.rowCount())
    assert not finder.everything.isVisible()


@pytest.fixture
def draft(window: Window, tmp_path: Path) -> TakeRow:
    """A live draft in the list, chosen."""
    row = take(tmp_path, 0.1, 0, None)
    row.live = row.scratch = True
    window.panel.takes.add([row])
    window.takes.list.setCurrentIndex(window.panel.shown.index(0, 0))
    return row


def test_a_draft_that_is_dragged_is_kept_first(
    window: Window, draft: TakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file goes away; a DAW would look for it."""
    kept: list[object] = []
    monkeypatch.setattr(window.panel.history, "keep", lambda rows, _: kept.extend(rows))
    assert "live draft" in foot(window.takes, draft)
    assert window.takes.keep_button.isEnabled()
    window.takes.list.startDrag(Qt.DropAction.CopyAction)
    assert [draft] == kept
    assert "drag it once more" in window.status.said.text()


def test_a_draft_is_put_into_a_daw_from_where_it_stays(
    window: Window, draft: TakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is opened as a recording from there."""
    moved, put, opened = str(Path(draft.path).with_name("kept.wav")), [], []

    def own(rows: list[TakeRow], then: Callable[[], object]) -> None:
        rows[0].path = moved
        then()

    monkeypatch.setattr(window.daw, "_own", own)
    monkeypatch.setattr(window.panel.history, "own", own)
    monkeypatch.setattr(window.daws, "put", lambda *arguments: put.append(arguments))
    monkeypatch.setattr(window.panel.source, "open", opened.append)
    window.daw._put("audacity")
    window.takes._open_as_source()
    assert [("audacity", [moved])] == put
    assert [moved] == opened


def test_takes_come_as_far_as_somebody_looks(
    window: Window, home: Home, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that does not fill the list is followed by another; what lies below the screen is not read."""
    monkeypatch.setattr("gui.models.take_history.PAGE", 2)
    for number in range(1, 41):
        with opened(home) as database:
            index.record(database, home.takes / f"{number}.wav", recipe(number))
    window.panel.history.refresh()
    takes, view = window.panel.takes, window.takes.list
    # Two pages leave a strip free; while the next is on its way there are no more to ask for.
    until(lambda: len(takes.rows) > 5 and takes.has_more and view.verticalScrollBar().maximum() > 0)
    read = len(takes.rows)
    QTest.qWait(300)
    assert (read, True) == (len(takes.rows), takes.has_more)
    view.scrollToBottom()
    until(lambda: len(takes.rows) > read)
    assert "tiny" in [window.takes.finder.model.itemText(number) for number in range(2)]


def test_what_was_just_asked_for_is_chosen(qtbot: QtBot, window: Window, tmp_path: Path, until: Wait) -> None:
    """Space plays it when it is there, and until then stops what plays; history takes no choice away."""
    panel, view = window.panel, window.takes
    earlier = take(tmp_path, 0.1, 0, None)
    earlier.loop = True
    panel.takes.add([earlier])
    choose(view, window, 0)
    qtbot.keyClick(view.list, Qt.Key.Key_Space)
    until(lambda: panel.audition.is_on)
    panel.asking.set(prompt="rain", takes=2)
    panel.submit()
    assert [("rain", 0)] == [(row.prompt, row.take) for row in view.chosen]
    qtbot.keyClick(view.list, Qt.Key.Key_Space)
    assert not panel.audition.is_on
    panel.takes.set_history([noted(window, "big", 3, "wind")])
    assert [("rain", 0)] == [(row.prompt, row.take) for row in view.chosen]


def test_what_is_typed_is_found_while_takes_render(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    """However often a row changes meanwhile."""
    takes, finder = window.panel.takes, window.takes.finder
    takes.add([take(tmp_path, 0.1, 0, None)])
    qtbot.keyClicks(finder.text, "rain")
    for _ in range(100):
        takes.touched(takes.rows)
        QTest.qWait(20)
        if window.panel.shown.query.text:
            break
    assert window.panel.shown.query.text == "rain"


def test_after_a_discarded_take_the_next_one_is_chosen(
    qtbot: QtBot, window: Window, tmp_path: Path, until: Wait
) -> None:
    """So that one goes through them by keyboard; what was heard is silent."""
    takes, view = window.panel.takes, window.takes
    takes.add([take(tmp_path, level, 0, None) for level in (0.1, 0.2, 0.3)])
    first, second, third = takes.rows
    first.loop = True
    choose(view, window, 0)
    qtbot.keyClick(view.list, Qt.Key.Key_Space)
    until(lambda: window.panel.audition.is_on)
    qtbot.keyClick(view.list, Qt.Key.Key_Delete)
    assert not window.panel.audition.is_on
    assert [second] == view.chosen
    qtbot.keyClick(view.list, Qt.Key.Key_Delete)
    assert [third] == view.chosen
    qtbot.keyClick(view.list, Qt.Key.Key_Delete)
    assert [] == takes.rows
