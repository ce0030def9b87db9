"""A sound on its way through the finishing stages of a job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from engine.finishing import finishing
from engine.fit import Fit
from engine.loop import loop_of
from engine.loop_finishing import LoopFinishing
from engine.protocol.replies import Meanwhile, Progress
from engine.render_job import RenderJob, changes_nothing

Float32 = NDArray[np.float32]


def finished_blocks(
    job: RenderJob, sound: Iterable[Meanwhile | Float32], fit: Fit
) -> Iterator[Meanwhile | Float32]:
    """Progress as it comes, and the final region in blocks, (frames, channels) at the host's rate."""
    if changes_nothing(job.request):
        yield from job.material.region.blocks()
        return
    if job.request.loop:
        yield from _loop_blocks(job, sound, fit)
        return
    model_rate = job.model.specification.mel.sample_rate
    post = finishing(job.request, job.material, job.canvas, model_rate, fit)
    for event in sound:
        if isinstance(event, Meanwhile):
            yield event
            continue
        with job.stopwatch.stage("fit"):
            block = post.push(event)
        if len(block):
            yield block
    with job.stopwatch.stage("fit"):
        block = post.finish()
    yield block


def _loop_blocks(
    job: RenderJob, sound: Iterable[Meanwhile | Float32], fit: Fit
) -> Iterator[Meanwhile | Float32]:
    """The same of a loop, which is finished when all of it is there; the last progress meanwhile, again."""
    lap, shown = job.workspace.temporary(job.sounds), None
    for event in sound:
        if isinstance(event, Meanwhile):
            shown = event if isinstance(event, Progress) else shown
            yield event
        else:
            lap.append(event)
    material, specification = job.material, job.model.specification
    loop = loop_of(material.span.frames, material.sample_rate, specification)
    model_rate = specification.mel.sample_rate
    post = LoopFinishing(job.request, material, job.canvas, loop, fit, lap.stretch(), model_rate)
    for block in job.stopwatch.passing("fit", post.blocks()):
        if block is not None:
            yield block
        elif shown is not None:
            yield shown
    lap.close()
