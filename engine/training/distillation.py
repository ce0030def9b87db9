"""A student of few steps: it jumps where the guided teacher walks.

The teacher's walks from noise to a sound are recorded once, with all their latents. From each of them the
student learns the one estimate of z0 with which a DDIM step lands where several guided steps of the teacher
did (Salimans & Ho, 2022, appendix G, with the teacher's path in place of two DDIM steps). Guidance is inside
that path, and so the student needs one call for a step, not two (Meng et al., 2023). It is the teacher
without some of its blocks, and starts with the weights of the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from engine.diffusion import denoiser as adapter
from engine.diffusion.edits import generate
from engine.diffusion.samplers import sampler
from engine.diffusion.schedule import Steps, steps
from engine.diffusion.windows import FrameNoise
from engine.models.interface import Model, ScheduleParameters
from engine.protocol.requests import Sampler
from engine.training.denoiser import BANDS, CHANNELS, EMBEDDING, Denoiser
from engine.training.latents import FRAME_SECONDS, SHORT_FRAMES, TextVariants, WindowSampler
from engine.training.loop import Losses, computing

Float32 = NDArray[np.float32]

# Teacher's steps, and how many of them the student takes at once: four jumps make a sound.
WALKED, STRIDE = 12, 3
KEPT_BLOCKS = (0, 2, 5, 7)
# As a bundle's manifest says it: DDIM is what a jump was learnt for.
STUDENT = {"sampler": "ddim", "steps": WALKED // STRIDE, "guidance": 1.0, "guidance_low": 0.0}
# Of jumps drawn: those of a whole sound. The others make it know all levels, for edits of any strength.
ON_GRID_SHARE = 0.5
# Of walks: those that sound as long as some clip does. The others, any part of the window.
NATURAL_SHARE = 0.6
SHORTEST_SECONDS = 0.3
_SHAPE = (WALKED + 1, CHANNELS, SHORT_FRAMES, BANDS)


@dataclass(frozen=True)
class Walk:
    """latents: (steps + 1, channels, cells, bands), noise first; of a condition (embedding,)."""

    latents: Float32
    condition: Float32
    sounding_seconds: float


def grid(schedule: ScheduleParameters) -> Steps:
    """The teacher's steps at full strength."""
    return steps(schedule, WALKED, noise_strength=1.0, spacing="log_snr")


def walks(
    model: Model, texts: TextVariants, windows: WindowSampler, seed: int, first: int = 0
) -> Iterator[Walk]:
    """Sounds that ``model`` makes of captions drawn as in training, without end, from number ``first`` on."""
    specification = model.specification
    visited, update = grid(specification.schedule), sampler(Sampler(specification.defaults.sampler))
    for number in count(first):
        rng = np.random.default_rng((seed, number))
        _, sounding, clips = windows.draw(1, SHORT_FRAMES, rng)
        condition = texts.draw([clips[0].wording], rng)
        longest = SHORT_FRAMES * FRAME_SECONDS
        natural = rng.random() < NATURAL_SHARE
        seconds = float(abs(sounding[0]) if natural else rng.uniform(SHORTEST_SECONDS, longest))
        denoise = adapter.Denoiser(
            model,
            specification.schedule,
            condition,
            texts.empty[None],
            specification.defaults.guidance,
            seconds,
        )
        noise = rng.standard_normal((1, *_SHAPE[1:]), dtype=np.float32)
        made = generate(update, denoise, noise, visited, FrameNoise(seed, number))
        yield Walk(np.concatenate([noise, *made]), condition[0], seconds)


