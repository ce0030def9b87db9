"""How a take looks in the list: what is happening to it in words and pictures, and places to click."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.models.envelope import COLUMNS, Envelope
from gui.models.take_filter import TakeFilter
from gui.models.take_list import ROW, TakeList, state_words
from gui.models.take_row import ENDED, RowState, TakeRow
from gui.sound.peaks import Columns
from gui.views import raster
from gui.views.theme import Theme, current

Index = QModelIndex | QPersistentModelIndex


class Spot(StrEnum):
    """A place in a row that can be clicked."""

    PLAY = "play"
    CANCEL = "cancel"
    STAR = "star"


class TakeDelegate(QStyledItemDelegate):
    """Paints rows; ``clicked`` tells what was clicked in them."""

    clicked = Signal(object, object)  # TakeRow, Spot

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.playing: TakeRow | None = None
        self.marked: TakeRow | None = None  # that others are compared with
        self.playhead = 0.0  # 0 to 1 of the take that plays
        self.side_words = ""  # which of A and B is heard

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Two lines of text and a waveform between, in the size of the font."""
        del index
        return QSize(240, round(QFontMetricsF(option.font).height() * 3.9))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One row."""
        row: TakeRow = index.data(ROW)
        theme, area = current(), QRectF(option.rect)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(area, QColor(theme.raised if chosen else theme.field))
        if chosen:  # a bar besides, so that it is told without colour
            painter.fillRect(QRectF(area.left(), area.top(), 4, area.height()), QColor(theme.accent))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(area.adjusted(1, 1, -1, -1))
        self._paint_words(painter, area, row, option.font, theme)
        self._paint_wave(painter, wave_area(area), row, theme)
        self._paint_button(painter, spot_area(area, Spot.PLAY), row, theme)
        painter.setPen(QColor(theme.line))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.restore()

    def editorEvent(  # noqa: N802 - Qt's name
        self, event: QEvent, model: object, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """A click on one of the places."""
        assert isinstance(model, TakeList | TakeFilter)
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            for spot in Spot:
                if spot_area(QRectF(option.rect), spot).contains(event.position()):
                    self.clicked.emit(index.data(ROW), spot)
                    return True
        return False

    def _paint_words(self, painter: QPainter, area: QRectF, row: TakeRow, font: QFont, theme: Theme) -> None:
        """The prompt above, state and numbers below."""
        bold, small = QFont(font), QFont(font)
        bold.setBold(True)
        small.setPointSizeF(font.pointSizeF() * 0.85)
        left = wave_area(area).left()
        head = QRectF(left, area.top() + 3, area.right() - left - 56, QFontMetricsF(bold).height())
        painter.setFont(bold)
        painter.setPen(QColor(theme.text))
        prompt = QFontMetricsF(bold).elidedText(row.prompt, Qt.TextElideMode.ElideRight, head.width())
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, prompt)
        foot = QRectF(left, area.bottom() - QFontMetricsF(small).height() - 3, area.right() - left - 6, 0)
        foot.setHeight(QFontMetricsF(small).height())
        painter.setFont(small)
        painter.setPen(QColor(theme.bad if row.state is RowState.FAILED else theme.quiet))
        words = QFontMetricsF(small).elidedText(
            self._foot_words(row), Qt.TextElideMode.ElideRight, foot.width()
        )
        painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter, words)
        self._paint_marks(painter, area, row, bold, theme)

    def _foot_words(self, row: TakeRow) -> str:
        length = self.tr("{0:.2f} s").format(row.seconds)
        rank = (
            self.tr("best")
            if row.rank == 0
            else self.tr("no. {0}").format(row.rank + 1)
            if row.rank > 0
            else ""
        )
        live = self.tr("live draft (K keeps it)") if row.live else ""
        kept = self.tr("kept") if row.kept else ""
        seed = self.tr("seed {0}").format(row.seed)
        heard = self.side_words if row is self.playing else ""
        marked = self.tr("marked (X compares)") if row is self.marked and not heard else ""
        state = state_words(row) or (row.sentence if row.state is RowState.DONE else "")
        parts = (heard, marked, state, kept, rank, live, length, seed)
        return "  ·  ".join(part for part in parts if part)

    def _paint_marks(self, painter: QPainter, area: QRectF, row: TakeRow, font: QFont, theme: Theme) -> None:
        """The star of what is done, the cross of what can be stopped."""
        painter.setFont(font)
        if row.state not in ENDED:
            painter.setPen(QColor(theme.text))
            painter.drawText(spot_area(area, Spot.CANCEL), Qt.AlignmentFlag.AlignCenter, "✕")
        elif row.has_marks:
            painter.setPen(QColor(theme.curve if row.rating else theme.quiet))
            painter.drawText(
                spot_area(area, Spot.STAR), Qt.AlignmentFlag.AlignCenter, "★" if row.rating else "☆"
            )

    def _paint_wave(self, painter: QPainter, area: QRectF, row: TakeRow, theme: Theme) -> None:
        painter.setPen(QPen(QColor(theme.line), 1))
        middle = area.center().y()
        painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle))
        if row.state is RowState.RENDERING or row.effect:
            done = QRectF(area.left(), area.bottom() - 3, area.width() * row.progress, 3)
            painter.fillRect(done, QColor(theme.accent))
        if row.envelope is not None:
            _paint_envelope(painter, area, row.envelope, theme)
        if row is self.playing and 0.0 <= self.playhead <= 1.0:
            x = area.left() + area.width() * self.playhead
            painter.setPen(QPen(QColor(theme.playhead), 2))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_button(self, painter: QPainter, area: QRectF, row: TakeRow, theme: Theme) -> None:
        """A triangle to play, a square to stop; nothing where nothing can be heard yet."""
        if not row.is_audible:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.text))
        centre, size = area.center(), min(area.width(), area.height()) * 0.22
        if row is self.playing:
            painter.drawRect(QRectF(centre.x() - size, centre.y() - size, 2 * size, 2 * size))
            return
        painter.drawPolygon(
            [
                QPointF(centre.x() - size, centre.y() - size * 1.2),
                QPointF(centre.x() - size, centre.y() + size * 1.2),
                QPointF(centre.x() + size * 1.2, centre.y()),
            ]
        )


def wave_area(area: QRectF) -> QRectF:
    """Where the waveform of a row is."""
    return QRectF(
        area.left() + 38, area.top() + area.height() * 0.33, area.width() - 46, area.height() * 0.36
    )


def spot_area(area: QRectF, spot: Spot) -> QRectF:
    """Where a row can be clicked for something; what is only there at one time may lie where another was."""
    if spot is Spot.PLAY:
        return QRectF(area.left() + 4, area.top(), 32, area.height() * 0.9)
    right = area.right() - (28 if spot is Spot.CANCEL else 54)
    return QRectF(right, area.top(), 26, area.height() * 0.33)


def _paint_envelope(painter: QPainter, area: QRectF, envelope: Envelope, theme: Theme) -> None:
    """The final sound, and in another shade what is a draft; as high as there is room."""
    ratio = painter.device().devicePixelRatioF()
    width, height = max(1, round(area.width() * ratio)), max(1, round(area.height() * ratio))
    place = np.arange(width) * COLUMNS // width
    low, high, draft = envelope.low[place], envelope.high[place], envelope.is_draft[place]
    there = low <= high
    peak = max(0.05, float(np.abs(low[there]).max(initial=0.0)), float(np.abs(high[there]).max(initial=0.0)))
    for shown, colour in ((there & ~draft, theme.wave), (there & draft, theme.wave_draft)):
        if shown.any():
            columns = Columns(
                np.where(shown, low / peak, 1.0)[:, None], np.where(shown, high / peak, -1.0)[:, None]
            )
            painter.drawImage(area, raster.waveform(columns, height, colour, ""))
