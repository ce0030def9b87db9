"""A row shows what its job's replies say, take by take."""

from __future__ import annotations

import numpy as np

from engine.errors import ErrorCode
from engine.protocol.replies import (
    Cancelled,
    Chunk,
    Done,
    Draft,
    Failed,
    Notice,
    Progress,
    Queued,
    Ranked,
    RankedTake,
    TakeDone,
)
from engine.protocol.requests import FileSource, RenderRequest, frames
from gui.models.ask import Verb
from gui.models.envelope import COLUMNS, envelope_of
from gui.models.take_list import described, state_words
from gui.models.take_row import RowState, TakeRow, advance, rows_of
from gui.scripted import piece

RATE = 48_000
LENGTH = 9600


def job(takes: int = 2) -> list[TakeRow]:
    """The rows of a job that was just sent."""
    source = FileSource("/sounds/scene.wav", frames(1000), frames(1000 + LENGTH))
    return rows_of(RenderRequest("j", source, "boots", takes=takes, seed=40), Verb.RESTYLE, RATE)


def sound(level: float, count: int = LENGTH) -> np.ndarray:
    """A constant, (frames, 1)."""
    return np.full((count, 1), level, np.float32)


def test_progress_is_shared_out_among_the_takes() -> None:
    """Steps count over all takes, which come one after the other."""
    rows = job()
    advance(rows, Queued("j", 3))
    assert [3, 3] == [row.position for row in rows]
    advance(rows, Progress("j", "denoising", 18, 24, 5.0))
    assert [1.0, 0.5] == [row.progress for row in rows]
    assert [RowState.RENDERING] * 2 == [row.state for row in rows]
    assert "5 s left" in state_words(rows[1])


def test_what_was_finished_before_a_failure_stays() -> None:
    """Only what is not there yet fails, and says why."""
    rows = job()
    advance(rows, TakeDone("j", 0, "/takes/a.wav", LENGTH, 40, "boots"))
    advance(rows, Failed("j", ErrorCode.CANT_WRITE, "The disk is full."))
    assert [RowState.DONE, RowState.FAILED] == [row.state for row in rows]
    assert rows[1].sentence.endswith("The disk is full.")
    assert "failed" in described(rows[1])


def test_a_draft_gives_way_to_the_take_itself() -> None:
    """Where the final sound has arrived it is heard and seen; elsewhere still the draft."""
    rows = job(1)
    advance(rows, piece(Draft, "j", sound(0.2), RATE))
    assert rows[0].is_audible
    advance(rows, piece(Chunk, "j", sound(0.7, LENGTH // 2), RATE))
    row = rows[0]
    assert row.streamed is not None
    assert row.envelope is not None
    assert row.streamed[0, 0] == np.float32(0.7)
    assert row.streamed[-1, 0] == np.float32(0.2)
    assert not row.envelope.is_draft[: COLUMNS // 2].any()
    assert row.envelope.is_draft[COLUMNS // 2 + 1 :].all()


def test_a_take_that_is_made_again_begins_anew() -> None:
    """Its pieces start with the first once more, and nothing of the attempt before is left."""
    rows = job(1)
    advance(rows, piece(Chunk, "j", sound(0.9), RATE))
    advance(rows, Notice("j", "The take was silent and is made again."))
    advance(rows, piece(Chunk, "j", sound(0.1, 480), RATE))
    assert rows[0].envelope is not None
    assert rows[0].envelope.high.max() == np.float32(0.1)
    assert rows[0].sentence == "The take was silent and is made again."


def test_a_notice_belongs_to_the_take_that_it_names() -> None:
    """Others say nothing of it; one that names none is said of all that are still to come, and only once."""
    rows = job(3)
    advance(rows, TakeDone("j", 0, "/takes/a.wav", LENGTH, 40, "boots"))
    for sentence in (
        "Spans of the mask overlap; what they cover together is made anew.",
        "Take 2 is not as it should be. It is silent (below -60 dB).",
    ):
        advance(rows, Notice("j", sentence))
        advance(rows, Notice("j", sentence))
    first, second, third = (row.sentence for row in rows)
    assert first == ""
    assert second == f"{third} Take 2 is not as it should be. It is silent (below -60 dB)."
    assert third == "Spans of the mask overlap; what they cover together is made anew."


def test_the_order_of_the_engine_is_shown() -> None:
    """The best take is number 0."""
    rows = job()
    advance(rows, Ranked("j", (RankedTake(1, 0.5, 0.0), RankedTake(0, 0.3, 0.2))))
    assert [1, 0] == [row.rank for row in rows]


def test_a_cancelled_job_ends_its_rows() -> None:
    """No row stays in the air, and memory is given back."""
    rows = job()
    advance(rows, piece(Draft, "j", sound(0.2), RATE))
    advance(rows, Cancelled("j"))
    assert [RowState.CANCELLED] * 2 == [row.state for row in rows]
    assert rows[0].streamed is None


def test_done_without_takes_still_ends() -> None:
    """Whatever was not announced is over as well."""
    rows = job()
    advance(rows, Done("j", 2, ()))
    assert [RowState.DONE] * 2 == [row.state for row in rows]


def test_an_envelope_holds_the_extremes_of_any_length() -> None:
    """Of takes shorter than its columns, too."""
    for length in (1, 100, COLUMNS, 10_000):
        samples = np.random.default_rng(length).uniform(-1, 1, (length, 2)).astype(np.float32)
        envelope = envelope_of(samples)
        there = envelope.low <= envelope.high
        assert envelope.high[there].max() == samples.max()
        assert envelope.low[there].min() == samples.min()


def test_what_comes_after_a_discarded_take_is_its_own() -> None:
    """Every take of the job stays in its row, whichever of its siblings has left the list."""
    whole = job(3)
    advance(whole, TakeDone("j", 0, "/takes/a.wav", LENGTH, 40, "boots"))
    rows = whole[1:]
    advance(rows, Progress("j", "denoising", 18, 36, 5.0))
    assert [row.progress for row in rows] == [0.5, 0.0]
    advance(rows, piece(Draft, "j", sound(0.2), RATE, take=2))
    assert [row.is_audible for row in rows] == [False, True]
    for take, path in ((1, "/takes/b.wav"), (2, "/takes/c.wav")):
        advance(rows, TakeDone("j", take, path, LENGTH, 40 + take, "boots"))
    advance(rows, Ranked("j", (RankedTake(0, 0.9, 0.9), RankedTake(2, 0.8, 0.8), RankedTake(1, 0.1, 0.1))))
    assert [("/takes/b.wav", 41), ("/takes/c.wav", 42)] == [(row.path, row.seed) for row in rows]
    assert [2, 1] == [row.rank for row in rows]
