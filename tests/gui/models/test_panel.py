"""The panel without its window: jobs, takes and the engine coming and going."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import miniaudio
import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QModelIndex

from engine import history
from engine.config import Home
from engine.errors import ErrorCode
from engine.history import Entry, Mark
from engine.protocol.replies import Done, Failed, Progress, Queued, TakeDone
from engine.protocol.requests import Method, Stereo
from engine.protocol.sources import SourceKind
from engine.takes import index
from engine.takes.database import opened
from engine.takes.notes import Notes
from engine.takes.recipe import Place, encode_recipe
from gui.models.ask import Task
from gui.models.audition import Side
from gui.models.engine import Link
from gui.models.pair import Pair
from gui.models.panel import Panel
from gui.models.take_filter import TakeQuery
from gui.models.take_row import RowState, TakeRow
from gui.models.timeline import Span
from gui.scripted import ScriptedEngine
from gui.sound.reel import MemoryPiece, Reel
from tests.engine.takes.making import recipe, record
from tests.engine.takes.test_notes import splice

RATE = 48_000
Wait = Callable[[Callable[[], bool]], None]


def open_region(panel: Panel, recording: Path, until: Wait) -> None:
    """A recording with a second of it selected, and a prompt."""
    panel.source.open(str(recording), (RATE, 2 * RATE))
    until(lambda: panel.source.peaks is not None and panel.source.peaks.is_complete)
    panel.asking.set(prompt="boots on gravel", takes=2)
    until(lambda: panel.engine.link is Link.READY)


def finish(engine: ScriptedEngine, job_id: str, take: int, path: Path) -> None:
    """A take that is as loud as it is long, announced."""
    sound = np.random.default_rng(take).normal(0, 0.02, (RATE, 2))
    soundfile.write(path, sound, RATE)
    engine.say(TakeDone(job_id, take, str(path), RATE, 7 + take, "boots on gravel"))


def noted(home: Home, number: int, prompt: str = "boots on gravel") -> Path:
    """A take in the take folder, with its recipe, in the index."""
    source = home.takes.parent / "made.wav"
    if not source.exists():
        record(source)
    made = replace(recipe(number), settings={"prompt": prompt, "seed": number, "mode": "generate"})
    path = splice(source, home.takes / f"take-{number}.wav", Notes(recipe=encode_recipe(made)))
    with opened(home) as database:
        index.record(database, path, made)
    return path


def test_a_job_becomes_takes(
    panel: Panel, engine: ScriptedEngine, recording: Path, tmp_path: Path, until: Wait
) -> None:
    """Queued, rendering, done: the rows follow the engine, and the files can be played."""
    open_region(panel, recording, until)
    panel.submit()
    until(lambda: len(engine.requests) == 1)
    job = engine.requests[0].job_id
    engine.say(Queued(job, 1), Progress(job, "denoising", 3, 24, 9.0))
    until(lambda: panel.takes.rows[0].state is RowState.RENDERING)
    for take in range(2):
        finish(engine, job, take, tmp_path / f"{take}.wav")
    engine.say(Done(job, 2, ()))
    until(lambda: all(row.state is RowState.DONE and row.envelope for row in panel.takes.rows))
    assert [7, 8] == [row.seed for row in panel.takes.rows]
    assert panel.asking.history.prompts == ("boots on gravel",)


def test_the_next_job_has_another_seed_unless_it_is_locked(
    panel: Panel, recording: Path, until: Wait
) -> None:
    """The dice roll by themselves; a locked seed stays."""
    open_region(panel, recording, until)
    first = panel.asking.ask.seed
    panel.submit()
    second = panel.asking.ask.seed
    panel.asking.set(seed_locked=True)
    panel.submit()
    assert first != second
    assert second == panel.asking.ask.seed


def test_every_job_can_be_cancelled(
    panel: Panel, engine: ScriptedEngine, recording: Path, until: Wait
) -> None:
    """One by one and all at once."""
    open_region(panel, recording, until)
    for _ in range(3):
        panel.submit()
    until(lambda: len(engine.requests) == 3)
    panel.cancel([panel.takes.rows[0]])
    until(lambda: len(panel.takes.unfinished()) == 4)
    panel.cancel_all()
    until(lambda: not panel.takes.unfinished())
    assert sorted(engine.cancelled) == ["job1", "job2", "job3"]


def test_the_engine_goes_and_comes_back(
    panel: Panel, engine: ScriptedEngine, recording: Path, until: Wait
) -> None:
    """A job of a dead engine fails in words, and as soon as there is one again the panel goes on."""
    open_region(panel, recording, until)
    panel.submit()
    until(lambda: len(engine.requests) == 1)
    engine.die()
    panel.engine.look()
    until(lambda: panel.engine.link is Link.LOST)
    until(lambda: panel.takes.rows[0].state is RowState.FAILED)
    assert "starts it again" in panel.takes.rows[0].sentence
    assert panel.problem
    engine.is_down = False
    panel.engine.look()
    until(lambda: panel.engine.link is Link.READY)
    assert not panel.problem
    panel.submit()
    until(lambda: len(engine.requests) == 2)


def test_a_failure_is_said(panel: Panel, engine: ScriptedEngine, recording: Path, until: Wait) -> None:
    """In the row and aloud."""
    said: list[str] = []
    panel.said.connect(said.append)
    open_region(panel, recording, until)
    panel.submit()
    until(lambda: len(engine.requests) == 1)
    engine.say(Failed("job1", ErrorCode.CANT_WRITE, "The disk is full."))
    until(lambda: bool(said))
    assert said[-1].endswith("The disk is full.")
    assert panel.takes.rows[0].state is RowState.FAILED


def test_what_is_extended_is_streamed(
    panel: Panel, engine: ScriptedEngine, recording: Path, until: Wait
) -> None:
    """The end of the recording, then silence as long as what is to be made."""
    open_region(panel, recording, until)
    panel.asking.set(task=Task.EXTEND, seconds=1.5)
    panel.submit()
    until(lambda: bool(engine.audio))
    sent = np.frombuffer(engine.audio["job1"], "<f4").reshape(-1, 2)
    tail = soundfile.read(recording, start=2 * RATE, dtype="float32")[0]
    assert np.array_equal(tail, sent[: 8 * RATE])
    assert len(sent) == 8 * RATE + 72_000
    assert not sent[8 * RATE :].any()


def test_live_mode_has_one_job_in_flight(
    panel: Panel, engine: ScriptedEngine, recording: Path, tmp_path: Path, until: Wait
) -> None:
    """Changes while a draft renders lead to one more, with the same seed, and the draft before goes."""
    open_region(panel, recording, until)
    panel.set_live(True)
    until(lambda: len(engine.requests) == 1)
    for strength in (0.1, 0.2, 0.3):
        panel.asking.set(strength=strength)
    until(lambda: len(engine.requests) == 2)
    finish(engine, "job2", 0, tmp_path / "live.wav")
    engine.say(Done("job2", 1, ()))
    until(lambda: panel.live.in_flight == "")
    panel.asking.set(strength=0.9)
    until(lambda: len(engine.requests) == 3)
    assert engine.cancelled == ["job1"]
    assert [0.6, 0.3, 0.9] == [request.strength for request in engine.requests]
    assert len({request.seed for request in engine.requests}) == 1
    until(lambda: len(panel.takes.rows) == 1)


def test_takes_of_before_are_there_again(panel: Panel, home: Home, until: Wait) -> None:
    """After a restart the index tells of them; search finds them by their words."""
    for number, prompt in enumerate(("rain on a roof", "boots on gravel"), 1):
        noted(home, number, prompt)
    panel.history.refresh()
    until(lambda: len(panel.takes.rows) == 2)
    panel.shown.search(TakeQuery("roof rain"))
    assert panel.shown.rowCount() == 1
    panel.recall(panel.takes.rows[0])
    assert panel.asking.ask.prompt in ("rain on a roof", "boots on gravel")
    assert panel.asking.ask.seed_locked


def test_a_new_sound_is_recalled_with_its_length(panel: Panel, home: Home, until: Wait) -> None:
    """And its width: with another length the same seed is another sound. Unknown words change nothing."""
    made = recipe(
        4, place=Place(SourceKind.NEW, "", 0, 8 * RATE, RATE, 2),
        settings={"mode": "generate", "stereo": "of next year", "method": "magic"},
    )  # fmt: skip
    with opened(home) as database:
        index.record(database, home.takes / "rain.wav", made)
    panel.history.refresh()
    until(lambda: len(panel.takes.rows) == 1)
    panel.recall(panel.takes.rows[0])
    ask = panel.asking.ask
    assert (ask.seconds, ask.channels, ask.seed) == (8.0, 2, 4)
    assert (ask.advanced.stereo, ask.advanced.method) == (Stereo.KEEP, Method.NOISE)


def test_a_take_that_is_not_there_yet_is_recalled_with_its_own_seed(
    panel: Panel, recording: Path, until: Wait
) -> None:
    """Not with that of the first take of its job."""
    open_region(panel, recording, until)
    panel.submit()
    second = panel.takes.rows[1]
    panel.recall(second)
    assert panel.asking.ask.seed == second.seed


def test_search_finds_takes_that_the_list_has_not_read(
    panel: Panel, home: Home, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page, each take once; and it says of how many."""
    monkeypatch.setattr("gui.models.take_history.PAGE", 2)
    for number in range(1, 8):
        noted(home, number, "rain on a roof" if number in (1, 2, 3) else "boots on gravel")
    panel.history.refresh()
    until(lambda: len(panel.takes.rows) == 2)
    panel.find_takes(TakeQuery("ROOF"))
    until(lambda: panel.shown.rowCount() == 2)
    assert panel.shown.words == "2 and more of 7 takes: with “ROOF”"
    assert panel.shown.canFetchMore(QModelIndex())
    panel.shown.fetchMore(QModelIndex())
    until(lambda: panel.shown.rowCount() == 3)
    assert panel.shown.words == "3 of 7 takes: with “ROOF”"
    assert not panel.shown.canFetchMore(QModelIndex())
    pages: list[int] = []
    panel.history.searched.connect(lambda: pages.append(len(panel.takes.rows)))
    panel.find_takes(TakeQuery())
    for number in range(1, 4):
        until(lambda number=number: len(pages) == number)
        assert panel.shown.canFetchMore(QModelIndex())
        panel.shown.fetchMore(QModelIndex())
    until(lambda: len(pages) == 4)
    assert not panel.shown.canFetchMore(QModelIndex())
    assert [7, 6, 5, 4, 3, 2, 1] == [row.seed for row in panel.takes.rows]


