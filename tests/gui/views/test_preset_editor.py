"""Presets edited, copied, imported and exported with keyboard and mouse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
)
from pytestqt.qtbot import QtBot

from gui.views.preset_editor import PresetEditor
from gui.views.preset_picker import PresetPicker
from gui.views.window import Window
from presets.document import decode
from presets.effects import Effect
from presets.packs import read_any
from presets.preset import Mode, Preset, SeedPolicy
from presets.store import Store

Wait = Callable[[Callable[[], bool]], None]
CONTROL = Qt.KeyboardModifier.ControlModifier
MINE = Preset(
    "Mine", "{} on {surface}", ("feet",), "FEETHmn", {"surface": "snow", "it": ""}, "voices", Mode.TRANSFER,
    0.333, 3, 20, 2.5, SeedPolicy.FIXED, 7, "big", {"tilt": 0.5, "later_key": 1},
    (Effect("Reverb", {"room_size": 0.25}),), "night\nshoot", {"of_later": [1, 2]},
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Of the panel in these tests."""
    return Store(tmp_path / "presets")


@pytest.fixture
def picker(window: Window, store: Store, until: Wait) -> PresetPicker:
    """Open, with a preset of the user's, which is chosen."""
    store.save(MINE)
    window.show_presets()
    picker = window.preset_picker
    assert picker is not None
    until(lambda: picker.group.findData("own") > 0)
    picker.search.setText("mine")
    return picker


def edited(qtbot: QtBot, picker: PresetPicker, until: Wait) -> PresetEditor:
    """The editor, by its key."""
    picker.activateWindow()
    qtbot.waitUntil(picker.isActiveWindow, timeout=20_000)
    qtbot.keyClick(picker, Qt.Key.Key_F2)
    until(lambda: picker.editor is not None and picker.editor.isVisible())
    assert picker.editor is not None
    return picker.editor


def test_every_field_is_edited_and_the_rest_stays(
    qtbot: QtBot, picker: PresetPicker, store: Store, until: Wait
) -> None:
    """Saved untouched, it is what it was; then each field is another, and keys of later versions stay."""
    editor = edited(qtbot, picker, until)
    editor.save()
    until(lambda: not editor.isVisible())
    assert MINE == store.find("Mine").preset
    editor = edited(qtbot, picker, until)
    for field, text in (
        (editor.name, "Yours"), (editor.tags, "Night, wet"), (editor.category, "WATRMisc"),
        (editor.prompt, "{surface} falls"), (editor.negative, ""),
    ):  # fmt: skip
        field.setText(text)
    editor.slots.setPlainText("surface = rain")
    editor.settings.setPlainText("stereo = wide\nlater_key = 1")
    editor.effects.setPlainText("Gain gain_db=-3")
    editor.notes.setPlainText("")
    for number, value in (
        (editor.takes, -1),
        (editor.steps, 12),
        (editor.guidance, -2),
        (editor.strength, 40),
    ):
        number.setValue(value)
    editor.seed_policy.setCurrentIndex(1)
    editor.model.setCurrentText("")
    qtbot.keyClick(editor.name, Qt.Key.Key_Return)
    until(lambda: not editor.isVisible())
    expected = replace(
        MINE, name="Yours", tags=("night", "wet"), category="WATRMisc", prompt="{surface} falls", negative="",
        slots={"surface": "rain"}, settings={"stereo": "wide", "later_key": 1},
        effects=(Effect("Gain", {"gain_db": -3.0}),), notes="", takes=None, steps=12, guidance=None,
        strength=0.4, seed_policy=SeedPolicy.NEW, model="",
    )  # fmt: skip
    assert expected == store.find("Yours").preset
    assert [expected] == [decode(path.read_bytes()) for path in store.folder.glob("*.toml")]


@pytest.mark.parametrize(
    ("field", "text", "why"),
    [
        ("prompt", " ", "has no prompt"),
        ("tags", "x" * 50, "A tag is"),
        ("slots", "surface = snow\nit =\nnone = x", "stands nowhere"),
        ("settings", "tilt = 7", "tilt must be"),
        ("settings", "output = /etc/passwd", "no setting"),
        ("effects", "Reverb room_size=3", "room_size"),
        ("prompt", "(broken {} {surface}", "without its end"),
        ("category", "RAIN9", "no UCS category"),
    ],
)
def test_what_is_wrong_is_said_in_the_dialog(
    qtbot: QtBot, picker: PresetPicker, store: Store, until: Wait, field: str, text: str, why: str
) -> None:
    """It stays open with what was typed, and the preset as it was."""
    editor = edited(qtbot, picker, until)
    widget = getattr(editor, field)
    (widget.setPlainText if isinstance(widget, QPlainTextEdit) else widget.setText)(text)
    editor.save()
    assert why in editor.news.text()
    assert editor.isVisible()
    assert MINE == store.find("Mine").preset
    editor.reject()


