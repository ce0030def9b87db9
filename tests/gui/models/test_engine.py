"""Jobs that are asked for before the engine is there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication

from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import Cancelled, Done, Failed, Reply
from engine.protocol.requests import NewSource, RenderRequest
from gui.models.engine import EngineModel, Link
from gui.scripted import ScriptedClient, ScriptedEngine

Wait = Callable[[Callable[[], bool]], None]


class Starting:
    """An engine that is there when it is let."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self.engine, self.is_up = engine, threading.Event()
        self.replies: list[Reply] = []
        self.model = EngineModel(self._connect)
        self.model.replied.connect(self.replies.append)
        self.model.start()

    def _connect(self) -> ScriptedClient:
        self.is_up.wait(20)
        return self.engine.connect()


@pytest.fixture
def starting(qapp: QApplication, engine: ScriptedEngine) -> Iterator[Starting]:
    """While it starts."""
    del qapp
    engine.script = lambda request: [Done(request.job_id, 1, ())]
    made = Starting(engine)
    yield made
    made.is_up.set()
    made.model.close()


def job(name: str) -> RenderRequest:
    """A new sound."""
    return RenderRequest(name, NewSource(48_000, 1, 48_000), "rain")


def test_what_is_asked_for_while_the_engine_starts_waits_for_it(starting: Starting, until: Wait) -> None:
    """The first click of the first visit makes takes; what was cancelled in between is never sent."""
    for name in ("first", "second"):
        starting.model.submit(job(name))
    starting.model.cancel("first")
    until(lambda: starting.replies == [Cancelled("first")])
    starting.is_up.set()
    until(lambda: Done("second", 1, ()) in starting.replies)
    assert ["second"] == [request.job_id for request in starting.engine.requests]


def test_audio_that_can_not_be_read_keeps_no_engine_waiting(starting: Starting, until: Wait) -> None:
    """A job whose recording has gone is never sent."""

    def read() -> bytes:
        raise EngineError(ErrorCode.NOT_FOUND, "There is no file scene.wav.")

    starting.is_up.set()
    until(lambda: starting.model.link is Link.READY)
    starting.model.submit(job("first"), read)
    until(lambda: starting.replies == [Failed("first", ErrorCode.NOT_FOUND, "There is no file scene.wav.")])
    assert [] == starting.engine.requests


def test_jobs_of_an_engine_that_does_not_start_fail(starting: Starting, until: Wait) -> None:
    """With the reason, and once."""
    starting.engine.is_down = True
    starting.model.submit(job("first"))
    starting.is_up.set()
    until(lambda: bool(starting.replies))
    assert starting.model.link is Link.LOST
    (failed,) = starting.replies
    assert isinstance(failed, Failed)
    assert (failed.job_id, failed.code) == ("first", ErrorCode.NO_ENGINE)
    assert "No engine is running" in failed.sentence


def test_a_defect_while_it_starts_keeps_nobody_waiting(starting: Starting, until: Wait) -> None:
    """Jobs fail with a reason, and the next try may go better."""
    connect, starting.engine.connect = starting.engine.connect, broken  # type: ignore[method-assign]
    starting.model.submit(job("lost"))
    starting.is_up.set()
    until(lambda: bool(starting.replies))
    (failed,) = starting.replies
    assert isinstance(failed, Failed)
    assert ("lost", ErrorCode.NO_ENGINE) == (failed.job_id, failed.code)
    assert "a client of nothing" in failed.sentence
    starting.engine.connect = connect  # type: ignore[method-assign]
    starting.model.look()
    until(lambda: starting.model.link is Link.READY)
    assert "" == starting.model.sentence


def broken() -> ScriptedClient:
    """A client that nobody thought of."""
    raise TypeError("a client of nothing")
