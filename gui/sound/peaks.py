"""The lowest and highest sample of every stretch of a recording, in levels of ever longer stretches.

A waveform of any zoom is drawn from the level that fits, so that an hour costs no more than a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Int16 = NDArray[np.int16]
Sound = NDArray[np.float32]

BASE_FRAMES: Final = 256  # of the finest level; below, the samples themselves are drawn
FACTOR: Final = 4  # from one level to the next: at most so many bins make a pixel
LEVELS: Final = 7
# A block fills whole bins in all levels, 22 s at 48 kHz.
BLOCK_FRAMES: Final = BASE_FRAMES * FACTOR ** (LEVELS - 1)
FULL_SCALE: Final = 32767
# So many bins of stereo, a megabyte of 16-bit samples, and what becomes of them stay in a processor's cache.
_CACHED_BINS: Final = 1024


@dataclass(frozen=True)
class Columns:
    """What a waveform shows in each column of pixels; ``low`` and ``high`` are (columns, channels), -1 to 1.

    Where ``low`` is above ``high`` there is nothing to show.
    """

    low: Sound
    high: Sound


class Peaks:
    """Peaks of one recording; they grow block by block while it is read."""

    def __init__(self, frames: int, channels: int, base: Int16 | None = None) -> None:
        """``base``: (bins, channels, 2), all of the finest level, when it is known already."""
        self.frames, self.channels = frames, channels
        self.known_frames = 0
        # Extremes of a few frames at evenly spaced places, one row each: shown where nothing is known.
        self.sketch: Int16 | None = None
        bins = -(-frames // BASE_FRAMES)
        self._levels = [
            np.zeros((-(-bins // FACTOR**level), channels, 2), np.int16) for level in range(LEVELS)
        ]
        if base is not None:
            self._put(0, base)
            self.known_frames = frames

    @property
    def base(self) -> Int16:
        """The finest level."""
        return self._levels[0]

    @property
    def is_complete(self) -> bool:
        """Whether all of the recording has been read."""
        return self.known_frames >= self.frames

    def add(self, block: NDArray[np.int16] | Sound) -> None:
        """The next ``BLOCK_FRAMES`` of the recording, or its rest: (frames, channels)."""
        self._put(self.known_frames // BASE_FRAMES, extremes(block))
        self.known_frames += len(block)

    def columns(self, start: float, frames_per_column: float, count: int) -> Columns:
        """``count`` columns of ``frames_per_column`` frames each, from frame ``start`` on."""
        borders = start + np.arange(count + 1) * frames_per_column
        level = self._level_for(frames_per_column)
        bin_frames = BASE_FRAMES * FACTOR**level
        known = -(-self.known_frames // bin_frames)
        columns = _of_bins(self._levels[level], borders, bin_frames, known)
        if self.sketch is None or self.is_complete:
            return columns
        sketched = _of_bins(self.sketch, borders, self.frames / len(self.sketch), len(self.sketch))
        is_known = columns.low <= columns.high
        return Columns(
            np.where(is_known, columns.low, sketched.low), np.where(is_known, columns.high, sketched.high)
        )

    def _level_for(self, frames_per_column: float) -> int:
        """The coarsest whose bins are no longer than a column."""
        fitting = (level for level in range(LEVELS) if BASE_FRAMES * FACTOR**level <= frames_per_column)
        return max(fitting, default=0)

    def _put(self, first_bin: int, bins: Int16) -> None:
        for level in range(LEVELS):
            start = first_bin // FACTOR**level
            self._levels[level][start : start + len(bins)] = bins
            bins = _coarser(bins)


def extremes(block: NDArray[np.int16] | Sound) -> Int16:
    """The finest level of a block: (bins, channels, 2)."""
    frames, channels = block.shape
    whole = -(-frames // BASE_FRAMES) * BASE_FRAMES
    if whole != frames:
        block = np.concatenate([block, np.repeat(block[-1:], whole - frames, axis=0)])
    rows = np.ascontiguousarray(block).reshape(-1, BASE_FRAMES * channels)
    bins = np.empty((len(rows), channels, 2), rows.dtype)
    for first in range(0, len(rows), _CACHED_BINS):
        bins[first : first + _CACHED_BINS] = _extremes_of(rows[first : first + _CACHED_BINS], channels)
    return _as_int16(bins)


def _extremes_of(rows: NDArray[Any], channels: int) -> NDArray[Any]:
    """Of rows of interleaved frames. Halving keeps the processor's inner loops long."""
    low = high = rows
    while low.shape[1] > channels:
        half = low.shape[1] // 2
        low = np.minimum(low[:, :half], low[:, half:])
        high = np.maximum(high[:, :half], high[:, half:])
    return np.stack([low, high], axis=-1)


