"""What all takes of a request share, and what is asked of it again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.workspace import Workspace
from engine.canvas import Canvas
from engine.channels import sounds_of
from engine.config import Home
from engine.diffusion.variation import ChannelNoise, NoiseSource, candidate_noise
from engine.fit import Fit
from engine.material import Material
from engine.models.interface import Model
from engine.protocol.replies import Progress
from engine.protocol.requests import RenderRequest
from engine.stopwatch import Stopwatch
from engine.takes.paperwork import Paperwork
from engine.windowed import Recipe

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class RenderJob:
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

    @property
    def sounds(self) -> int:
        """How many the model makes side by side for one candidate: one, or one for each channel."""
        return sounds_of(self.request, self.material)

    @property
    def steps(self) -> int:
        """Denoising steps of one candidate; a transfer of strength 0 has none."""
        return self.recipe.total_steps * self.sounds

    @property
    def total_steps(self) -> int:
        """Of all candidates of all takes."""
        return self.steps * self.request.takes * self.request.candidates


def condition_of(job: RenderJob, take: int) -> Float32:
    """Of the prompt with which the take begins, (1, embedding)."""
    return job.recipe.conditions[take].prompts[:1]


def noise_of(job: RenderJob, number: int) -> NoiseSource:
    """Of a candidate; they are numbered through all takes."""
    request = job.request
    return candidate_noise(request.seed, number, request.vary, request.towards)


def channel_noises(job: RenderJob, noise: NoiseSource) -> tuple[ChannelNoise, ...]:
    """Of all sounds of a candidate: the nearer ``width`` is to 0, the more they have in common."""
    share = min(1.0, job.request.width)
    return tuple(ChannelNoise(noise, channel, share) for channel in range(job.sounds))


def changes_nothing(request: RenderRequest) -> bool:
    """Is the region to stay as it is?"""
    return request.strongest == 0.0


def progress(job: RenderJob, stage: str, done: int) -> Progress:
    """After ``done`` steps; the time left follows from the time they took, decoding included.

    Reading the recording, which happens once, says nothing about the steps to come.
    """
    left = (job.stopwatch.elapsed() - job.begun) / max(1, done) * (job.total_steps - done)
    return Progress(job.request.job_id, stage, done, job.total_steps, left)