def test_what_another_program_saved_meanwhile_is_not_lost(
    qtbot: QtBot, picker: PresetPicker, store: Store, until: Wait
) -> None:
    """And a name that is taken is not taken away."""
    editor = edited(qtbot, picker, until)
    theirs = replace(MINE, notes="theirs")
    store.save(theirs, replacing=True)
    editor.save()
    until(lambda: "Another program" in editor.news.text())
    assert theirs == store.find("Mine").preset
    editor.reject()


def test_a_factory_preset_is_copied_and_the_copy_edited(
    qtbot: QtBot, picker: PresetPicker, store: Store, until: Wait
) -> None:
    """Control-D; the copy's editor opens by itself."""
    picker.search.setText("old radio")
    assert not picker.edit.isEnabled()
    qtbot.keyClick(picker, Qt.Key.Key_D, CONTROL)
    until(lambda: picker.editor is not None and picker.editor.isVisible())
    assert picker.editor is not None
    assert "Old radio 2" == picker.editor.name.text()
    picker.editor.reject()
    copy, original = store.find("Old radio 2"), store.find("Old radio")
    assert original.preset == replace(copy.preset, name="Old radio")
    assert (False, True) == (copy.is_factory, original.is_factory)


def test_one_is_exported_as_its_file_and_several_as_a_pack(
    picker: PresetPicker, store: Store, tmp_path: Path, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ending that was not typed is added."""
    asked: list[str] = []

    def save(_parent: object, _title: str, name: str, kinds: str) -> tuple[str, str]:
        asked.append(name)
        return str(tmp_path / "out"), kinds.split(";;")[0]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", save)
    picker.give_out.click()
    until((tmp_path / "out.toml").exists)
    assert (MINE,) == read_any(tmp_path / "out.toml")
    picker.search.setText("radio")
    picker.list.selectAll()
    picker.give_out.click()
    until((tmp_path / "out.zip").exists)
    assert ["mine.toml", "presets.zip"] == asked
    assert {"Old radio", "Walkie-talkie"} == {preset.name for preset in read_any(tmp_path / "out.zip")}
    del store


@pytest.mark.filterwarnings("ignore:.*QDragEnterEvent:DeprecationWarning")  # of PySide6 6.12
def test_files_and_packs_are_imported_and_taken_names_asked_about(
    picker: PresetPicker, store: Store, tmp_path: Path, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Picked or dropped; all or none of them; both are kept if the user says so."""
    other = Store(tmp_path / "other")
    file = other.save(Preset("Mine", "theirs")).path
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)), QUrl.fromLocalFile(str(tmp_path / "song.mp3"))])
    actions, buttons, keys = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(QPoint(5, 5), actions, data, buttons, keys)
    picker.dragEnterEvent(enter)
    assert enter.isAccepted()
    questions: list[str] = []

    def keep_both(box: QMessageBox) -> int:
        questions.append(box.text())
        box.defaultButton().click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", keep_both)
    picker.dropEvent(QDropEvent(QPointF(5, 5), actions, data, buttons, keys))
    until(lambda: (store.folder / "mine-2.toml").exists())
    assert "'Mine'" in questions[0]
    assert (MINE, "theirs") == (store.find("Mine").preset, store.find("Mine 2").preset.prompt)
    bad = tmp_path / "bad.toml"
    bad.write_text("name = ")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(bad)], ""))
    picker.take_in.click()
    until(lambda: "can't be used" in picker.news.text())


def test_hints_and_menus_help_with_lines(qtbot: QtBot, picker: PresetPicker, until: Wait) -> None:
    """The parameters of the effect, the words of the setting; both are added from menus."""
    editor = edited(qtbot, picker, until)
    editor._offer_effects()
    next(action for action in editor.effect_menu.actions() if action.text() == "Delay").trigger()
    assert editor.effects.toPlainText().endswith("\nDelay")
    assert "delay_seconds 0 to 30" in editor.hint.text()
    editor._offer_settings()
    next(action for action in editor.setting_menu.actions() if "(tempo)" in action.text()).trigger()
    assert editor.settings.toPlainText().endswith("\ntempo = ")
    assert "tempo, BPM" in editor.hint.text()
    for menu in (editor.effect_menu, editor.setting_menu):
        menu.close()
    for kind in (QLineEdit, QPlainTextEdit, QComboBox, QAbstractSpinBox):
        for field in editor.findChildren(kind):
            inside = isinstance(field.parent(), QAbstractSpinBox | QComboBox)
            assert inside or field.accessibleName(), field
    assert editor.buttons.button(QDialogButtonBox.StandardButton.Save) is not None
    editor.reject()
