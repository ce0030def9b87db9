"""Presets picked and kept with keyboard and mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from gui.models.ask import Task
from gui.models.take_row import RowState, TakeRow
from gui.views.preset_picker import PresetPicker
from gui.views.preset_saver import PresetSaver
from gui.views.window import Window
from presets.effects import Effect
from presets.preset import Preset
from presets.store import Store

Wait = Callable[[Callable[[], bool]], None]
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Of the panel in these tests."""
    return Store(tmp_path / "presets")


def opened(qtbot: QtBot, window: Window, until: Wait) -> PresetPicker:
    """The picker, by its keys, with everything listed."""
    qtbot.keyClick(window, Qt.Key.Key_P, CONTROL | SHIFT)
    until(lambda: window.preset_picker is not None)  # a button is seen to be pressed first
    picker = window.preset_picker
    assert picker is not None
    until(lambda: picker.chosen is not None)
    return picker


def test_a_preset_is_found_filled_and_used_by_keyboard(qtbot: QtBot, window: Window, until: Wait) -> None:
    """Words, Down, the words of its slot, Enter; the panel then says what it has no field for."""
    picker = opened(qtbot, window, until)
    qtbot.keyClicks(picker.search, "radio")
    assert picker.chosen is not None
    assert "Old radio" == picker.chosen.preset.name
    qtbot.keyClick(picker.search, Qt.Key.Key_Down)
    assert "Walkie-talkie" == picker.chosen.preset.name
    qtbot.keyClick(picker.search, Qt.Key.Key_Up)
    qtbot.keyClicks(picker.slots["it"], "boots")
    qtbot.keyClick(picker.slots["it"], Qt.Key.Key_Return)
    assert not picker.isVisible()
    ask = window.panel.asking.ask
    assert ("boots and radio static noise", 0.3, Task.RESTYLE) == (ask.prompt, ask.strength, ask.task)
    assert window.ask.prompt.text() == ask.prompt
    assert 30 == window.ask.strength.value()
    assert 2.0 == window.ask.advanced.guidance.value()
    words = window.ask.preset_words.text()
    assert words.startswith("Preset: Old radio · high-pass 300 Hz · low-pass 3400 Hz · effects PeakFilter, ")
    window.ask.leave_preset.click()
    assert not window.ask.preset_words.isVisible()
    assert {} == window.panel.asking.ask.extras


def test_a_slot_without_words_asks_for_them(qtbot: QtBot, window: Window, store: Store, until: Wait) -> None:
    """Enter goes to the slot instead of using the preset."""
    store.save(Preset("Far away bell", "{} and {what}", slots={"it": "a bell", "what": ""}))
    window.panel.presets.refresh()
    picker = opened(qtbot, window, until)
    until(lambda: picker.group.findData("own") > 0)
    qtbot.keyClicks(picker.search, "far bell")
    qtbot.keyClick(picker.search, Qt.Key.Key_Return)
    assert picker.isVisible()
    assert "fill this slot" in picker.news.text()
    assert "" == window.panel.asking.ask.prompt
    qtbot.keyClicks(picker.slots["what"], "wind")
    qtbot.keyClick(picker.list, Qt.Key.Key_Return)
    assert "a bell and wind" == window.panel.asking.ask.prompt


def test_what_another_program_changes_is_seen_and_disturbs_nobody(
    qtbot: QtBot, window: Window, store: Store, until: Wait
) -> None:
    """The new preset is listed; words in a slot and the choice stay. A damaged file is named."""
    picker = opened(qtbot, window, until)
    qtbot.keyClicks(picker.search, "radio")
    qtbot.keyClicks(picker.slots["it"], "boots")
    store.save(Preset("My radio", "a radio"))
    (store.folder / "broken.toml").write_text("name = ")
    window.panel.presets.refresh()
    until(lambda: len(picker._items()) == 3)
    assert picker.chosen is not None
    assert ("Old radio", "boots") == (picker.chosen.preset.name, picker.slots["it"].text())
    assert "broken.toml" in picker.news.text()


def test_group_and_tag_narrow_the_list(qtbot: QtBot, window: Window, until: Wait) -> None:
    """With nothing left the button is off, and words say why."""
    picker = opened(qtbot, window, until)
    everything = len(picker._items())
    picker.group.setCurrentIndex(picker.group.findData("restyles"))
    picker.group.activated.emit(picker.group.currentIndex())
    restyles = len(picker._items())
    picker.tag.setCurrentIndex(picker.tag.findData("radio"))
    picker.tag.activated.emit(picker.tag.currentIndex())
    assert 0 < len(picker._items()) < restyles < everything
    qtbot.keyClicks(picker.search, "zebra")
    assert not picker.use.isEnabled()
    assert "No preset" in picker.about.text()


