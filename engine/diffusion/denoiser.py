"""The adapter between a network and the samplers: given latents and a timestep, what is underneath?"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from engine.diffusion.schedule import Float64, alphas_cumprod
from engine.errors import NotFiniteError
from engine.models.interface import Float32, Model, Prediction, ScheduleParameters


def denoised_from_eps(latents: Float32, eps: Float32, alpha_bar: float) -> Float32:
    """The z0 that, noised with ``eps`` to ``alpha_bar``, gives ``latents``."""
    return latents / sqrt(alpha_bar) - sqrt(1.0 / alpha_bar - 1.0) * eps


def eps_from_denoised(latents: Float32, denoised: Float32, alpha_bar: float) -> Float32:
    """The noise that takes ``denoised`` to ``latents`` at ``alpha_bar``, which must be below 1."""
    return latents / sqrt(1.0 - alpha_bar) - sqrt(alpha_bar / (1.0 - alpha_bar)) * denoised


def denoised_from_output(
    latents: Float32, output: Float32, alpha_bar: float, prediction: Prediction
) -> Float32:
    """The z0 that a network's raw output stands for."""
    if prediction == "epsilon":
        return denoised_from_eps(latents, output, alpha_bar)
    if prediction == "v_prediction":
        return sqrt(alpha_bar) * latents - sqrt(1.0 - alpha_bar) * output
    return output


def guided(conditional: Float32, unconditional: Float32, guidance_scale: float) -> Float32:
    """Classifier-free guidance (Ho & Salimans 2022): 0 is the unconditional one, 1 the conditional."""
    return unconditional + guidance_scale * (conditional - unconditional)


def with_spread_of(estimate: Float32, reference: Float32, amount: float) -> Float32:
    """``estimate`` with each sample's standard deviation moved towards the reference's by ``amount`` (0..1).

    Lin et al. 2023, section 3.4, applied to the estimate of z0: strong guidance widens it, which is
    heard as loudness and harshness.
    """
    axes = tuple(range(1, estimate.ndim))
    wide = estimate.std(axis=axes, keepdims=True)
    ratio = reference.std(axis=axes, keepdims=True) / np.maximum(wide, np.float32(1e-12))
    scaled: Float32 = estimate * (amount * ratio + (1.0 - amount))
    return scaled


@dataclass
class Denoiser:
    """Calling it with latents (batch, channels, latent_frames, bands) and a timestep gives z0's estimate.

    ``condition`` and ``unconditional`` are (1 or batch, embedding); a negative prompt is an
    ``unconditional`` other than the empty text's. With ``weights``, (prompts, cells), ``condition`` has a row
    for each prompt instead, and what they say is mixed cell by cell. ``sounding_seconds`` is how long the
    window sounds.
    ``guidance_interval`` is where guidance is at work, as shares of the schedule (timestep / train_steps,
    both ends included): outside of it the estimate is the conditional one, and the network computes half
    as much (Kynkaanniemi et al. 2024). ``calls`` counts the network's calls: one for each estimate,
    guided or not.
    """

    model: Model
    schedule: ScheduleParameters
    condition: Float32
    unconditional: Float32
    guidance_scale: float
    sounding_seconds: float
    guidance_rescale: float = 0.0
    guidance_interval: tuple[float, float] = (0.0, 1.0)
    weights: Float32 | None = None
    calls: int = field(default=0, init=False)
    _alphas_cumprod: Float64 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._alphas_cumprod = alphas_cumprod(self.schedule)

    def __call__(self, latents: Float32, timestep: int) -> Float32:
        """The estimate of z0, shaped like ``latents``."""
        if not self._is_guided(timestep):
            return self._mixed(self._estimate(latents, timestep, self._conditions()))
        # One batch: how both halves are computed is the runtime's to choose.
        every = self._estimate(latents, timestep, [self.unconditional, *self._conditions()])
        unconditional, conditional = every[: len(latents)], self._mixed(every[len(latents) :])
        # z0 is affine in the raw output, so guiding either is the same for every prediction type.
        estimate = guided(conditional, unconditional, self.guidance_scale)
        if self.guidance_rescale == 0.0:
            return estimate
        return with_spread_of(estimate, conditional, self.guidance_rescale)

    def _conditions(self) -> list[Float32]:
        """One for each prompt."""
        if self.weights is None:
            return [self.condition]
        return [self.condition[row : row + 1] for row in range(len(self.weights))]

    def _mixed(self, estimates: Float32) -> Float32:
        """Each prompt's estimates, one after the other along the batch, as one."""
        if self.weights is None or len(self.weights) == 1:
            return estimates
        parts = estimates.reshape(len(self.weights), -1, *estimates.shape[1:])
        mixed: Float32 = (self.weights[:, None, None, :, None] * parts).sum(axis=0)
        return mixed

    def _is_guided(self, timestep: int) -> bool:
        low, high = self.guidance_interval
        return self.guidance_scale != 1.0 and low <= timestep / self.schedule.train_steps <= high

    def _estimate(self, latents: Float32, timestep: int, conditions: list[Float32]) -> Float32:
        """z0's estimates under each condition, one after the other along the batch."""
        batch = len(latents)
        repeated = np.concatenate([latents] * len(conditions))
        rows = np.concatenate([np.broadcast_to(c, (batch, *c.shape[1:])) for c in conditions])
        filled = np.full(len(repeated), timestep, np.float32)
        sounding = np.full(len(repeated), self.sounding_seconds, np.float32)
        self.calls += 1
        output = self.model.denoise(repeated, filled, rows, sounding)
        if not np.isfinite(output).all():
            raise NotFiniteError(
                f"The model gave values that are not finite (timestep {timestep}): lower the guidance."
            )
        alpha_bar = float(self._alphas_cumprod[timestep])
        return denoised_from_output(repeated, output, alpha_bar, self.schedule.prediction)
