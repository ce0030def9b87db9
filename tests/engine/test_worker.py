"""The worker's own loop, through real pipes: replies, cancels, errors, and its end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import pytest

from engine import worker
from engine.config import Home
from engine.errors import ErrorCode
from engine.protocol.framing import FrameReader, frame_length_prefixed
from engine.protocol.osc import decode_packet
from engine.protocol.replies import (
    FINAL,
    Cancelled,
    Done,
    Failed,
    Models,
    Notice,
    Progress,
    Reply,
    Status,
    parse_reply,
)
from engine.protocol.requests import CancelRequest, ModelsRequest, RenderRequest, Request, encode_request

Scripted = Callable[..., RenderRequest]
Eventually = Callable[[Callable[[], object]], None]
FAKE_WORKER = Path(__file__).parent / "fake_worker.py"


class Server:
    """The other end of a worker's pipes."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self.requests = requests
        self._replies = replies
        self._reader = FrameReader()
        self._waiting: list[Reply] = []

    def send(self, request: Request) -> None:
        """Hands the worker a request."""
        self.requests.write(frame_length_prefixed(encode_request(request)))

    def receive(self) -> Reply | None:
        """Its next reply, None when it has closed its pipe."""
        while not self._waiting:
            data = self._replies.read(65536)
            if not data:
                return None
            for packet in self._reader.feed(data):
                self._waiting += map(parse_reply, decode_packet(packet))
        return self._waiting.pop(0)

    def until(self, *kinds: type) -> list[Reply]:
        """Every reply up to the first of these kinds."""
        replies: list[Reply] = []
        while not replies or not isinstance(replies[-1], kinds):
            reply = self.receive()
            assert reply is not None, f"ended after {replies}"
            replies.append(reply)
        return replies


@pytest.fixture
def start_worker(
    fake: ModuleType,
    home: Home,  # noqa: ARG001 - where a defect's sentence points
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Server]]:
    """Starts workers in threads: ``start_worker(model=...)``."""
    monkeypatch.setattr(worker, "end_within", lambda _seconds: None)  # it would end this process
    threads: list[threading.Thread] = []
    servers: list[Server] = []

    def work(model: str, limit_bytes: int, requests: BinaryIO, replies: BinaryIO) -> None:
        with requests, replies:
            tools = worker.Tools(fake.claim, fake.load, fake.render, fake.describe_models, fake.memory)
            worker.work(tools, worker.Setup(model, "cpu", limit_bytes / 1e9), requests, replies)

    def start(model: str = "", limit_bytes: int = 0) -> Server:
        read_requests, write_requests = os.pipe()
        read_replies, write_replies = os.pipe()
        server = Server(os.fdopen(write_requests, "wb", 0), os.fdopen(read_replies, "rb", 0))
        pipes = os.fdopen(read_requests, "rb", 0), os.fdopen(write_replies, "wb", 0)
        threads.append(threading.Thread(target=work, args=(model, limit_bytes, *pipes)))
        servers.append(server)
        threads[-1].start()
        return server

    yield start
    for server in servers:
        server.requests.close()
        while server.receive() is not None:
            pass
        server._replies.close()
    for thread in threads:
        thread.join()


@pytest.fixture
def server(start_worker: Callable[..., Server]) -> Server:
    """One that is ready."""
    server = start_worker()
    server.until(Status)
    return server


def test_it_says_when_it_is_ready(start_worker: Callable[..., Server]) -> None:
    """With the name of what it has loaded."""
    status = start_worker("slow").receive()
    assert isinstance(status, Status)
    assert ("slow", "cpu", "ready") == (status.model, status.device, status.worker)


@pytest.mark.parametrize(
    ("model", "code"), [("missing", ErrorCode.NOT_FOUND), ("broken", ErrorCode.INTERNAL)]
)
def test_a_model_that_does_not_load_fails_jobs_only(
    start_worker: Callable[..., Server], scripted: Scripted, model: str, code: ErrorCode
) -> None:
    """The worker is there, each job is told why, and one with another model runs."""
    server = start_worker(model)
    failed, status = server.until(Status)
    assert isinstance(failed, Failed) and isinstance(status, Status)
    assert ("", code, "") == (failed.job_id, failed.code, status.model)
    server.send(scripted("a"))
    refused = server.until(*FINAL)[-1]
    assert isinstance(refused, Failed)
    assert ("a", code) == (refused.job_id, refused.code)
    server.send(scripted("b", model="other"))
    assert isinstance(server.until(*FINAL)[-1], Done)