def test_a_preset_of_the_users_is_deleted_when_they_agree(
    qtbot: QtBot, window: Window, store: Store, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A factory preset has no such button."""
    store.save(Preset("Mine", "steps"))
    picker = opened(qtbot, window, until)
    until(lambda: picker.group.findData("own") > 0)
    qtbot.keyClicks(picker.search, "radio")
    assert not picker.remove.isEnabled()
    assert not picker.edit.isEnabled()
    picker.search.setText("mine")
    answers = iter((QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: next(answers))
    picker.remove.click()
    picker.remove.click()
    until(lambda: window.panel.presets.find("Mine") is None)


def test_the_settings_are_saved_by_keyboard(
    qtbot: QtBot, window: Window, store: Store, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control-S, a name, Enter; a name that is taken is asked about and stays whose it is."""
    store.save(Preset("Steps", "theirs"))
    window.panel.asking.set(prompt="boots", seed=12, seed_locked=True)
    qtbot.keyClick(window, Qt.Key.Key_S, CONTROL)
    saver = window.preset_saver
    assert saver is not None
    assert not saver.buttons.button(QDialogButtonBox.StandardButton.Save).isEnabled()
    saver.tags.setText("feet, wet")
    answers = iter((QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes))
    asked: list[str] = []
    monkeypatch.setattr(QMessageBox, "question", lambda *words: asked.append(words[-1]) or next(answers))
    for count in (1, 2):
        saver.name.setText("Steps")
        qtbot.keyClick(saver.name, Qt.Key.Key_Return)
        until(lambda count=count: len(asked) == count)
        if count == 1:
            assert "theirs" == store.find("Steps").preset.prompt
            assert saver.isVisible()
    until(lambda: not saver.isVisible())
    preset = store.find("Steps").preset
    assert ("boots", 12, "fixed", ("feet", "wet")) == (
        preset.prompt, preset.seed, preset.seed_policy.value, preset.tags,
    )  # fmt: skip


def test_a_take_is_saved_from_its_menu(window: Window, store: Store, until: Wait) -> None:
    """With what it was made of, its effects too."""
    effects = (Effect("Gain", {"gain_db": -3.0}),)
    settings = {"prompt": "a door", "mode": "transfer", "strength": 0.4, "seed": 3, "cut_below": 60.0}
    row = TakeRow("j", 0, 1, "a door", 3, 48_000, 480, settings, state=RowState.DONE, effects=effects)
    window.panel.takes.add([row])
    window.takes.list.setCurrentIndex(window.panel.shown.index(0, 0))
    action = next(action for action in window.takes.menu().actions() if "preset" in action.text())
    action.trigger()
    saver = window.preset_saver
    assert isinstance(saver, PresetSaver)
    assert "a door" == saver.about.text()
    saver.name.setText("Door")
    saver.save()
    until(lambda: not saver.isVisible())
    preset = store.find("Door").preset
    assert ("a door", 0.4, {"cut_below": 60.0}, effects) == (
        preset.prompt, preset.strength, preset.settings, preset.effects,
    )  # fmt: skip


def test_what_makes_no_preset_is_said_in_the_dialog(window: Window) -> None:
    """It stays open, with what was typed."""
    window.save_preset()
    saver = window.preset_saver
    assert saver is not None
    saver.name.setText("Nothing")
    saver.save()
    assert "has no prompt" in saver.news.text()
    assert saver.isVisible()


def test_extending_is_no_preset_and_that_is_said(window: Window, recording: Path, until: Wait) -> None:
    """Before it is saved."""
    window.panel.source.open(str(recording))
    until(lambda: window.panel.scene.recording is not None)
    window.panel.asking.set(prompt="boots", task=Task.EXTEND)
    window.save_preset()
    assert window.preset_saver is not None
    assert "no mode Extend" in window.preset_saver.news.text()


def test_everything_in_it_has_a_name(qtbot: QtBot, window: Window, until: Wait) -> None:
    """For screen readers."""
    picker = opened(qtbot, window, until)
    picker.search.setText("radio")
    for field in (picker.list, picker.group, picker.tag, picker.use, *picker.findChildren(QLineEdit)):
        assert field.accessibleName(), field
