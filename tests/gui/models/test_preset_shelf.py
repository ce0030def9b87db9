"""Presets in the panel without its window: listed, kept, and their effects put on takes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtWidgets import QApplication

from engine.protocol.replies import Done, TakeDone
from gui.models.background import Background
from gui.models.effects import EffectsModel
from gui.models.engine import Link
from gui.models.panel import Panel
from gui.models.preset_shelf import OWN, PresetShelf, group_of
from gui.models.take_list import state_words
from gui.models.take_row import RowState, TakeRow
from gui.scripted import ScriptedEngine
from presets.document import decode_chain
from presets.effects import Effect
from presets.preset import Preset
from presets.store import Store

Wait = Callable[[Callable[[], bool]], None]
GAIN = (Effect("Gain", {"gain_db": -6.0}),)

# Writes down how it was called and what it was given, and answers as a file beside it says.
SCRIPT = """
import json, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
chain = sys.stdin.read()
with (folder / "calls").open("a") as calls:
    print(json.dumps([*sys.argv[2:], chain]), file=calls)
news = folder / "news"
if news.exists() and "--in-place" in sys.argv:
    print(news.read_text(), file=sys.stderr, flush=True)
    time.sleep(60)
answer = folder / "answer"
if not answer.exists():
    time.sleep(60)
print(answer.read_text())
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Of the panel in these tests."""
    return Store(tmp_path / "presets")


@pytest.fixture
def shelf(qapp: QApplication, store: Store, until: Wait) -> Iterator[PresetShelf]:
    """Listed once."""
    del qapp
    background = Background()
    made = PresetShelf(background, store)
    made.refresh()
    until(lambda: bool(made.entries))
    yield made
    background.close()


def names(shelf: PresetShelf, *search: str) -> list[str]:
    """What a search finds."""
    return [entry.preset.name for _, entries in shelf.groups(*search) for entry in entries]


def test_presets_are_grouped_and_found(shelf: PresetShelf, store: Store, until: Wait) -> None:
    """By words, by tag, by group; the user's own come first."""
    store.save(Preset("Rain on my roof", "rain", tags=("scene 14",)))
    assert OWN not in shelf.group_names
    shelf.refresh()
    until(lambda: OWN in shelf.group_names)
    assert (OWN, "ambience") == shelf.group_names[:2]
    assert ["Rain on my roof"] == names(shelf, "", "scene 14")
    assert "Rain on my roof" == names(shelf, "rain")[0]
    assert ["Old radio"] == names(shelf, "radio old", "", "restyles")
    assert [] == names(shelf, "radio", "", "weather")
    assert all(
        "restyles" == group_of(entry) for _, rows in shelf.groups("", "", "restyles") for entry in rows
    )


def test_a_name_that_is_taken_is_asked_about(shelf: PresetShelf, store: Store, until: Wait) -> None:
    """Of the user's own or a factory preset: nothing is replaced until somebody says so."""
    asked: list[tuple[Preset, str]] = []
    said: list[str] = []
    shelf.taken.connect(lambda preset, sentence: asked.append((preset, sentence)))
    shelf.said.connect(said.append)
    shelf.save(Preset("Mine", "one"))
    until(lambda: shelf.find("mine") is not None)
    shelf.save(Preset("Mine", "two"))
    until(lambda: len(asked) == 1)
    assert "one" == store.find("Mine").preset.prompt
    shelf.save(Preset("Old radio", "three"))
    assert "comes with Punch-In" in asked[1][1]
    assert store.find("Old radio").is_factory
    for preset, _ in asked:
        shelf.save(preset, replacing=True)
    until(lambda: len(said) == 3)
    assert ("two", "three") == (store.find("Mine").preset.prompt, store.find("Old radio").preset.prompt)
    shelf.delete("Mine")
    until(lambda: shelf.find("Mine") is None)


def test_a_name_that_another_program_took_meanwhile_is_asked_about(
    shelf: PresetShelf, store: Store, until: Wait
) -> None:
    """The list of a minute ago does not know it; the folder does."""
    asked: list[str] = []
    shelf.taken.connect(lambda _, sentence: asked.append(sentence))
    store.save(Preset("Mine", "theirs"))
    shelf.save(Preset("Mine", "ours"))
    until(lambda: bool(asked))
    assert "theirs" == store.find("Mine").preset.prompt


