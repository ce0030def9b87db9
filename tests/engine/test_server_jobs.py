"""What becomes of everybody's jobs in a live engine, and of a worker that does not do them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.client import Client
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import (
    FINAL,
    Cancelled,
    Done,
    Failed,
    Notice,
    Progress,
    Queued,
)
from engine.protocol.requests import (
    CancelRequest,
    ModelsRequest,
    RenderRequest,
)
from engine.take_names import part_name

Scripted = Callable[..., RenderRequest]
Eventually = Callable[[Callable[[], object]], None]


# Jobs


def test_positions_are_sent_again_when_they_change(
    client: Client, scripted: Scripted, tmp_path: Path, eventually: Eventually
) -> None:
    """Who waits sees itself come nearer, as soon as the one before it starts."""
    client.submit(scripted("first", f"wait {tmp_path / 'go'}"))
    eventually(lambda: [job.state for job in client.status().jobs] == ["running"])
    client.submit(scripted("second", "wait"))
    client.submit(scripted("third"))
    replies = client.replies("third")
    assert Queued("third", 1) == next(replies)
    (tmp_path / "go").touch()
    assert Queued("third", 0) == next(replies)
    client.cancel("second")
    assert isinstance(list(replies)[-1], Done)


def test_a_job_that_moves_is_told_and_seen_in_the_status(
    client: Client, scripted: Scripted, eventually: Eventually
) -> None:
    """The notice goes to the job's owner, the device to everybody who asks; the next job runs as any."""
    replies = list(client.render(scripted("a", "move elsewhere; steps 1")))
    assert Notice("a", "It moves to elsewhere.") in replies
    eventually(lambda: client.status().device == "elsewhere")
    assert "ready" == client.status().worker
    assert isinstance(list(client.render(scripted("b")))[-1], Done)


def test_clients_take_turns(engine: Any, scripted: Scripted, tmp_path: Path, eventually: Eventually) -> None:
    """The second client's job is not behind all of the first one's."""
    order: list[str] = []
    with engine.connect() as first, engine.connect() as second, engine.connect() as watcher:
        first.submit(scripted("hold", f"wait {tmp_path / 'go'}"))
        for number in range(3):
            first.submit(scripted(f"first {number}"))
        eventually(lambda: len(watcher.status().jobs) == 4)
        second.submit(scripted("second"))
        eventually(lambda: len(watcher.status().jobs) == 5)
        order = [job.job_id for job in watcher.status().jobs]
        (tmp_path / "go").touch()
        assert isinstance(list(first.replies("first 2"))[-1], Done)
        assert isinstance(list(second.replies("second"))[-1], Done)
    assert ["hold", "second", "first 0", "first 1", "first 2"] == order


def test_a_queued_job_is_cancelled_at_once(client: Client, scripted: Scripted) -> None:
    """While another runs on."""
    client.submit(scripted("runs", "wait"))
    client.submit(scripted("waits"))
    client.cancel("waits")
    assert Cancelled("waits") == list(client.replies("waits"))[-1]
    assert ["runs"] == [job.job_id for job in client.status().jobs]


def test_a_running_job_is_cancelled_within_a_step(client: Client, scripted: Scripted) -> None:
    """Its client is told, and the next job runs."""
    client.submit(scripted("runs", "steps 1; wait"))
    replies = client.replies("runs")
    assert any(isinstance(reply, Progress) for reply in replies)
    client.submit(scripted("next"))
    client.cancel("runs")
    assert Cancelled("runs") == list(replies)[-1]
    assert isinstance(list(client.replies("next"))[-1], Done)


def test_anyone_here_may_cancel_and_is_told(engine: Any, scripted: Scripted) -> None:
    """The owner and who cancelled both learn of the end."""
    with engine.connect() as owner, engine.connect() as other:
        owner.submit(scripted("runs", "steps 1; wait"))
        replies = owner.replies("runs")
        assert any(isinstance(reply, Progress) for reply in replies)
        owner.submit(scripted("waits", "wait"))
        owner.status()
        assert Cancelled("waits") == other.cancel_and_wait("waits")
        assert Cancelled("runs") == other.cancel_and_wait("runs")
        assert Cancelled("waits") == list(owner.replies("waits"))[-1]


def test_cancelling_what_is_not_there_is_told(udp: Any) -> None:
    """With the name that was asked for."""
    udp.send(CancelRequest("ghost"))
    failed = udp.receive()
    assert isinstance(failed, Failed)
    assert ("ghost", ErrorCode.NOT_FOUND) == (failed.job_id, failed.code)


def test_no_name_cancels_all_of_ones_own(tcp_to: Any, engine: Any, scripted: Scripted) -> None:
    """And nobody else's."""
    with tcp_to(engine) as mine, engine.connect() as other:
        mine.send(scripted("one", "wait"))
        mine.send(scripted("two"))
        mine.send(CancelRequest(""))
        ended = mine.until(*FINAL)[-1], mine.until(*FINAL)[-1]
        assert {Cancelled("one"), Cancelled("two")} == set(ended)
        assert isinstance(list(other.render(scripted("other")))[-1], Done)


