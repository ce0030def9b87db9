"""Generate, transfer and inpaint on latents (batch, channels, latent_frames, bands), around any sampler.

Masks are 1 where the latents are observed and kept, 0 where they are made anew, and broadcast
against latents: (1, 1, latent_frames, 1) or (1, 1, latent_frames, bands). Values between are allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, floor, sqrt

import numpy as np

from engine.diffusion.samplers import Constrain, Denoise, Noise, Sample
from engine.diffusion.schedule import Steps
from engine.models.interface import Float32


@dataclass(frozen=True)
class Observed:
    """Clean latents and the mask that says which of them are known.

    ``noise`` gives what they are noised with; None takes the sampler's own source.
    """

    latents: Float32
    mask: Float32
    noise: Noise | None = None


def noised(latents: Float32, alpha_bar: float, noise: Float32) -> Float32:
    """The forward process in one go: q(z_t | z_0) at the level ``alpha_bar``."""
    return sqrt(alpha_bar) * latents + sqrt(1.0 - alpha_bar) * noise


def constrained(
    latents: Float32, source: Float32, mask: Float32, alpha_bar: float, noise: Float32
) -> Float32:
    """``source``, noised to the level ``alpha_bar``, in place of the latents where ``mask`` is 1.

    Where the mask is between 0 and 1 two independent noises mix, and would cancel to less than the
    level's; the drawn one is widened by just what is missing.
    """
    amplitude = np.sqrt(1.0 - np.square(1.0 - mask))
    signal = sqrt(alpha_bar) * mask * source
    mixed: Float32 = (1.0 - mask) * latents + signal + sqrt(1.0 - alpha_bar) * amplitude * noise
    return mixed


def observation(observed: Observed) -> Constrain:
    """The function that puts the observed latents, noised to the same level, in place of the sampler's.

    Each call draws fresh noise.
    """

    def constrain(latents: Float32, alpha_bar: float, rng: Noise) -> Float32:
        source = observed.noise or rng
        noise = source.standard_normal(latents.shape, dtype=np.float32)
        return constrained(latents, observed.latents, observed.mask, alpha_bar, noise)

    return constrain


def blended(latents: Float32, observed: Observed) -> Float32:
    """Clean latents with the observed ones put back: exactly those where the mask is 1."""
    mixed = observed.mask * observed.latents + (1.0 - observed.mask) * latents
    return np.where(observed.mask == 1.0, observed.latents, mixed)


def generate(
    sample: Sample,
    denoise: Denoise,
    noise: Float32,
    steps: Steps,
    rng: Noise,
    observed: Observed | None = None,
) -> Iterator[Float32]:
    """New latents from pure ``noise`` over the full range of ``steps``; yields after each."""
    if observed is None:
        yield from sample(denoise, noise, steps, rng)
        return
    passing = sample(denoise, noise, steps, rng, constrain=observation(observed))
    for step, latents in zip(steps, passing, strict=True):
        yield blended(latents, observed) if step is steps[-1] else latents


def transfer(
    sample: Sample,
    denoise: Denoise,
    source: Float32,
    noise: Float32,
    steps: Steps,
    rng: Noise,
    observed: Observed | None = None,
) -> Iterator[Float32]:
    """``source`` noised to the first step's own level and denoised from there; yields after each step.

    Without steps, which is strength 0, it yields the source as it is.
    """
    if not steps:
        yield source
        return
    start = noised(source, steps[0].alpha_bar, noise)
    yield from generate(sample, denoise, start, steps, rng, observed)


def inpaint(
    sample: Sample,
    denoise: Denoise,
    source: Float32,
    mask: Float32,
    noise: Float32,
    steps: Steps,
    rng: Noise,
) -> Iterator[Float32]:
    """``source`` where ``mask`` is 1, and what fits it elsewhere; yields after each step.

    The cells made anew start from pure noise, so nothing of what they held remains. A weaker
    repair is ``transfer`` with an ``Observed``.
    """
    yield from generate(sample, denoise, noise, steps, rng, Observed(source, mask))


def span_mask(latent_frames: int, spans: Iterable[tuple[float, float]], margin: int = 0) -> Float32:
    """A mask (1, 1, latent_frames, 1) that makes the ``spans`` anew and keeps the rest.

    Spans are [start, stop) in latent frames, fractions allowed: every cell touched is made anew, and
    ``margin`` more on each side, because the encoder lets a cell see beyond its edges.
    """
    mask = np.ones(latent_frames, np.float32)
    for start, stop in spans:
        mask[max(0, floor(start) - margin) : max(0, ceil(stop) + margin)] = 0.0
    return mask.reshape(1, 1, -1, 1)
