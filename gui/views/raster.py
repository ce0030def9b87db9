"""Waveforms and spectra as pictures; numpy fills the pixels, which is faster than lines one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from gui.sound.peaks import Columns
from gui.sound.spectrum import Picture

Pixels = NDArray[np.uint32]

# From quiet to loud, lightness always rising, so that it reads without colour vision.
_HEAT = np.array(
    [(12, 14, 26), (30, 42, 96), (44, 92, 146), (84, 142, 148), (160, 180, 122), (236, 212, 104),
     (255, 250, 222)],
    np.float64,
)  # fmt: skip


def waveform(columns: Columns, height: int, wave: str, ground: str) -> QImage:
    """One lane for each channel, one pixel wide for each column; no ``ground``: what is below is seen."""
    count, channels = columns.low.shape
    pixels = np.full((height, count), _argb(ground) if ground else 0, np.uint32)
    lane = height / max(1, channels)
    for channel in range(channels):
        top, bottom = round(lane * channel), round(lane * (channel + 1))
        _fill(pixels[top:bottom], columns.low[:, channel], columns.high[:, channel], _argb(wave))
    return image_of(pixels)


def heat(picture: Picture, height: int) -> QImage:
    """Low frequencies at the bottom."""
    table = _heat_table()
    rows = (np.arange(height)[::-1] * len(picture) // height).clip(0, len(picture) - 1)
    return image_of(np.ascontiguousarray(table[picture[rows]]))


def image_of(pixels: Pixels) -> QImage:
    """A picture of its own from (height, width) of 0xAARRGGBB."""
    height, width = pixels.shape
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32).copy()


def _fill(lane: Pixels, low: NDArray[np.float32], high: NDArray[np.float32], colour: int) -> None:
    height = len(lane)
    middle, reach = (height - 1) / 2, (height - 1) / 2 * 0.96
    top = np.round(middle - np.clip(high, -1, 1) * reach)
    bottom = np.round(middle - np.clip(low, -1, 1) * reach)
    y = np.arange(height)[:, None]
    lane[(y >= top) & (y <= bottom) & (low <= high)] = colour


def _heat_table() -> Pixels:
    places = np.linspace(0, len(_HEAT) - 1, 256)
    red, green, blue = (
        np.interp(places, np.arange(len(_HEAT)), _HEAT[:, channel]).astype(np.uint32) for channel in range(3)
    )
    return (np.uint32(0xFF000000) | (red << 16) | (green << 8) | blue).astype(np.uint32)


def _argb(colour: str) -> int:
    return QColor(colour).rgb()
