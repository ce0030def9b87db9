"""A picture of which frequencies sound when, on the mel scale."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import soundfile
from numpy.typing import NDArray

from gui.sound.peaks import Sound

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
    """(BANDS, columns), 0 to 255, low frequencies first; each column is the spectrum at its middle."""
    shown = np.zeros((BANDS, count), np.uint8)
    with soundfile.SoundFile(path) as file:
        matrix = _bands(file.samplerate)
        for first in range(0, count, _BATCH):
            columns = range(first, min(count, first + _BATCH))
            middles = [int(start + (column + 0.5) * frames_per_column) for column in columns]
            power = _spectra(np.stack([_window(file, middle) for middle in middles]))
            shown[:, first : first + len(middles)] = _as_bytes(power @ matrix).T
    return shown


def _window(file: soundfile.SoundFile, middle: int) -> Sound:
    """Mono samples around a frame; silence outside of the recording."""
    start = middle - _WINDOW_FRAMES // 2
    inside = min(max(0, start), file.frames)
    file.seek(inside)
    end = min(max(start + _WINDOW_FRAMES, inside), file.frames)
    samples = file.read(end - inside, dtype="float32", always_2d=True).mean(axis=1)
    window = np.zeros(_WINDOW_FRAMES, np.float32)
    window[inside - start : inside - start + len(samples)] = samples[:_WINDOW_FRAMES]
    return window


def _spectra(windows: Sound) -> Sound:
    shape = np.hanning(_WINDOW_FRAMES).astype(np.float32)
    spectrum = np.fft.rfft(windows * shape) * (2.0 / shape.sum())
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


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
    return matrix.astype(np.float32)


def _as_bytes(power: Sound) -> Picture:
    level = 10.0 * np.log10(power + 1e-12)
    shown = (level - _FLOOR_DB) / (_CEILING_DB - _FLOOR_DB) * 255.0
    return np.clip(shown, 0.0, 255.0).astype(np.uint8)
