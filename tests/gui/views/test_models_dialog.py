"""The dialog of models, with a command that plays a part."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from gui.models.shelf import ModelShelf, News, news_of
from gui.views.models_dialog import ModelsDialog

Wait = Callable[[Callable[[], bool]], None]

# Writes down how it was called, says what "news" has on stderr, and answers as the file of its action says;
# without one it works on until somebody stops it.
SCRIPT = """
import json, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
with (folder / "calls").open("a") as calls:
    print(json.dumps(sys.argv[3:]), file=calls)
if sys.argv[3] != "list" and (folder / "news").exists():
    print((folder / "news").read_text(), file=sys.stderr, flush=True)
answer = folder / (sys.argv[3] + ("-accepted" if "--accept-licence" in sys.argv else ""))
while not answer.exists():
    time.sleep(0.05)
print(answer.read_text())
"""
SMALL = {
    "name": "foley-small", "licence": "CC-BY-SA-4.0", "description": "comes with Punch-In",
    "precision": "float32", "sample_rate": 16_000, "size_bytes": 38_000_000, "problem": "",
}  # fmt: skip
DAMAGED = {**SMALL, "name": "other", "licence": "MIT", "problem": "unet.onnx is not what it was."}


class Played:
    """The dialog and the command behind it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "script.py").write_text(SCRIPT)
        self.answer("list", {"models": [SMALL, DAMAGED]})
        self.shelf = ModelShelf((sys.executable, str(folder / "script.py"), str(folder)))
        self.dialog = ModelsDialog(self.shelf)
        self.dialog.show()

    def answer(self, action: str, value: object) -> None:
        """What the command prints for an action."""
        part = self._folder / "part"
        part.write_text(json.dumps(value) if value != "" else "")
        part.replace(self._folder / action)

    def news(self, text: str) -> None:
        """What it says meanwhile."""
        (self._folder / "news").write_text(text)

    @property
    def calls(self) -> list[list[str]]:
        """How it was called, but for lists."""
        lines = (self._folder / "calls").read_text().splitlines()
        return [call for call in map(json.loads, lines) if call[0] != "list"]


@pytest.fixture
def played(qapp: QApplication, tmp_path: Path, until: Wait) -> Iterator[Played]:
    """Listed, and idle."""
    del qapp
    made = Played(tmp_path)
    until(lambda: made.dialog.table.rowCount() == 2 and not made.shelf.is_busy)
    yield made
    made.shelf.stop()
    until(lambda: not made.shelf.is_busy)
    made.dialog.deleteLater()


def agree(monkeypatch: pytest.MonkeyPatch, *answers: bool) -> list[str]:
    """Answers questions in this order; they are noted."""
    asked: list[str] = []
    buttons = iter(
        QMessageBox.StandardButton.Yes if answer else QMessageBox.StandardButton.No for answer in answers
    )
    monkeypatch.setattr(QMessageBox, "question", lambda *words: asked.append(words[-1]) or next(buttons))
    return asked


def cells(dialog: ModelsDialog, row: int) -> list[str]:
    """A row of the table."""
    items = (dialog.table.item(row, column) for column in range(dialog.table.columnCount()))
    return [item.text() for item in items if item]


def test_models_are_listed_with_licence_size_and_what_is_wrong(played: Played) -> None:
    """The first one is chosen, so that keys work at once."""
    assert ["foley-small", "38 MB", "CC-BY-SA-4.0", "ready, float32"] == cells(played.dialog, 0)
    assert ["other", "38 MB", "MIT", "unet.onnx is not what it was."] == cells(played.dialog, 1)
    assert played.dialog.chosen is not None
    assert "foley-small" == played.dialog.chosen.name


