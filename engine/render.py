"""The line itself: from a request and a model to replies, with the take written on the way.

Read the region, lay it on the model's latent grid, denoise window by window, decode what is final,
bring it back to the host's rate and level, splice it into the untouched original, write. Where there
are candidates, each is made up to its sound, and only the best goes on. Whoever iterates sets the pace;
who stops iterating cancels, and no file is left.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.audio.atomic import check_output
from engine.audio.region import Span
from engine.audio.resample import resampled_frames
from engine.audio.stretch import Stretch
from engine.audio.take import Take
from engine.audio.takefile import cut_take, new_take, spliced_take
from engine.audio.workspace import TemporarySound, Workspace
from engine.canvas import Canvas, lay_out
from engine.config import Home, spool_path
from engine.decoding import Decoder
from engine.diffusion.variation import NoiseSource, candidate_noise
from engine.finishing import Fit, finishing, measured
from engine.material import Material, load_material
from engine.models.interface import Model
from engine.notices import notices
from engine.packing import PROBE_DB, ROUNDS, Loudness, PackMeter, check_pack, pack_gains_db
from engine.protocol.replies import CHUNK_BYTES, Chunk, Done, Notice, Progress, Ranked, Reply, TakeDone
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.sources import FileSource
from engine.ranking import Impression, Listener, check_ranking, closeness, ranked
from engine.room import check_room
from engine.stopwatch import Stopwatch
from engine.take_names import first_free, numbered
from engine.takes.credit import credit_text
from engine.takes.index import note_take
from engine.takes.paperwork import Made, Paperwork, RegionFacts, paperwork
from engine.takes.recipe import Setting
from engine.windowed import Recipe, new_latents, prepare

Float32 = NDArray[np.float32]
Result = TypeVar("Result")

# A mask of one span without a frame: nothing is replaced (no span at all would mean everything).
NOTHING: tuple[Span, ...] = ((0, 0),)
# Between two signs of life while the recording is read: a cancel is as prompt, and no client is flooded.
READING_SECONDS = 0.1
# Of a candidate, compared with the prompt at a time: more would take memory, less would change nothing.
RANKED_SECONDS = 60


@dataclass(frozen=True)
class _Job:
    """What all takes of a request share."""

    request: RenderRequest
    material: Material
    canvas: Canvas
    fit: Fit
    paperwork: Paperwork
    recipe: Recipe
    model: Model
    home: Home
    workspace: Workspace
    stopwatch: Stopwatch
    begun: float  # on the stopwatch, when the first step began
    pack: tuple[_Packed, ...] = ()  # where the request is for one: all its takes, made already

    @property
    def total_steps(self) -> int:
        """Denoising steps of all candidates of all takes; a transfer of strength 0 has none."""
        return self.recipe.total_steps * self.request.takes * self.request.candidates


@dataclass(frozen=True)
class _Chosen:
    """The candidate that becomes a take. ``sound`` is mono, at the model's rate, in pieces."""

    noise: NoiseSource
    sound: Iterable[Progress | Float32]

    @property
    def used(self) -> dict[str, Setting]:
        """What of its making the request does not say for all takes."""
        return {"towards": self.noise.other} if self.noise.share else {}


@dataclass(frozen=True)
class _Packed:
    """A take of a pack, and the gain that makes it as loud as the others."""

    chosen: _Chosen
    gain_db: float


@dataclass(frozen=True)
class _Candidate:
    """Sound that was made, and the lengths of the pieces in which it came.

    In the same pieces it ends up the same, to the last bit.
    """

    sound: TemporarySound
    pieces: Sequence[int]

    def played(self) -> Iterator[Float32]:
        """The pieces, (frames,)."""
        start = 0
        for frames in self.pieces:
            yield self.sound.read(start, start + frames)[:, 0]
            start += frames


def render(request: RenderRequest, model: Model, home: Home) -> Iterator[Reply]:
    """All takes of a request, in order, then ``Done``.

    Raises EngineError for what can't be done; stopping the iteration leaves no file of an unfinished
    take behind.
    """
    stopwatch = Stopwatch()
    check_ranking(request, model.specification)
    yield _reading(request)
    yield from (Notice(request.job_id, sentence) for sentence in notices(request))
    with Workspace(home.spool) as workspace:
        job = yield from _prepared(request, model, home, workspace, stopwatch)
        if request.pack:
            job = replace(job, pack=(yield from _packed(job)))
        impressions = []
        for take in range(request.takes):
            impressions.append((yield from _render_take(job, take)))
    if request.rank:
        yield Ranked(request.job_id, ranked([heard for heard in impressions if heard is not None]))
    yield Done(request.job_id, request.takes, stopwatch.timings())


