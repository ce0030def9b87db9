"""The picture of the sound, as waveform or spectrum, kept while it stays the same."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from gui.models.source import SourceModel
from gui.models.timeline import Viewport
from gui.sound.peaks import BASE_FRAMES, Columns, columns_of
from gui.views import raster
from gui.views.theme import current
from gui.views.waveform.geometry import Geometry

_ROOM = 0.5  # of a screen, read on both sides so that scrolling finds it there


class SoundPicture:
    """Asks the source for what it lacks; who shows it draws again when that has come."""

    def __init__(self, source: SourceModel) -> None:
        self._source = source
        self._image: QImage | None = None
        self._key: object = None

    def forget(self) -> None:
        """The sound is another one, or more of it is known."""
        self._image = None

    def paint(self, painter: QPainter, geometry: Geometry, ratio: float, with_spectrum: bool) -> None:
        """Below the ruler; ``ratio`` is of the screen's points to pixels."""
        area = geometry.sound_area
        size = (round(area.width() * ratio), round(area.height() * ratio))
        key = (geometry.view, size, with_spectrum, current())
        if self._image is None or key != self._key:
            make = self._spectrum if with_spectrum else self._waveform
            self._image = make(geometry.view, *size, ratio) if min(size) > 0 else None
            self._key = key
        if self._image is not None:
            painter.drawImage(area, self._image)

    def _waveform(self, view: Viewport, width: int, height: int, ratio: float) -> QImage | None:
        columns = self._columns(view, width, view.frames_per_pixel / ratio)
        if columns is None:
            return None
        return raster.waveform(columns, height, current().wave, current().field)

    def _columns(self, view: Viewport, count: int, scale: float) -> Columns | None:
        """From the samples where they are close enough to be seen, else from the peaks."""
        detail, peaks = self._source.detail, self._source.peaks
        if scale < BASE_FRAMES:
            if detail is not None and _covers(view, detail[0], len(detail[1])):
                return columns_of(detail[1], detail[0], view.start, scale, count)
            self._ask_for_detail(view)
        return peaks.columns(view.start, scale, count) if peaks is not None else None

    def _ask_for_detail(self, view: Viewport) -> None:
        room = (view.end - view.start) * _ROOM
        start = max(0, math.floor(view.start - room))
        self._source.read_detail(start, math.ceil(view.end + room) - start)

    def _spectrum(self, view: Viewport, width: int, height: int, ratio: float) -> QImage | None:
        """The spectra at hand, stretched to where they belong; others are asked for."""
        spectrum, scale = self._source.spectrum, view.frames_per_pixel / ratio
        if spectrum is None or spectrum[:2] != (view.start, scale):
            self._source.read_spectrum(view.start, scale, width)
        if spectrum is None:
            return None
        start, had, picture = spectrum
        image = raster.heat(picture, height)
        shown = QImage(width, height, QImage.Format.Format_RGB32)
        shown.fill(QColor(current().field))
        painter = QPainter(shown)
        left = (start - view.start) / scale
        painter.drawImage(QRectF(left, 0, picture.shape[1] * had / scale, height), image)
        painter.end()
        return shown


def _covers(view: Viewport, first: int, count: int) -> bool:
    last = min(view.end, view.frames)
    return first <= max(0.0, view.start) and first + count >= last
