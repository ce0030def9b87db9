"""What a hand on mouse and keyboard does in the window."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.protocol.replies import Done, Progress, Queued, TakeDone
from engine.protocol.requests import Highs, Method, Quality, Sampler, Stereo
from gui.models.ask import Task, Verb
from gui.models.engine import Link
from gui.models.panel import Panel
from gui.models.take_row import RowState
from gui.models.timeline import Span
from gui.models.words import plain_tip
from gui.scripted import ScriptedEngine, busy_status
from gui.views import theme
from gui.views.take_delegate import Spot, spot_area
from gui.views.waveform.geometry import RULER
from gui.views.waveform.mouse import Tool
from gui.views.window import Window

RATE = 48_000
LENGTH = 10 * RATE
Wait = Callable[[Callable[[], bool]], None]
LEFT = Qt.MouseButton.LeftButton


def opened(window: Window, recording: Path, until: Wait) -> None:
    """The recording is open and shown whole."""
    source = window.panel.source
    source.open(str(recording))
    until(lambda: source.peaks is not None and source.peaks.is_complete)
    until(lambda: window.panel.engine.link is Link.READY)
    window.source.wave.fit()


def drag(
    qtbot: QtBot, window: Window, start: float, end: float, heights: tuple[float, float] = (0.5, 0.5)
) -> None:
    """With the mouse over the waveform, from one frame to another."""
    wave = window.source.wave
    first, last = (
        QPoint(round(wave.view.x_of(frame)), round(RULER + (1 - height) * (wave.height() - RULER)))
        for frame, height in zip((start, end), heights, strict=True)
    )
    qtbot.mousePress(wave, LEFT, pos=first)
    qtbot.mouseMove(wave, (first + last) / 2)
    qtbot.mouseMove(wave, last)
    qtbot.mouseRelease(wave, LEFT, pos=last)


def near(window: Window, frame: float) -> float:
    """As exactly as the mouse can point."""
    return pytest.approx(frame, abs=2 * window.source.wave.view.frames_per_pixel)  # type: ignore[no-any-return]


def test_a_region_is_selected_by_mouse(qtbot: QtBot, window: Window, recording: Path, until: Wait) -> None:
    """A drag selects, a drag of its edge moves the edge, and the main button says what will happen."""
    opened(window, recording, until)
    qtbot.keyClicks(window.ask.prompt, "boots")
    assert "Generate" in window.ask.main.text()
    drag(qtbot, window, 2 * RATE, 4 * RATE)
    selection = window.panel.scene.selection
    assert selection is not None
    assert (near(window, 2 * RATE), near(window, 4 * RATE)) == (selection.start, selection.end)
    assert "Restyle" in window.ask.main.text()
    drag(qtbot, window, selection.end, 6 * RATE)
    moved = window.panel.scene.selection
    assert moved is not None
    assert (selection.start, near(window, 6 * RATE)) == (moved.start, moved.end)


def test_a_region_is_selected_by_keyboard(qtbot: QtBot, window: Window, recording: Path, until: Wait) -> None:
    """Shift and the arrows extend it, Escape lets it go, Control-A takes everything, M masks it."""
    opened(window, recording, until)
    wave, source = window.source.wave, window.panel.source
    source.move_caret(RATE)
    for _ in range(4):
        qtbot.keyClick(wave, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    step = round(wave.view.frames_per_pixel * 5)
    assert source.scene.selection == Span(RATE, RATE + 4 * step)
    qtbot.keyClick(wave, Qt.Key.Key_M)
    assert source.scene.masks == (Span(RATE, RATE + 4 * step),)
    assert "Fill" in window.ask.main.text()
    qtbot.keyClick(wave, Qt.Key.Key_Escape)
    assert source.scene.selection is None
    qtbot.keyClick(wave, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert source.scene.selection == Span(0, LENGTH)


def test_masks_are_painted_and_erased(qtbot: QtBot, window: Window, recording: Path, until: Wait) -> None:
    """With the mask tool; a double click takes one away."""
    opened(window, recording, until)
    window.source.choose(Tool.MASK)
    drag(qtbot, window, 2 * RATE, 3 * RATE)
    drag(qtbot, window, 5 * RATE, 6 * RATE)
    assert len(window.panel.scene.masks) == 2
    place = QPoint(round(window.source.wave.view.x_of(2.5 * RATE)), RULER + 20)
    qtbot.mouseDClick(window.source.wave, LEFT, pos=place)
    (mask,) = window.panel.scene.masks
    assert near(window, 5 * RATE) == mask.start


def test_the_strength_is_drawn(qtbot: QtBot, window: Window, recording: Path, until: Wait) -> None:
    """High on the screen is strong; the request carries the curve."""
    opened(window, recording, until)
    drag(qtbot, window, 2 * RATE, 6 * RATE)
    window.source.choose(Tool.CURVE)
    drag(qtbot, window, 2 * RATE, 6 * RATE, (0.1, 0.9))
    curve = window.panel.scene.curve
    assert curve.at(2 * RATE, 0.5) == pytest.approx(0.1, abs=0.05)
    assert curve.at(6 * RATE, 0.5) == pytest.approx(0.9, abs=0.05)
    assert curve.at(4 * RATE, 0.5) == pytest.approx(0.5, abs=0.1)


def test_frequencies_are_chosen_in_the_spectrum(
    qtbot: QtBot, window: Window, recording: Path, until: Wait
) -> None:
    """The band tool shows the spectrum, and what is dragged over is the band."""
    opened(window, recording, until)
    window.source.choose(Tool.BAND)
    until(lambda: window.panel.source.spectrum is not None)
    drag(qtbot, window, 2 * RATE, 3 * RATE, (0.25, 0.75))
    band = window.panel.scene.band
    assert band is not None
    assert 500 < band.low < 1200
    assert 6000 < band.high < 14_000


def test_the_waveform_shows_one_loud_sample_at_any_zoom(
    qtbot: QtBot, window: Window, recording: Path, until: Wait
) -> None:
    """From the whole recording down to single samples, in the lane of its channel."""
    opened(window, recording, until)
    wave = window.source.wave
    for _ in range(12):
        qtbot.waitUntil(lambda: bright(wave, wave.view.x_of(5 * RATE)), timeout=20_000)
        wave.zoom(4.0, wave.view.x_of(5 * RATE))
        qtbot.wait(5)
    assert wave.view.frames_per_pixel < 1


def bright(wave: QWidget, x: float) -> bool:
    """Whether the waveform's colour is near the top of the lower lane there."""
    image = wave.grab().toImage()
    y = RULER + round((wave.height() - RULER) * 0.58)
    wanted = theme.current().wave
    return any(
        image.pixelColor(min(max(0, round(x) + shift), image.width() - 1), y).name() == wanted
        for shift in range(-3, 4)
    )