def test_the_licence_is_asked_about_before_a_model_is_installed(
    qtbot: QtBot, played: Played, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question names it; only after a yes is it accepted."""
    refused = {"error": {"code": "not_allowed", "sentence": "Accept the licence first."}}
    played.answer("install", refused)
    played.answer("install-accepted", {"model": "new"})
    played.news('{"repository": "owner/name", "licence": "CC-BY-NC-4.0", "meaning": "name the authors"}')
    asked = agree(monkeypatch, False, True)
    dialog = played.dialog
    qtbot.keyClicks(dialog.source, "owner/name")
    qtbot.keyClick(dialog.source, Qt.Key.Key_Return)
    until(lambda: len(asked) == 1 and not played.shelf.is_busy)
    assert "owner/name: licence CC-BY-NC-4.0 (name the authors)." in asked[0]
    assert [["install", "owner/name", "--news", "--json"]] == played.calls
    dialog.install.click()
    until(lambda: len(played.calls) == 3 and not played.shelf.is_busy)
    assert ["install", "owner/name", "--news", "--accept-licence", "--json"] == played.calls[-1]
    assert "Done." == dialog.news.text()


def test_work_shows_how_it_goes_and_can_be_stopped(played: Played, until: Wait) -> None:
    """Meanwhile nothing else can be begun."""
    dialog = played.dialog
    news = '{"stage": "downloading", "done": 2000000, "total": 5000000, "seconds_left": 12.0}'
    played.news(f"{news}\na warning of torch")
    dialog.source.setText("owner/name")
    dialog.install.click()
    until(lambda: dialog.news.text() == "downloading, 2 of 5 MB, 12 s left")
    assert dialog.progress.isVisible()
    assert 0.4 == dialog.progress.value() / dialog.progress.maximum()
    assert not any(part.isEnabled() for part in (dialog.install, dialog.verify, dialog.remove))
    dialog.stop.click()
    until(lambda: not played.shelf.is_busy)
    assert not dialog.progress.isVisible()
    assert dialog.install.isEnabled()


def test_the_chosen_model_is_verified_and_repaired(played: Played, until: Wait) -> None:
    """What is wrong with its files is said."""
    dialog = played.dialog
    played.answer("verify", {"problems": ["unet.onnx is not what it was."]})
    dialog.table.selectRow(1)
    dialog.verify.click()
    until(lambda: not played.shelf.is_busy and "not what it was" in dialog.news.text())
    played.answer("verify", {"problems": []})
    dialog.repair.click()
    until(lambda: dialog.news.text() == "Done." and not played.shelf.is_busy)
    assert [
        ["verify", "other", "--json"],
        ["verify", "other", "--repair", "--news", "--json"],
    ] == played.calls


def test_a_model_is_removed_when_that_is_agreed_to(
    played: Played, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question says which and how much; the list follows."""
    asked = agree(monkeypatch, False, True)
    played.dialog.remove.click()
    assert "foley-small" in asked[0]
    assert "38 MB" in asked[0]
    played.answer("remove", {})
    played.answer("list", {"models": [DAMAGED]})
    played.dialog.remove.click()
    until(lambda: played.dialog.table.rowCount() == 1 and not played.shelf.is_busy)
    assert [["remove", "foley-small", "--yes", "--json"]] == played.calls


def test_what_goes_wrong_is_said(played: Played, until: Wait) -> None:
    """The command's own sentence."""
    played.answer("verify", {"error": {"code": "not_found", "sentence": "There is no model of that name."}})
    played.dialog.verify.click()
    until(lambda: not played.shelf.is_busy and "no model of that name" in played.dialog.news.text())
    assert played.dialog.news.accessibleName() == played.dialog.news.text()


@pytest.mark.parametrize("line", ["", "40 %", "[1]", "{}", '{"stage": "reading"}', '{"licence": "MIT"}'])
def test_news_that_is_none_is_passed_over(line: str) -> None:
    """Libraries warn on the same way."""
    assert news_of(line) is None


def test_a_stage_of_which_nobody_knows_the_end_shows_no_share() -> None:
    """The bar moves to and fro."""
    assert News("reading") == news_of('{"stage": "reading", "done": 0, "total": 0, "seconds_left": -1.0}')


def test_a_command_that_can_not_be_started_is_told(qapp: QApplication, until: Wait) -> None:
    """With what to do."""
    del qapp
    dialog = ModelsDialog(ModelShelf(("nothing-is-run",)))
    until(lambda: "install Punch-In again" in dialog.news.text())
    assert not dialog.verify.isEnabled()
    dialog.deleteLater()


def test_everything_in_it_has_a_name(played: Played) -> None:
    """For screen readers."""
    dialog = played.dialog
    parts = (
        dialog.table, dialog.verify, dialog.repair, dialog.remove, dialog.source, dialog.install, dialog.stop,
        dialog.progress,
    )  # fmt: skip
    assert all(part.accessibleName() for part in parts)
