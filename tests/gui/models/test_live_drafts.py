"""Live drafts: for now only, through the preset's effects, and gone unless somebody wants them."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from engine import history
from engine.config import Home
from engine.history import Query
from engine.protocol.replies import Done, TakeDone
from engine.takes.notes import Notes
from engine.takes.recipe import encode_recipe
from gui.models.engine import Link
from gui.models.panel import Outside, Panel
from gui.models.take_row import TakeRow
from gui.scripted import ScriptedEngine
from gui.sound.playback import NULL, Player
from presets.effects import Effect
from presets.store import Store
from tests.engine.takes.making import recipe, record
from tests.engine.takes.test_notes import splice

Wait = Callable[[Callable[[], bool]], None]
REVERB = (Effect("Reverb", {"room_size": 0.4}),)
# In the place of "punchin effects apply": writes down its arguments when it is let go on.
COMMAND = """
import pathlib, sys, time
calls = pathlib.Path(sys.argv[1])
with calls.open("a") as file:
    print(*sys.argv[2:], file=file)
while not calls.with_name("go").exists():
    time.sleep(0.01)
print('{"files": []}')
"""


@pytest.fixture
def panel(qapp: QApplication, engine: ScriptedEngine, home: Home, tmp_path: Path) -> Panel:
    """Started, with effects that a script stands for."""
    del qapp
    (tmp_path / "go").touch()
    player = Player()
    player.choose(NULL)
    command = (sys.executable, "-c", COMMAND, str(tmp_path / "calls"))
    made = Panel(
        Outside(
            home, engine.connect, player, tmp_path / "cache", tmp_path / "config", random.Random(1),
            store=Store(tmp_path / "presets"), effects_command=command,
        )
    )  # fmt: skip
    made.start()
    return made


def drafted(panel: Panel, engine: ScriptedEngine, home: Home, until: Wait) -> TakeRow:
    """Another draft, done by the engine as it does it."""
    until(lambda: panel.engine.link is Link.READY)
    count = len(engine.requests)
    panel.asking.set(prompt=f"boots {count}")
    panel.set_live(True)
    until(lambda: len(engine.requests) == count + 1)
    request = engine.requests[-1]
    assert request.scratch
    home.scratch.mkdir(parents=True, exist_ok=True)
    source = home.state.parent / "made.wav"
    record(source)
    made = replace(recipe(count + 1), settings={"prompt": request.prompt, "mode": "generate"})
    path = splice(source, home.scratch / f"boots-{count}.wav", Notes(recipe=encode_recipe(made)))
    engine.say(TakeDone(request.job_id, 0, str(path), 4_001, 7, request.prompt), Done(request.job_id, 1, ()))
    until(lambda: panel.live.in_flight == "")
    return next(row for row in panel.takes.rows if row.job_id == request.job_id)


def test_the_draft_before_is_deleted_and_the_last_one_with_the_panel(
    panel: Panel, engine: ScriptedEngine, home: Home, until: Wait
) -> None:
    """At no time is a draft in the index or in the take folder."""
    first = drafted(panel, engine, home, until)
    second = drafted(panel, engine, home, until)
    until(lambda: [second.path] == [str(path) for path in home.scratch.iterdir()])
    assert [second] == panel.takes.rows
    assert first.path != second.path
    panel.set_live(False)
    assert [second] == panel.takes.rows
    panel.close()
    assert [] == list(home.scratch.iterdir())
    assert () == history.find(home, Query())


def test_a_draft_that_is_kept_is_a_take(
    panel: Panel, engine: ScriptedEngine, home: Home, until: Wait
) -> None:
    """It moves into the take folder and the index, and the next draft leaves it alone."""
    row = drafted(panel, engine, home, until)
    panel.history.keep([row], True)
    assert not row.live
    until(lambda: row.kept)
    assert str(home.takes / "boots-0.wav") == row.path
    later = drafted(panel, engine, home, until)
    assert [later, row] == panel.takes.rows
    panel.close()
    (entry,) = history.find(home, Query())
    assert (True, row.path) == (entry.kept, entry.path)


def test_a_draft_that_was_wanted_as_the_panel_closes_is_not_lost(
    panel: Panel, engine: ScriptedEngine, home: Home, until: Wait
) -> None:
    """Even if there was no time to move it."""
    row = drafted(panel, engine, home, until)
    row.live = False  # as ``own`` does before it asks the background
    panel.close()
    assert [str(home.takes / "boots-0.wav")] == [entry.path for entry in history.find(home, Query())]


def test_drafts_go_through_the_effects_of_the_preset(
    panel: Panel, engine: ScriptedEngine, home: Home, tmp_path: Path, until: Wait
) -> None:
    """In place, as takes do; what is kept in the middle of it moves when it is through."""
    (tmp_path / "go").unlink()
    panel.asking.set(effects=REVERB)
    row = drafted(panel, engine, home, until)
    until(lambda: (tmp_path / "calls").exists() and row.path in (tmp_path / "calls").read_text())
    panel.history.keep([row], True)
    assert row.is_dry
    assert row.scratch
    (tmp_path / "go").touch()
    until(lambda: row.kept)
    assert not row.is_dry
    assert REVERB == row.effects
    assert Path(row.path).parent == home.takes
    panel.close()


def test_a_draft_that_is_overtaken_in_its_effects_is_dropped(
    panel: Panel, engine: ScriptedEngine, home: Home, tmp_path: Path, until: Wait
) -> None:
    """The process is stopped, the next draft goes through, and nobody is told of a failure."""
    (tmp_path / "go").unlink()
    said: list[str] = []
    panel.said.connect(said.append)
    panel.asking.set(effects=REVERB)
    first = drafted(panel, engine, home, until)
    second = drafted(panel, engine, home, until)
    (tmp_path / "go").touch()
    until(lambda: not second.is_dry)
    assert not Path(first.path).exists()
    assert Path(second.path).exists()
    assert REVERB == second.effects
    assert [] == said
    panel.close()