@pytest.mark.filterwarnings("ignore:.*QDragEnterEvent:DeprecationWarning")  # of PySide6 6.12
def test_a_dropped_file_is_opened(window: Window, recording: Path, until: Wait) -> None:
    """As a file manager or a DAW drops it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(recording))])
    actions, buttons, keys = Qt.DropAction.CopyAction, LEFT, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), actions, data, buttons, keys)
    window.source.dragEnterEvent(enter)
    window.source.dropEvent(QDropEvent(QPointF(5, 5), actions, data, buttons, keys))
    assert enter.isAccepted()
    until(lambda: window.panel.scene.recording is not None)


def test_a_file_that_is_no_sound_is_refused_in_words(window: Window, tmp_path: Path, until: Wait) -> None:
    """And what was open stays open."""
    path = tmp_path / "letter.wav"
    path.write_text("Dear sirs")
    window.panel.source.open(str(path))
    until(window.status.said.isVisible)
    assert "letter.wav can't be read as sound" in window.status.said.text()
    assert window.panel.scene.recording is None


def test_no_name_makes_the_window_wider(window: Window, recording: Path, until: Wait) -> None:
    """A file's, a preset's or a path in a sentence, however long; and none of them is read as HTML."""
    before, name = window.minimumSizeHint().width(), "<b>take</b> " + "of-the-day-" * 20
    long = recording.with_name(f"{name}.wav".replace("/", ""))
    recording.rename(long)
    window.panel.source.open(str(long))
    until(lambda: window.panel.scene.recording is not None)
    window.panel.asking.set(preset="x" * 200, prompt="")
    window.panel.said.emit(f"There is no file /{'x' * 200}.wav; check whether it was moved.")
    window.takes.finder.words.setText("y" * 200)
    QApplication.processEvents()
    assert window.minimumSizeHint().width() <= before
    assert window.source.name.text() == long.name
    assert window.source.name.toolTip() == plain_tip(long.name)
    for shown in (window.source.name, window.status.said, window.ask.preset_words, window.takes.finder.words):
        assert shown.textFormat() is Qt.TextFormat.PlainText


def test_what_is_asked_for_scrolls_where_there_is_no_room(qtbot: QtBot, window: Window) -> None:
    """On a small screen the window does not grow with what is unfolded; what has the focus is seen."""
    ask, fields = window.ask, window.ask.fields
    whole = window.minimumSizeHint().height()
    fields.limit(120)
    ask.fold.click()
    qtbot.waitUntil(lambda: window.minimumHeight() < whole)
    window.resize(600, window.minimumHeight())
    qtbot.waitUntil(lambda: window.height() < whole)
    window.activateWindow()
    for field in (ask.advanced.model, ask.prompt):
        field.setFocus()
        place = field.mapTo(fields, field.rect().center())
        assert fields.viewport().geometry().contains(place)
    fields.limit(1000)
    qtbot.waitUntil(lambda: window.minimumSizeHint().height() > whole)


def test_no_two_fields_have_the_same_letter(window: Window, german: None) -> None:
    """Alt and a letter, or other keys, go to one place of the window; in German, too."""
    del german
    for shown in (window, Window(window.panel, window._settings, window.shelf, window.daws)):
        keys: list[str] = []
        for part in shown.findChildren(QLabel):
            if part.buddy() is not None and part.window() is shown:
                keys += re.findall("&([^&])", part.text())
        for pressed in shown.findChildren(QAbstractButton):
            keys += [pressed.shortcut().toString().removeprefix("Alt+")]
        keys += [keyed.key().toString() for keyed in shown.findChildren(QShortcut)]
        assert len(keys) > 25
        assert not [key for key, count in Counter(map(str.upper, filter(None, keys))).items() if count > 1]


def test_the_prompts_of_before_are_walked_through(qtbot: QtBot, window: Window) -> None:
    """Up goes back, Down comes forward again to what was being typed."""
    history = window.panel.asking.history
    history.add("rain")
    history.add("thunder")
    prompt = window.ask.prompt
    qtbot.keyClicks(prompt, "bo")
    texts = []
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(prompt, key)
        texts.append(prompt.text())
    assert texts == ["thunder", "rain", "rain", "thunder", "bo"]
    assert window.panel.asking.ask.prompt == "bo"
    assert window.panel.asking.suggestions("thu")[0] == "thunder"  # presets may follow


def test_return_takes_a_suggestion_and_makes_nothing(qtbot: QtBot, window: Window, until: Wait) -> None:
    """A second Return makes it."""
    until(lambda: window.panel.engine.link is Link.READY)
    window.panel.asking.history.add("thunder over the hills")
    window.show()
    prompt = window.ask.prompt
    prompt.setFocus()
    qtbot.keyClicks(prompt, "thunder o")
    popup = prompt.completer().popup()
    popup.setCurrentIndex(popup.model().index(0, 0))
    assert popup.isVisible()
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert prompt.text() == window.panel.asking.ask.prompt == "thunder over the hills"
    assert not popup.isVisible()
    assert not window.panel.takes.rows
    qtbot.keyClick(prompt, Qt.Key.Key_Return)
    until(lambda: len(window.panel.takes.rows) == 4)


def test_the_button_says_why_it_can_not(qtbot: QtBot, window: Window, until: Wait) -> None:
    """Off without a prompt, on with one; Control-Return presses it."""
    until(lambda: window.panel.engine.link is Link.READY)
    assert not window.ask.main.isEnabled()
    assert window.ask.why.text() == "Type what it should sound like."
    qtbot.keyClicks(window.ask.prompt, "rain")
    assert window.ask.main.isEnabled()
    assert window.ask.why.text() == ""
    qtbot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(lambda: len(window.panel.takes.rows) == 4)


def test_typing_starts_in_the_prompt(window: Window) -> None:
    """Without a click."""
    assert window.focusWidget() is window.ask.prompt


def test_settings_go_both_ways(qtbot: QtBot, window: Window) -> None:
    """What is set in a field is in the model, and the other way round."""
    ask, asking = window.ask, window.panel.asking
    ask.strength.setValue(35)
    ask.takes.setValue(3)
    ask.advanced.steps.setValue(20)
    ask.lock.click()
    assert (0.35, 3, 20, True) == (
        asking.ask.strength, asking.ask.takes, asking.ask.advanced.steps, asking.ask.seed_locked,
    )  # fmt: skip
    asking.set(strength=0.8, loop=True, seed=99)
    assert (80, 80, True, 99) == (
        ask.strength.value(), ask.strength_number.value(), ask.loop.isChecked(), ask.seed.value(),
    )  # fmt: skip
    seed = asking.ask.seed
    qtbot.mouseClick(ask.dice, LEFT)
    assert seed != asking.ask.seed


def test_how_long_a_sound_lasts_is_said_in_seconds_or_left_to_the_prompt(window: Window) -> None:
    """Nothing below 0 is a length; 0 is all of the region."""
    field, asking = window.ask.advanced.sounding, window.panel.asking
    assert "auto" == field.text()
    told = []
    for value in (0.0, 0.5, field.minimum()):
        field.setValue(value)
        told.append(asking.ask.advanced.sounding)

    assert [0.0, 0.5, -1.0] == told


def test_what_is_chosen_in_a_box_is_one_of_its_kind(window: Window, recording: Path, until: Wait) -> None:
    """Not its text: the verb depends on which it is."""
    opened(window, recording, until)
    window.panel.source.select(Span(0, RATE))
    for task, verb in ((Task.FILL, Verb.FILL), (Task.EXTEND, Verb.EXTEND), (Task.AUTO, Verb.RESTYLE)):
        window.ask.task.setCurrentIndex(window.ask.task.findData(task))
        assert task is window.panel.asking.ask.task
        assert verb is window.panel.verb
    window.ask.quality.setCurrentIndex(0)
    advanced = window.ask.advanced
    for box in (advanced.sampler, advanced.method, advanced.stereo, advanced.highs):
        box.setCurrentIndex(box.count() - 1)
    made = window.panel.asking.ask
    assert (Quality.DRAFT, Sampler.DDPM) == (made.quality, made.advanced.sampler)
    assert isinstance(made.quality, Quality)
    kinds = (made.advanced.sampler, made.advanced.method, made.advanced.stereo, made.advanced.highs)
    assert [Sampler, Method, Stereo, Highs] == [type(kind) for kind in kinds]


def rendered(window: Window, engine: ScriptedEngine, tmp_path: Path, until: Wait, takes: int = 2) -> None:
    """A job of new sounds, done."""
    until(lambda: window.panel.engine.link is Link.READY)
    window.panel.asking.set(prompt="rain", takes=takes, seconds=1.0)
    window.panel.submit()
    until(lambda: len(engine.requests) == 1)
    for take in range(takes):
        path = tmp_path / f"rain-{take}.wav"
        soundfile.write(path, np.full((RATE, 1), 0.1), RATE)
        engine.say(TakeDone("job1", take, str(path), RATE, take, "rain"))
    engine.say(Done("job1", takes, ()))
    until(lambda: all(row.state is RowState.DONE and row.envelope for row in window.panel.takes.rows))


def test_takes_are_dragged_out_as_files(
    window: Window, engine: ScriptedEngine, tmp_path: Path, until: Wait
) -> None:
    """All that are selected, as file URLs in the order of the list; what is not done yet can't be dragged."""
    rendered(window, engine, tmp_path, until)
    window.takes.list.selectAll()
    indexes = window.takes.list.selectionModel().selectedIndexes()
    data = window.panel.shown.mimeData(indexes)
    paths = [url.toLocalFile() for url in data.urls()]
    assert paths == [str(tmp_path / "rain-0.wav"), str(tmp_path / "rain-1.wav")]
    assert all(index.flags() & Qt.ItemFlag.ItemIsDragEnabled for index in indexes)
    window.panel.submit()
    waiting = window.panel.shown.index(0, 0)
    assert not waiting.flags() & Qt.ItemFlag.ItemIsDragEnabled


