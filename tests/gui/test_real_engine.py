"""The panel and the engine that ships: a take from a click to a sound."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile
from PySide6.QtWidgets import QApplication

from engine.client import find, find_or_start
from engine.config import HOME_VARIABLE, find_home
from engine.errors import EngineError
from engine.protocol.requests import Quality
from gui.models.engine import Link
from gui.models.panel import Outside, Panel
from gui.models.take_row import ENDED, RowState
from gui.sound.playback import NULL, Player


@pytest.fixture
def panel(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Panel]:
    """A panel of a home of its own, where no engine runs yet."""
    del qapp
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    player = Player()
    player.choose(NULL)
    made = Panel(
        Outside(find_home(), find_or_start, player, tmp_path / "cache", tmp_path / "config", random.Random(1))
    )
    made.start()
    yield made
    made.close()
    with contextlib.suppress(EngineError), find(find_home()) as client:
        client.quit()


def test_a_take_is_made_and_heard(
    panel: Panel, recording: Path, qtbot: object, until: Callable[..., None]
) -> None:
    """The engine is started by the panel; the take has the region's frames, is in the index, and plays."""
    waiting = {"timeout": 120_000}
    qtbot.waitUntil(lambda: panel.engine.link is Link.READY, **waiting)  # type: ignore[attr-defined]
    panel.source.open(str(recording), (48_000, 48_000 + 24_001))
    until(lambda: panel.scene.selection is not None)
    panel.asking.set(prompt="boots on gravel", takes=1, quality=Quality.DRAFT)
    panel.submit()
    row = panel.takes.rows[0]
    qtbot.waitUntil(lambda: row.state in ENDED and row.entry is not None, **waiting)  # type: ignore[attr-defined]
    assert row.state is RowState.DONE, row.sentence
    made = soundfile.info(row.path)
    assert (24_001, 2, 48_000) == (made.frames, made.channels, made.samplerate)
    assert row.envelope is not None
    panel.audition.play_take(row, in_context=True)
    until(lambda: panel.audition.can_compare)
    until(lambda: not panel.audition.look())
