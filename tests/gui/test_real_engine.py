"""The panel and the engine that ships: a take from a click to a sound."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtWidgets import QApplication

from engine.client import find, find_or_start
from engine.config import HOME_VARIABLE, find_home
from engine.errors import EngineError
from engine.protocol.requests import Quality
from engine.takes.reading import read_newest
from gui.models.ask import Verb
from gui.models.engine import Link
from gui.models.library_search import State, Wanted
from gui.models.panel import Outside, Panel
from gui.models.take_row import ENDED, RowState
from gui.models.timeline import Span
from gui.sound.playback import NULL, Player
from presets.document import effects_of_tables
from tests.plugin_host.effects.playing import likeness, needs_pedalboard, pedalboard_itself


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


def test_own_sounds_are_indexed_found_by_name_and_used(
    panel: Panel, recording: Path, tmp_path: Path, qtbot: object, until: Callable[..., None]
) -> None:
    """A folder is taken in by a process of its own; what is found opens with its stretch."""
    waiting = {"timeout": 120_000}
    folder, library = tmp_path / "sounds", panel.library
    folder.mkdir()
    door = folder / "wooden door slam.wav"
    door.write_bytes(recording.read_bytes())
    for number in range(8):  # what is near shows among many
        bell = np.sin(np.arange(48_000) / (5 + number)).astype(np.float32)
        soundfile.write(folder / f"bell {number}.wav", bell, 48_000)
    (folder / "broken.wav").write_bytes(b"no sound")
    library.folders.index([str(folder)])
    qtbot.waitUntil(lambda: bool(library.folders.folders), **waiting)  # type: ignore[attr-defined]
    (listed,) = library.folders.folders or ()
    assert (9, 1) == (listed.sounds, len(library.folders.skipped_in(listed)))
    library.search.want(Wanted("door slam"))
    qtbot.waitUntil(lambda: library.search.state is State.FOUND, **waiting)  # type: ignore[attr-defined]
    best = library.search.found.hits[0]
    assert str(door) == best.path
    library.use(best)
    until(lambda: panel.scene.recording is not None)
    assert Span(best.start_frame, best.end_frame) == panel.scene.selection
    assert Verb.RESTYLE is panel.verb


@needs_pedalboard
def test_a_preset_with_effects_reaches_the_file_of_the_take(
    panel: Panel, recording: Path, qtbot: object, until: Callable[..., None]
) -> None:
    """It is what Pedalboard itself makes of the same take without effects, and the recipe names the chain."""
    waiting = {"timeout": 120_000}
    qtbot.waitUntil(lambda: panel.engine.link is Link.READY, **waiting)  # type: ignore[attr-defined]
    panel.source.open(str(recording), (48_000, 96_000))
    until(lambda: panel.scene.selection is not None)
    panel.asking.set(seed=5, seed_locked=True)
    panel.presets.refresh()
    until(lambda: panel.presets.find("Next room") is not None)
    entry = panel.presets.find("Next room")
    assert entry is not None and panel.apply_preset(entry.preset, {})
    panel.asking.set(takes=1, quality=Quality.DRAFT)
    chain = panel.asking.ask.effects
    files = []
    for effects in (chain, ()):
        panel.asking.set(effects=effects)
        panel.submit()
        row = panel.takes.rows[0]
        qtbot.waitUntil(lambda row=row: row.state in ENDED and not row.is_dry, **waiting)  # type: ignore[attr-defined]
        assert row.state is RowState.DONE, row.sentence
        files.append(Path(row.path))

    wet, dry = (soundfile.read(path, dtype="float32")[0] for path in files)
    assert (48_000, 2) == wet.shape == dry.shape
    middle = slice(4800, -4800)  # between the seams
    heard = pedalboard_itself(chain, dry, 48_000)
    assert likeness(wet[middle], heard[middle]) > 0.999
    assert likeness(wet[middle], dry[middle]) < 0.9
    edges = [0, -1]
    assert np.abs(wet[edges] - dry[edges]).max() < 1e-3, "at its ends it still fits what lies beyond"
    assert chain == effects_of_tables(read_newest(files[0]).recipe.effects)