def test_space_plays_and_stops(
    qtbot: QtBot, window: Window, engine: ScriptedEngine, tmp_path: Path, until: Wait
) -> None:
    """In the list of takes."""
    rendered(window, engine, tmp_path, until)
    window.takes.list.setCurrentIndex(window.panel.shown.index(1, 0))
    qtbot.keyClick(window.takes.list, Qt.Key.Key_Space)
    until(lambda: window.panel.audition.row is window.panel.takes.rows[1] and window.panel.audition.is_on)
    qtbot.keyClick(window.takes.list, Qt.Key.Key_Space)
    until(lambda: not window.panel.audition.is_on)


def test_a_row_is_cancelled_by_its_cross(
    qtbot: QtBot, window: Window, engine: ScriptedEngine, until: Wait
) -> None:
    """And "Cancel all" is there while anything renders."""
    until(lambda: window.panel.engine.link is Link.READY)
    window.panel.asking.set(prompt="rain", takes=1)
    window.panel.submit()
    until(lambda: len(engine.requests) == 1)
    engine.say(Progress("job1", "denoising", 3, 12, 4.0))
    until(lambda: window.panel.takes.rows[0].state is RowState.RENDERING)
    assert window.takes.finder.cancel_all.isEnabled()
    area = window.takes.list.visualRect(window.panel.shown.index(0, 0))
    cross = spot_area(QRectF(area), Spot.CANCEL).center().toPoint()
    qtbot.mouseClick(window.takes.list.viewport(), LEFT, pos=cross)
    until(lambda: window.panel.takes.rows[0].state is RowState.CANCELLED)
    assert not window.takes.finder.cancel_all.isEnabled()