def test_a_damaged_file_is_named(shelf: PresetShelf, store: Store, until: Wait) -> None:
    """And hides no other preset."""
    store.folder.mkdir()
    (store.folder / "broken.toml").write_text("name = ")
    shelf.refresh()
    until(lambda: "broken.toml" in shelf.problem)
    assert "Old radio" in names(shelf)


@pytest.fixture
def played(panel: Panel, tmp_path: Path) -> Path:
    """The panel's effects are a script; where its answer goes."""
    folder = tmp_path / "played"
    folder.mkdir()
    (folder / "script.py").write_text(SCRIPT)
    command = (sys.executable, str(folder / "script.py"), str(folder))
    panel.effects._process.command = command
    return folder


def done_take(panel: Panel, engine: ScriptedEngine, path: Path, until: Wait) -> TakeRow:
    """A job of one take with effects, which has just ended."""
    until(lambda: panel.engine.link is Link.READY)
    assert panel.apply_preset(Preset("Quiet", "steps", takes=1, effects=GAIN), {})
    until(lambda: panel.effects._current is None)
    panel.submit()
    until(lambda: bool(engine.requests))
    soundfile.write(path, np.full(4800, 0.5, np.float32), 48_000, subtype="FLOAT")
    job = engine.requests[0].job_id
    engine.say(TakeDone(job, 0, str(path), 4800, 7, "steps"), Done(job, 1, ()))
    row = panel.takes.rows[0]
    until(lambda: row.state is RowState.DONE)
    return row


def test_a_take_goes_through_its_effects(
    panel: Panel, engine: ScriptedEngine, played: Path, tmp_path: Path, until: Wait
) -> None:
    """The command gets the file and the chain; what it remarks stands in the row."""
    path = tmp_path / "take.wav"
    (played / "answer").write_text(json.dumps({"files": [str(path)], "notices": ["It clipped."]}))
    row = done_take(panel, engine, path, until)
    assert "effects…" == state_words(row) or not row.is_dry
    until(lambda: not row.is_dry)
    *words, chain = json.loads((played / "calls").read_text().splitlines()[-1])
    assert ["effects", "apply", str(path), "--in-place", "--news", "--chain", "-", "--json"] == words
    assert GAIN == decode_chain(chain.encode())
    assert ("It clipped.", GAIN, "") == (row.sentence, row.effects, state_words(row))


def test_a_long_take_tells_how_far_its_effects_are(
    panel: Panel, engine: ScriptedEngine, played: Path, tmp_path: Path, until: Wait
) -> None:
    """Which effect, how much and how long yet; what a plugin prints beside it is no news."""
    news = {"title": "Reverb", "number": 1, "count": 2, "done": 50, "frames": 100, "seconds_left": 75.0}
    (played / "answer").write_text(json.dumps({"effects": ["Gain"]}))
    (played / "news").write_text(f"a plugin says hello\n[1]\n{json.dumps(news)}\n")
    row = done_take(panel, engine, tmp_path / "take.wav", until)
    until(lambda: bool(row.effect))
    assert "effects: Reverb (2 of 2), 75 %, 1:15 min left" == state_words(row)
    panel.effects.drop(row.path)
    until(lambda: not row.is_dry)
    assert ("", 1.0) == (state_words(row), row.progress)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('{"error": {"code": "not_found", "sentence": "There is no plugin X."}}', "There is no plugin X."),
        ("", "process of the effects ended"),
    ],
)
def test_without_its_effects_a_take_stays_and_says_so(
    panel: Panel, engine: ScriptedEngine, played: Path, tmp_path: Path, until: Wait, answer: str, words: str
) -> None:
    """A sentence in the row, and the dry take."""
    (played / "answer").write_text(answer)
    row = done_take(panel, engine, tmp_path / "take.wav", until)
    until(lambda: not row.is_dry)
    assert row.sentence.startswith("Without its effects: ")
    assert words in row.sentence
    assert (RowState.DONE, ()) == (row.state, row.effects)
    assert 0.5 == soundfile.read(row.path)[0][0]


