"""An engine that plays a part: answers as it is told, without a process, a network or a model.

Tests, screenshots and the benchmark use it in place of ``engine.client.Client``.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.errors import EngineError, ErrorCode
from engine.own_sounds import OwnFolder
from engine.protocol.library_requests import LibraryRequest
from engine.protocol.replies import (
    FINAL,
    Cancelled,
    Chunk,
    Done,
    Draft,
    Hit,
    JobStatus,
    Models,
    ModelStatus,
    Piece,
    Progress,
    Queued,
    Reply,
    Status,
)
from engine.protocol.requests import JobRequest, RenderRequest

_RATE = 48_000
READY = Status("0.1.0", 1, "foley-small", "cpu", "ready", 412_000_000, ())
MODELS = Models((ModelStatus("foley-small", "CC-BY-SA-4.0", 16_000, 38_000_000, ""),))


@dataclass
class ScriptedEngine:
    """What all its clients share: what was asked for, and what is answered."""

    status: Status = READY
    models: Models = MODELS
    requests: list[RenderRequest] = field(default_factory=list)
    searches: list[LibraryRequest] = field(default_factory=list)
    audio: dict[str, bytes] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)
    is_down: bool = False
    script: Callable[[RenderRequest], Sequence[Reply]] | None = None  # replies at once, when a job is sent
    library_script: Callable[[LibraryRequest], Sequence[Reply]] | None = None
    cancels_at_once: bool = True
    _inboxes: dict[str, queue.SimpleQueue[Reply | None]] = field(default_factory=dict)

    def connect(self) -> ScriptedClient:
        """A connection. Raises EngineError(NO_ENGINE) while the engine is down."""
        self.check()
        return ScriptedClient(self)

    def check(self) -> None:
        """Raises EngineError(NO_ENGINE) while the engine is down."""
        if self.is_down:
            raise EngineError(ErrorCode.NO_ENGINE, 'No engine is running; start one with "punchin engine".')

    def say(self, *replies: Reply) -> None:
        """Sends replies to the jobs they name."""
        for reply in replies:
            self.inbox(getattr(reply, "job_id", "")).put(reply)

    def die(self) -> None:
        """Goes away in the middle of everything."""
        self.is_down = True
        for inbox in self._inboxes.values():
            inbox.put(None)

    def inbox(self, job_id: str) -> queue.SimpleQueue[Reply | None]:
        """What waits to be read of a job."""
        return self._inboxes.setdefault(job_id, queue.SimpleQueue())


class ScriptedClient:
    """One connection to it; an ``EngineClient``."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self._engine = engine

    def submit(self, request: JobRequest) -> None:
        """Notes the job, and answers by the script if there is one."""
        engine = self._engine
        engine.check()
        engine.inbox(request.job_id)
        if isinstance(request, RenderRequest):
            engine.requests.append(request)
            engine.say(*(engine.script(request) if engine.script else ()))
        else:
            engine.searches.append(request)
            engine.say(*(engine.library_script(request) if engine.library_script else ()))

    def send_audio(self, request: RenderRequest, samples: bytes) -> None:
        """Notes what came."""
        self._engine.audio[request.job_id] = samples

    def replies(self, job_id: str) -> Iterator[Reply]:
        """As they are said, to the last."""
        while True:
            reply = self._engine.inbox(job_id).get()
            if reply is None:
                raise EngineError(ErrorCode.NO_ENGINE, "The engine has ended.")
            yield reply
            if isinstance(reply, FINAL):
                return

    def cancel(self, job_id: str) -> None:
        """Notes it; the job ends unless the engine takes its time."""
        self._engine.cancelled.append(job_id)
        if self._engine.cancels_at_once:
            self._engine.say(Cancelled(job_id))

    def status(self) -> Status:
        """As the engine was told."""
        self._engine.check()
        return self._engine.status

    def models(self, name: str = "", verify: bool = False) -> Models:
        """As the engine was told."""
        del name, verify
        self._engine.check()
        return self._engine.models

    def close(self) -> None:
        """Jobs whose client has gone are let go."""
        for inbox in list(self._engine._inboxes.values()):
            inbox.put(None)


def halfway(request: RenderRequest, samples: np.ndarray, rate: int, final_share: float = 0.4) -> list[Reply]:
    """Replies of a job whose first take is a draft, and its first part final. samples: (frames, channels)."""
    final = int(len(samples) * final_share)
    total = 12 * request.takes
    return [
        Queued(request.job_id, 0),
        Progress(request.job_id, "denoising", 6, total, 3.4),
        piece(Draft, request.job_id, samples * np.float32(0.8), rate),
        piece(Chunk, request.job_id, samples[:final], rate),
    ]


def piece(kind: type[Piece], job_id: str, samples: np.ndarray, rate: int, take: int = 0) -> Reply:
    """Audio of a take as a reply. samples: (frames, channels)."""
    made = kind(job_id, take, 0, 0, samples.shape[1], rate, samples.astype("<f4").tobytes())
    assert isinstance(made, Chunk | Draft)
    return made


def busy_status(jobs: Sequence[tuple[str, str]]) -> Status:
    """The engine while it has these jobs: (id, state)."""
    rows = tuple(JobStatus(job_id, state, 0, 12) for job_id, state in jobs)
    return Status("0.1.0", 1, "foley-small", "cpu", "running", 640_000_000, rows)


def own_folders(work: Path) -> tuple[OwnFolder, ...]:
    """Two that are indexed, one of them not to its end."""
    doors, effects = work / "doors and gates", work / "Sound Effects 2019"
    skipped = ((f"{doors}/slam 07.wav", "slam 07.wav is silent; there is nothing in it to find."),)
    return (
        OwnFolder(str(effects), 1204, 23_400.0, None, ()),
        OwnFolder(str(doors), 212, 1310.0, 1.79e9, skipped),
    )


def found_sounds(request: LibraryRequest) -> list[Reply]:
    """What a search for doors finds: whole sounds and a stretch of a long one."""
    rows = (
        ("door slam oak.wav", 0.0, 1.42, 1.42, 4.6, "sound and name", "door slam oak"),
        ("DOORWood_Slam Cellar_PNCH.wav", 0.0, 2.1, 2.1, 3.8, "sound and name", "doors wood slam cellar"),
        ("gate iron 3.flac", 0.0, 0.9, 0.9, 2.9, "name", "gate iron"),
        ("house walkthrough.wav", 62.0, 67.1, 431.0, 2.2, "sound", "house walkthrough"),
        ("thud.ogg", 0.0, 0.31, 0.31, 1.1, "sound", "thud"),
    )
    hits = [
        Hit(
            request.job_id, rank, f"/sounds/doors and gates/{name}", round(start * _RATE), round(end * _RATE),
            _RATE, seconds, score, 0.3, 0.5, why, text, int(rank == 1),
        )
        for rank, (name, start, end, seconds, score, why, text) in enumerate(rows, 1)
    ]  # fmt: skip
    return [*hits, Done(request.job_id, 0, ())]