def test_a_duplicate_leaves_the_first_alone(tcp_to: Any, engine: Any, scripted: Scripted) -> None:
    """Its owner is told without the id, which would mean the end of the job; others with it."""
    with tcp_to(engine) as owner, tcp_to(engine) as other:
        owner.send(scripted("same", "wait"))
        assert Queued("same", 0) == owner.receive()
        owner.send(scripted("same"))
        other.send(scripted("same"))
        own, others = owner.until(Failed)[-1], other.receive()
        assert isinstance(own, Failed) and isinstance(others, Failed)
        assert ("", ErrorCode.BAD_ARGUMENT) == (own.job_id, own.code)
        assert ("same", ErrorCode.BAD_ARGUMENT) == (others.job_id, others.code)
        owner.send(CancelRequest("same"))
        assert Cancelled("same") == owner.until(*FINAL)[-1]


def test_a_client_that_vanishes_takes_its_jobs_along(
    tcp_to: Any, udp_to: Any, engine: Any, scripted: Scripted, eventually: Eventually
) -> None:
    """Queued and running ones, but not those of a UDP peer, which has no connection to lose."""
    with engine.connect() as watcher, udp_to(engine) as udp:
        with tcp_to(engine) as probe:
            probe.send(scripted("runs", "wait"))
            probe.send(scripted("waits"))
            eventually(lambda: [job.state for job in watcher.status().jobs] == ["running", "queued"])
            udp.send(scripted("stays"))
        assert isinstance(udp.until(*FINAL)[-1], Done)
        assert () == watcher.status().jobs


# The worker, seen from outside


@pytest.mark.parametrize("script", ["crash", "kill", "babble"])
def test_a_dead_worker_costs_one_job(client: Client, scripted: Scripted, script: str) -> None:
    """Its job fails with a sentence, and the next one runs in a new worker, as often as it happens."""
    assert isinstance(list(client.render(scripted("before")))[-1], Done)
    client.submit(scripted("fatal", f"steps 1; {script}"))
    client.submit(scripted("next"))
    failed = list(client.replies("fatal"))[-1]
    assert isinstance(failed, Failed)
    assert ErrorCode.WORKER_DIED == failed.code
    assert isinstance(list(client.replies("next"))[-1], Done)


@pytest.mark.parametrize("named", [True, False])
def test_a_dead_worker_leaves_no_half_take(
    client: Client, scripted: Scripted, tmp_path: Path, home: Home, named: bool
) -> None:
    """Neither beside the named file nor in the take folder; what another process writes there stays."""
    output = str(tmp_path / "take.wav") if named else ""
    folder = tmp_path if named else home.takes
    folder.mkdir(parents=True, exist_ok=True)
    others = folder / part_name(1, "elsewhere")
    others.touch()
    assert isinstance(list(client.render(scripted("fatal", "part; kill", output=output)))[-1], Failed)
    assert [others] == list(folder.glob(".punchin-*"))


def test_a_worker_that_hangs_past_a_cancel_is_replaced(
    start_engine: Any,
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    eventually: Eventually,
) -> None:
    """The job counts as cancelled, which it was to be."""
    monkeypatch.setattr("engine.worker_process.CANCEL_SECONDS", 0.1)
    with start_engine().connect() as client:
        client.submit(scripted("stuck", f"hang {tmp_path / 'begun'}"))
        client.submit(scripted("next"))
        eventually((tmp_path / "begun").exists)
        client.cancel("stuck")
        assert Cancelled("stuck") == list(client.replies("stuck"))[-1]
        assert isinstance(list(client.replies("next"))[-1], Done)


def test_a_worker_that_never_gets_ready_is_replaced(
    start_engine: Any, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And after some of them, jobs fail instead of waiting for ever; so do questions."""
    monkeypatch.setattr("engine.worker_process.READY_SECONDS", 0.05)
    monkeypatch.setattr("engine.supervisor.RESTART_SECONDS", (0.0,))
    with start_engine(model="slow").connect() as client:
        failed = list(client.render(scripted("a")))[-1]
        assert isinstance(failed, Failed)
        assert ErrorCode.WORKER_DIED == failed.code


@pytest.mark.parametrize("command", [(), ("/no/such/program",)])
def test_a_worker_that_cannot_start_is_told(
    start_engine: Any, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """What waits fails, and what comes is refused, each with where to look; status stays clear."""
    monkeypatch.setattr("engine.supervisor.RESTART_SECONDS", (0.0, 0.0, 0.0, 0.0, 60.0))
    with start_engine(model="fatal", worker_command=command).connect() as client:
        for job_id in ("waits", "comes"):
            failed = list(client.render(scripted(job_id)))[-1]
            assert isinstance(failed, Failed)
            assert ErrorCode.WORKER_DIED == failed.code
            assert "engine.log" in failed.sentence
        assert "failing" == client.status().worker
        with pytest.raises(EngineError, match=r"engine\.log"):
            client.models()


def test_questions_die_with_the_worker(client: Client, scripted: Scripted, tcp: Any) -> None:
    """They are answered, and the next one is served."""
    tcp.send(ModelsRequest("hang"))
    tcp.send(scripted("fatal", "crash"))
    job, question = tcp.until(Failed)[-1], tcp.until(Failed)[-1]
    assert ("fatal", ErrorCode.WORKER_DIED) == (job.job_id, job.code)
    assert ("", ErrorCode.WORKER_DIED) == (question.job_id, question.code)
    assert ["fake"] == [model.name for model in client.models().models]


def test_questions_about_models_have_a_limit(
    udp_to: Any, start_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the worker cannot answer them."""
    monkeypatch.setattr("engine.dispatch.MAX_QUESTIONS", 2)
    with udp_to(start_engine(model="slow")) as udp:
        for _ in range(3):
            udp.send(ModelsRequest())
        replies = [udp.receive() for _ in range(3)]
    assert ["Failed", "Models", "Models"] == [type(reply).__name__ for reply in replies]