def test_the_first_start_explains_itself(qtbot: QtBot, window: Window, until: Wait) -> None:
    """In the window, with a prompt to try at once; gone with the first take."""
    until(lambda: window.panel.engine.link is Link.READY)
    assert window.takes.welcome.isVisible()
    qtbot.mouseClick(window.takes.welcome.examples[0], LEFT)
    assert window.ask.main.isEnabled()
    qtbot.mouseClick(window.ask.main, LEFT)
    assert not window.takes.welcome.isVisible()


def test_the_status_line_says_what_is_wrong(window: Window, engine: ScriptedEngine, until: Wait) -> None:
    """And offers to try again."""
    until(lambda: "foley-small" in window.status.engine.text())
    engine.is_down = True
    window.panel.engine.look()
    until(lambda: "No engine is running" in window.status.engine.text())
    assert window.status.retry.isVisible()
    engine.is_down = False
    window.status.retry.click()
    until(lambda: "412 MB" in window.status.engine.text())
    assert not window.status.retry.isVisible()


def test_nothing_to_say_takes_the_line_away(window: Window) -> None:
    """A preset that could do everything has nothing to say, and leaves no empty bar."""
    window.panel.said.emit("Something.")
    assert window.status.said.isVisible()
    window.panel.said.emit("")
    assert not window.status.said.isVisible()


