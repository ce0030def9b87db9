"""The line itself: from a request and a model to replies, with the take written on the way.

Read the region, lay it on the model's latent grid, denoise window by window, decode what is final,
bring it back to the host's rate and level, splice it into the untouched original, write. Where there
are candidates, each is made up to its sound, and only the best goes on. Whoever iterates sets the pace;
who stops iterating cancels, and no file is left.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from engine.audio.atomic import check_output
from engine.audio.quality import Defect
from engine.audio.region import Span
from engine.audio.take import Take
from engine.audio.takefile import cut_take, new_take, spliced_take
from engine.audio.workspace import Workspace
from engine.candidates import Chosen, Drafting, choose
from engine.canvas import lay_out
from engine.channels import check_sounds
from engine.chunking import Cutter
from engine.conditions import chosen_words
from engine.config import Home, spool_path
from engine.drafting import drafting
from engine.errors import EngineError, ErrorCode, NotFiniteError
from engine.finished import finished_blocks
from engine.fit import Fit, measured
from engine.guide import read_guide
from engine.inspection import RejectedError, TakeInspection
from engine.lasting import recipe_keys
from engine.loop import lay_out_loop
from engine.material import Material, load_material
from engine.models.interface import Model
from engine.notices import notices
from engine.packed_takes import Packed, packed
from engine.packing import check_pack
from engine.protocol.replies import Chunk, Done, Meanwhile, Notice, Progress, Ranked, Reply, TakeDone
from engine.protocol.requests import RenderRequest
from engine.protocol.sources import FileSource
from engine.protocol.together import check_band, check_length
from engine.quality import model_for
from engine.ranking import Impression, Listener, check_ranking, ranked
from engine.render_job import RenderJob, changes_nothing, condition_of, progress
from engine.room import check_room
from engine.silence import check_heard
from engine.stopwatch import Stopwatch
from engine.take_names import first_free, is_same_file, numbered
from engine.takes.credit import credit_text
from engine.takes.index import note_take
from engine.takes.paperwork import Made, RegionFacts, paperwork
from engine.takes.recipe import Setting
from engine.windowed import prepare

Result = TypeVar("Result")

# A mask of one span without a frame: nothing is replaced (no span at all would mean everything).
NOTHING: tuple[Span, ...] = ((0, 0),)
# Between two signs of life while the recording is read: a cancel is as prompt, and no client is flooded.
READING_SECONDS = 0.1


def render(request: RenderRequest, model: Model, home: Home) -> Iterator[Reply]:
    """All takes of a request, in order, then ``Done``.

    Raises EngineError for what can't be done; stopping the iteration leaves no file of an unfinished
    take behind.
    """
    stopwatch = Stopwatch()
    model = model_for(request, model)
    check_ranking(request, model.specification)
    yield _reading(request)
    yield from (Notice(request.job_id, sentence) for sentence in notices(request, model.specification))
    with Workspace(home.spool) as workspace:
        job = yield from _prepared(request, model, home, workspace, stopwatch)
        pack = (yield from packed(job)) if request.pack else ()
        impressions = []
        for take in range(request.takes):
            impressions.append((yield from _render_take(job, take, pack)))
    if request.rank:
        yield Ranked(request.job_id, ranked([heard for heard in impressions if heard is not None]))
    yield Done(request.job_id, request.takes, stopwatch.timings())


def _prepared(
    request: RenderRequest, model: Model, home: Home, workspace: Workspace, stopwatch: Stopwatch
) -> Generator[Progress | Notice, None, RenderJob]:
    """Everything that is done once for all takes."""

    def read(steps: Generator[None, None, Result]) -> Generator[Progress, None, Result]:
        return _showing_life(request, stopwatch, steps)

    _check_outputs(request)
    specification = model.specification
    spooled = spool_path(home, request.job_id)
    material = yield from read(load_material(request, spooled, specification, workspace))
    yield from read(check_heard(request, material))
    check_length(request, material.span.frames / material.sample_rate)
    check_band(request, material.sample_rate)
    check_sounds(request, material)
    if request.pack:
        check_pack(material.span.frames, material.sample_rate)
    check_room(request, material, specification, home)
    lay = lay_out_loop if request.loop else lay_out
    canvas = yield from read(lay(material, request.mode, specification, workspace))
    fit = yield from read(measured(request, material, canvas.silence_db))
    guide = yield from read(read_guide(request, material, canvas, specification, workspace))
    if guide is not None and guide.notice:
        yield Notice(request.job_id, guide.notice)
    with stopwatch.stage("text"):
        recipe = prepare(request, canvas, model, guide)
    papers = paperwork(request, specification, _region_facts(material), home)
    return RenderJob(
        request,
        material,
        canvas,
        replace(fit, guide=guide),
        papers,
        recipe,
        model,
        home,
        workspace,
        stopwatch,
        stopwatch.elapsed(),
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
    """Every take's file must be writable before the first is begun, and none be what the next are made of."""
    if request.output:
        outputs = [numbered(Path(request.output), take, request.takes) for take in range(request.takes)]
        for path in outputs:
            check_output(path, request.overwrite)
        for path, read in itertools.product(outputs[:-1], map(Path, request.recordings)):
            if is_same_file(path, read):
                sentence = f"A take would replace {read}, which the next ones are made of; name another file."
                raise EngineError(ErrorCode.BAD_ARGUMENT, sentence)