class WalkCache:
    """Recorded walks in a folder, to be added to at any time: what was cut off is not counted."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made."""
        folder.mkdir(parents=True, exist_ok=True)
        self._latents, self._told = folder / "walks.f16", folder / "told.f32"
        self.count = self._told.stat().st_size // (4 * (EMBEDDING + 1)) if self._told.exists() else 0

    def add(self, walk: Walk) -> None:
        """One more. What says that it is there is written last."""
        told = np.append(walk.condition, walk.sounding_seconds).astype(np.float32)
        for path, values in ((self._latents, walk.latents.astype(np.float16)), (self._told, told)):
            path.touch()
            with path.open("r+b") as file:
                file.seek(self.count * values.nbytes)
                file.write(values.tobytes())
        self.count += 1

    def read(self) -> tuple[NDArray[np.float16], Float32]:
        """(walks, steps + 1, channels, cells, bands), and (walks, embedding + 1): condition and seconds."""
        latents = np.memmap(self._latents, np.float16, "r", shape=(self.count, *_SHAPE))
        told = np.fromfile(self._told, np.float32, self.count * (EMBEDDING + 1))
        return latents, told.reshape(self.count, EMBEDDING + 1)


def student_of(teacher: Denoiser) -> Denoiser:
    """The teacher with its ``KEPT_BLOCKS`` only."""
    student = Denoiser(teacher.width, len(KEPT_BLOCKS), teacher.heads)
    kept = {name: value for name, value in teacher.state_dict().items() if not name.startswith("blocks.")}
    for place, number in enumerate(KEPT_BLOCKS):
        block = teacher.blocks[number].state_dict()
        kept |= {f"blocks.{place}.{name}": value for name, value in block.items()}
    student.load_state_dict(kept)
    return student


class JumpBatches:
    """Recorded walks as jumps over ``STRIDE`` steps, and the loss of v on them."""

    def __init__(self, cache: WalkCache, visited: Steps, batch: int) -> None:
        """visited: the steps of the walks, as ``grid`` gives them."""
        self._latents, self._told = cache.read()
        self._levels = np.array([step.alpha_bar for step in visited] + [visited[-1].next_alpha_bar])
        self._timesteps = np.array([step.timestep for step in visited], np.float32)
        self._batch = batch

    def losses(self, model: nn.Module, rng: np.random.Generator) -> Losses:
        """See ``engine.training.loop``."""
        rows = np.sort(rng.integers(0, len(self._told), self._batch))
        on_grid = rng.random(self._batch) < ON_GRID_SHARE
        whole = STRIDE * rng.integers(0, WALKED // STRIDE, self._batch)
        start = np.where(on_grid, whole, rng.integers(0, WALKED, self._batch))
        stop = np.minimum(start + STRIDE, WALKED)
        latents = self._latents[rows, start].astype(np.float32)
        target = jump_velocity(
            latents, self._latents[rows, stop].astype(np.float32), self._levels[start], self._levels[stop]
        )
        told = torch.from_numpy(self._told[rows])
        with computing():
            predicted = model(
                torch.from_numpy(latents), torch.from_numpy(self._timesteps[start]), told[:, :-1], told[:, -1]
            )
        error = (predicted.float() - torch.from_numpy(target)).square().mean((1, 2, 3))
        first = error[torch.from_numpy(start == 0)]
        return {"loss": error.mean(), "first_jump": first.mean() if len(first) else error.mean()}


def jump_velocity(
    latents: Float32, landed: Float32, level: NDArray[np.float64], next_level: NDArray[np.float64]
) -> Float32:
    """v with which one DDIM step from ``latents`` at ``level`` comes to ``landed`` at ``next_level``.

    latents, landed: (batch, channels, cells, bands); level, next_level: alpha-bar, (batch,).
    """
    alpha, sigma, next_alpha, next_sigma = (
        values[:, None, None, None]
        for values in (
            np.sqrt(level),
            np.sqrt(1.0 - level),
            np.sqrt(next_level),
            np.sqrt(np.maximum(0.0, 1.0 - next_level)),
        )
    )
    ratio = next_sigma / sigma
    denoised = (landed - ratio * latents) / (next_alpha - ratio * alpha)
    velocity: Float32 = ((alpha * latents - denoised) / sigma).astype(np.float32)
    return velocity