def loads(server: Server, scripted: Scripted, *models: str) -> list[bool]:
    """Whether each of these jobs' models had to be loaded."""
    loaded = []
    for number, model in enumerate(models):
        server.send(scripted(str(number), model=model))
        replies = server.until(*FINAL)
        loaded.append(any(isinstance(reply, Progress) and reply.stage == "loading" for reply in replies))
    return loaded


def test_two_models_are_kept(server: Server, scripted: Scripted) -> None:
    """The one that was not used for longest gives way to a third; a name and "" may mean one model."""
    asked = ("", "fake", "other", "other", "", "third", "", "other")
    assert [False, False, True, False, False, True, False, True] == loads(server, scripted, *asked)


def test_models_are_kept_within_the_limit(start_worker: Callable[..., Server], scripted: Scripted) -> None:
    """Here one of four bytes and one of five have no room beside each other."""
    server = start_worker("", limit_bytes=8)
    assert [False, True, False, True, True, False] == loads(
        server, scripted, "fake", "other", "other", "fake", "four", "fake"
    )


def test_a_model_over_the_limit_is_loaded_alone(
    start_worker: Callable[..., Server], scripted: Scripted
) -> None:
    """And says so, once."""
    server = start_worker("", limit_bytes=8)
    server.send(scripted("a", model="a-large-one"))
    notices = [reply for reply in server.until(*FINAL) if isinstance(reply, Notice)]
    server.send(scripted("b", model="a-large-one"))
    again = [reply for reply in server.until(*FINAL) if isinstance(reply, Notice)]
    assert ["a"] == [notice.job_id for notice in notices]
    assert "a-large-one" in notices[0].sentence and "limit" in notices[0].sentence
    assert [] == again


def test_what_is_not_as_asked_for_is_told_to_the_first_job(
    start_worker: Callable[..., Server], scripted: Scripted
) -> None:
    """A model that was loaded before anybody asked for it keeps what it has to say."""
    server = start_worker("cramped")
    server.until(Status)
    for job_id, expected in (("a", [Notice("a", "It is cramped.")]), ("b", [])):
        server.send(scripted(job_id))
        assert expected == [reply for reply in server.until(*FINAL) if isinstance(reply, Notice)]


def test_a_job_that_moves_to_another_device_says_so(server: Server, scripted: Scripted) -> None:
    """With a notice before its next reply, and a new status after it; nothing more when nothing changes."""
    server.send(scripted("a", "steps 1; move cpu (slow); steps 1"))
    replies = server.until(*FINAL)
    assert Notice("a", "It moves to cpu (slow).") in replies
    (status,) = server.until(Status)
    assert isinstance(status, Status)
    assert ("fake", "cpu (slow)") == (status.model, status.device)
    server.send(scripted("b"))
    assert ["b", "b"] == [reply.job_id for reply in server.until(*FINAL)]  # type: ignore[union-attr]


def test_notices_come_before_a_failure(server: Server, scripted: Scripted) -> None:
    """Moving may not have helped."""
    server.send(scripted("a", "move cpu; refuse"))
    kinds = [type(reply) for reply in server.until(*FINAL)]
    assert [Notice, Failed] == kinds


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("refuse", ErrorCode.BAD_AUDIO),
        ("raise ValueError", ErrorCode.INTERNAL),
        ("raise MemoryError", ErrorCode.TOO_MUCH),
        ("nothing", ErrorCode.INTERNAL),
    ],
)
def test_whatever_is_raised_becomes_a_failed_reply(
    server: Server, scripted: Scripted, script: str, code: ErrorCode
) -> None:
    """And the next job runs."""
    server.send(scripted("bad", f"steps 1; {script}"))
    failed = server.until(*FINAL)[-1]
    assert isinstance(failed, Failed)
    assert ("bad", code) == (failed.job_id, failed.code)
    server.send(scripted("good"))
    assert isinstance(server.until(*FINAL)[-1], Done)


