"""Whether a take may be delivered: it is listened to while it is made, and looked at where it joins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from engine.audio.quality import Defect, Flaw, Inspection, prompt_defect, seam_defect
from engine.audio.splice import SEAM_CLICK, seam_discontinuity
from engine.material import Material
from engine.protocol.replies import Meanwhile
from engine.protocol.requests import Mode
from engine.ranking import closeness
from engine.render_job import RenderJob, condition_of

Float32 = NDArray[np.float32]

# Looked at on both sides of a joint, as long as the seam's measure looks.
_AROUND_SECONDS = 0.02
# With less on one side nothing can be said of a joint.
_LEAST_FRAMES = 96
# Of a take, compared with its prompt: what a model hears at once.
_COMPARED_SECONDS = 10


class RejectedError(Exception):
    """A take with defects, which is made again."""

    def __init__(self, defects: tuple[Defect, ...]) -> None:
        super().__init__(" ".join(defect.sentence for defect in defects))


class TakeInspection:
    """One take, from its first decoded piece to its last finished block."""

    def __init__(self, job: RenderJob, take: int) -> None:
        """Nothing heard yet."""
        self._job = job
        self._take = take
        self._rate = job.model.specification.mel.sample_rate
        self._heard = Inspection(self._rate, job.sounds)
        self._joints: _Joints | _Wrap = _Wrap(job.material) if job.request.loop else _Joints(job.material)
        self._beginning = np.zeros(0, np.float32)

    def hearing(self, sound: Iterable[Meanwhile | Float32]) -> Iterator[Meanwhile | Float32]:
        """The same, listened to: pieces are (frames, sounds) at the model's rate."""
        for event in sound:
            if not isinstance(event, Meanwhile):
                with self._job.stopwatch.stage("inspect"):
                    self._hear(event)
            yield event

    def see(self, block: Float32) -> None:
        """The next (frames, channels) of the finished region."""
        with self._job.stopwatch.stage("inspect"):
            self._joints.push(block)

    def defects(self) -> tuple[Defect, ...]:
        """What is wrong with it and was not with what it was made from."""
        with self._job.stopwatch.stage("inspect"):
            found = self._heard.report().defects
            if found:
                had = self._flaws_of_the_original()
                found = tuple(defect for defect in found if defect.flaw not in had)
            off_prompt = self._off_prompt()
            return (*found, *self._joints.defects(), *([off_prompt] if off_prompt else []))

    def _hear(self, piece: Float32) -> None:
        self._heard.push(piece)
        missing = _COMPARED_SECONDS * self._rate - len(self._beginning)
        if missing > 0:
            self._beginning = np.concatenate([self._beginning, piece[:missing].mean(axis=1)])

    def _flaws_of_the_original(self) -> set[Flaw]:
        material = self._job.material
        if material.recording is None or self._job.request.mode is not Mode.TRANSFER:
            return set()
        inspection = Inspection(material.sample_rate, material.channels)
        for block in material.region.blocks():
            inspection.push(block)
        return {defect.flaw for defect in inspection.report().defects}

    def _off_prompt(self) -> Defect | None:
        """Only of a model that hears, under a prompt and no other wishes."""
        request, model = self._job.request, self._job.model
        silent = not self._beginning.any()
        if model.specification.ranking is None or silent or request.negative or not request.prompt.strip():
            return None
        if request.mode is not Mode.GENERATE:  # what stays of the recording is no part of the prompt
            return None
        nothing = self._job.recipe.conditions[self._take].unconditional
        near, others = (
            closeness(self._beginning, condition, model)
            for condition in (condition_of(self._job, self._take), nothing)
        )
        return prompt_defect(near, others)


class _Joints:
    """The surroundings of every place where new sound joins the recording, collected as they pass."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._reach = round(_AROUND_SECONDS * material.sample_rate)
        self._position = 0
        self._pieces: dict[int, list[Float32]] = {joint: [] for joint in _joints(material)}

    def push(self, block: Float32) -> None:
        start, stop = self._position, self._position + len(block)
        for joint, pieces in self._pieces.items():
            first, last = max(start, joint - self._reach), min(stop, joint + self._reach)
            if first < last:
                # A view would keep all of the block: over half an hour, every block with a joint in it.
                pieces.append(block[first - start : last - start].copy())
        self._position = stop

    def defects(self) -> Iterator[Defect]:
        """A click each."""
        rate = self._material.sample_rate
        for joint, pieces in self._pieces.items():
            before, region, after = self._surroundings(joint)
            place = len(before) + min(joint, self._reach)
            finished = np.concatenate([before, *pieces, after])
            if not pieces or not _LEAST_FRAMES <= place <= len(finished) - _LEAST_FRAMES:
                continue
            original = np.concatenate([before, region, after])
            defect = seam_defect(finished, original, place, rate, joint / rate)
            if defect is not None:
                yield defect

    def _surroundings(self, joint: int) -> tuple[Float32, Float32, Float32]:
        """Of the recording: before the region, in it, after it; each (frames, channels)."""
        material, frames = self._material, self._material.span.frames
        missing_before = min(max(0, self._reach - joint), material.before.frames)
        missing_after = min(max(0, joint + self._reach - frames), material.after.frames)
        return (
            material.before.read(material.before.frames - missing_before, material.before.frames),
            material.region.read(max(0, joint - self._reach), min(frames, joint + self._reach)),
            material.after.read(0, missing_after),
        )


class _Wrap:
    """Both ends of a loop, which meet."""

    def __init__(self, material: Material) -> None:
        self._rate = material.sample_rate
        self._reach = round(_AROUND_SECONDS * self._rate)
        self._start = self._end = np.zeros((0, material.channels), np.float32)

    def push(self, block: Float32) -> None:
        self._start = np.concatenate([self._start, block[: self._reach - len(self._start)]])
        self._end = np.concatenate([self._end, block])[-self._reach :]

    def defects(self) -> Iterator[Defect]:
        """A click, if it is one."""
        if not _LEAST_FRAMES <= len(self._end):
            return
        heard = seam_discontinuity(np.concatenate([self._end, self._start]), len(self._end), self._rate)
        if heard > SEAM_CLICK:
            yield Defect(Flaw.CLICK, "It clicks where its end meets its start.")


def _joints(material: Material) -> Iterator[int]:
    """Frames of the region."""
    if material.recording is None:
        return
    for start, end in material.mask:
        if not (material.at_start and start == 0):
            yield start
        if not (material.at_end and end == material.span.frames):
            yield end