def test_before_the_first_job_no_model_is_loaded(window: Window, engine: ScriptedEngine, until: Wait) -> None:
    """And the device is what was asked for, which says nothing."""
    engine.status = replace(busy_status([]), model="", device="auto")
    window.panel.engine.look()
    until(lambda: window.status.engine.text() == "no model loaded yet  ·  640 MB  ·  idle")


def test_the_queue_is_looked_at_when_it_changes(window: Window, engine: ScriptedEngine, until: Wait) -> None:
    """The line does not say idle for seconds after a job was sent."""
    until(lambda: "idle" in window.status.engine.text())
    looks: list[str] = []
    window.panel.engine.look = lambda: looks.append("looked")  # type: ignore[method-assign]
    window.panel.asking.set(prompt="rain", takes=1)
    window.panel.submit()
    until(lambda: bool(engine.requests))
    engine.say(Queued(engine.requests[0].job_id, 0))
    until(lambda: len(looks) == 1)
    engine.say(Done(engine.requests[0].job_id, 1, ()))
    until(lambda: len(looks) == 2)


def test_everything_has_a_name_for_screen_readers(window: Window) -> None:
    """Every button and field, folded ones too; and all of them are reached by Tab."""
    fields = (QAbstractButton, QComboBox, QSlider, QAbstractSpinBox, QLineEdit)
    nameless = []
    for widget in window.findChildren(QWidget):
        if not isinstance(widget, fields) or isinstance(widget.parent(), QAbstractSpinBox | QLineEdit):
            continue
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        if not (widget.accessibleName() or text):
            nameless.append(widget)
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus and not isinstance(widget, QAbstractButton):
            nameless.append(widget)
    assert nameless == []


