"""A region longer than the model's window, as overlapping windows rendered from left to right.

Each window after the first observes the frames it shares with the one before, which are already
final, and continues them. Only the window before is needed, so memory does not grow with the region.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.models.interface import Float32

# A window shows its successor this part of itself. A quarter of AudioLDM's window is 2.5 s, of the
# embedded one's 0.6 s: enough to hear what is going on, and three quarters of each window are new.
OVERLAP_SHARE = 0.25


@dataclass(frozen=True)
class Window:
    """Latent frames [start, stop) of the region, the first ``overlap`` of them rendered before."""

    start: int
    stop: int
    overlap: int

    @property
    def frames(self) -> int:
        """Latent frames given to the denoiser."""
        return self.stop - self.start


def plan(total_frames: int, window_frames: int, overlap_frames: int, multiple: int) -> tuple[Window, ...]:
    """The fewest windows of ``window_frames`` that cover [0, total_frames) exactly, evenly spread.

    Neighbours share at least ``overlap_frames``; what the last window has to spare widens all the
    overlaps. A region no longer than one window gets one, padded up to ``multiple``: only then may it
    end after the region. Wrong sizes raise ValueError: they come from a bundle, checked when loaded.
    """
    if total_frames < 1 or not 0 <= overlap_frames < window_frames or window_frames % multiple:
        raise ValueError(
            f"can't cut {total_frames} frames in windows of {window_frames} overlapping by {overlap_frames}"
        )
    if total_frames <= window_frames:
        return (Window(0, -(-total_frames // multiple) * multiple, 0),)
    spare = total_frames - window_frames
    last = -(-spare // (window_frames - overlap_frames))  # number of the last window
    starts = [number * spare // last for number in range(last + 1)]
    following = [
        Window(start, start + window_frames, before + window_frames - start)
        for before, start in pairwise(starts)
    ]
    return (Window(0, window_frames, 0), *following)


def final_frames(window: Window, total_frames: int) -> int:
    """How many of the region's latent frames are final once this window is rendered."""
    return min(window.stop, total_frames)


def added(latents: Float32, window: Window, total_frames: int) -> Float32:
    """The part of a window's latents that no window before it gave, without padding."""
    return latents[:, :, window.overlap : final_frames(window, total_frames) - window.start]


def overlap_mask(window: Window) -> Float32:
    """(1, 1, frames, 1): 1 on the frames rendered before, 0 on the others."""
    return (np.arange(window.frames) < window.overlap).astype(np.float32).reshape(1, 1, -1, 1)


def carried(latents: Float32, window: Window) -> Float32:
    """What ``window`` observes: the end of the latents of the window before, then zeros."""
    batch, channels, frames, bands = latents.shape
    observed = np.zeros((batch, channels, window.frames, bands), np.float32)
    observed[:, :, : window.overlap] = latents[:, :, frames - window.overlap :]
    return observed


def noise_for(seed: int, start: int, stop: int, shape: tuple[int, int], draw: int = 0) -> Float32:
    """Standard normal noise (1, channels, stop - start, bands), each frame a function of (seed, frame, draw).

    ``shape`` is (channels, bands); frames count from 0. So the noise does not depend on how a region is
    cut into windows. Philox is a function of key and counter, and Box-Muller takes the same number
    of words for every frame, hence one run of the counter gives any span at once.
    """
    channels, bands = shape
    pairs = -(-channels * bands // 2)  # one 64-bit word gives two values
    blocks = -(-pairs // 4)  # one count of Philox gives four words
    generator = np.random.Philox(key=np.array([seed, draw], np.uint64), counter=start * blocks)
    words = generator.random_raw((stop - start) * blocks * 4).reshape(stop - start, blocks * 4)[:, :pairs]
    values = _normal_pairs(words)[:, : channels * bands].astype(np.float32)
    return np.ascontiguousarray(values.reshape(1, stop - start, channels, bands).transpose(0, 2, 1, 3))


def _normal_pairs(words: np.typing.NDArray[np.uint64]) -> np.typing.NDArray[np.float64]:
    """Box-Muller: (frames, n) words -> (frames, 2 n) independent standard normal values."""
    high = (words >> np.uint64(32)).astype(np.float64)
    low = (words & np.uint64(0xFFFFFFFF)).astype(np.float64)
    radius = np.sqrt(-2.0 * np.log((high + 0.5) * 2.0**-32))  # the half keeps the logarithm finite
    angle = low * (2.0 * np.pi * 2.0**-32)
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


class FrameNoise:
    """A source of noise for the samplers, keyed like ``noise_for`` by seed and absolute frame.

    Each call is one more draw; item k of a batch gets the noise of ``seed`` + k, so that takes made
    together equal takes made one by one. ``stream`` keeps sources apart that draw at different
    rates: 0 for the sampler, 1 for the observation.
    """

    def __init__(self, seed: int, start: int, stream: int = 0) -> None:
        self._seed = seed
        self._start = start
        self._draw = stream << 32  # draw 0 of stream 0 is the noise the latents start from

    def standard_normal(self, size: tuple[int, ...], dtype: type[np.float32]) -> Float32:
        """Noise of ``size`` (batch, channels, latent_frames, bands)."""
        batch, channels, frames, bands = size
        self._draw += 1
        span = self._start, self._start + frames, (channels, bands)
        items = [noise_for(self._seed + item, *span, draw=self._draw) for item in range(batch)]
        return np.concatenate(items).astype(dtype, copy=False)