def _prepared(
    request: RenderRequest, model: Model, home: Home, workspace: Workspace, stopwatch: Stopwatch
) -> Generator[Progress, None, _Job]:
    """Everything that is done once for all takes."""

    def read(steps: Generator[None, None, Result]) -> Generator[Progress, None, Result]:
        return _showing_life(request, stopwatch, steps)

    _check_outputs(request)
    specification = model.specification
    spooled = spool_path(home, request.job_id)
    material = yield from read(load_material(request, spooled, specification, workspace))
    if request.pack:
        check_pack(material.span.frames, material.sample_rate)
    check_room(request, material, specification, home)
    canvas = yield from read(lay_out(material, request.mode, specification, workspace))
    fit = yield from read(measured(request, material))
    with stopwatch.stage("text"):
        recipe = prepare(request, canvas, model)
    papers = paperwork(request, specification, _region_facts(material), home)
    return _Job(
        request, material, canvas, fit, papers, recipe, model, home, workspace, stopwatch, stopwatch.elapsed()
    )


def _region_facts(material: Material) -> RegionFacts:
    recording = material.recording.path if material.recording else None
    span = material.span
    return RegionFacts(recording, span.start_frame, span.end_frame, material.sample_rate, material.channels)


def _showing_life(
    request: RenderRequest, stopwatch: Stopwatch, steps: Generator[None, None, Result]
) -> Generator[Progress, None, Result]:
    """What ``steps`` return; they take long over half an hour of sound, and may be cancelled meanwhile."""
    shown = stopwatch.elapsed()
    while True:
        with stopwatch.stage("read"):
            try:
                next(steps)
            except StopIteration as end:
                result: Result = end.value
                return result
        if stopwatch.elapsed() - shown >= READING_SECONDS:
            shown = stopwatch.elapsed()
            yield _reading(request)


def _reading(request: RenderRequest) -> Progress:
    return Progress(request.job_id, "reading", 0, 0, -1.0)


def _check_outputs(request: RenderRequest) -> None:
    """Every take's file must be writable before the first is begun."""
    if request.output:
        for take in range(request.takes):
            check_output(numbered(Path(request.output), take, request.takes), request.overwrite)


def _render_take(job: _Job, take: int) -> Generator[Reply, None, Impression | None]:
    """One take: its progress, its chunks, its file; what is needed to rank it, if it is to be ranked."""
    listener = _listener(job, take)
    path = _take_path(job, take)
    cutter = _ChunkCutter(job, take)
    with job.stopwatch.around("write", _take_file(job, path)) as file:
        chosen, fit = yield from _chosen_and_fit(job, take)
        for event in _finished_blocks(job, chosen.sound, fit):
            if isinstance(event, Progress):
                yield event
                continue
            with job.stopwatch.stage("write"):
                file.push(event)
            if listener is not None:
                with job.stopwatch.stage("rank"):
                    listener.push(event)
            if job.request.want_chunks:
                job.stopwatch.mark("first_chunk")
                yield from cutter.cut(event)
        yield _progress(job, "writing", _steps_behind(job, take))
        job.workspace.check_unchanged()
        recipe = job.paperwork.recipe(Made(take, chosen.noise.seed, chosen.used))
        if not _changes_nothing(job.request):
            file.note(job.paperwork.notes(recipe, file.subtype))
    for sentence in note_take(job.home, path, recipe):
        yield Notice(job.request.job_id, sentence)
    prompt = job.recipe.conditions[take].text.prompts[0]
    yield TakeDone(job.request.job_id, take, str(path), job.material.span.frames, chosen.noise.seed, prompt)
    return None if listener is None else listener.impression()


def _steps_behind(job: _Job, take: int) -> int:
    """Denoising steps that are done when this take is."""
    return job.total_steps if job.pack else job.recipe.total_steps * job.request.candidates * (take + 1)


def _chosen_and_fit(job: _Job, take: int) -> Generator[Progress, None, tuple[_Chosen, Fit]]:
    """A take's sound, and what it is fitted to."""
    if job.pack:
        packed = job.pack[take]
        return packed.chosen, replace(job.fit, gain_db=packed.gain_db)
    return (yield from _choose(job, take)), job.fit


def _packed(job: _Job) -> Generator[Progress, None, tuple[_Packed, ...]]:
    """All takes, made and measured before the first is written: none is to be louder than another can be."""
    kept = []
    for take in range(job.request.takes):
        chosen = yield from _choose(job, take)
        kept.append((chosen.noise, (yield from _kept(job, chosen.sound))))
    gains: tuple[float, ...] = (PROBE_DB,) * len(kept)
    for _ in range(ROUNDS):
        heard = [_loudness(job, candidate, gain) for (_, candidate), gain in zip(kept, gains, strict=True)]
        gains = pack_gains_db(heard, job.fit.target_db, job.request.true_peak)
    return tuple(
        _Packed(_Chosen(noise, candidate.played()), gain)
        for (noise, candidate), gain in zip(kept, gains, strict=True)
    )