def _render_take(
    job: RenderJob, take: int, pack: Sequence[Packed]
) -> Generator[Reply, None, Impression | None]:
    """One take, made again while it has defects and attempts are left; what is needed to rank it."""
    attempts = 1 if pack or changes_nothing(job.request) else job.request.retries + 1
    for attempt in range(attempts):
        try:
            return (yield from _attempt(job, take, pack, attempt, is_last=attempt + 1 == attempts))
        except RejectedError as rejected:
            reason: Exception = rejected
        except NotFiniteError as error:
            if attempt + 1 == attempts:
                raise
            reason = error
        yield Notice(job.request.job_id, f"Take {take + 1} is made again with another seed. {reason}")
    raise AssertionError("the last attempt is kept")


def _attempt(
    job: RenderJob, take: int, pack: Sequence[Packed], attempt: int, *, is_last: bool
) -> Generator[Reply, None, Impression | None]:
    """One take as it comes: progress, chunks, file. Raises RejectedError, and then leaves no file."""
    listener, inspection = _listener(job, take), TakeInspection(job, take)
    cutter = Cutter(Chunk, job, take)
    with job.stopwatch.around("write", _take_file(job, take)) as file:
        chosen, fit = yield from _chosen_and_fit(job, take, pack, attempt, drafting(job, take, cutter))
        for event in finished_blocks(job, inspection.hearing(chosen.sound), fit):
            if isinstance(event, Meanwhile):
                yield event
                continue
            with job.stopwatch.stage("write"):
                file.push(event)
            inspection.see(event)
            if listener is not None:
                with job.stopwatch.stage("rank"):
                    listener.push(event)
            if job.request.want_chunks:
                job.stopwatch.mark("first_chunk")
                yield from cutter.cut(event)
        defects = () if changes_nothing(job.request) else inspection.defects()
        if defects and not is_last:
            raise RejectedError(defects)
        yield progress(job, "writing", _steps_behind(job, take))
        job.workspace.check_unchanged()
        recipe = job.paperwork.recipe(Made(take, chosen.noise.seed, _used(job, take, chosen, defects)))
        if not changes_nothing(job.request):
            file.note(job.paperwork.notes(recipe, file.subtype, file.loudness()))
    path = file.path
    assert path is not None
    for sentence in (*note_take(job.home, path, recipe), *_warnings(take, defects)):
        yield Notice(job.request.job_id, sentence)
    prompt = job.recipe.conditions[take].text.prompts[0]
    yield TakeDone(job.request.job_id, take, str(path), job.material.span.frames, chosen.noise.seed, prompt)
    return None if listener is None else listener.impression()


def _used(job: RenderJob, take: int, chosen: Chosen, defects: Sequence[Defect]) -> dict[str, Setting]:
    """What the request does not say of this take. One with defects is made again as it is."""
    lasting = recipe_keys(job.request, job.recipe.lasting[take])
    used = chosen.used | chosen_words(job.request, take) | lasting
    return used | {"retries": 0} if defects else used


def _warnings(take: int, defects: Sequence[Defect]) -> Iterator[str]:
    if defects:
        yield f"Take {take + 1} is not as it should be. {' '.join(defect.sentence for defect in defects)}"


def _steps_behind(job: RenderJob, take: int) -> int:
    """Denoising steps that are done when this take is."""
    return job.total_steps if job.request.pack else job.steps * job.request.candidates * (take + 1)


def _chosen_and_fit(
    job: RenderJob, take: int, pack: Sequence[Packed], attempt: int, draft: Drafting | None
) -> Generator[Meanwhile, None, tuple[Chosen, Fit]]:
    """A take's sound, and what it is fitted to; of a pack, both are there already."""
    if pack:
        return pack[take].chosen, replace(job.fit, gain_db=pack[take].gain_db)
    return (yield from choose(job, take, attempt, draft)), job.fit


def _listener(job: RenderJob, take: int) -> Listener | None:
    if not job.request.rank:
        return None
    frames, rate = job.material.span.frames, job.material.sample_rate
    return Listener(frames, rate, condition_of(job, take), job.model)


def _take_file(job: RenderJob, take: int) -> AbstractContextManager[Take]:
    """The whole recording with the region replaced where a file was named; else, or as a loop, the region.

    Where none was, another take may get the name meanwhile, such as a draft that is adopted: this one then
    gets the next, and replaces nothing.
    """
    request, material = job.request, job.material
    credit = "" if material.recording is not None and changes_nothing(request) else _credit(job)
    if request.output:
        path, overwrite, elsewhere = (
            numbered(Path(request.output), take, request.takes),
            request.overwrite,
            None,
        )
    else:
        elsewhere = partial(_free_path, job, take)
        path, overwrite = elsewhere(), False
    if material.recording is None:
        return new_take(
            path,
            material.sample_rate,
            material.channels,
            material.span.frames,
            overwrite=overwrite,
            credit=credit,
            elsewhere=elsewhere,
        )
    mask = NOTHING if changes_nothing(request) else material.mask
    recording, span = material.recording, material.span
    if isinstance(request.source, FileSource) and request.output and not request.loop:
        return spliced_take(recording, path, span, mask=mask, overwrite=overwrite, credit=credit)
    return cut_take(recording, path, span, mask=mask, overwrite=overwrite, credit=credit, elsewhere=elsewhere)


def _free_path(job: RenderJob, take: int) -> Path:
    """A file of the take folder for a take that nobody named."""
    return first_free(job.home.folder_of_takes(job.request.scratch), partial(job.paperwork.stem, take))


def _credit(job: RenderJob) -> str:
    specification = job.model.specification
    return credit_text(specification.name, specification.licence)
