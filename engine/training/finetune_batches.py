"""The loss of learning somebody's sounds without forgetting the others, and the measure of how it goes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.models.interface import LatentGeometry
from engine.training.denoiser import TRAIN_STEPS, alphas_cumprod
from engine.training.latents import FRAME_SECONDS, WindowSampler
from engine.training.loop import Losses, computing
from engine.training.replay import Memory
from engine.training.steering import Steering

NEW_WINDOWS, OLD_WINDOWS = 6, 4  # of a batch, of the shortest length; of the longest half as many
LONG_SHARE = 0.35  # of batches
OLD_WEIGHT = 6.0
HELD_OUT_WINDOWS = 48
HELD_OUT_SEED, DRIFT_SEED = 11, 13
MEASURE_BATCH = 16
Rng = np.random.Generator
Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # noisy, timesteps, condition, sounding seconds


class Diffusion:
    """The forward process and v, on one device."""

    def __init__(self, device: str) -> None:
        self.device = torch.device(device)
        self._alphas = alphas_cumprod().to(self.device)

    def computing(self) -> torch.autocast:
        """The context that forward passes run in there."""
        return computing(self.device.type)

    def put(self, values: NDArray[np.generic]) -> Tensor:
        """An array as a tensor there."""
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)

    def noised(self, clean: Tensor, timesteps: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """The latents at their noise, and the v that leads from them."""
        alpha_bar = self._alphas[timesteps][:, None, None, None]
        noisy = alpha_bar.sqrt() * clean + (1 - alpha_bar).sqrt() * noise
        return noisy, alpha_bar.sqrt() * noise - (1 - alpha_bar).sqrt() * clean


def strata(count: int, rng: Rng) -> NDArray[np.int64]:
    """One timestep from each of ``count`` equal parts of the schedule, in any order."""
    found = ((np.arange(count) + rng.random(count)) / count * TRAIN_STEPS).astype(np.int64)
    return rng.permutation(found)


class FinetuneBatches:
    """New sounds to learn and old answers to keep; ``base`` is the model that gave them."""

    def __init__(
        self,
        new: WindowSampler,
        steering: Steering,
        memory: Memory,
        base: nn.Module,
        geometry: LatentGeometry,
        diffusion: Diffusion,
    ) -> None:
        self._new, self._steering, self._memory = new, steering, memory
        self._base, self._diffusion = base, diffusion
        self._short, self._long = geometry.shortest_frames, geometry.window_frames

    def losses(self, model: nn.Module, rng: Rng) -> Losses:
        """ "loss", and what it consists of: "new" (squared error of v) and "old" (squared change of v)."""
        long = self._long > self._short and rng.random() < LONG_SHARE
        frames = self._long if long else self._short
        noisy, timesteps, condition, seconds, target = self._new_batch(NEW_WINDOWS >> long, frames, rng)
        old = self._old_batch(OLD_WINDOWS >> long, frames, rng)
        with self._diffusion.computing(), torch.no_grad():
            kept = self._base(*old).float()
        parts = (torch.cat(pair) for pair in zip((noisy, timesteps, condition, seconds), old, strict=True))
        with self._diffusion.computing():
            predicted = model(*parts).float()
        new_error = (predicted[: len(noisy)] - target).square().mean()
        old_error = (predicted[len(noisy) :] - kept).square().mean()
        return {"loss": new_error + OLD_WEIGHT * old_error, "new": new_error, "old": old_error}

    def _new_batch(self, count: int, frames: int, rng: Rng) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        windows, seconds, clips = self._new.draw(count, frames, rng)
        condition = self._steering.draw(clips, rng)
        put = self._diffusion.put
        timesteps = put(strata(count, rng))
        noise = put(rng.standard_normal(windows.shape, dtype=np.float32))
        noisy, target = self._diffusion.noised(put(windows), timesteps, noise)
        return noisy, timesteps.float(), put(condition), put(seconds), target

    def _old_batch(self, count: int, frames: int, rng: Rng) -> Batch:
        return old_batch(self._memory, count, frames, rng, self._diffusion)


def old_batch(memory: Memory, count: int, frames: int, rng: Rng, diffusion: Diffusion) -> Batch:
    """Takes of the old model at some noise, with what to ask about them."""
    timesteps = strata(count, rng)
    latents, condition = memory.draw(timesteps, TRAIN_STEPS, frames, rng)
    put = diffusion.put
    noise = put(rng.standard_normal(latents.shape, dtype=np.float32))
    at = put(timesteps)
    noisy, _ = diffusion.noised(put(latents), at, noise)
    seconds = np.full(count, frames * FRAME_SECONDS, np.float32)
    return noisy, at.float(), put(condition), put(seconds)


class HeldOut:
    """Windows that training never sees, always at the same noise: what the loss is on them."""

    def __init__(
        self,
        windows: WindowSampler,
        steering: Steering,
        geometry: LatentGeometry,
        diffusion: Diffusion,
    ) -> None:
        self._diffusion = diffusion
        rng = np.random.default_rng(HELD_OUT_SEED)
        latents, seconds, clips = windows.draw(HELD_OUT_WINDOWS, geometry.shortest_frames, rng)
        put = diffusion.put
        condition = put(steering.draw(clips, rng))
        at = put(strata(HELD_OUT_WINDOWS, rng))
        noise = put(rng.standard_normal(latents.shape, dtype=np.float32))
        noisy, self._target = diffusion.noised(put(latents), at, noise)
        self._inputs = (noisy, at.float(), condition, put(seconds))

    @torch.no_grad()
    def loss(self, model: nn.Module) -> float:
        """The mean squared error of v."""
        total = 0.0
        for part, target in zip(
            _batches(self._inputs), torch.split(self._target, MEASURE_BATCH), strict=True
        ):
            with self._diffusion.computing():
                total += float((model(*part).float() - target).square().mean()) * len(target)
        return total / len(self._target)


@torch.no_grad()
def drift(model: nn.Module, base: nn.Module, memory: Memory, frames: int, diffusion: Diffusion) -> float:
    """How far the answers about old sounds have moved, as a share of the answers (root mean square)."""
    inputs = old_batch(memory, HELD_OUT_WINDOWS, frames, np.random.default_rng(DRIFT_SEED), diffusion)
    moved = whole = 0.0
    for part in _batches(inputs):
        with diffusion.computing():
            before, after = base(*part).float(), model(*part).float()
        moved += float((after - before).square().sum())
        whole += float(before.square().sum())
    return float(np.sqrt(moved / max(whole, 1e-12)))


def _batches(inputs: Batch) -> Iterator[tuple[Tensor, ...]]:
    return zip(*(torch.split(values, MEASURE_BATCH) for values in inputs), strict=True)
