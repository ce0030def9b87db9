"""What is marked in the recording, painted over its sound."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from gui.models.curve import Curve
from gui.models.source import Band
from gui.models.timeline import Span
from gui.models.words import translate
from gui.views.theme import current
from gui.views.waveform.geometry import RULER, Geometry


def paint_selection(painter: QPainter, geometry: Geometry, selection: Span, context: tuple[int, int]) -> None:
    """A lighter ground and lines at both ends; what the model hears before and after it dotted above."""
    colour = QColor(current().selection)
    area = geometry.area(selection)
    painter.fillRect(area, _with_alpha(colour, 50))
    painter.setPen(QPen(colour, 2))
    for x in (area.left(), area.right()):
        painter.drawLine(QPointF(x, 0), QPointF(x, geometry.height))
    painter.setPen(QPen(colour, 3))
    painter.drawLine(QPointF(area.left(), RULER - 1), QPointF(area.right(), RULER - 1))
    painter.setPen(QPen(colour, 2, Qt.PenStyle.DotLine))
    x_of, y = geometry.view.x_of, RULER - 1
    for start, end in (
        (selection.start - context[0], selection.start),
        (selection.end, selection.end + context[1]),
    ):
        if start < end:
            painter.drawLine(QPointF(x_of(start), y), QPointF(x_of(end), y))


def paint_masks(painter: QPainter, geometry: Geometry, masks: Iterable[Span]) -> None:
    """Hatched, so that they are told from the selection without colour."""
    colour = QColor(current().mask)
    for mask in masks:
        area = geometry.area(mask)
        painter.fillRect(area, _with_alpha(colour, 60))
        painter.fillRect(area, QBrush(_with_alpha(colour, 120), Qt.BrushStyle.BDiagPattern))
        painter.setPen(QPen(colour, 1))
        painter.drawRect(area)


def paint_band(painter: QPainter, geometry: Geometry, band: Band) -> None:
    """What is left of the spectrum is darkened; two lines where the chosen band ends."""
    low, high = geometry.y_of_hertz(band.low), geometry.y_of_hertz(band.high or geometry.rate / 2)
    shade = _with_alpha(QColor(current().field), 170)
    painter.fillRect(QRectF(0, RULER, geometry.width, high - RULER), shade)
    painter.fillRect(QRectF(0, low, geometry.width, geometry.height - low), shade)
    painter.setPen(QPen(QColor(current().mask), 2, Qt.PenStyle.DashLine))
    for y, hertz in ((low, band.low), (high, band.high)):
        painter.drawLine(QPointF(0, y), QPointF(geometry.width, y))
        words = translate("Panel", "{0} Hz").format(round(hertz))
        room = painter.fontMetrics().boundingRect(words).translated(4, round(y) - 4).adjusted(-2, -1, 2, 1)
        painter.fillRect(room, QColor(current().field))  # the spectrum is of all shades
        painter.drawText(QPointF(4, y - 4), words)


def paint_curve(
    painter: QPainter, geometry: Geometry, curve: Curve, selection: Span | None, strength: float
) -> None:
    """The strength, high at the top; dashed at ``strength`` where none was drawn."""
    area = geometry.area(selection) if selection else geometry.sound_area
    left, right = max(0.0, area.left()), min(float(geometry.width), area.right())
    frames = [geometry.view.frame_at(x) for x in (left, right)]
    inside = [float(point[0]) for point in curve.points if frames[0] < point[0] < frames[1]]
    line = [
        QPointF(geometry.view.x_of(frame), geometry.y_of(curve.at(frame, strength)))
        for frame in (frames[0], *inside, frames[1])
    ]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = Qt.PenStyle.SolidLine if curve.points else Qt.PenStyle.DashLine
    painter.setPen(QPen(QColor(current().curve), 2, pen))
    painter.drawPolyline(QPolygonF(line))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_lines(painter: QPainter, geometry: Geometry, caret: int, playhead: int | None) -> None:
    """Caret and playhead."""
    x = geometry.view.x_of(caret)
    painter.setPen(QPen(QColor(current().text), 1, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(x, RULER), QPointF(x, geometry.height))
    if playhead is not None:
        x = geometry.view.x_of(playhead)
        painter.setPen(QPen(QColor(current().playhead), 2))
        painter.drawLine(QPointF(x, 0), QPointF(x, geometry.height))


def _with_alpha(colour: QColor, alpha: int) -> QColor:
    faint = QColor(colour)
    faint.setAlpha(alpha)
    return faint
