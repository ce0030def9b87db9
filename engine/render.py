"""The line itself: from a request and a model to replies, with the take written on the way.

Read the region, lay it on the model's latent grid, denoise window by window, decode what is final,
bring it back to the host's rate and level, splice it into the untouched original, write. Where there
are candidates, each is made up to its sound, and only the best goes on. Whoever iterates sets the pace;
who stops iterating cancels, and no file is left.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.atomic import check_output
from engine.audio.credit import credit_text
from engine.audio.region import Span
from engine.audio.resample import resampled_frames
from engine.audio.takefile import Take, cut_take, new_take, spliced_take
from engine.canvas import Canvas, lay_out
from engine.config import Home, spool_path
from engine.decoding import Decoder
from engine.finishing import finishing
from engine.material import Material, load_material
from engine.models.interface import Model
from engine.protocol.replies import CHUNK_BYTES, Chunk, Done, Progress, Reply, TakeDone
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.sources import FileSource
from engine.ranking import check_ranking, closeness
from engine.stopwatch import Stopwatch
from engine.take_names import first_free, numbered
from engine.windowed import Recipe, new_latents, prepare

Float32 = NDArray[np.float32]

MAX_SEED = 2**31
# A mask of one span without a frame: nothing is replaced (no span at all would mean everything).
NOTHING: tuple[Span, ...] = ((0, 0),)


@dataclass(frozen=True)
class _Job:
    """What all takes of a request share."""

    request: RenderRequest
    material: Material
    canvas: Canvas
    recipe: Recipe
    model: Model
    home: Home
    stopwatch: Stopwatch

    @property
    def total_steps(self) -> int:
        """Denoising steps of all candidates of all takes; a transfer of strength 0 has none."""
        return self.recipe.total_steps * self.request.takes * self.request.candidates


@dataclass(frozen=True)
class _Chosen:
    """The candidate that becomes a take. ``sound`` is mono, at the model's rate, in pieces."""

    seed: int
    sound: Iterable[Progress | Float32]


def render(request: RenderRequest, model: Model, home: Home) -> Iterator[Reply]:
    """All takes of a request, in order, then ``Done``.

    Raises EngineError for what can't be done; stopping the iteration leaves no file of an unfinished
    take behind.
    """
    stopwatch = Stopwatch()
    check_ranking(request, model.specification)
    yield Progress(request.job_id, "reading", 0, 0, -1.0)
    with stopwatch.stage("read"):
        _check_outputs(request)
        material = load_material(request, spool_path(home, request.job_id))
        canvas = lay_out(material, request.mode, model.specification)
    with stopwatch.stage("text"):
        recipe = prepare(request, canvas, model)
    job = _Job(request, material, canvas, recipe, model, home, stopwatch)
    for take in range(request.takes):
        yield from _render_take(job, take)
    yield Done(request.job_id, request.takes, stopwatch.timings())


def _check_outputs(request: RenderRequest) -> None:
    """Every take's file must be writable before the first is begun."""
    if request.output:
        for take in range(request.takes):
            check_output(numbered(Path(request.output), take, request.takes), request.overwrite)


def _render_take(job: _Job, take: int) -> Iterator[Reply]:
    """One take: its progress, its chunks, its file."""
    path = _take_path(job, take)
    cutter = _ChunkCutter(job, take)
    with job.stopwatch.around("write", _take_file(job, path)) as file:
        chosen = yield from _choose(job, take)
        for event in _finished_blocks(job, chosen.sound):
            if isinstance(event, Progress):
                yield event
                continue
            with job.stopwatch.stage("write"):
                file.push(event)
            if job.request.want_chunks:
                job.stopwatch.mark("first_chunk")
                yield from cutter.cut(event)
        yield _progress(job, "writing", job.recipe.total_steps * job.request.candidates * (take + 1))
    yield TakeDone(job.request.job_id, take, str(path), job.material.span.frames, chosen.seed)


def _take_path(job: _Job, take: int) -> Path:
    request = job.request
    if request.output:
        return numbered(Path(request.output), take, request.takes)
    return first_free(job.home.takes, request.prompt)


def _take_file(job: _Job, path: Path) -> AbstractContextManager[Take]:
    """The whole recording with the region replaced where a file was named; else the region alone."""
    request, material = job.request, job.material
    if material.recording is None:
        rate, channels, frames = material.sample_rate, material.channels, material.span.frames
        return new_take(path, rate, channels, frames, overwrite=request.overwrite, credit=_credit(job))
    kind = spliced_take if isinstance(request.source, FileSource) and request.output else cut_take
    mask = NOTHING if _changes_nothing(request) else material.mask
    credit = "" if _changes_nothing(request) else _credit(job)
    return kind(
        material.recording, path, material.span, mask=mask, overwrite=request.overwrite, credit=credit
    )