def test_a_take_that_a_search_found_before_its_job_told_of_it_is_one_row(
    panel: Panel, home: Home, engine: ScriptedEngine, until: Wait
) -> None:
    """The row of its job, which has the settings and the recording."""
    until(lambda: panel.engine.link is Link.READY)
    panel.asking.set(prompt="boots on gravel", takes=1)
    panel.submit()
    until(lambda: bool(engine.requests))
    path = noted(home, 1)
    panel.history.refresh()
    until(lambda: len(panel.takes.rows) == 2)
    engine.say(TakeDone("job1", 0, str(path), 1_000, 1, "boots on gravel"), Done("job1", 1, ()))
    until(lambda: panel.takes.rows[0].entry is not None)
    assert ["job1"] == [row.job_id for row in panel.takes.rows]


def test_a_star_and_a_keep_are_in_the_index(panel: Panel, home: Home, until: Wait) -> None:
    """What is marked here is what the command line lists."""
    path = noted(home, 1)
    panel.history.refresh()
    until(lambda: len(panel.takes.rows) == 1)
    panel.history.rate(panel.takes.rows, 5)
    panel.history.keep(panel.takes.rows, True)
    until(lambda: panel.takes.rows[0].kept and panel.takes.rows[0].rating == 5)
    entry = history.of_path(home, str(path))
    assert (5, True) == (entry.rating, entry.kept)
    panel.shown.search(TakeQuery(kept=True, starred=True))
    assert panel.shown.rowCount() == 1


