"""The noise of a candidate: a seed's own, or turned from there towards another seed's.

Two independent normal values a and b give cos(angle) a + sin(angle) b, which is normal again, with the same
variance, at every angle: a spherical interpolation that needs no other cell, so windows may be cut anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np

from engine.diffusion.windows import noise_for
from engine.models.interface import Float32

MAX_SEED = 2**31
# Further apart than all seeds of a job's candidates, and than all draws of one sound.
_CHANNEL_SEEDS = 1 << 20
_CHANNEL_DRAWS = 1 << 40


@dataclass(frozen=True)
class NoiseSource:
    """All the draws of one candidate, by place: the same call gives the same noise, in whatever order.

    share: 0 is the noise of ``seed``, 1 that of ``other``, between them an arc.
    """

    seed: int
    other: int = 0
    share: float = 0.0

    def __call__(self, start: int, stop: int, shape: tuple[int, int], draw: int = 0) -> Float32:
        """Standard normal (1, channels, stop - start, bands); see ``windows.noise_for``."""
        own = noise_for(self.seed, start, stop, shape, draw)
        if self.share == 0.0:
            return own
        return turned(own, noise_for(self.other, start, stop, shape, draw), self.share)


@dataclass(frozen=True)
class ChannelNoise:
    """A channel's draws of one candidate: those of the first channel, turned towards draws of its own.

    share: 0 is the same noise in all channels, at 1 they have nothing in common.
    """

    first: NoiseSource
    channel: int
    share: float

    @property
    def seed(self) -> int:
        """Of what is drawn behind the denoiser."""
        return (self.first.seed + self.channel * _CHANNEL_SEEDS) % MAX_SEED if self.share else self.first.seed

    def __call__(self, start: int, stop: int, shape: tuple[int, int], draw: int = 0) -> Float32:
        """See NoiseSource."""
        common = self.first(start, stop, shape, draw)
        if self.channel == 0 or self.share == 0.0:
            return common
        return turned(
            common, self.first(start, stop, shape, draw + self.channel * _CHANNEL_DRAWS), self.share
        )


def turned(own: Float32, other: Float32, share: float) -> Float32:
    """``share`` of the quarter circle from one noise to another that is independent of it."""
    if share >= 1.0:
        return other
    angle = share * pi / 2.0
    return np.asarray(np.float32(cos(angle)) * own + np.float32(sin(angle)) * other, np.float32)


def candidate_noise(seed: int, number: int, vary: float, towards: int = -1) -> NoiseSource:
    """The noise of candidate ``number``, counted through all takes.

    Without ``vary`` it is that of its own seed, one after the other. With it, the seed stays, and its noise
    turns towards that of ``towards``, or of the seed after ``seed``, the next candidate's to the next.
    """
    if vary == 0.0:
        return NoiseSource((seed + number) % MAX_SEED)
    first = seed + 1 if towards < 0 else towards
    return NoiseSource(seed, (first + number) % MAX_SEED, vary)
