"""The library by keyboard and mouse: found, heard, used, dragged; folders added and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from engine import own_sounds
from engine.config import Home
from engine.own_sounds import OwnFolder
from engine.protocol.library_requests import LibraryRequest
from engine.protocol.replies import Done, Notice, Reply
from engine.protocol.requests import FileSource, Mode, frames
from gui.models.engine import Link
from gui.models.library_search import State
from gui.scripted import ScriptedEngine
from gui.views.library_dialog import LibraryDialog
from gui.views.window import Window
from tests.gui.models.test_library_search import hit

Wait = Callable[[Callable[[], bool]], None]
RATE = 48_000
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def dialog(window: Window, engine: ScriptedEngine, home: Home, recording: Path, until: Wait) -> LibraryDialog:
    """Of one folder, in which every search finds a stretch of the recording, then a file that has gone."""
    own_sounds.announce(home, str(recording.parent))

    def found(request: LibraryRequest) -> Sequence[Reply]:
        first = hit(request.job_id, str(recording), 2 * RATE, 3 * RATE, 10.0)
        return [first, hit(request.job_id, "/lib/gone.wav"), Done(request.job_id, 0, ())]

    engine.library_script = found
    until(lambda: window.panel.engine.link is Link.READY)
    window.show_library()
    until(lambda: bool(window.panel.library.folders.folders))
    assert window.library_dialog is not None
    return window.library_dialog


def look_for(qtbot: QtBot, dialog: LibraryDialog, window: Window, until: Wait) -> None:
    """Types something, and goes to what is found."""
    qtbot.keyClicks(dialog.finder.text, "door slam")
    until(lambda: window.panel.library.search.state is State.FOUND)
    qtbot.keyClick(dialog.finder.text, Qt.Key.Key_Return)
    until(lambda: window.panel.library.search.state is State.FOUND)


def test_keys_open_it_and_it_says_what_to_do_first(window: Window, qtbot: QtBot, until: Wait) -> None:
    """Nothing is indexed: a folder has to be added, and a button does it."""
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | SHIFT)
    dialog = window.library_dialog
    assert dialog is not None
    until(lambda: "None of your sounds are indexed yet." in dialog.finder.about.text())
    assert dialog.finder.add.isVisible()
    assert not dialog.finder.table.isVisible()


def test_a_found_sound_is_heard_and_becomes_the_source_of_a_transfer(
    dialog: LibraryDialog, window: Window, engine: ScriptedEngine, qtbot: QtBot, recording: Path, until: Wait
) -> None:
    """By keys alone, from words to the main button: the request is that of ``punchin library render``."""
    panel, table = window.panel, dialog.finder.table
    look_for(qtbot, dialog, window, until)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    until(lambda: panel.audition.is_on and panel.audition.reel is not None)
    assert str(recording) == panel.audition.file
    assert RATE == panel.audition.reel.frames
    assert panel.audition.recording_frame is None  # it is not the open one
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert not panel.audition.is_on
    qtbot.keyClick(table, Qt.Key.Key_Space, SHIFT)
    until(lambda: panel.audition.reel is not None)
    assert 10 * RATE == panel.audition.reel.frames
    panel.asking.set(loop=True, vary=0.5, strength=1.0)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    until(lambda: panel.scene.selection is not None)
    assert not dialog.isVisible() and not panel.audition.is_on
    panel.asking.set(prompt="stone door")
    panel.submit()
    until(lambda: bool(engine.requests))
    assert Mode.TRANSFER is engine.requests[0].mode
    assert FileSource(str(recording), frames(2 * RATE), frames(3 * RATE)) == engine.requests[0].source


def test_a_file_that_has_gone_is_told_and_marked(
    dialog: LibraryDialog, window: Window, qtbot: QtBot, until: Wait
) -> None:
    """It can be neither heard nor used; the dialog stays open."""
    finder = dialog.finder
    look_for(qtbot, dialog, window, until)
    qtbot.keyClick(finder.table, Qt.Key.Key_Down)
    qtbot.keyClick(finder.table, Qt.Key.Key_Return)
    until(lambda: "/lib/gone.wav has gone; index its folder again" in dialog.news.text())
    assert dialog.isVisible() and window.panel.scene.recording is None
    assert "gone" == finder.table.model().index(1, 1).data()
    assert not finder.use_button.isEnabled()
    finder.table.walk(-1)
    assert finder.use_button.isEnabled()


def test_more_like_the_chosen_one(
    dialog: LibraryDialog, window: Window, engine: ScriptedEngine, qtbot: QtBot, recording: Path, until: Wait
) -> None:
    """The search is by that sound alone until words are typed, and by words alone after the cross."""
    finder = dialog.finder
    look_for(qtbot, dialog, window, until)
    finder.longest.setValue(4.0)
    finder.folder.setCurrentIndex(1)
    finder.alike.click()
    until(lambda: engine.searches[-1].like == str(recording))  # type: ignore[union-attr]
    last = engine.searches[-1]
    assert ("", str(recording.parent), 4.0) == (last.prompt, last.folder, last.max_seconds)  # type: ignore[union-attr]
    assert "Like scene.wav" in finder.like.text() and finder.unlike.isVisible()
    finder.unlike.click()
    until(lambda: window.panel.library.search.state is State.IDLE)
    assert not finder.unlike.isVisible()
    assert "Type what it should sound like" in finder.about.text()


def test_what_is_found_stays_beside_a_notice(
    dialog: LibraryDialog, window: Window, engine: ScriptedEngine, qtbot: QtBot, until: Wait
) -> None:
    """A model without ears finds by names, and says so."""
    deaf = "The model m can't hear: sounds are found by their names and descriptions only."
    engine.library_script = lambda request: [
        Notice(request.job_id, deaf), hit(request.job_id, "/a.wav"), Done(request.job_id, 0, ()),
    ]  # fmt: skip
    look_for(qtbot, dialog, window, until)
    assert dialog.finder.table.isVisible()
    assert deaf == dialog.finder.sentence.text()
    engine.library_script = lambda request: [Done(request.job_id, 0, ())]
    dialog.finder.text.setText("dragon")
    until(lambda: dialog.finder.about.text() == "No sound of yours fits.")
    assert not dialog.finder.table.isVisible()


def test_escape_stops_what_plays_and_then_closes(
    dialog: LibraryDialog, window: Window, qtbot: QtBot, until: Wait
) -> None:
    """Whoever closes the dialog otherwise hears no more of it either."""
    look_for(qtbot, dialog, window, until)
    table, audition = dialog.finder.table, window.panel.audition
    qtbot.keyClick(table, Qt.Key.Key_Space, SHIFT)
    until(lambda: audition.is_on)
    qtbot.keyClick(table, Qt.Key.Key_Escape)
    assert not audition.is_on and dialog.isVisible()
    qtbot.keyClick(table, Qt.Key.Key_Space, SHIFT)
    until(lambda: audition.is_on)
    dialog.close()
    assert not audition.is_on


def test_folders_are_added_by_a_dialog_and_by_dropping(
    dialog: LibraryDialog, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that are dropped are none."""
    taken: list[str] = []
    monkeypatch.setattr(window.panel.library.folders, "index", lambda paths: taken.extend(paths))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/lib/doors")
    dialog.finder.add.click()
    dialog.folders.add.click()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl.fromLocalFile(str(tmp_path / "scene.wav"))])
    keys, action = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    entered = QDragEnterEvent(QPoint(5, 5), action, data, Qt.MouseButton.LeftButton, keys)
    QApplication.sendEvent(dialog, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(
        dialog, QDropEvent(QPointF(5, 5), action, data, Qt.MouseButton.LeftButton, keys, QEvent.Type.Drop)
    )
    assert ["/lib/doors", "/lib/doors", str(tmp_path)] == taken


def test_the_folders_page_says_what_was_left_out_and_forgets_when_that_is_agreed_to(
    dialog: LibraryDialog, window: Window, monkeypatch: pytest.MonkeyPatch, until: Wait
) -> None:
    """The question names the folder; its files are not touched."""
    page, folders = dialog.folders, window.panel.library.folders
    real = folders.folders
    dialog.pages.setCurrentWidget(page)
    skipped = (("/lib/x.wav", "/lib/x.wav is silent; there is nothing in it to find."),)
    folders.show((OwnFolder("/lib", 12, 90.0, 1e9, skipped), OwnFolder("/zoo", 3, 7200.0, None, ())))
    cells = [page.table.item(0, column).text() for column in range(4)]
    assert ["/lib", "12", "1.5 min", "1"] == cells
    assert "x.wav is silent" in page.skipped.toPlainText() and page.skipped.isVisible()
    page.table.selectRow(1)
    assert not page.skipped.isVisible()
    assert ["2.0 h", "", "not to its end"] == [page.table.item(1, column).text() for column in (2, 3, 4)]
    folders.show(real or ())
    asked: list[str] = []
    answers = iter((QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes))
    monkeypatch.setattr(QMessageBox, "question", lambda *words: asked.append(words[-1]) or next(answers))
    page.forget.click()
    page.forget.click()
    until(lambda: folders.folders == ())
    assert 2 == len(asked) and str(real[0].path if real else "") in asked[0]
    assert dialog.finder.add.isVisibleTo(dialog.finder)


def test_a_running_index_shows_how_far_it_is_and_can_be_stopped(
    dialog: LibraryDialog, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a bar; searching goes on meanwhile."""
    folders, restarted = window.panel.library.folders, []
    assert not dialog.progress.isVisible()
    folders.busy.emit(True)
    folders.came_to.emit(0.25)
    folders.said.emit("/lib: 3 of 12 sounds heard")
    assert dialog.progress.isVisible() and dialog.stop.isVisible()
    assert 0.25 == dialog.progress.value() / dialog.progress.maximum()
    assert "/lib: 3 of 12 sounds heard" == dialog.news.text() == dialog.news.accessibleName()
    folders.busy.emit(False)
    assert not dialog.progress.isVisible()
    monkeypatch.setattr(folders, "restart_engine", restarted.append)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    folders.not_granted.emit("/mnt/drive")
    assert ["/mnt/drive"] == restarted


def test_everything_in_it_has_a_name(dialog: LibraryDialog) -> None:
    """For screen readers."""
    finder, page = dialog.finder, dialog.folders
    parts = (
        finder.text, finder.folder, finder.shortest, finder.longest, finder.unlike, finder.table, finder.add,
        finder.play_button, finder.alike, finder.reveal, finder.use_button, page.table, page.add, page.again,
        page.all, page.forget, page.skipped, dialog.progress, dialog.stop,
    )  # fmt: skip
    assert all(part.accessibleName() for part in parts)
