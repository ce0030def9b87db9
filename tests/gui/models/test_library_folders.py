"""Folders are indexed by a command that plays a part; which there are is read from a real index."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from engine import own_sounds
from engine.config import Home
from gui.models.background import Background
from gui.models.library_folders import LibraryFolders, news_of

Wait = Callable[[Callable[[], bool]], None]

# Writes down how it was called, tells the news, and answers as the file of its folder's name says; without
# one it works on until somebody stops it.
SCRIPT = """
import json, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
with (folder / "calls").open("a") as calls:
    print(json.dumps(sys.argv[2:]), file=calls)
print('{"stage": "listening", "done": 3, "total": 12, "seconds_left": 75.0}', file=sys.stderr, flush=True)
answer = folder / ("answer-" + pathlib.Path(sys.argv[4 if sys.argv[2] == "library" else 2]).name)
while not answer.exists():
    time.sleep(0.05)
print(answer.read_text())
"""


class Played:
    """Folders, and the command behind them."""

    def __init__(self, work: Path, home: Home) -> None:
        self.work = work
        (work / "script.py").write_text(SCRIPT)
        self.background = Background()
        command = (sys.executable, str(work / "script.py"), str(work))
        self.folders = LibraryFolders(home, self.background, command)
        self.said: list[str] = []
        self.shares: list[float] = []
        self.refused: list[str] = []
        self.folders.said.connect(self.said.append)
        self.folders.came_to.connect(self.shares.append)
        self.folders.not_granted.connect(self.refused.append)

    def answer(self, name: str, value: object) -> None:
        """What the command prints for a folder of this name."""
        part = self.work / "part"
        part.write_text(json.dumps(value))
        part.replace(self.work / f"answer-{name}")

    @property
    def calls(self) -> list[list[str]]:
        """How it was called."""
        return [json.loads(line) for line in (self.work / "calls").read_text().splitlines()]


@pytest.fixture
def played(qapp: QApplication, tmp_path: Path, home: Home) -> Iterator[Played]:
    """Idle."""
    del qapp
    made = Played(tmp_path, home)
    yield made
    made.folders.close()
    made.background.close()


def result(folder: str, *skipped: tuple[str, str]) -> dict[str, object]:
    """What the command says of a folder that it took in."""
    rows = [{"path": path, "sentence": sentence} for path, sentence in skipped]
    row = {"folder": folder, "sounds": 12, "heard": 9, "moved": 0, "gone": 0, "skipped": rows, "notices": []}
    return {"folders": [row]}


def test_a_folder_is_taken_in_with_news_on_the_way(played: Played, until: Wait) -> None:
    """How many of how many, the time left, and at the end what it came to and what was left out."""
    played.folders.index(["/lib/doors"])
    until(lambda: "/lib/doors: 3 of 12 sounds heard, 1:15 min left" in played.said)
    assert 0.25 == played.shares[-1]
    assert played.folders.is_busy
    played.answer("doors", result("/lib/doors", ("/lib/doors/x.wav", "It is silent.")))
    until(lambda: not played.folders.is_busy)
    assert [["library", "index", "/lib/doors", "--news", "--json"]] == played.calls
    assert "/lib/doors: 12 sounds can be found, 9 were heard now. Left out: 1;" in played.said[-1]
    assert (("/lib/doors/x.wav", "It is silent."),) == played.folders.skipped["/lib/doors"]


def test_folders_wait_for_each_other_and_every_result_is_told(played: Played, until: Wait) -> None:
    """One that is not there keeps none of the others."""
    gone = {"error": {"code": "not_found", "sentence": "There is no folder /lib/drive."}}
    played.folders.index(["/lib/drive", "/lib/doors", "/lib/drive"])
    played.answer("drive", gone)
    played.answer("doors", result("/lib/doors"))
    until(lambda: "12 sounds can be found" in played.said[-1])
    assert ["/lib/drive", "/lib/doors"] == [call[2] for call in played.calls]
    assert "There is no folder /lib/drive." in played.said[-1]


def test_it_can_be_stopped(played: Played, until: Wait) -> None:
    """With all that waits; what was heard is kept, and that is said."""
    played.folders.index(["/lib/doors", "/lib/bells"])
    until(lambda: bool(played.shares) and played.shares[-1] > 0)
    played.folders.stop()
    until(lambda: not played.folders.is_busy)
    assert "Stopped. What was heard is kept" in played.said[-1]
    assert 1 == len(played.calls)


def test_a_command_that_breaks_off_is_told(played: Played, until: Wait) -> None:
    """A defect, or a process that was killed."""
    played.answer("doors", {})
    played.folders.index(["/lib/doors"])
    until(lambda: not played.folders.is_busy)
    assert "Indexing /lib/doors broke off" in played.said[-1]


def test_an_engine_that_may_not_read_a_folder_is_started_anew(
    played: Played, home: Home, until: Wait
) -> None:
    """The folder is noted first, so that whoever starts the next engine lets it read it."""
    played.answer("drive", {"error": {"code": "not_allowed", "sentence": "Not granted."}})
    played.folders.index(["/mnt/drive"])
    until(lambda: played.refused == ["/mnt/drive"] and not played.folders.is_busy)
    assert "may not read /mnt/drive" in played.said[-1]
    played.answer("quit", {})
    played.answer("drive", result("/mnt/drive"))
    played.folders.restart_engine("/mnt/drive")
    until(lambda: "12 sounds can be found" in played.said[-1])
    assert [["quit", "--json"], ["library", "index", "/mnt/drive", "--news", "--json"]] == played.calls[1:]
    assert ["/mnt/drive"] == own_sounds.indexed_folders(home)


def test_folders_are_listed_and_forgotten(played: Played, home: Home, until: Wait) -> None:
    """From the index itself; the files are not touched."""
    played.folders.refresh()
    until(lambda: played.folders.folders == ())
    own_sounds.announce(home, "/lib/doors")
    played.folders.refresh()
    until(lambda: bool(played.folders.folders))
    played.folders.forget("/lib/doors")
    until(lambda: played.folders.folders == ())
    assert "/lib/doors is forgotten; its files are where they were." in played.said


def test_news_that_is_none_is_passed_over() -> None:
    """Libraries warn on the same way; what stage it is stands there in words."""
    for line in ("", "a warning", "[1]", '{"stage": "reading"}'):
        assert news_of(line) is None
    waiting = '{"stage": "queued", "done": 0, "total": 1, "seconds_left": -1.0}'
    assert ("waits until the engine has time", -1.0) == news_of(waiting)
