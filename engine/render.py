"""The line itself: from a request and a model to replies, with the take written on the way.

Read the region, lay it on the model's latent grid, denoise window by window, decode what is final,
bring it back to the host's rate and level, splice it into the untouched original, write. Whoever
iterates sets the pace; who stops iterating cancels, and no file is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.loudness import LoudnessFit, channel_gains, target_level
from engine.audio.resample import StreamResampler
from engine.audio.splice import EDGE_FADE_SECONDS, Splicer
from engine.audio.stages import Chain, Skip
from engine.audio.takefile import DEFAULT_SUBTYPE, Take, new_take, spliced_take
from engine.canvas import Canvas, cell_samples, lay_out
from engine.config import Home, spool_path
from engine.errors import EngineError, ErrorCode
from engine.material import Material, load_material
from engine.models.interface import Model
from engine.protocol.replies import CHUNK_BYTES, Chunk, Done, Progress, Reply, TakeDone
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.sources import FileSource
from engine.stopwatch import Stopwatch
from engine.take_names import first_free, numbered
from engine.windowed import Decoder, Recipe, new_latents, prepare

Float32 = NDArray[np.float32]

# Decoded behind the region, so that the resampler's filter ends in sound and not in a cut.
TAIL_CELLS = 4
MAX_SEED = 2**31


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


def render(request: RenderRequest, model: Model, home: Home) -> Iterator[Reply]:
    """All takes of a request, in order, then ``Done``.

    Raises EngineError for what can't be done; stopping the iteration leaves no file of an unfinished
    take behind.
    """
    stopwatch = Stopwatch()
    yield Progress(request.job_id, "reading", 0, 1, -1.0)
    with stopwatch.stage("read"):
        material = load_material(request, spool_path(home, request.job_id))
        canvas = lay_out(material, request.mode, model.specification)
    with stopwatch.stage("text"):
        recipe = prepare(request, canvas, model)
    job = _Job(request, material, canvas, recipe, model, home, stopwatch)
    for take in range(request.takes):
        yield from _render_take(job, take)
    yield Done(request.job_id, request.takes, stopwatch.timings())


def _render_take(job: _Job, take: int) -> Iterator[Reply]:
    """One take: its progress, its chunks, its file."""
    request, material = job.request, job.material
    seed = (request.seed + take) % MAX_SEED
    path = (
        numbered(Path(request.output), take, request.takes)
        if request.output
        else first_free(job.home.takes, request.prompt)
    )
    sequence = position = 0
    with _take_file(job, path) as file:
        for event in _finished_blocks(job, take, seed):
            if isinstance(event, Progress):
                yield event
                continue
            with job.stopwatch.stage("write"):
                file.push(event)
            if request.want_chunks:
                job.stopwatch.mark("first_chunk")
                for chunk in _chunks(request, material, take, sequence, position, event):
                    yield chunk
                    sequence += 1
            position += len(event)
        yield Progress(request.job_id, "writing", 1, 1, 0.0)
        with job.stopwatch.stage("write"):
            file.check_complete()
    yield TakeDone(request.job_id, take, str(path), material.span.frames, seed)


def _take_file(job: _Job, path: Path) -> AbstractContextManager[Take]:
    """The whole recording with the region replaced where a file was named; else the region alone."""
    request, material = job.request, job.material
    recording = material.recording
    if isinstance(request.source, FileSource) and request.output and recording is not None:
        return spliced_take(recording, path, material.span, mask=material.mask, overwrite=request.overwrite)
    if not request.output:
        _make_takes_folder(job.home)
    plain = recording is not None and recording.subtype.startswith(("PCM_16", "PCM_24", "PCM_32", "FLOAT"))
    return new_take(
        path,
        material.sample_rate,
        material.channels,
        material.span.frames,
        subtype=recording.subtype if recording is not None and plain else DEFAULT_SUBTYPE,
        overwrite=request.overwrite,
    )


def _make_takes_folder(home: Home) -> None:
    try:
        home.takes.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(
            ErrorCode.CANT_WRITE, f"The take folder {home.takes} can't be made ({error.strerror}); name a file."
        ) from error


def _finished_blocks(job: _Job, take: int, seed: int) -> Iterator[Progress | Float32]:
    """Progress while it works, and the final region in blocks, (frames, channels) at the host's rate."""
    if job.request.mode is Mode.TRANSFER and job.request.strength == 0.0:
        yield job.material.region  # nothing was to change, so nothing does
        return
    watch = job.stopwatch
    post = _post_chain(job)
    decoder = _decoder(job, seed)
    steps_done = take * job.recipe.total_steps
    for latents in watch.passing("denoise", new_latents(job.recipe, job.canvas, job.model, seed)):
        if latents is None:
            steps_done += 1
            yield _progress(job, steps_done)
            continue
        with watch.stage("decode"):
            sound = decoder.push(latents)
        with watch.stage("fit"):
            block = post.push(sound[:, None])
        if len(block):
            yield block
    with watch.stage("decode"):
        sound = decoder.finish()
    with watch.stage("fit"):
        block = np.concatenate([post.push(sound[:, None]), post.finish()])
    yield block