@pytest.mark.parametrize("colours", [theme.DARK, theme.LIGHT])
def test_contrast_reaches_aa(colours: theme.Theme) -> None:
    """4.5:1 for text, 3:1 for what is not text, on every ground it is painted on."""
    for ground in (colours.ground, colours.field, colours.raised):
        for text in (colours.text, colours.quiet, colours.bad, colours.good):
            assert contrast(text, ground) >= 4.5, (text, ground)
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    for drawn in (
        colours.wave,
        colours.selection,
        colours.mask,
        colours.curve,
        colours.playhead,
        colours.line,
    ):
        assert contrast(drawn, colours.field) >= 3.0, drawn


def contrast(first: str, second: str) -> float:
    """WCAG 2.1's ratio."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """WCAG 2.1's relative luminance."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_window_is_as_it_was(window: Window, qapp: QApplication) -> None:
    """Colours and place are remembered for the next start."""
    window.set_light(True)
    window.resize(700, 900)
    window.close()
    settings = window._settings
    assert settings.value("light", type=bool) is True
    assert settings.value("geometry") is not None
    settings.setValue("geometry", "@ByteArray(of a hand")
    later = Window(window.panel, settings, window.shelf, window.daws)
    assert later.light.isChecked()
    later.deleteLater()
    theme.apply(qapp)


def test_the_window_goes_before_anything_is_waited_for(
    window: Window, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that is just being started is waited for by nobody who looks at the screen."""
    seen: list[bool] = []
    monkeypatch.setattr(panel.engine, "close", lambda: seen.append(window.isVisible()))
    window.close()
    assert [False] == seen


def test_the_place_of_the_focus_is_seen_in_tables(window: Window, qtbot: QtBot) -> None:
    """Of presets, models and found sounds, as in every field: by its border."""
    window.show_presets()
    window.show_models()
    assert window.preset_picker is not None
    assert window.models_dialog is not None
    for dialog, table in (
        (window.preset_picker, window.preset_picker.list),
        (window.models_dialog, window.models_dialog.table),
    ):
        dialog.activateWindow()
        table.setFocus()
        qtbot.waitUntil(table.hasFocus)
        image = dialog.grab().toImage()
        place = table.mapTo(dialog, QPoint(0, table.height() // 2))
        assert theme.current().accent in {image.pixelColor(place + QPoint(x, 0)).name() for x in range(3)}
        dialog.close()


def test_light_colours_for_this_time_are_not_remembered(window: Window, qapp: QApplication) -> None:
    """As --light says; what is chosen in the menu is."""
    window.light_this_time()
    assert window.light.isChecked()
    window.close()
    assert window._settings.value("light", False, type=bool) is False
    theme.apply(qapp)


def test_how_much_is_asked_for_is_remembered(window: Window, panel: Panel) -> None:
    """And how time is shown and where the parts end; what a hand has spoilt is as at the first start."""
    panel.asking.set(takes=2, quality=Quality.DRAFT, seconds=12.5, prompt="rain")
    window.source.rate.setCurrentIndex(3)
    window.splitter.setSizes([300, 250, 270])
    window.close()
    settings, sizes = window._settings, window.splitter.sizes()
    panel.asking.set(takes=4, quality=Quality.NORMAL, seconds=4.0, prompt="")
    settings.setValue("ask/seconds", "long")
    later = Window(panel, settings, window.shelf, window.daws)
    later.resize(window.size())
    later.show()
    ask = panel.asking.ask
    assert (2, Quality.DRAFT, 4.0, "") == (ask.takes, ask.quality, ask.seconds, ask.prompt)
    assert later.source.rate.currentData() == later.source.wave.fps == 25.0
    assert later.splitter.sizes() == sizes
    settings.setValue("ask/takes", "1000000")
    later.hide()
    Window(panel, settings, window.shelf, window.daws).deleteLater()
    assert panel.asking.ask.takes == 2
    later.deleteLater()


def test_the_live_button_stays_down_while_drafts_are_made(window: Window) -> None:
    """Also where the seed was not locked before; a second click ends it."""
    live = window.ask.live
    assert not window.panel.asking.ask.seed_locked
    live.click()
    assert (True, True) == (live.isChecked(), window.panel.live.on)
    live.click()
    assert (False, False) == (live.isChecked(), window.panel.live.on)
