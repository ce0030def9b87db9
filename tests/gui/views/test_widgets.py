"""Fields and tips that several views have."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from gui.models.words import plain_tip
from gui.views.widgets import NameLabel, number


@pytest.mark.parametrize(
    ("start", "steps", "end"),
    [(-1.0, 1, 0.0), (-1.0, 3, 1.0), (-1.0, -1, -1.0), (0.0, -1, -1.0), (0.3, -1, 0.0), (2.0, -1, 1.5)],
)
def test_between_none_and_nought_is_nothing(qtbot: QtBot, start: float, steps: int, end: float) -> None:
    """Steps go from the one to the other."""
    field = number(-1, 30, 0.5, "Guidance", 1, "auto")
    qtbot.addWidget(field)
    field.setValue(start)
    field.stepBy(steps)
    assert end == field.value()
    assert ("auto" == field.text()) is (end < 0.0)


def test_what_is_typed_below_nought_is_none(qtbot: QtBot) -> None:
    """Half a step below is no guidance that anybody could want."""
    field = number(-1, 30, 0.5, "Guidance", 1, "auto")
    qtbot.addWidget(field)
    field.lineEdit().setText(field.locale().toString(-0.5))
    field.interpretText()
    assert -1.0 == field.value()


def test_tips_show_names_as_they_are(qtbot: QtBot) -> None:
    """Also one that looks like HTML."""
    label = NameLabel()
    qtbot.addWidget(label)
    label.setText("<h1>boots & rain</h1>\nof 3 May")
    assert "<span>&lt;h1&gt;boots &amp; rain&lt;/h1&gt;<br>of 3 May</span>" == label.toolTip()
    assert "" == plain_tip("")
