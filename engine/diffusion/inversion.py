"""Inversion editing: the noise that would have made the source, so that a transfer keeps its structure.

DDIM: the source is taken up the deterministic path, against the direction of denoising, and comes down it
again under another prompt. DDPM (Huberman-Spiegelglas et al. 2024; for sound Manor & Michaeli 2024): noised
copies of the source, one for each step and independent of each other, are joined by a path whose residuals,
what the model does not foresee of a copy from the copy before, are added while denoising.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from engine.diffusion.denoiser import eps_from_denoised
from engine.diffusion.samplers import Turn, Update
from engine.diffusion.schedule import Step
from engine.models.interface import Float32


def climbed(below: Float32, denoised: Float32, step: Step) -> Float32:
    """The latents that a DDIM step takes to ``below``, were ``denoised`` the estimate at its beginning.

    ``step`` must not end clean, where latents are the estimate alone.
    """
    eps = eps_from_denoised(below, denoised, step.next_alpha_bar)
    return sqrt(step.alpha_bar) * denoised + sqrt(1.0 - step.alpha_bar) * eps


def first_climbed(source: Float32, denoised: Float32, step: Step) -> Float32:
    """The latents at the beginning of a step that ends clean, by the estimate of ``source`` itself there."""
    eps = eps_from_denoised(source, denoised, step.alpha_bar)
    return sqrt(step.alpha_bar) * source + sqrt(1.0 - step.alpha_bar) * eps


def foreseen(update: Update, latents: Float32, denoised: Float32, before: Float32, turn: Turn) -> Float32:
    """The mean of the next latents: a step without its noise."""
    return update(latents, denoised, before, turn, lambda: np.zeros_like(latents))


def surprise(
    update: Update, copy: Float32, following: Float32, denoised: Float32, before: Float32, turn: Turn
) -> Float32:
    """What leads from a copy's foreseen next latents to the copy that follows.

    Where the step draws noise, this is the noise times its deviation; in the last step, which draws none, it
    is the detail that the estimate misses: so the path ends at the source itself.
    """
    return following - foreseen(update, copy, denoised, before, turn)
