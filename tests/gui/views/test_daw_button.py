"""The button of DAWs, its keys, and the menu of takes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from gui.models.daws import DawModel, InstalledDaw
from gui.models.panel import Panel
from gui.models.shelf import ModelShelf
from gui.models.take_row import RowState, TakeRow
from gui.views.window import Window

Wait = Callable[[Callable[[], bool]], None]

# Writes down how it was called, and answers to "get" with the file that is named by its first word.
SCRIPT = """
import json, sys
recording, calls = sys.argv[1:3]
print(json.dumps(sys.argv[3:]), file=open(calls, "a"))
answers = {
    "list": {"daws": [{"name": "audacity", "title": "Audacity", "version": "3.2.4", "installed": True}]},
    "get": {"path": recording, "in_file": [4800, 9600], "file_start": 100, "sample_rate": 48000},
    "put": {"takes": []},
}
print(json.dumps(answers[sys.argv[4]]))
"""


@pytest.fixture
def window(qtbot: QtBot, panel: Panel, recording: Path, tmp_path: Path) -> Iterator[Window]:
    """Whose DAW is a script."""
    del qtbot
    script = tmp_path / "daw.py"
    script.write_text(SCRIPT)
    daws = DawModel((sys.executable, str(script), str(recording), str(tmp_path / "calls")))
    settings = QSettings(str(tmp_path / "panel.ini"), QSettings.Format.IniFormat)
    made = Window(panel, settings, ModelShelf(("nothing-is-run",)), daws)
    made.show()
    yield made
    made.daws.close()
    made.hide()
    made.deleteLater()


def calls(folder: Path) -> list[list[str]]:
    """The words after ``punchin``."""
    path = folder / "calls"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def with_takes(window: Window, count: int) -> None:
    """Done, and all of them chosen."""
    rows = [
        TakeRow("", take, count, "boots", 7, 48_000, 4800, state=RowState.DONE, path=f"/tmp/{take}.wav")
        for take in range(count)
    ]
    window.panel.takes.add(rows)
    window.takes.list.selectAll()


def action(menu: QMenu, text: str) -> QAction:
    """The line of a menu."""
    return next(line for line in menu.actions() if line.text() == text)


def test_the_menu_lists_daws_and_gets_the_selection(window: Window, until: Wait, tmp_path: Path) -> None:
    """The file is open, what was selected in the DAW is selected; the keys then do the same."""
    window.daw.choices.aboutToShow.emit()
    until(lambda: window.daws.daws is not None)
    action(window.daw.choices, "Get selection from Audacity").trigger()
    until(lambda: window.panel.scene.recording is not None)
    selection = window.panel.scene.selection
    assert selection is not None and (selection.start, selection.end) == (4800, 9600)
    until(lambda: not window.daws.is_busy)
    window.daw.get()
    until(lambda: len(calls(tmp_path)) == 3)
    assert calls(tmp_path)[-1] == ["daw", "get", "audacity", "--one", "--json"]


def test_chosen_takes_are_put_by_key(window: Window, qtbot: QtBot, until: Wait, tmp_path: Path) -> None:
    """All of them at once, into the DAW that was used last."""
    with_takes(window, 2)
    window.daws.chosen = "audacity"
    window.activateWindow()
    qtbot.keyClick(window.takes.list, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    until(lambda: bool(calls(tmp_path)))
    assert calls(tmp_path) == [["daw", "put", "audacity", "/tmp/0.wav", "/tmp/1.wav", "--json"]]


def test_the_menu_of_takes_has_a_line_for_each_daw(window: Window, until: Wait, tmp_path: Path) -> None:
    """Which puts those that are chosen."""
    window.daws.daws = (InstalledDaw("audacity", "Audacity"),)
    with_takes(window, 1)
    action(window.takes.menu(), "Put into Audacity").trigger()
    until(lambda: bool(calls(tmp_path)))
    assert calls(tmp_path) == [["daw", "put", "audacity", "/tmp/0.wav", "--json"]]


def test_without_a_daw_the_menu_says_so(window: Window) -> None:
    """And takes have no line for one."""
    window.daws.daws = ()
    window.daw.choices.aboutToShow.emit()
    assert not action(window.daw.choices, "No DAW was found").isEnabled()
    assert not any("Put into" in line.text() for line in window.takes.menu().actions())