def _credit(job: _Job) -> str:
    specification = job.model.specification
    return credit_text(specification.name, specification.licence)


def _changes_nothing(request: RenderRequest) -> bool:
    return request.mode is Mode.TRANSFER and request.strength == 0.0


def _choose(job: _Job, take: int) -> Generator[Progress, None, _Chosen]:
    """The candidate nearest to the prompt; the only one is not made yet, so that its pieces come early."""
    first = take * job.request.candidates
    if job.request.candidates == 1 or _changes_nothing(job.request):
        return _Chosen(_seed(job, first), _made_sound(job, first))
    best, nearest = _Chosen(0, ()), -math.inf
    for number in range(first, first + job.request.candidates):
        pieces = yield from _all_pieces(job, number)
        yield _progress(job, "ranking", job.recipe.total_steps * (number + 1))
        with job.stopwatch.stage("rank"):
            near = closeness(_of_region(job, np.concatenate(pieces)), job.recipe.condition, job.model)
        if near > nearest:
            best, nearest = _Chosen(_seed(job, number), pieces), near
    return best


def _seed(job: _Job, number: int) -> int:
    """Of a candidate; they are numbered through all takes."""
    return (job.request.seed + number) % MAX_SEED


def _all_pieces(job: _Job, number: int) -> Generator[Progress, None, list[Float32]]:
    """A candidate's sound. In the pieces in which it was made, it ends up the same to the last bit."""
    pieces = []
    for event in _made_sound(job, number):
        if isinstance(event, Progress):
            yield event
        else:
            pieces.append(event)
    return pieces


def _of_region(job: _Job, sound: Float32) -> Float32:
    """What was decoded without the edges around the region."""
    host_rate, model_rate = job.material.sample_rate, job.model.specification.mel.sample_rate
    start = job.canvas.lead_frames * model_rate // host_rate
    return sound[start : start + resampled_frames(job.material.span.frames, host_rate, model_rate)]


def _made_sound(job: _Job, number: int) -> Iterator[Progress | Float32]:
    """Progress while it works, and what is decoded as soon as it is final, (frames,) at the model's rate."""
    watch, steps, seed = job.stopwatch, job.recipe.total_steps, _seed(job, number)
    decoder = Decoder(job.model, *job.canvas.decoded, seed)
    done = number * steps
    for latents in watch.passing("denoise", new_latents(job.recipe, job.canvas, job.model, seed)):
        if latents is None:
            done += 1
            yield _progress(job, "denoising", done)
            continue
        if done == (number + 1) * steps:
            yield _progress(job, "decoding", done)
        with watch.stage("decode"):
            sound = decoder.push(latents)
        yield sound
    with watch.stage("decode"):
        sound = decoder.finish()
    yield sound


def _finished_blocks(job: _Job, sound: Iterable[Progress | Float32]) -> Iterator[Progress | Float32]:
    """Progress as it comes, and the final region in blocks, (frames, channels) at the host's rate."""
    if _changes_nothing(job.request):
        yield job.material.region
        return
    with job.stopwatch.stage("fit"):
        post = finishing(job.request, job.material, job.canvas, job.model.specification.mel.sample_rate)
    for event in sound:
        if isinstance(event, Progress):
            yield event
            continue
        with job.stopwatch.stage("fit"):
            block = post.push(event[:, None])
        if len(block):
            yield block
    with job.stopwatch.stage("fit"):
        block = post.finish()
    yield block


def _progress(job: _Job, stage: str, done: int) -> Progress:
    """After ``done`` steps; the time left follows from the time they took, decoding included."""
    left = job.stopwatch.elapsed() / max(1, done) * (job.total_steps - done)
    return Progress(job.request.job_id, stage, done, job.total_steps, left)


class _ChunkCutter:
    """Numbers the pieces of one take."""

    def __init__(self, job: _Job, take: int) -> None:
        self._job_id = job.request.job_id
        self._take = take
        self._channels = job.material.channels
        self._sample_rate = job.material.sample_rate
        self._sequence = 0
        self._position = 0

    def cut(self, block: Float32) -> Iterator[Chunk]:
        """The next (frames, channels) in chunks of at most ``CHUNK_BYTES``."""
        frames = max(1, CHUNK_BYTES // (4 * self._channels))
        for start in range(0, len(block), frames):
            piece = block[start : start + frames]
            yield Chunk(
                job_id=self._job_id,
                take=self._take,
                sequence=self._sequence,
                frame_offset=self._position,
                channels=self._channels,
                sample_rate=self._sample_rate,
                samples=piece.astype("<f4").tobytes(),
            )
            self._sequence += 1
            self._position += len(piece)
