"""An engine that says what a test tells it to, and a command line that talks to it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.commands.line import run_line
from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import Cancelled, Done, Queued, Reply, Status, TakeDone
from engine.protocol.requests import JobRequest, LibraryRequest, RenderRequest

Step = Reply | Callable[[], None]
READY = Status("0.1.0", 7, "embedded", "cpu", "ready", 400_000_000, ())


@dataclass
class FakeEngine:
    """Replies to a render with ``script``, running what can be called on the way; notes what it was asked."""

    script: Callable[[Any], Iterator[Step]] = lambda request: happy(request)
    running: bool = True  # whether there is an engine without starting one
    refusal: BaseException | None = None  # what connecting comes to
    status_reply: Status = READY
    requests: list[Any] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    started: int = 0
    allowed: tuple[Path, ...] = ()
    quits: int = 0

    @contextmanager
    def connect(self, start: bool, allow: Sequence[Path] = ()) -> Iterator[FakeEngine]:
        """As the real one: starts an engine only if asked to."""
        if self.refusal is not None:
            raise self.refusal
        if not self.running and not start:
            raise EngineError(ErrorCode.NO_ENGINE, "No engine is running.")
        self.allowed = tuple(allow)
        self.started += not self.running
        self.running = True
        yield self

    def render(self, request: JobRequest) -> Iterator[Reply]:
        """The script's replies."""
        self.requests.append(request)
        for step in self.script(request):
            if callable(step):
                step()
            else:
                yield step

    def library(self, request: LibraryRequest) -> Iterator[Reply]:
        """The script's replies, too."""
        return self.render(request)

    def cancel(self, job_id: str) -> None:
        """Noted only; the script decides what becomes of it."""
        self.cancelled.append(job_id)

    def cancel_and_wait(self, job_id: str) -> Done | Cancelled:
        """Noted; an unknown job is refused, and one called "fast" is done before."""
        if job_id == "nobody":
            raise EngineError(ErrorCode.NOT_FOUND, 'No job "nobody" is waiting or running.')
        self.cancelled.append(job_id)
        return Done(job_id, 1, ()) if job_id == "fast" else Cancelled(job_id)

    def status(self) -> Status:
        """What the test decided."""
        return self.status_reply

    def quit(self) -> None:
        """Noted."""
        self.quits += 1
        self.running = False


def happy(request: RenderRequest) -> Iterator[Step]:
    """A job without surprises."""
    yield Queued(request.job_id, 0)
    for take in range(request.takes):
        yield TakeDone(request.job_id, take, f"{request.output}", 480, request.seed + take, request.prompt)
    yield Done(request.job_id, request.takes, (("denoising", 1.5), ("total", 2.0)))


@dataclass(frozen=True)
class Ended:
    """What a command line left behind."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """The one JSON object on stdout."""
        return json.loads(self.out)


@pytest.fixture
def fake() -> FakeEngine:
    """The engine of this test."""
    return FakeEngine()


@pytest.fixture
def punchin(fake, capsys, monkeypatch, tmp_path) -> Callable[..., Ended]:
    """Runs a command line against the fake engine, in a folder and a home of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PUNCHIN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # put back what a command line sets

    def run(*arguments: str) -> Ended:
        code = run_line([str(argument) for argument in arguments], fake.connect)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


@pytest.fixture
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs code in an interpreter of its own."""

    def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)

    return run


@pytest.fixture
def recording(tmp_path) -> Path:
    """Two seconds of quiet stereo noise at 48 kHz."""
    path = tmp_path / "in.wav"
    noise = np.random.default_rng(5).normal(0.0, 0.05, (96_000, 2))
    soundfile.write(path, noise, 48_000, subtype="PCM_24")
    return path
