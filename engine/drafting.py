"""A take as it is taken for halfway, made into sound the quick way and sent ahead of the take itself.

Neither the VAE nor the vocoder runs for it: its mel is read by a linear map, and its phases are searched for.
It passes finishing stages of its own, so its frames are the take's.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.audio.griffin_lim import GriffinLim
from engine.audio.splice import crossfade
from engine.candidates import Drafting
from engine.canvas import cell_samples
from engine.chunking import Cutter
from engine.diffusion.cells import Sketch
from engine.finished import finished_blocks
from engine.finishing import finishing
from engine.protocol.replies import Chunk, Draft
from engine.render_job import RenderJob
from engine.sketched_mel import SketchedMel

Float32 = NDArray[np.float32]

# Of a loop, so many cells more are drafted at each end; over the last of them it fades into itself.
_AROUND_CELLS = 4


def drafting(job: RenderJob, take: int, chunks: Cutter[Chunk]) -> Drafting | None:
    """Of a take whose own pieces are ``chunks``; None if nobody asked for it."""
    if not (job.request.draft and job.request.want_chunks):
        return None
    return _LoopDrafting(job, take) if job.request.loop else _RegionDrafting(job, take, chunks)


class _RegionDrafting:
    """Of a region, as far as it is sketched."""

    def __init__(self, job: RenderJob, take: int, chunks: Cutter[Chunk]) -> None:
        """Nothing heard yet."""
        parameters = job.model.specification.mel
        self._watch, self._sounds = job.stopwatch, job.sounds
        self._mel = SketchedMel(job.model, *job.canvas.decoded)
        self._sound = GriffinLim(parameters, job.request.seed)
        self._post = finishing(job.request, job.material, job.canvas, parameters.sample_rate, job.fit)
        self._drafts = Cutter(Draft, job, take)
        self._chunks = chunks

    def push(self, sketch: Sketch) -> Iterator[Draft]:
        """See Drafting."""
        if self._mel.is_whole:
            return
        with self._watch.stage("draft"):
            block = self._finished(self._sound.push(self._mel.push(sketch)))
        overtaken = min(max(0, self._chunks.position - self._drafts.position), len(block))
        self._drafts.skip(overtaken)
        if overtaken < len(block):
            self._watch.mark("first_draft")
        yield from self._drafts.cut(block[overtaken:])

    def _finished(self, sound: Float32) -> Float32:
        block = self._post.push(_alike(sound, self._sounds))
        if not self._mel.is_whole:
            return block
        rest = self._post.push(_alike(self._sound.finish(), self._sounds))
        return np.concatenate([block, rest, self._post.finish()])


class _LoopDrafting:
    """Of a loop, all of which is sketched at once."""

    def __init__(self, job: RenderJob, take: int) -> None:
        """Nothing heard yet."""
        self._job = job
        self._drafts = Cutter(Draft, job, take)

    def push(self, sketch: Sketch) -> Iterator[Draft]:
        """See Drafting."""
        with self._job.stopwatch.stage("draft"):
            lap = self._lap(sketch.latents)
        for block in finished_blocks(self._job, [lap], self._job.fit):
            if isinstance(block, np.ndarray):
                self._job.stopwatch.mark("first_draft")
                yield from self._drafts.cut(block)

    def _lap(self, latents: Float32) -> Float32:
        """One lap of the circle, (frames, sounds), whose end goes on at its start."""
        specification, cells = self._job.model.specification, latents.shape[2]
        places = np.arange(-_AROUND_CELLS, cells + _AROUND_CELLS)
        mel = SketchedMel(self._job.model, 0, len(places))
        phases = GriffinLim(specification.mel, self._job.request.seed)
        unrolled = mel.push(Sketch(0, np.take(latents, places, axis=2, mode="wrap")))
        sound = np.concatenate([phases.push(unrolled), phases.finish()])[:, None]
        lap, around = cells * cell_samples(specification), _AROUND_CELLS * cell_samples(specification)
        fade = min(around, lap) // 2
        end = crossfade(sound[around + lap - fade : around + lap], sound[around - fade : around])
        joined: Float32 = np.concatenate([sound[around : around + lap - fade], end])[:, 0]
        return _alike(joined, self._job.sounds)


def _alike(sound: Float32, sounds: int) -> Float32:
    """Where each channel gets a sound of its own, they are drafted by the first."""
    return np.repeat(sound[:, None], sounds, axis=1)
