"""What the engine answers, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.errors import ErrorCode


@dataclass(frozen=True)
class Queued:
    """The job waits; ``position`` 0 means it is next."""

    job_id: str
    position: int


@dataclass(frozen=True)
class Progress:
    """``step`` of ``total`` denoising steps over all windows and takes are done."""

    job_id: str
    stage: str  # "loading", "reading", "denoising", "decoding", "writing"
    step: int
    total: int
    seconds_left: float  # below 0: not known yet


@dataclass(frozen=True)
class Chunk:
    """Final audio of one take, in order: interleaved float32, little-endian.

    ``frame_offset`` counts from the region's first frame, at the source's own rate.
    """

    job_id: str
    take: int
    sequence: int
    frame_offset: int
    channels: int
    sample_rate: int
    samples: bytes = field(repr=False)


@dataclass(frozen=True)
class TakeDone:
    """One take's file lies at ``path``, whole."""

    job_id: str
    take: int
    path: str
    frames: int  # of the region
    seed: int


@dataclass(frozen=True)
class Done:
    """All takes are there. ``timings``: seconds by stage, measured in the worker, with "total" and "first_chunk"."""

    job_id: str
    takes: int
    timings: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Failed:
    """The job, or the message (then ``job_id`` may be empty), came to nothing."""

    job_id: str
    code: ErrorCode
    sentence: str


@dataclass(frozen=True)
class Cancelled:
    """The job was stopped; no file was left."""

    job_id: str


@dataclass(frozen=True)
class JobStatus:
    """One row of ``Status``."""

    job_id: str
    state: str
    step: int
    total: int


@dataclass(frozen=True)
class Status:
    """The engine at this moment."""

    version: str
    pid: int
    model: str
    device: str
    worker: str  # "starting", "ready", "running"
    resident_bytes: int  # server and worker together
    jobs: tuple[JobStatus, ...]


@dataclass(frozen=True)
class ModelStatus:
    """One installed model; ``problem`` is empty or says what is wrong with its files."""

    name: str
    licence: str
    sample_rate: int
    size_bytes: int
    problem: str


@dataclass(frozen=True)
class Models:
    """The answer to a models request."""

    models: tuple[ModelStatus, ...]


Reply = Queued | Progress | Chunk | TakeDone | Done | Failed | Cancelled | Status | Models
FINAL = (Done, Failed, Cancelled)