def _loudness(job: _Job, candidate: _Candidate, gain_db: float) -> Loudness:
    """Of the take that a candidate would become, finished with a gain."""
    meter = PackMeter(job.material.sample_rate, gain_db)
    for block in _finished_blocks(job, candidate.played(), replace(job.fit, gain_db=gain_db)):
        if not isinstance(block, Progress):
            meter.push(block)
    return meter.loudness()


def _listener(job: _Job, take: int) -> Listener | None:
    if not job.request.rank:
        return None
    frames, rate = job.material.span.frames, job.material.sample_rate
    return Listener(frames, rate, _condition(job, take), job.model)


def _condition(job: _Job, take: int) -> Float32:
    """Of the prompt with which the take begins, (1, embedding)."""
    return job.recipe.conditions[take].prompts[:1]


def _take_path(job: _Job, take: int) -> Path:
    request = job.request
    if request.output:
        return numbered(Path(request.output), take, request.takes)
    return first_free(job.home.takes, partial(job.paperwork.stem, take))


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
        return _Chosen(_noise(job, first), _made_sound(job, first))
    best, nearest, noise = _Candidate(job.workspace.temporary(1), ()), -math.inf, _noise(job, first)
    for number in range(first, first + job.request.candidates):
        candidate = yield from _made_candidate(job, number)
        yield _progress(job, "ranking", job.recipe.total_steps * (number + 1))
        with job.stopwatch.stage("rank"):
            near = _closeness(job, take, candidate.sound.stretch())
        worse = candidate
        if near > nearest:
            best, worse, nearest, noise = candidate, best, near, _noise(job, number)
        worse.sound.close()
    return _Chosen(noise, best.played())


def _noise(job: _Job, number: int) -> NoiseSource:
    """Of a candidate; they are numbered through all takes."""
    request = job.request
    return candidate_noise(request.seed, number, request.vary, request.towards)


def _made_candidate(job: _Job, number: int) -> Generator[Progress, None, _Candidate]:
    """A candidate's sound, kept until it is known whether it is the best."""
    return (yield from _kept(job, _made_sound(job, number)))


def _kept(job: _Job, events: Iterable[Progress | Float32]) -> Generator[Progress, None, _Candidate]:
    """A sound that will be heard again."""
    sound, pieces = job.workspace.temporary(1), []
    for event in events:
        if isinstance(event, Progress):
            yield event
        else:
            sound.append(event[:, None])
            pieces.append(len(event))
    return _Candidate(sound, pieces)


def _closeness(job: _Job, take: int, sound: Stretch) -> float:
    """Of a candidate to the prompt, without the edges around the region; a long one's is its pieces' mean."""
    host_rate, model_rate = job.material.sample_rate, job.model.specification.mel.sample_rate
    start = job.canvas.lead_frames * model_rate // host_rate
    end = start + resampled_frames(job.material.span.frames, host_rate, model_rate)
    region = sound.part(min(start, sound.frames), min(end, sound.frames))
    near = [
        closeness(block[:, 0], _condition(job, take), job.model) * len(block)
        for block in region.blocks(RANKED_SECONDS * model_rate)
    ]
    return sum(near) / region.frames


def _made_sound(job: _Job, number: int) -> Iterator[Progress | Float32]:
    """Progress while it works, and what is decoded as soon as it is final, (frames,) at the model's rate."""
    watch, steps, noise = job.stopwatch, job.recipe.total_steps, _noise(job, number)
    take = number // job.request.candidates
    decoder = Decoder(job.model, *job.canvas.decoded, noise.seed)
    done = number * steps
    for latents in watch.passing("denoise", new_latents(job.recipe, job.canvas, job.model, noise, take)):
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


def _finished_blocks(
    job: _Job, sound: Iterable[Progress | Float32], fit: Fit
) -> Iterator[Progress | Float32]:
    """Progress as it comes, and the final region in blocks, (frames, channels) at the host's rate."""
    if _changes_nothing(job.request):
        yield from job.material.region.blocks()
        return
    model_rate = job.model.specification.mel.sample_rate
    post = finishing(job.request, job.material, job.canvas, model_rate, fit)
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
    """After ``done`` steps; the time left follows from the time they took, decoding included.

    Reading the recording, which happens once, says nothing about the steps to come.
    """
    left = (job.stopwatch.elapsed() - job.begun) / max(1, done) * (job.total_steps - done)
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
