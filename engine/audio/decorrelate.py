"""Sounds that are like another in spectrum and course, and unlike it sample by sample.

Velvet noise: a few impulses of either sign at random places, thinning out over 30 ms. Too short to be
heard as an echo, sparse enough to be added up tap by tap.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

_SECONDS = 0.03
_TAPS = 30
_DECAY_DB = 40.0


class Decorrelator:
    """A stage: (frames, 1) in, the same first and ``count`` decorrelated ones behind it out."""

    def __init__(self, sample_rate: int, count: int) -> None:
        """Start before the first frame."""
        self._filters = [_velvet(sample_rate, number) for number in range(count)]
        self._held = np.zeros((round(_SECONDS * sample_rate), 1), np.float32)

    def push(self, block: Float32) -> Float32:
        """Take the next block, give as many frames."""
        sound = np.concatenate([self._held, block])[:, 0]
        before = len(self._held)
        self._held = sound[len(sound) - before :, None]
        spread = np.empty((1 + len(self._filters), len(block)), np.float32)
        spread[0] = block[:, 0]
        for output, (places, gains) in zip(spread[1:], self._filters, strict=True):
            output[:] = 0.0
            for place, gain in zip(places, gains, strict=True):
                output += gain * sound[before - place : len(sound) - place]
        return spread.T

    def finish(self) -> Float32:
        """Nothing is held back."""
        return np.zeros((0, 1 + len(self._filters)), np.float32)


def mixing(channels: int, count: int) -> Float32:
    """How ``count`` decorrelated sounds become channels that add up to nothing, (channels, count): rows of
    a cosine transform without its constant."""
    place = np.pi * (np.arange(channels)[:, None] + 0.5) * np.arange(1, count + 1) / channels
    shares = np.cos(place)
    rows: Float32 = (shares / np.sqrt((shares**2).mean(axis=0) * count)).astype(np.float32)
    return rows


def _velvet(sample_rate: int, number: int) -> tuple[list[int], list[np.float32]]:
    """Places in frames and gains of energy 1, one in each equal part of the length."""
    random = np.random.default_rng(number)
    step = _SECONDS * sample_rate / _TAPS
    places = ((np.arange(_TAPS) + random.random(_TAPS) * 0.99) * step).astype(int)
    gains = random.choice([-1.0, 1.0], _TAPS) * 10.0 ** (-_DECAY_DB / 20.0 * np.arange(_TAPS) / _TAPS)
    gains /= np.sqrt(gains @ gains)
    return places.tolist(), list(gains.astype(np.float32))