def test_effects_are_looked_at_before_anything_is_made(panel: Panel, played: Path, until: Wait) -> None:
    """What can't be loaded is said when the preset is chosen."""
    (played / "answer").write_text('{"error": {"code": "not_found", "sentence": "There is no plugin X."}}')
    said: list[str] = []
    panel.said.connect(said.append)
    panel.apply_preset(Preset("Quiet", "steps", effects=GAIN), {})
    until(lambda: said[-1] == "Takes will stay without the preset's effects: There is no plugin X.")
    assert ["effects", "apply", "--check", "--chain", "-", "--json"] == json.loads(
        (played / "calls").read_text()
    )[:-1]


def test_effects_of_a_discarded_take_are_stopped(
    qapp: QApplication, played: Path, panel: Panel, until: Wait
) -> None:
    """The one that runs, and one that waits; the next goes on."""
    del qapp
    ended: list[str] = []
    panel.effects.ended.connect(lambda path, *_: ended.append(path))
    for path in ("a", "b", "c"):
        panel.effects.add(path, GAIN)
    until(lambda: (played / "calls").exists() and bool((played / "calls").read_text()))
    (played / "answer").write_text(json.dumps({"files": ["c"]}))
    panel.effects.drop("b")
    panel.effects.drop("a")
    until(lambda: ended == ["a", "c"])


def test_effects_that_can_not_be_started_are_told(qapp: QApplication, until: Wait) -> None:
    """And closing ends what runs."""
    del qapp
    background = Background()
    model = EffectsModel(background, ("nothing-is-run",))
    told: list[tuple[bool, str]] = []
    model.ended.connect(lambda _, is_wet, sentence: told.append((is_wet, sentence)))
    model.add("a", GAIN)
    until(lambda: bool(told))
    assert (False, "Python can't be started; install Punch-In again.") == told[0]
    model.close()
    background.close()


def test_the_real_command_makes_a_take_quieter(
    panel: Panel, engine: ScriptedEngine, tmp_path: Path, until: Wait
) -> None:
    """6 dB, in its place."""
    pytest.importorskip("pedalboard", reason="needs the effects extra")
    panel.effects._process.command = EffectsModel(panel.background)._process.command
    row = done_take(panel, engine, tmp_path / "take.wav", until)
    until(lambda: not row.is_dry)
    assert GAIN == row.effects, row.sentence
    middle = soundfile.read(row.path)[0][2400]
    assert 0.5 * 10 ** (-6 / 20) == pytest.approx(middle, rel=1e-3)


def test_the_settings_of_now_and_of_a_take_are_saved(
    panel: Panel, engine: ScriptedEngine, played: Path, tmp_path: Path, store: Store, until: Wait
) -> None:
    """With effects, further keys and the length of a new sound."""
    (played / "answer").write_text(json.dumps({"files": []}))
    row = done_take(panel, engine, tmp_path / "take.wav", until)
    panel.asking.set(takes=5, extras={"cut_below": 90.0})
    assert panel.save_preset("Now", "a, b", True)
    assert panel.save_preset("Then", "", False, replace(row, effects=GAIN))
    until(lambda: panel.presets.find("Then") is not None and panel.presets.find("Now") is not None)
    now, then = store.find("Now").preset, store.find("Then").preset
    assert (5, ("a", "b"), GAIN) == (now.takes, now.tags, now.effects)
    assert {"seconds": 4.0, "cut_below": 90.0} == now.settings
    assert (None, {"seconds": 4.0}, GAIN) == (then.takes, then.settings, then.effects)
    said: list[str] = []
    panel.said.connect(said.append)
    panel.asking.set(prompt="")
    assert not panel.save_preset("None", "", False)
    assert "has no prompt" in said[-1]


def test_an_unfilled_slot_is_said(panel: Panel) -> None:
    """Nothing changes."""
    before, said = panel.asking.ask, []
    panel.said.connect(said.append)
    assert not panel.apply_preset(Preset("Far", "{} far away", slots={"it": ""}), {})
    assert "fill that slot" in said[0]
    assert before == panel.asking.ask
