"""What the panel knows of DAWs, with a command that plays a part."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from engine.protocol.requests import FileSource, RenderRequest, StreamSource
from engine.protocol.sources import frames
from gui.models.daws import DawExcerpt, DawModel, InstalledDaw
from gui.models.panel import Panel, placed
from gui.scripted import ScriptedEngine

Wait = Callable[[Callable[[], bool]], None]

# Answers as it was told for each action, and writes down how it was called.
SCRIPT = """
import json, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
with (folder / "calls").open("a") as calls:
    print(json.dumps(sys.argv[2:]), file=calls)
answer = folder / sys.argv[3]
if answer.exists():
    print(answer.read_text())
else:
    time.sleep(60)
"""
DAWS = [
    {"name": "ardour", "title": "Ardour", "version": "", "installed": False},
    {"name": "audacity", "title": "Audacity", "version": "3.2.4", "installed": True},
]
ANSWERS = {
    "list": {"daws": DAWS},
    "get": {
        "path": "/tmp/excerpt.wav",
        "sample_rate": 48000,
        "region": [1000, 3000],
        "in_file": [200, 2200],
        "file_start": 800,
    },
    "put": {"takes": [{"path": "/tmp/take.wav"}]},
}


class Played:
    """The model, what it said, and how the command was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "script.py").write_text(SCRIPT)
        for action, answer in ANSWERS.items():
            self.answer(action, answer)
        self.model = DawModel((sys.executable, str(folder / "script.py"), str(folder)))
        self.said: list[str] = []
        self.got: list[DawExcerpt] = []
        self.model.said.connect(self.said.append)
        self.model.got.connect(self.got.append)

    def answer(self, action: str, answer: object) -> None:
        """What it will print; None: it hangs."""
        if answer is None:
            (self.folder / action).unlink()
        else:
            (self.folder / action).write_text(answer if isinstance(answer, str) else json.dumps(answer))

    @property
    def calls(self) -> list[Sequence[str]]:
        """The words after ``punchin``."""
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]


@pytest.fixture
def played(qapp: QApplication, tmp_path: Path) -> Played:
    """All goes well, unless the test says otherwise."""
    del qapp
    folder = tmp_path / "script"
    folder.mkdir()
    return Played(folder)


def test_only_daws_of_this_machine_are_listed(played: Played, until: Wait) -> None:
    """By the names that people know."""
    played.model.refresh()
    until(lambda: played.model.daws is not None)
    assert played.model.daws == (InstalledDaw("audacity", "Audacity"),)
    assert played.calls == [["daw", "list", "--json"]]


def test_the_selection_of_a_daw_arrives_with_its_place(played: Played, until: Wait) -> None:
    """And that DAW is the one for the keys from then on."""
    played.model.get("audacity")
    assert played.model.is_busy
    until(lambda: bool(played.got))
    assert played.got == [DawExcerpt("/tmp/excerpt.wav", 200, 2200, 800)]
    assert played.calls == [["daw", "get", "audacity", "--one", "--json"]]
    assert played.model.chosen == "audacity"
    assert not played.model.is_busy


def test_takes_are_put_together(played: Played, until: Wait) -> None:
    """As many as are chosen, at once."""
    played.model.put("audacity", ["/tmp/1.wav", "/tmp/2.wav"])
    until(lambda: len(played.said) == 2)
    assert played.calls == [["daw", "put", "audacity", "/tmp/1.wav", "/tmp/2.wav", "--json"]]
    assert played.said[-1] == "2 takes are in place in audacity."


def test_no_takes_are_not_put(played: Played) -> None:
    """It says what to do."""
    played.model.put("audacity", [])
    assert played.said == ["Choose takes that are done first."]
    assert not played.model.is_busy


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"error": {"code": "daw", "sentence": "Nothing is selected."}}, "Nothing is selected."),
        ("Traceback", "The DAW could not be asked."),
        ("", "The DAW could not be asked."),
    ],
)
def test_what_goes_wrong_is_said(played: Played, until: Wait, answer: object, sentence: str) -> None:
    """In the DAW's words, or ours where there are none."""
    played.answer("get", answer)
    played.model.get("audacity")
    until(lambda: not played.model.is_busy)
    assert played.said[-1] == sentence
    assert played.got == []


def test_one_thing_at_a_time_which_can_be_stopped(played: Played, until: Wait) -> None:
    """A DAW that shows a dialog does not block the panel."""
    played.answer("get", None)
    played.model.get("audacity")
    played.model.put("audacity", ["/tmp/1.wav"])
    assert "busy" in played.said[-1]
    played.model.stop()
    until(lambda: not played.model.is_busy)
    played.model.put("audacity", ["/tmp/1.wav"])
    until(lambda: not played.model.is_busy)
    assert "in place" in played.said[-1]


def test_closing_leaves_no_process(played: Played, until: Wait) -> None:
    """Nor anything to be said."""
    played.answer("get", None)
    played.model.get("audacity")
    until(lambda: (played.folder / "calls").exists())
    said = list(played.said)
    played.model.close()
    assert not played.model.is_busy
    assert played.said == said


def test_a_command_that_is_not_there_is_a_sentence(qapp: QApplication, until: Wait) -> None:
    """Not a wait for ever."""
    del qapp
    model, said = DawModel(("/no/such/program",)), list[str]()
    model.said.connect(said.append)
    model.get("audacity")
    until(lambda: not model.is_busy)
    assert "install Punch-In again" in said[-1]


def test_takes_of_an_excerpt_know_their_place(
    panel: Panel, engine: ScriptedEngine, recording: Path, until: Wait
) -> None:
    """On the DAW's timeline, also where another region of the file is chosen than the one that came."""
    panel.open_excerpt(DawExcerpt(str(recording), 4800, 96_000, 1_000_000))
    until(lambda: panel.scene.recording is not None)
    assert panel.scene.selection is not None
    assert (panel.scene.selection.start, panel.scene.selection.end) == (4800, 96_000)
    until(lambda: not panel.problem or True)
    panel.asking.set(prompt="boots")
    panel.submit()
    until(lambda: bool(engine.requests))
    assert engine.requests[-1].time_reference == 1_004_800


def test_what_continues_a_recording_begins_at_its_end() -> None:
    """And what is new has no place."""
    request = RenderRequest("job", FileSource("/a.wav", frames(10), frames(20)), "boots")
    assert placed(request, 1000, 500).time_reference == 1010
    longer = RenderRequest("job", StreamSource(48_000, 1, 300, 200, 300), "boots")
    assert placed(longer, 1000, 500).time_reference == 1500
