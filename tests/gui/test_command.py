"""``punchin panel``, and what it leaves."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

import gui
from engine.errors import EngineError
from gui import screenshots
from gui.command import span_of

ROOT = Path(gui.__file__).parents[1]


def test_asking_for_help_does_not_load_qt() -> None:
    """The command line reads the module at every start."""
    code = "import sys, gui.command; sys.exit('PySide6' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.parametrize("text", ["3", "5:3", "a:b", "-1:2", "1:2:3"])
def test_a_region_that_is_none_is_refused(text: str) -> None:
    """With a sentence."""
    with pytest.raises(EngineError, match="no region"):
        span_of(text)


def test_a_region_is_seconds() -> None:
    """As elsewhere on the command line."""
    assert span_of("3.2:5") == (3.2, 5.0)
    assert span_of(None) is None


def test_every_state_is_drawn(qtbot: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture for each scene, none of them empty, in the language it is meant to be."""
    del qtbot
    monkeypatch.setattr(screenshots, "_SETTLE_SECONDS", 0.3)
    monkeypatch.setattr(screenshots, "SCENES", screenshots.SCENES[:4])
    pictures = list(screenshots.draw_all(tmp_path, "-100"))
    assert len(pictures) == 12  # the four in dark and light colours, and the German ones
    assert pictures[0].read_bytes() != pictures[4].read_bytes()
    assert all(path.stat().st_size > 10_000 for path in pictures)


def test_qt_gives_back_what_it_takes(qtbot: object) -> None:
    """PySide6 6.12.0 took a reference off None at every call, of which Python 3.11 dies."""
    del qtbot
    widget, thing = QWidget(), QObject()
    gc.collect()
    before = sys.getrefcount(None)
    for _ in range(500):
        widget.setEnabled(True)
        thing.setObjectName("a")
        widget.setCursor(Qt.CursorShape.ArrowCursor)
    assert abs(sys.getrefcount(None) - before) < 100
