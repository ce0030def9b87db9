"""One excerpt through the engine: news as it goes, takes in the project's folder at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import soundfile as sf

from engine.arrived import Maker, maker_of, write_arrived
from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import (
    Cancelled,
    Chunk,
    Done,
    Failed,
    Models,
    Notice,
    Progress,
    Queued,
    Reply,
    Status,
    TakeDone,
)
from engine.protocol.requests import JobRequest as AnyJob
from engine.protocol.requests import RenderRequest
from plugin_host.daws.reaper.job_request import Excerpt, JobRequest, stream_source
from plugin_host.daws.reaper.media import keep_file, keep_sound
from plugin_host.daws.reaper.remote import Arriving


class Engine(Protocol):
    """What is needed of ``engine.client.Client``."""

    def submit(self, request: AnyJob) -> None:
        """Sends a job."""

    def send_audio(self, request: RenderRequest, samples: bytes) -> None:
        """Sends the audio of a streamed job."""

    def replies(self, job_id: str) -> Iterator[Reply]:
        """What comes of it."""

    def cancel(self, job_id: str) -> None:
        """Asks for its end."""

    def status(self) -> Status:
        """What it is."""

    def models(self) -> Models:
        """What it has."""


class WasCancelled(Exception):  # noqa: N818 - it is how a job ends, not an error
    """The job was stopped."""


@dataclass(frozen=True)
class KeptTake:
    """A take in the project's folder."""

    path: Path
    seed: int
    prompt: str


News = Queued | Progress | Notice | KeptTake


def render(
    engine: Engine, request: JobRequest, number: int, job_id: str, seed: int, far: bool
) -> Iterator[News]:
    """Sends excerpt ``number`` and sees it through; ``far``: as sound, to an engine that has not our files.

    Raises WasCancelled, or EngineError with the engine's own words.
    """
    excerpt = request.excerpts[number]
    asked = request.render(number, job_id, seed)
    arrivals = _stream(engine, asked, excerpt) if far else None
    if arrivals is None:
        engine.submit(asked)
    for reply in engine.replies(job_id):
        match reply:
            case Queued() | Progress() | Notice():
                yield reply
            case Chunk() if arrivals is not None:
                arrivals.arriving.push(reply)
            case TakeDone():
                yield _kept(reply, request.media, arrivals)
            case Done():
                return
            case Cancelled():
                raise WasCancelled
            case Failed():
                raise EngineError(reply.code, reply.sentence)
    raise EngineError(ErrorCode.NO_ENGINE, "The engine ended before the job did; try again.")


@dataclass(frozen=True)
class _Arrivals:
    """Takes that come as sound, and what their files will say of them."""

    arriving: Arriving
    request: RenderRequest
    maker: Maker


def _stream(engine: Engine, asked: RenderRequest, excerpt: Excerpt) -> _Arrivals:
    samples, _ = sf.read(excerpt.path, dtype="float32", always_2d=True)
    source = stream_source(excerpt, samples.shape[1], len(samples))
    streamed = replace(asked, source=source, want_chunks=True)
    maker = maker_of(engine, asked.model)
    engine.submit(streamed)
    engine.send_audio(streamed, samples.astype("<f4").tobytes())
    return _Arrivals(Arriving(excerpt.frames), streamed, maker)


def _kept(take: TakeDone, media: Path, arrivals: _Arrivals | None) -> KeptTake:
    """The path may be one of another machine; its last part is the take's name all the same."""
    if arrivals is None:
        path = keep_file(Path(take.path), media)
    else:
        name = take.path.replace("\\", "/").rsplit("/", 1)[-1]
        samples = arrivals.arriving.pop(take.take)
        request, maker = arrivals.request, arrivals.maker
        path = keep_sound(name, media, lambda path: write_arrived(path, samples, request, take, maker))
    return KeptTake(path, take.seed, take.prompt)