def columns_of(
    samples: Sound, first_frame: int, start: float, frames_per_column: float, count: int
) -> Columns:
    """Columns of less than a bin each, from the samples that begin at ``first_frame``: (frames, channels)."""
    edges = np.floor(start + np.arange(count + 1) * frames_per_column).astype(np.int64) - first_frame
    # One more frame than its own joins each column to the next.
    first, last = edges[:-1], edges[1:] + 1
    inside = (first >= 0) & (first < len(samples))
    pairs = np.stack([samples, samples], axis=-1)
    return _reduced(pairs, np.clip(first, 0, None), np.minimum(last, len(samples)), inside)


def _of_bins(bins: Int16, borders: NDArray[np.floating[Any]], bin_frames: float, known: int) -> Columns:
    """Columns between ``borders`` in frames, from the first ``known`` bins of ``bin_frames`` each."""
    edges = (borders / bin_frames).astype(np.int64)
    first, last = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
    inside = (first < known) & (last > 0) & (borders[1:] > 0)
    return _reduced(bins, np.clip(first, 0, None), np.minimum(last, known), inside)


def _reduced(
    bins: NDArray[np.int16] | Sound,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    inside: NDArray[np.bool_],
) -> Columns:
    """The extremes of bins [first, last) for each column that lies ``inside``."""
    shape = (len(first), bins.shape[1])
    low, high = np.ones(shape, np.float32), -np.ones(shape, np.float32)
    if inside.any():
        scale = np.float32(1.0 / FULL_SCALE if bins.dtype == np.int16 else 1.0)
        first, last = first[inside], np.maximum(last[inside], first[inside] + 1)
        shown = bins[first[0] : last.max()]
        spans = np.stack([first, last], axis=1).ravel() - first[0]
        padded = np.concatenate([shown, shown[-1:]])  # reduceat takes no index at the very end
        low[inside] = np.minimum.reduceat(padded[..., 0], spans, axis=0)[::2] * scale
        high[inside] = np.maximum.reduceat(padded[..., 1], spans, axis=0)[::2] * scale
    return Columns(low, high)


def _coarser(bins: Int16) -> Int16:
    whole = -(-len(bins) // FACTOR) * FACTOR
    if whole != len(bins):
        bins = np.concatenate([bins, np.repeat(bins[-1:], whole - len(bins), axis=0)])
    coarser = bins[::FACTOR].copy()
    for place in range(1, FACTOR):  # whole arrays are compared far faster than groups of four
        np.minimum(coarser[..., 0], bins[place::FACTOR, :, 0], out=coarser[..., 0])
        np.maximum(coarser[..., 1], bins[place::FACTOR, :, 1], out=coarser[..., 1])
    return coarser


def _as_int16(values: NDArray[np.int16] | Sound) -> Int16:
    if values.dtype == np.int16:
        return values.astype(np.int16, copy=False)
    scaled = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=-1.0) * FULL_SCALE
    clipped: Int16 = np.clip(scaled, -FULL_SCALE, FULL_SCALE).astype(np.int16)
    return clipped


def grown(peaks: Peaks, blocks: Iterator[NDArray[np.int16] | Sound]) -> Iterator[Peaks]:
    """The same peaks after every block."""
    for block in blocks:
        peaks.add(block)
        yield peaks
