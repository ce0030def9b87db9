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
from gui.application import TRANSLATIONS, translate
from gui.models.panel import Panel
from gui.models.words import seconds_left
from gui.views.ask_view import AskView

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
