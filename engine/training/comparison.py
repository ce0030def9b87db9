"""Denoisers that were steered differently while they learned, asked the same: by texts, on the same noise.

The loss of the noise's prediction varies much less than what can be heard of a few takes. What the texts are
worth to a network is what it loses when it is told nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.training.denoiser import TRAIN_STEPS, Denoiser, alphas_cumprod
from engine.training.latents import SHORT_FRAMES, TextVariants, WindowSampler

BATCH = 32


@dataclass(frozen=True)
class Verdict:
    """Mean squared errors of v: told the caption, told nothing, told another sound's caption."""

    told: float
    untold: float
    misled: float


def judge(
    model: Denoiser, windows: WindowSampler, texts: TextVariants, batches: int, seed: int = 11
) -> Verdict:
    """Over ``batches`` of 32 windows, at noise levels spread evenly; the same for every model."""
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    total = np.sum([_errors(model, windows, texts, rng, generator) for _ in range(batches)], axis=0)
    return Verdict(*(float(error) for error in total / batches))


@torch.inference_mode()
def _errors(
    model: Denoiser,
    windows: WindowSampler,
    texts: TextVariants,
    rng: np.random.Generator,
    generator: torch.Generator,
) -> list[float]:
    latents, sounding, clips = windows.draw(BATCH, SHORT_FRAMES, rng)
    told = texts.draw([clip.wording for clip in clips], rng)
    timesteps = torch.from_numpy(((np.arange(BATCH) + 0.5) / BATCH * TRAIN_STEPS).astype(np.int64))
    alpha_bar = alphas_cumprod()[timesteps][:, None, None, None]
    clean = torch.from_numpy(latents)
    noise = torch.randn(clean.shape, generator=generator)
    noisy = alpha_bar.sqrt() * clean + (1 - alpha_bar).sqrt() * noise
    target = alpha_bar.sqrt() * noise - (1 - alpha_bar).sqrt() * clean
    conditions = told, np.tile(texts.empty, (BATCH, 1)), np.roll(told, BATCH // 2, axis=0)
    predicted = [
        model(noisy, timesteps.float(), torch.from_numpy(condition), torch.from_numpy(sounding))
        for condition in conditions
    ]
    return [float((one - target).square().mean()) for one in predicted]