def test_a_slow_star_does_not_undo_a_quick_keep(
    panel: Panel, home: Home, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown at the end is both, whichever the index is done with first."""
    mark, noted_here = history.mark, []

    def slowly(home: Home, number: int, opinion: Mark) -> Entry:
        entry = mark(home, number, opinion)
        if opinion.rating is not None:
            time.sleep(0.3)
        return entry

    noted(home, 1)
    panel.history.refresh()
    until(lambda: len(panel.takes.rows) == 1)
    monkeypatch.setattr(history, "mark", slowly)
    panel.takes.dataChanged.connect(lambda *_: noted_here.append(panel.takes.rows[0].kept))
    panel.history.rate(panel.takes.rows, 5)
    panel.history.keep(panel.takes.rows, True)
    until(lambda: len(noted_here) >= 2)
    assert (panel.takes.rows[0].kept, panel.takes.rows[0].rating) == (True, 5)


def test_what_is_discarded_is_gone_and_what_is_kept_stays(
    panel: Panel, home: Home, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file leaves the take folder and the index; a kept take does not."""
    trashed: list[str] = []

    def trash(path: str) -> bool:
        Path(path).unlink()
        trashed.append(path)
        return True

    monkeypatch.setattr("gui.models.take_history.QFile.moveToTrash", trash)
    first, second = noted(home, 1), noted(home, 2)
    panel.history.refresh()
    until(lambda: len(panel.takes.rows) == 2)
    kept = next(row for row in panel.takes.rows if row.path == str(first))
    panel.history.keep([kept], True)
    until(lambda: kept.kept)
    said: list[str] = []
    panel.said.connect(said.append)
    panel.history.discard(list(panel.takes.rows))
    until(lambda: trashed == [str(second)])
    assert said == ["What is kept stays; press K on it first."]
    assert panel.takes.rows == [kept]
    assert first.exists()


def test_a_take_is_discarded_while_its_siblings_render(
    panel: Panel, engine: ScriptedEngine, recording: Path, tmp_path: Path, until: Wait
) -> None:
    """What comes after it goes to the rows it belongs to."""
    open_region(panel, recording, until)
    panel.submit()
    until(lambda: len(engine.requests) == 1)
    job = engine.requests[0].job_id
    finish(engine, job, 0, tmp_path / "0.wav")
    until(lambda: panel.takes.rows[0].state is RowState.DONE)
    panel.history.discard(panel.takes.rows[:1])
    finish(engine, job, 1, tmp_path / "1.wav")
    engine.say(Done(job, 2, ()))
    until(lambda: all(row.state is RowState.DONE and row.envelope for row in panel.takes.rows))
    assert [str(tmp_path / "1.wav")] == [row.path for row in panel.takes.rows]


def test_export_copies_takes_with_their_table(panel: Panel, home: Home, tmp_path: Path, until: Wait) -> None:
    """Into the folder that was picked."""
    path, folder = noted(home, 1), tmp_path / "delivery"
    panel.history.refresh()
    until(lambda: len(panel.takes.rows) == 1)
    panel.history.export(panel.takes.rows, folder)
    until(lambda: (folder / "takes.csv").exists())
    assert (folder / path.name).read_bytes() == path.read_bytes()


def test_a_take_is_heard_against_the_original(
    panel: Panel, engine: ScriptedEngine, recording: Path, tmp_path: Path, until: Wait
) -> None:
    """At the same place and equally loud; in its place with what is around it."""
    row = made_take(panel, engine, recording, tmp_path, until)
    panel.audition.play_take(row)
    until(lambda: panel.audition.can_compare)
    take = panel.audition.reel
    panel.audition.compare()
    assert panel.audition.side is Side.ORIGINAL
    original = panel.audition.reel
    assert take is not None
    assert original is not None
    assert take.frames == original.frames == RATE
    assert max(take.gain, original.gain) == 1.0
    assert min(take.gain, original.gain) < 1.0
    panel.audition.play_take(row, in_context=True)
    until(lambda: panel.audition.reel is not None and panel.audition.reel.take_start == RATE)
    around = panel.audition.reel
    assert around is not None
    assert around.frames == RATE + RATE + 2 * RATE
    expected = soundfile.read(recording, stop=RATE, dtype="float32")[0]
    assert np.array_equal(expected, around.read(0, RATE, 2))


def test_a_stop_is_not_overtaken_by_what_was_being_opened(
    panel: Panel, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file on a slow disk begins to sound after nobody wants it any more: it does not."""
    opening, let = threading.Event(), threading.Event()
    reel = Reel([MemoryPiece(np.full((RATE, 1), 0.1, np.float32))], RATE, loops=True)

    def slow(*_: object) -> Pair:
        opening.set()
        let.wait(20)
        return Pair(reel)

    monkeypatch.setattr("gui.models.audition.pair_of", slow)
    row = TakeRow("j", 0, 1, "rain", 1, RATE, RATE)
    panel.audition.play_take(row)
    until(opening.is_set)
    panel.audition.stop()
    let.set()
    panel.background._pool.shutdown(wait=True)
    assert not panel.audition._player.is_playing


def test_a_machine_that_makes_no_sound_says_so_once(panel: Panel, until: Wait) -> None:
    """At the first take that is heard."""
    said: list[str] = []
    panel.said.connect(said.append)
    player = panel.audition._player
    player._backends = [miniaudio.Backend.NULL]
    player.choose("")
    row = TakeRow("j", 0, 1, "rain", 1, RATE, RATE, streamed=np.zeros((RATE, 1), np.float32))
    for _ in range(2):
        panel.audition.play_take(row)
        until(lambda: panel.audition.reel is not None)
        panel.audition.stop()
    assert len(said) == 1
    assert "no sound device" in said[0]


def test_the_playhead_of_a_selection_is_in_the_recording(panel: Panel, recording: Path, until: Wait) -> None:
    """It starts where the selection does, and ends."""
    open_region(panel, recording, until)
    opened_recording = panel.scene.recording
    assert opened_recording is not None
    panel.audition.play_recording(opened_recording, 0, Span(RATE, RATE + 4800))
    until(lambda: (panel.audition.recording_frame or 0) >= RATE)
    until(lambda: not panel.audition.look())


def test_a_take_whose_file_is_gone_says_so(
    panel: Panel, engine: ScriptedEngine, recording: Path, tmp_path: Path, until: Wait
) -> None:
    """Instead of silence."""
    row = made_take(panel, engine, recording, tmp_path, until)
    said: list[str] = []
    panel.said.connect(said.append)
    Path(row.path).unlink()
    panel.audition.play_take(row)
    until(lambda: bool(said))
    assert "can't be played" in said[0]
    assert not panel.audition.is_on


def test_the_window_never_waits(panel: Panel, engine: ScriptedEngine, recording: Path, until: Wait) -> None:
    """An engine that does not answer keeps no one waiting: calls come back at once, in their own threads."""
    open_region(panel, recording, until)
    held = threading.Event()
    threads: list[int] = []

    def stuck(_request: object) -> list[object]:
        threads.append(threading.get_ident())
        held.wait(20)
        return []

    engine.script = stuck  # type: ignore[assignment]
    started = time.monotonic()
    panel.submit()
    returned = time.monotonic() - started
    until(lambda: bool(threads))
    held.set()
    assert threads[0] != threading.get_ident()
    assert returned < 20


def made_take(panel: Panel, engine: ScriptedEngine, recording: Path, tmp_path: Path, until: Wait) -> TakeRow:
    """A take of a second of the recording, done."""
    open_region(panel, recording, until)
    panel.asking.set(takes=1)
    panel.submit()
    until(lambda: len(engine.requests) == 1)
    finish(engine, "job1", 0, tmp_path / "done.wav")
    engine.say(Done("job1", 1, ()))
    until(lambda: panel.takes.rows[0].envelope is not None)
    return panel.takes.rows[0]
