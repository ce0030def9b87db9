"""The panel speaks German: every text of it, and what is shipped is what is written."""

from __future__ import annotations

import re
import shutil
import string
import subprocess
import xml.etree.ElementTree as Elements
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

import gui
from engine.errors import EngineError, ErrorCode
from gui.application import TRANSLATIONS, translate
from gui.models.error_words import advice, in_words, told
from gui.models.panel import Panel
from gui.models.words import seconds_left
from gui.views.ask_view import AskView
from presets.errors import PresetError, Reason

WRITTEN = TRANSLATIONS / "panel_de.ts"


def messages() -> list[tuple[str, str, str]]:
    """Context, text, translation."""
    found = []
    for context in Elements.parse(WRITTEN).getroot().iter("context"):
        for message in context.iter("message"):
            found.append(
                (
                    context.findtext("name") or "",
                    message.findtext("source") or "",
                    message.findtext("translation") or "",
                )
            )
    return found


def test_every_text_is_translated_and_takes_the_same_values() -> None:
    """No text is left in English by oversight, and no placeholder is lost."""
    for context, text, german in messages():
        assert german, (context, text)
        assert fields(text) == fields(german), text
        assert text.count("&") == german.count("&"), text


def fields(text: str) -> list[tuple[str | None, str | None]]:
    """The placeholders of a format."""
    return sorted((name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name is not None)


def test_what_is_shipped_is_what_is_written(qapp: QApplication) -> None:
    """The compiled file has every text of the written one."""
    del qapp
    translator = QTranslator()
    assert translator.load(str(TRANSLATIONS / "panel_de.qm"))
    for context, text, german in messages():
        assert german == translator.translate(context, text), text


def test_no_text_of_the_program_is_missing(tmp_path: Path) -> None:
    """Qt's own tool finds no text that the translation does not have."""
    tool = shutil.which("pyside6-lupdate")
    if tool is None:
        pytest.skip("needs pyside6-lupdate")
    found = tmp_path / "panel.ts"
    folder = Path(gui.__file__).parent
    subprocess.run(
        [tool, "-extensions", "py", str(folder), "-ts", str(found)], check=True, capture_output=True
    )
    texts = {
        (context.findtext("name"), message.findtext("source"))
        for context in Elements.parse(found).getroot().iter("context")
        for message in context.iter("message")
    }
    assert texts == {(context, text) for context, text, _ in messages()}


def test_the_window_is_german_where_that_is_wanted(qapp: QApplication, panel: Panel) -> None:
    """The main button, and sentences of the state without a window."""
    installed = translate(qapp, QLocale("de"))
    try:
        assert re.match("Erzeugen: 4 Takes", AskView(panel).main.text())
        assert seconds_left(75) == "noch 1:15 min"
        assert panel.problem == "Schreiben Sie, wie es klingen soll."
    finally:
        for translator in installed:
            QCoreApplication.removeTranslator(translator)


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_says_in_german_what_kind_it_is(code: ErrorCode) -> None:
    """Before its own sentence, also that of a job; an error without a known code is left as it is."""
    sentence = "The engine's own sentence."
    for words in (told(code, sentence), in_words(EngineError(code, sentence))):
        assert re.fullmatch(r"[A-ZÄÖÜ].{8,}\. The engine's own sentence\.", words)
    assert advice(code, sentence) != sentence
    assert told("of_tomorrow", sentence) == sentence


@pytest.mark.usefixtures("german")
def test_a_preset_that_is_not_there_is_missing_in_german() -> None:
    """Presets have errors of their own, with the engine's codes."""
    error = PresetError(Reason.NOT_FOUND, "There is no preset 'Rain'.")
    assert in_words(error) == "Etwas fehlt. There is no preset 'Rain'."


def test_errors_say_in_english_only_what_they_are() -> None:
    """What the code says would be said twice."""
    assert all(told(code, "The disk is full.") == "The disk is full." for code in ErrorCode)