def _decoder(job: _Job, seed: int) -> Decoder:
    """From the canvas's start, where host and model agree on the time, to a little behind the region."""
    specification = job.model.specification
    seconds = (job.canvas.region_offset + job.material.span.frames) / job.material.sample_rate
    last = int(np.ceil(seconds * specification.mel.sample_rate / cell_samples(specification)))
    return Decoder(job.model, 0, min(job.canvas.cells, last + TAIL_CELLS), seed)


def _post_chain(job: _Job) -> Chain:
    """From the model's mono sound to the final region."""
    request, material, canvas = job.request, job.material, job.canvas
    rate = material.sample_rate
    region = len(material.region)
    around = np.concatenate([material.before, material.region, material.after])
    return Chain(
        StreamResampler(job.model.specification.mel.sample_rate, rate, 1, canvas.region_offset + region),
        Skip(canvas.region_offset),
        _Spread(channel_gains(material.region if material.region.any() else around)),
        _fit(job) if request.match_loudness else _Gain(canvas.gain),
        Splicer(
            material.region,
            material.mask,
            round(request.crossfade_seconds * rate),
            edge_fade_frames=round(EDGE_FADE_SECONDS * rate),
            at_start=material.at_start,
            at_end=material.at_end,
        ),
    )


def _fit(job: _Job) -> LoudnessFit:
    material = job.material
    target = target_level(
        job.request.mode, material.region, (material.before, material.after), material.sample_rate
    )
    return LoudnessFit(target, material.sample_rate, material.channels)


def _progress(job: _Job, done: int) -> Progress:
    """After ``done`` steps; the time left follows from the time they took, decoding included."""
    total = job.recipe.total_steps * job.request.takes
    left = job.stopwatch.elapsed() / done * (total - done)
    return Progress(job.request.job_id, "denoising", done, total, left)


def _chunks(
    request: RenderRequest, material: Material, take: int, sequence: int, position: int, block: Float32
) -> Iterator[Chunk]:
    """A block cut into chunks of at most ``CHUNK_BYTES``."""
    frames = max(1, CHUNK_BYTES // (4 * material.channels))
    for number, start in enumerate(range(0, len(block), frames)):
        yield Chunk(
            job_id=request.job_id,
            take=take,
            sequence=sequence + number,
            frame_offset=position + start,
            channels=material.channels,
            sample_rate=material.sample_rate,
            samples=block[start : start + frames].astype("<f4").tobytes(),
        )


class _Spread:
    """From one channel to all, each at its share of the original."""

    def __init__(self, gains: Float32) -> None:
        self._gains = gains

    def push(self, block: Float32) -> Float32:
        return block * self._gains

    def finish(self) -> Float32:
        return np.zeros((0, len(self._gains)), np.float32)


class _Gain:
    """One gain for the whole take, for requests that want the model's own loudness."""

    def __init__(self, gain: float) -> None:
        self._gain = np.float32(gain)
        self._channels = 1

    def push(self, block: Float32) -> Float32:
        self._channels = block.shape[1]
        return block * self._gain

    def finish(self) -> Float32:
        return np.zeros((0, self._channels), np.float32)