def test_a_defect_is_logged(server: Server, scripted: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    """With where it happened; the client gets a sentence with where to look."""
    server.send(scripted("bad", "raise ValueError"))
    failed = server.until(*FINAL)[-1]
    assert isinstance(failed, Failed)
    assert "engine.log" in failed.sentence
    assert "Traceback" in caplog.text and "stumble" in caplog.text


def test_a_cancelled_job_stops_between_steps(server: Server, scripted: Scripted) -> None:
    """And the next one runs."""
    server.send(scripted("a", "steps 1; wait"))
    server.until(Progress)
    server.send(CancelRequest("a"))
    assert Cancelled("a") == server.until(*FINAL)[-1]
    server.send(scripted("b"))
    assert isinstance(server.until(*FINAL)[-1], Done)


def test_a_cancelled_job_has_cleaned_up_before_it_says_so(
    server: Server, scripted: Scripted, tmp_path: Path
) -> None:
    """No file is left."""
    server.send(scripted("a", f"draft {tmp_path / 'draft'}"))
    server.until(Progress)
    assert (tmp_path / "draft").exists()
    server.send(CancelRequest("a"))
    assert Cancelled("a") == server.until(*FINAL)[-1]
    assert not (tmp_path / "draft").exists()


def test_cleaning_up_comes_before_the_last_reply() -> None:
    """Also when that takes a while."""
    events: list[str] = []

    def steps() -> Iterator[Reply]:
        try:
            yield Progress("a", "denoising", 1, 2, 0.0)
        finally:
            events.append("cleaned up")

    for reply in worker.attempt("a", steps(), lambda: True):
        events.append(type(reply).__name__)
    assert ["Progress", "cleaned up", "Cancelled"] == events


def test_a_job_can_be_cancelled_before_its_turn(server: Server, scripted: Scripted) -> None:
    """It ends at its first step."""
    server.send(scripted("first", "wait"))
    server.send(scripted("second", "wait"))
    server.send(CancelRequest("second"))
    server.send(CancelRequest("first"))
    assert Cancelled("first") == server.until(*FINAL)[-1]
    assert Cancelled("second") == server.until(*FINAL)[-1]


def test_a_late_cancel_does_not_stop_a_later_job_of_that_name(server: Server, scripted: Scripted) -> None:
    """Names may be used again."""
    server.send(scripted("a"))
    assert isinstance(server.until(*FINAL)[-1], Done)
    server.send(CancelRequest("a"))
    server.send(scripted("a", "steps 3"))
    assert isinstance(server.until(*FINAL)[-1], Done)


def test_questions_are_answered_beside_a_job(server: Server, scripted: Scripted) -> None:
    """In order, also those that have no answer."""
    server.send(scripted("a", "wait"))
    for question in (ModelsRequest(), ModelsRequest("ghost"), ModelsRequest("fake", verify=True)):
        server.send(question)
    first, second, third = (server.until(Models, Failed)[-1] for _ in range(3))
    assert isinstance(first, Models) and isinstance(second, Failed) and isinstance(third, Models)
    assert ("", ErrorCode.NOT_FOUND) == (second.job_id, second.code)
    assert "verified" == third.models[0].problem
    server.send(CancelRequest("a"))
    assert Cancelled("a") == server.until(*FINAL)[-1]


def test_what_is_not_for_a_worker_is_passed_over(
    server: Server, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    """And logged: it is a defect of the server's."""
    from engine.protocol.requests import StatusRequest

    server.send(StatusRequest())
    server.send(scripted("a"))
    assert isinstance(server.until(*FINAL)[-1], Done)
    assert "StatusRequest" in caplog.text


def test_it_ends_with_its_input(server: Server, scripted: Scripted) -> None:
    """What runs is stopped in good order."""
    server.send(scripted("a", "steps 1; wait"))
    server.until(Progress)
    server.requests.close()
    assert Cancelled("a") == server.until(*FINAL)[-1]
    assert server.receive() is None


@pytest.fixture
def process(home: Home) -> Iterator[subprocess.Popen[bytes]]:  # noqa: ARG001 - where it looks for its home
    """The worker as the server starts it."""
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
    }
    process = subprocess.Popen([sys.executable, str(FAKE_WORKER)], bufsize=0, **pipes)
    with process:
        yield process
        process.kill()


def test_what_a_library_prints_does_not_reach_the_pipe(
    process: subprocess.Popen[bytes], scripted: Scripted
) -> None:
    """From Python or from below."""
    assert process.stdin is not None and process.stdout is not None
    server = Server(process.stdin, process.stdout)  # type: ignore[arg-type]
    server.send(scripted("a", "print hello; steps 1"))
    assert isinstance(server.until(*FINAL)[-1], Done)
    process.stdin.close()
    assert server.receive() is None
    assert 0 == process.wait()


@pytest.mark.parametrize("script", ["draft", "hang"])
def test_the_process_ends_when_its_server_is_gone(
    process: subprocess.Popen[bytes], scripted: Scripted, tmp_path: Path, eventually: Eventually, script: str
) -> None:
    """In good order if it can, and also in the middle of a step that never ends."""
    assert process.stdin is not None and process.stdout is not None
    server = Server(process.stdin, process.stdout)  # type: ignore[arg-type]
    server.send(scripted("a", f"{script} {tmp_path / 'marker'}"))
    eventually((tmp_path / "marker").exists)
    process.stdin.close()
    process.stdout.close()
    process.wait()
    assert (script == "hang") == (tmp_path / "marker").exists()
