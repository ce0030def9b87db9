"""Sounds of one's own are looked for while one types, and only the newest answer counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from PySide6.QtCore import Qt

from engine.errors import ErrorCode
from engine.protocol.library_requests import LibraryRequest, SearchRequest
from engine.protocol.replies import Done, Failed, Hit, Notice, Progress, Queued, Reply
from gui.models.engine import Link
from gui.models.found_list import FoundList, dots_of, length_words
from gui.models.library_search import LibrarySearch, State, Wanted
from gui.models.panel import Panel
from gui.scripted import ScriptedEngine

Wait = Callable[[Callable[[], bool]], None]
RATE = 48_000


def hit(
    job_id: str, path: str, start: int = 0, end: int = RATE, seconds: float = 1.0, score: float = 2.0
) -> Hit:
    """A sound that was found."""
    return Hit(job_id, 1, path, start, end, RATE, seconds, score, 0.3, 0.5, "sound", "door", 0)


def finding(*paths: str) -> Callable[[LibraryRequest], Sequence[Reply]]:
    """A library in which every search finds these."""
    return lambda request: [*(hit(request.job_id, path) for path in paths), Done(request.job_id, 0, ())]


@pytest.fixture
def search(panel: Panel, until: Wait) -> LibrarySearch:
    """Of a panel whose engine is there."""
    until(lambda: panel.engine.link is Link.READY)
    return panel.library.search


def paths(search: LibrarySearch) -> list[str]:
    """What was found."""
    return [found.path for found in search.found.hits]


def test_what_is_typed_is_asked_for_once_with_all_that_narrows_it(
    search: LibrarySearch, engine: ScriptedEngine, until: Wait
) -> None:
    """As the command line asks; letters on the way are not asked for."""
    engine.library_script = finding("/a.wav", "/b.wav")
    for typed in ("d", "do", " door "):
        search.want(Wanted(typed, "", "/lib", 0.5, 4.0))
    until(lambda: search.state is State.FOUND)
    (asked,) = engine.searches
    assert isinstance(asked, SearchRequest)
    assert ("door", "", "", "/lib", 0.5, 4.0) == (
        asked.prompt, asked.like, asked.model, asked.folder, asked.min_seconds, asked.max_seconds,
    )  # fmt: skip
    assert ["/a.wav", "/b.wav"] == paths(search)
    assert "" == search.sentence


def test_an_answer_that_comes_too_late_is_dropped(
    search: LibrarySearch, panel: Panel, engine: ScriptedEngine, until: Wait
) -> None:
    """And the engine need not go on with it."""
    engine.cancels_at_once = False
    arrived: list[Reply] = []
    panel.engine.replied.connect(arrived.append)
    search.want(Wanted("door"))
    search.search()
    until(lambda: len(engine.searches) == 1)
    search.want(Wanted("bell"))
    search.search()
    until(lambda: len(engine.searches) == 2)
    first, second = (request.job_id for request in engine.searches)
    engine.say(hit(first, "/door.wav"), Done(first, 0, ()))
    until(lambda: Done(first, 0, ()) in arrived)
    assert State.LOOKING is search.state
    engine.say(hit(second, "/bell.wav"), Done(second, 0, ()))
    until(lambda: search.state is State.FOUND)
    assert first in engine.cancelled
    assert ["/bell.wav"] == paths(search)


def test_a_sound_is_not_found_to_be_like_itself(
    search: LibrarySearch, engine: ScriptedEngine, until: Wait
) -> None:
    """Everybody knows that."""
    engine.library_script = finding("/a.wav", "/b.wav")
    search.want(Wanted(like="/a.wav"))
    until(lambda: search.state is State.FOUND)
    assert ["/b.wav"] == paths(search)


def test_what_keeps_a_search_waiting_is_said(
    search: LibrarySearch, engine: ScriptedEngine, until: Wait
) -> None:
    """A render in progress, or a model that is loaded; then the notices of the engine."""
    search.want(Wanted("door"))
    until(lambda: bool(engine.searches))
    job = engine.searches[0].job_id
    assert State.LOOKING is search.state
    engine.say(Queued(job, 2))
    until(lambda: search.sentence == "The search waits until the engine has time.")
    engine.say(Progress(job, "loading", 0, 0, -1.0))
    until(lambda: search.sentence == "The model is loaded first.")
    deaf = "The model m can't hear: sounds are found by their names and descriptions only."
    engine.say(Notice(job, deaf), hit(job, "/a.wav"), Done(job, 0, ()))
    until(lambda: search.state is State.FOUND)
    assert deaf == search.sentence


def test_nothing_found_and_failures_are_told(
    search: LibrarySearch, engine: ScriptedEngine, until: Wait
) -> None:
    """What was found before is not left there as if it were the answer."""
    engine.library_script = finding("/a.wav")
    search.want(Wanted("door"))
    until(lambda: search.state is State.FOUND)
    engine.library_script = finding()
    search.want(Wanted("dragon"))
    until(lambda: search.sentence == "No sound of yours fits.")
    assert [] == paths(search)
    engine.library_script = lambda request: [Failed(request.job_id, ErrorCode.CANT_WRITE, "It is held.")]
    search.want(Wanted("wyvern"))
    until(lambda: search.state is State.FAILED)
    assert "It is held." == search.sentence
    search.want(Wanted())
    until(lambda: search.state is State.IDLE)
    assert "" == search.sentence


def test_no_sound_is_longer_than_the_longest(
    search: LibrarySearch, engine: ScriptedEngine, until: Wait
) -> None:
    """The engine need not be asked."""
    search.want(Wanted("door", min_seconds=3.0, max_seconds=1.0))
    until(lambda: search.state is State.FAILED)
    assert "no sound is both" in search.sentence
    assert not engine.searches


def test_a_search_without_an_engine_is_made_up_for(
    search: LibrarySearch, panel: Panel, engine: ScriptedEngine, until: Wait
) -> None:
    """As soon as there is one again."""
    engine.library_script = finding("/a.wav")
    engine.die()
    panel.engine.look()
    until(lambda: panel.engine.link is Link.LOST)
    search.want(Wanted("door"))
    until(lambda: search.state is State.FAILED)
    engine.is_down = False
    panel.engine.look()
    until(lambda: search.state is State.FOUND)
    assert ["/a.wav"] == paths(search)


def test_files_that_are_there_can_be_dragged() -> None:
    """The whole file, as a DAW takes it; one that has gone no more."""
    found = FoundList()
    found.show([hit("j", "/lib/a.wav"), hit("j", "/lib/b b.wav")])
    rows = [found.index(row, column) for row in (1, 0) for column in range(found.columnCount())]
    assert ["/lib/a.wav", "/lib/b b.wav"] == [url.toLocalFile() for url in found.mimeData(rows).urls()]
    assert found.flags(rows[0]) & Qt.ItemFlag.ItemIsDragEnabled
    found.lose("/lib/b b.wav")
    assert not found.flags(rows[0]) & Qt.ItemFlag.ItemIsDragEnabled
    assert ["/lib/a.wav"] == [url.toLocalFile() for url in found.mimeData(rows).urls()]
    assert "gone" == found.data(found.index(1, 1))


def test_the_same_hits_of_another_search_stay_as_they_are() -> None:
    """What is chosen among them stays chosen when a folder was indexed meanwhile."""
    found, resets = FoundList(), list[bool]()
    found.modelReset.connect(lambda: resets.append(True))
    found.show([hit("one", "/a.wav")])
    found.show([hit("two", "/a.wav")])
    assert 1 == len(resets)
    found.show([hit("two", "/a.wav", score=1.0)])
    assert 2 == len(resets)


def test_a_row_says_what_and_where_and_how_near() -> None:
    """Of a long file, where in it."""
    found = FoundList()
    found.show([hit("j", "/lib/doors/a.wav", score=3.2)])
    cells = [found.data(found.index(0, column)) for column in range(found.columnCount())]
    assert ["a.wav", "1.00 s", "●●●○○", "door", "/lib/doors"] == cells
    assert "3.2" in found.data(found.index(0, 2), Qt.ItemDataRole.AccessibleTextRole)
    assert "1:00-1:05 / 2:00" == length_words(hit("j", "/a.wav", 60 * RATE, 65 * RATE, 120.0))
    assert ("○○○○○", "●●●●●") == (dots_of(-3.0), dots_of(9.0))
