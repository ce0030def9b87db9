"""One excerpt through the engine: news as it goes, takes in the project's folder at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import soundfile as sf

from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import (
    Cancelled,
    Chunk,
    Done,
    Failed,
    Notice,
    Progress,
    Queued,
    Reply,
    TakeDone,
)
from engine.protocol.requests import JobRequest as AnyJob
from engine.protocol.requests import RenderRequest
from plugin_host.daws.reaper.job_request import Excerpt, JobRequest, stream_source
from plugin_host.daws.reaper.media import keep_file, keep_samples
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
    if far:
        _stream(engine, asked, excerpt)
    else:
        engine.submit(asked)
    arriving = Arriving(excerpt.frames)
    for reply in engine.replies(job_id):
        match reply:
            case Queued() | Progress() | Notice():
                yield reply
            case Chunk() if far:
                arriving.push(reply)
            case TakeDone():
                yield _kept(reply, request.media, excerpt, arriving if far else None)
            case Done():
                return
            case Cancelled():
                raise WasCancelled
            case Failed():
                raise EngineError(reply.code, reply.sentence)
    raise EngineError(ErrorCode.NO_ENGINE, "The engine ended before the job did; try again.")


def _stream(engine: Engine, asked: RenderRequest, excerpt: Excerpt) -> None:
    samples, _ = sf.read(excerpt.path, dtype="float32", always_2d=True)
    source = stream_source(excerpt, samples.shape[1], len(samples))
    streamed = replace(asked, source=source, want_chunks=True)
    engine.submit(streamed)
    engine.send_audio(streamed, samples.astype("<f4").tobytes())


def _kept(take: TakeDone, media: Path, excerpt: Excerpt, arriving: Arriving | None) -> KeptTake:
    """The path may be one of another machine; its last part is the take's name all the same."""
    if arriving is None:
        path = keep_file(Path(take.path), media)
    else:
        name = take.path.replace("\\", "/").rsplit("/", 1)[-1]
        path = keep_samples(arriving.pop(take.take), excerpt.sample_rate, name, media)
    return KeptTake(path, take.seed, take.prompt)
