"""A picture of which frequencies sound when, on the mel scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import soundfile
from numpy.typing import NDArray

from gui.sound.peaks import Sound
from gui.sound.recording import opened

BANDS = 128
_WINDOW_FRAMES = 2048
_FLOOR_DB, _CEILING_DB = -90.0, -10.0  # of full scale, for a sine
_BATCH = 64  # spectra at a time

Picture = NDArray[np.uint8]


def mel_of(hertz: float) -> float:
    """Where a frequency lies on the mel scale (HTK's)."""
    return float(2595.0 * np.log10(1.0 + hertz / 700.0))


def hertz_of(mel: float) -> float:
    """The way back."""
    return float(700.0 * (10.0 ** (mel / 2595.0) - 1.0))


def picture(path: str, start: float, frames_per_column: float, count: int) -> Picture:
    """(BANDS, columns), 0 to 255, low frequencies first; each column is the spectrum at its middle.

    Raises EngineError(BAD_AUDIO or NOT_FOUND).
    """
    shown = np.zeros((BANDS, count), np.uint8)
    with opened(path) as file:
        matrix = _bands(file.samplerate)
        for first in range(0, count, _BATCH):
            columns = range(first, min(count, first + _BATCH))
            middles = [int(start + (column + 0.5) * frames_per_column) for column in columns]
            power = _spectra(_windows(file, middles))
            shown[:, first : first + len(middles)] = _as_bytes(power @ matrix).T
    return shown


def _windows(file: soundfile.SoundFile, middles: Sequence[int]) -> Sound:
    """Mono samples around frames, (middles, window); read at once where they overlap."""
    starts = [middle - _WINDOW_FRAMES // 2 for middle in middles]
    length = starts[-1] - starts[0] + _WINDOW_FRAMES
    if length > len(starts) * _WINDOW_FRAMES:
        return np.stack([_mono(file, start, _WINDOW_FRAMES) for start in starts])
    whole = _mono(file, starts[0], length)
    views = np.lib.stride_tricks.sliding_window_view(whole, _WINDOW_FRAMES)
    windows: Sound = views[np.array(starts) - starts[0]]
    return windows


def _mono(file: soundfile.SoundFile, start: int, count: int) -> Sound:
    """``count`` frames from ``start`` on; silence outside of the recording."""
    first = min(max(0, start), file.frames)
    last = min(max(start + count, first), file.frames)
    file.seek(first)
    mono = np.zeros(count, np.float32)
    if first < last:
        samples = file.read(last - first, dtype="float32", always_2d=True)
        mono[first - start : last - start] = samples.mean(axis=1)
    return mono


def _spectra(windows: Sound) -> Sound:
    shape = np.hanning(_WINDOW_FRAMES).astype(np.float32)
    spectrum = np.fft.rfft(windows * shape) * (2.0 / shape.sum())
    power: Sound = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return power


@lru_cache(maxsize=8)
def _bands(sample_rate: int) -> Sound:
    """Triangles on the mel scale, (bins, BANDS); each takes at least the bin nearest to its middle."""
    bins = np.arange(_WINDOW_FRAMES // 2 + 1) * sample_rate / _WINDOW_FRAMES
    places = 2595.0 * np.log10(1.0 + bins / 700.0)
    centres = (np.arange(BANDS) + 0.5) * mel_of(sample_rate / 2) / BANDS
    width = centres[1] - centres[0]
    matrix = np.clip(1.0 - np.abs(places[:, None] - centres[None, :]) / width, 0.0, None)
    nearest = np.abs(places[:, None] - centres[None, :]).argmin(axis=0)
    matrix[nearest, np.arange(BANDS)] = np.maximum(matrix[nearest, np.arange(BANDS)], 0.5)
    bands: Sound = matrix.astype(np.float32)
    return bands


def _as_bytes(power: Sound) -> Picture:
    level = 10.0 * np.log10(power + 1e-12)
    shown: Picture = np.clip((level - _FLOOR_DB) / (_CEILING_DB - _FLOOR_DB) * 255.0, 0.0, 255.0).astype(
        np.uint8
    )
    return shown
