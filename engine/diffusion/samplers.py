"""The reverse process, one plain generator for each paper.

Each takes ``denoise`` (latents and a timestep -> the estimate of z0), the starting latents at the
level of the first step, the steps and a source of noise, and yields the latents after every step:
progress, preview and cancel are the caller's ``for``. With no steps nothing is yielded.

``constrain`` is called before every estimate with the latents and their level; what it returns
takes their place. It is how observations enter (see ``edits``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import log, sqrt
from typing import Protocol

import numpy as np

from engine.diffusion.denoiser import eps_from_denoised
from engine.diffusion.schedule import Step, Steps
from engine.models.interface import Float32
from engine.protocol.requests import Sampler

Denoise = Callable[[Float32, int], Float32]


class Noise(Protocol):
    """Where normal deviates come from: ``numpy.random.Generator`` or ``windows.FrameNoise``."""

    def standard_normal(self, size: tuple[int, ...], dtype: type[np.float32]) -> Float32:
        """Independent standard normal values of this shape."""


Constrain = Callable[[Float32, float, Noise], Float32]


class Sample(Protocol):
    """What the entries of ``SAMPLERS`` have in common."""

    def __call__(
        self,
        denoise: Denoise,
        latents: Float32,
        steps: Steps,
        rng: Noise,
        *,
        constrain: Constrain | None = None,
    ) -> Iterator[Float32]:
        """Yields the latents after every step."""


def _unconstrained(latents: Float32, alpha_bar: float, rng: Noise) -> Float32:  # noqa: ARG001
    return latents


def _draw(rng: Noise, like: Float32) -> Float32:
    return rng.standard_normal(like.shape, dtype=np.float32)


def posterior_variance(step: Step) -> float:
    """Variance of the next latents given these and z0: beta-tilde of Ho et al. 2020, eq. 7, for any stride."""
    beta = 1.0 - step.alpha_bar / step.next_alpha_bar
    return beta * (1.0 - step.next_alpha_bar) / (1.0 - step.alpha_bar)


def ddim(
    denoise: Denoise,
    latents: Float32,
    steps: Steps,
    rng: Noise,
    eta: float = 0.0,
    constrain: Constrain | None = None,
) -> Iterator[Float32]:
    """Song et al. 2021, eq. 12 and 16: deterministic at eta 0, ancestral at eta 1."""
    constrain = constrain or _unconstrained
    for step in steps:
        latents = constrain(latents, step.alpha_bar, rng)
        denoised = denoise(latents, step.timestep)
        eps = eps_from_denoised(latents, denoised, step.alpha_bar)
        variance = eta**2 * posterior_variance(step)
        direction = max(0.0, 1.0 - step.next_alpha_bar - variance)  # rounding can pass below zero
        latents = sqrt(step.next_alpha_bar) * denoised + sqrt(direction) * eps
        if variance > 0.0:
            latents = latents + sqrt(variance) * _draw(rng, latents)
        yield latents


def ddpm(
    denoise: Denoise,
    latents: Float32,
    steps: Steps,
    rng: Noise,
    constrain: Constrain | None = None,
) -> Iterator[Float32]:
    """Ho et al. 2020, algorithm 2, on any grid: the posterior's mean (eq. 7) and noise but for the last step."""
    constrain = constrain or _unconstrained
    for step in steps:
        latents = constrain(latents, step.alpha_bar, rng)
        denoised = denoise(latents, step.timestep)
        alpha = step.alpha_bar / step.next_alpha_bar
        of_denoised = sqrt(step.next_alpha_bar) * (1.0 - alpha) / (1.0 - step.alpha_bar)
        of_latents = sqrt(alpha) * (1.0 - step.next_alpha_bar) / (1.0 - step.alpha_bar)
        latents = of_denoised * denoised + of_latents * latents
        if step is not steps[-1]:
            latents = latents + sqrt(posterior_variance(step)) * _draw(rng, latents)
        yield latents


def _half_log_snr(alpha_bar: float) -> float:
    """Lambda of the DPM-Solver papers, log(alpha / sigma)."""
    return 0.5 * log(alpha_bar / (1.0 - alpha_bar))


def _width(step: Step) -> float:
    """h of the DPM-Solver papers: how far lambda moves in this step."""
    return _half_log_snr(step.next_alpha_bar) - _half_log_snr(step.alpha_bar)


def dpm(
    denoise: Denoise,
    latents: Float32,
    steps: Steps,
    rng: Noise,
    constrain: Constrain | None = None,
) -> Iterator[Float32]:
    """DPM-Solver++(2M), Lu et al. 2022b, algorithm 2, with a first-order last step.

    TODO
    """
    constrain = constrain or _unconstrained
    previous: tuple[Step, Float32] | None = None
    for step in steps:
        latents = constrain(latents, step.alpha_bar, rng)
        denoised = denoise(latents, step.timestep)
        estimate = denoised
        if previous is not None and step is not steps[-1]:
            slope = _width(step) / (2.0 * _width(previous[0]))
            estimate = denoised + slope * (denoised - previous[1])
        previous = (step, denoised)
        latents = _first_order(latents, estimate, step)
        yield latents


def _first_order(latents: Float32, denoised: Float32, step: Step) -> Float32:
    """The exact solution over the step if the estimate of z0 stayed what it is; also DDIM with eta 0."""
    shrink = sqrt((1.0 - step.next_alpha_bar) / (1.0 - step.alpha_bar))
    return shrink * latents + (sqrt(step.next_alpha_bar) - shrink * sqrt(step.alpha_bar)) * denoised


SAMPLERS: dict[Sampler, Sample] = {Sampler.DPM: dpm, Sampler.DDIM: ddim, Sampler.DDPM: ddpm}
