"""The ruler of the recording: timecode above the sound."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter

from gui.models.timeline import ticks
from gui.views.theme import current
from gui.views.waveform.geometry import RULER, Geometry


def paint_ruler(painter: QPainter, geometry: Geometry, fps: float) -> None:
    """Ticks and labels; ``fps`` counts in pictures, 0 in seconds."""
    theme = current()
    painter.fillRect(0, 0, geometry.width, RULER, QColor(theme.ground))
    font = painter.font()
    font.setPointSizeF(8.0)
    painter.setFont(font)
    for tick in ticks(geometry.view, geometry.rate, fps):
        x = geometry.view.x_of(tick.frame)
        painter.setPen(QColor(theme.line))
        painter.drawLine(QPointF(x, RULER - (8 if tick.label else 4)), QPointF(x, RULER))
        if tick.label:
            painter.setPen(QColor(theme.quiet))
            painter.drawText(QPointF(x + 3, RULER - 8), tick.label)
