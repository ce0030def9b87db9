"""The recording on the screen: ruler, waveform or spectrum, and everything marked in it."""

from __future__ import annotations

import math
from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.models.source import Band, SourceModel
from gui.models.timeline import Span, Viewport, span_of, ticks, timecode
from gui.sound.peaks import BASE_FRAMES, Columns, columns_of
from gui.sound.spectrum import hertz_of, mel_of
from gui.views import raster
from gui.views.theme import current

RULER = 20  # pixels
_GRIP = 6  # how near to an edge the mouse takes hold of it
_ZOOM = 1.25  # for a notch of the wheel
_ROOM = 0.5  # of a screen, read on both sides so that scrolling finds it there


class Tool(StrEnum):
    """What the mouse does."""

    SELECT = "select"
    MASK = "mask"
    CURVE = "curve"
    BAND = "band"


class WaveformView(QWidget):
    """Shows a ``SourceModel`` and lets the user mark in it."""

    view_changed = Signal()
    tool_wanted = Signal(object)

    def __init__(self, source: SourceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self.view = Viewport(0, 1)
        self.tool = Tool.SELECT
        self.fps = 0.0
        self.strength = 0.6  # shown where no curve was drawn
        self.playhead: int | None = None
        self._with_spectrum = False
        self._image: QImage | None = None
        self._image_key: object = None
        self._pressed: tuple[float, float] | None = None  # frame, height 0 to 1
        self._last: tuple[float, float] | None = None
        self._anchor: int | None = None  # of the selection that is drawn
        self._pending: Span | None = None  # a mask that is drawn
        self._set_up()
        source.opened.connect(self._opened)
        source.changed.connect(self.update)
        for grown in (source.peaks_grown, source.detail_read, source.spectrum_read):
            grown.connect(self._refresh)

    def _set_up(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(96)
        self.setAccessibleName(self.tr("Recording"))
        self._describe()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As small as can be worked with."""
        return QSize(480, 150)

    # What is shown

    @property
    def with_spectrum(self) -> bool:
        """Whether frequencies are shown instead of the waveform."""
        return self._with_spectrum

    def show_spectrum(self, on: bool) -> None:
        """Frequencies or the waveform."""
        self._with_spectrum = on
        self._refresh()

    def set_view(self, view: Viewport) -> None:
        """Another part of the recording."""
        if view != self.view:
            self.view = view
            self.view_changed.emit()
            self.update()

    def fit(self) -> None:
        """All of the recording."""
        self.set_view(self.view.fitted())

    def zoom(self, factor: float, x: float | None = None) -> None:
        """Closer around ``x``, or around the caret."""
        scene = self._source.scene
        at = self.view.x_of(scene.caret) if x is None else x
        if not 0 <= at <= self.width():
            at = self.width() / 2
        self.set_view(self.view.zoomed(factor, at))

    def show_selection(self) -> None:
        """The selection, as wide as the view."""
        selection = self._source.scene.selection
        if selection is not None:
            self.set_view(self.view.showing(selection))

    def set_playhead(self, frame: int | None) -> None:
        """Where it plays; only what changes is painted."""
        if frame == self.playhead:
            return
        for place in (self.playhead, frame):
            if place is not None:
                self.update(int(self.view.x_of(place)) - 2, 0, 5, self.height())
        self.playhead = frame

    def _opened(self) -> None:
        recording = self._source.scene.recording
        view = Viewport(recording.frames if recording else 0, max(1, self.width())).fitted()
        self._image = None
        self.view = view
        self.show_selection()
        self.view_changed.emit()
        self._describe()
        self.update()

    def _refresh(self) -> None:
        self._image = None
        self.update()

    def _describe(self) -> None:
        recording = self._source.scene.recording
        if recording is None:
            self.setAccessibleDescription(self.tr("No recording is open."))
            return
        length = timecode(recording.frames / recording.sample_rate, 0.0)
        self.setAccessibleDescription(self.tr("{0}, {1} long").format(recording.name, length))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The picture of the sound, kept while it stays the same, and the marks over it."""
        del event
        painter = QPainter(self)
        theme, scene = current(), self._source.scene
        painter.fillRect(self.rect(), QColor(theme.field))
        if scene.recording is None:
            self._paint_invitation(painter)
            return
        self._draw_sound(painter)
        self._paint_ruler(painter)
        self._paint_selection(painter)
        self._paint_masks(painter)
        self._paint_band(painter)
        self._paint_curve(painter)
        self._paint_lines(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _paint_invitation(self, painter: QPainter) -> None:
        painter.setPen(QColor(current().quiet))
        text = self.tr("Drop a recording here, or open one (Ctrl+O).\nWithout one, new sounds are made.")
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)

    def _draw_sound(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatioF()
        size = (round(self.width() * ratio), round((self.height() - RULER) * ratio))
        key = (self.view, size, self._with_spectrum, current())
        if self._image is None or key != self._image_key:
            self._image = self._sound_image(*size, ratio)
            self._image_key = key
        if self._image is not None:
            painter.drawImage(QRectF(0, RULER, self.width(), self.height() - RULER), self._image)

    def _sound_image(self, width: int, height: int, ratio: float) -> QImage | None:
        if width <= 0 or height <= 0:
            return None
        if self._with_spectrum:
            return self._spectrum_image(width, height, ratio)
        columns = self._columns(width, self.view.frames_per_pixel / ratio)
        if columns is None:
            return None
        return raster.waveform(columns, height, current().wave, current().field)

    def _columns(self, count: int, scale: float) -> Columns | None:
        """From the samples where they are close enough to be seen, else from the peaks."""
        detail, peaks = self._source.detail, self._source.peaks
        if scale < BASE_FRAMES:
            if detail is not None and self._covers(detail[0], len(detail[1])):
                return columns_of(detail[1], detail[0], self.view.start, scale, count)
            self._ask_for_detail()
        return peaks.columns(self.view.start, scale, count) if peaks is not None else None

    def _covers(self, first: int, count: int) -> bool:
        last = min(self.view.end, self.view.frames)
        return first <= max(0.0, self.view.start) and first + count >= last

    def _ask_for_detail(self) -> None:
        room = (self.view.end - self.view.start) * _ROOM
        start = max(0, math.floor(self.view.start - room))
        self._source.read_detail(start, math.ceil(self.view.end + room) - start)

    def _spectrum_image(self, width: int, height: int, ratio: float) -> QImage | None:
        """The spectra at hand, stretched to where they belong; others are asked for."""
        spectrum, scale = self._source.spectrum, self.view.frames_per_pixel / ratio
        if spectrum is None or spectrum[:2] != (self.view.start, scale):
            self._source.read_spectrum(self.view.start, scale, width)
        if spectrum is None:
            return None
        start, had, picture = spectrum
        image = raster.heat(picture, height)
        shown = QImage(width, height, QImage.Format.Format_RGB32)
        shown.fill(QColor(current().field))
        painter = QPainter(shown)
        left = (start - self.view.start) / scale
        painter.drawImage(QRectF(left, 0, picture.shape[1] * had / scale, height), image)
        painter.end()
        return shown

    def _paint_ruler(self, painter: QPainter) -> None:
        theme, recording = current(), self._source.scene.recording
        assert recording is not None
        painter.fillRect(0, 0, self.width(), RULER, QColor(theme.ground))
        font = painter.font()
        font.setPointSizeF(8.0)
        painter.setFont(font)
        for tick in ticks(self.view, recording.sample_rate, self.fps):
            x = self.view.x_of(tick.frame)
            painter.setPen(QColor(theme.line))
            painter.drawLine(QPointF(x, RULER - (8 if tick.label else 4)), QPointF(x, RULER))
            if tick.label:
                painter.setPen(QColor(theme.quiet))
                painter.drawText(QPointF(x + 3, RULER - 8), tick.label)

    def _paint_selection(self, painter: QPainter) -> None:
        """A lighter ground and lines at both ends; the context that is shown to the model is marked above."""
        selection = self._source.scene.selection
        if selection is None:
            return
        colour = QColor(current().selection)
        area = self._area(selection)
        colour.setAlpha(50)
        painter.fillRect(area, colour)
        painter.setPen(QPen(QColor(current().selection), 2))
        for x in (area.left(), area.right()):
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        dashes = QPen(QColor(current().selection), 3)
        painter.setPen(dashes)
        painter.drawLine(QPointF(area.left(), RULER - 1), QPointF(area.right(), RULER - 1))
        self._paint_context(painter, selection)

    def _paint_context(self, painter: QPainter, selection: Span) -> None:
        context = round(self.context_seconds * self._rate)
        if context <= 0:
            return
        painter.setPen(QPen(QColor(current().selection), 2, Qt.PenStyle.DotLine))
        before, after = self.view.x_of(selection.start - context), self.view.x_of(selection.end + context)
        y = RULER - 1
        painter.drawLine(QPointF(before, y), QPointF(self.view.x_of(selection.start), y))
        painter.drawLine(QPointF(self.view.x_of(selection.end), y), QPointF(after, y))

    # Of the recording on each side, that the model is shown; 0: as much as it has room for.
    context_seconds = 0.0

    def _paint_masks(self, painter: QPainter) -> None:
        """Hatched, so that they are told from the selection without colour."""
        masks = self._source.scene.masks
        pending = (self._pending,) if self._pending and self._pending.frames > 0 else ()
        colour = QColor(current().mask)
        for mask in (*masks, *pending):
            area = self._area(mask)
            painter.fillRect(area, _with_alpha(colour, 60))
            painter.fillRect(area, _hatched(colour))
            painter.setPen(QPen(colour, 1))
            painter.drawRect(area)

    def _paint_band(self, painter: QPainter) -> None:
        """What is left of the spectrum is darkened; two lines where the chosen band ends."""
        band = self._source.scene.band
        if band is None or not self._with_spectrum:
            return
        low, high = self._y_of_hertz(band.low), self._y_of_hertz(band.high or self._rate / 2)
        shade = _with_alpha(QColor(current().field), 170)
        painter.fillRect(QRectF(0, RULER, self.width(), high - RULER), shade)
        painter.fillRect(QRectF(0, low, self.width(), self.height() - low), shade)
        painter.setPen(QPen(QColor(current().mask), 2, Qt.PenStyle.DashLine))
        for y, hertz in ((low, band.low), (high, band.high)):
            painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
            painter.drawText(QPointF(4, y - 3), self.tr("{0} Hz").format(round(hertz)))

    def _paint_curve(self, painter: QPainter) -> None:
        """The strength, high at the top, where one was drawn or can be."""
        scene = self._source.scene
        if not scene.curve.points and self.tool is not Tool.CURVE:
            return
        area = self._area(scene.selection) if scene.selection else QRectF(self._sound_area())
        left, right = max(0.0, area.left()), min(float(self.width()), area.right())
        frames = [self.view.frame_at(x) for x in (left, right)]
        inside = [float(point[0]) for point in scene.curve.points if frames[0] < point[0] < frames[1]]
        line = [
            QPointF(self.view.x_of(frame), self._y_of(scene.curve.at(frame, self.strength)))
            for frame in (frames[0], *inside, frames[1])
        ]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = Qt.PenStyle.SolidLine if scene.curve.points else Qt.PenStyle.DashLine
        painter.setPen(QPen(QColor(current().curve), 2, pen))
        painter.drawPolyline(QPolygonF(line))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_lines(self, painter: QPainter) -> None:
        """Caret and playhead."""
        x = self.view.x_of(self._source.scene.caret)
        painter.setPen(QPen(QColor(current().text), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, RULER), QPointF(x, self.height()))
        if self.playhead is not None:
            x = self.view.x_of(self.playhead)
            painter.setPen(QPen(QColor(current().playhead), 2))
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begins to mark with the tool; on the ruler always to select."""
        if event.button() is not Qt.MouseButton.LeftButton or not self.view.frames:
            return
        place = self._place(event)
        self._pressed = self._last = place
        if self._tool(event) is Tool.SELECT:
            self._begin_selection(event)
        elif self._tool(event) is Tool.CURVE:
            self._source.draw_curve(place, place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Marks on; without a button says what could be done here."""
        if self._pressed is None or self._last is None:
            on_edge = self._edge_at(event.position().x()) is not None
            shape = Qt.CursorShape.SizeHorCursor if on_edge else Qt.CursorShape.IBeamCursor
            self.setCursor(shape if self.tool is Tool.SELECT else Qt.CursorShape.CrossCursor)
            return
        place = self._place(event)
        self._mark(place, self._tool_pressed)
        self._last = place

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """What was marked is marked."""
        if self._pressed is None:
            return
        if self._pending is not None:
            erase = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            (self._source.erase_mask if erase else self._source.add_mask)(self._pending)
        self._pressed = self._last = self._pending = self._anchor = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Everything, or what the tool has marked is taken away."""
        match self._tool(event):
            case Tool.SELECT:
                self._source.select(Span(0, self.view.frames))
            case Tool.MASK:
                frame = round(self.view.frame_at(event.position().x()))
                for mask in self._source.scene.masks:
                    if mask.holds(frame):
                        self._source.erase_mask(mask)
            case Tool.CURVE:
                self._source.clear_curve()
            case Tool.BAND:
                self._source.set_band(None)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zooms about the mouse; with Shift, or sideways, scrolls."""
        if not self.view.frames:
            return
        along, across = event.angleDelta().y() / 120, event.angleDelta().x() / 120
        width = self.view.frames_per_pixel * self.view.width
        if across or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.set_view(self.view.scrolled(-(across or along) * width / 8))
        else:
            self.zoom(_ZOOM**along, event.position().x())
        event.accept()

    def _tool(self, event: QMouseEvent) -> Tool:
        self._tool_pressed = Tool.SELECT if event.position().y() < RULER else self.tool
        return self._tool_pressed

    def _begin_selection(self, event: QMouseEvent) -> None:
        edge = self._edge_at(event.position().x())
        selection = self._source.scene.selection
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        frame = round(self.view.frame_at(event.position().x()))
        if selection is not None and (extends or edge is not None):
            near_start = abs(frame - selection.start) < abs(frame - selection.end)
            self._anchor = selection.end if near_start else selection.start
        else:
            self._anchor = min(max(0, frame), self.view.frames)
            self._source.select(Span(self._anchor, self._anchor))

    def _mark(self, place: tuple[float, float], tool: Tool) -> None:
        assert self._pressed is not None
        assert self._last is not None
        if tool is Tool.SELECT and self._anchor is not None:
            self._source.select(span_of(self._anchor, place[0], self.view.frames))
        elif tool is Tool.MASK:
            self._pending = span_of(self._pressed[0], place[0], self.view.frames)
            self.update()
        elif tool is Tool.CURVE:
            self._source.draw_curve(self._last, place)
        elif tool is Tool.BAND:
            low, high = sorted(self._hertz_at(height) for height in (self._pressed[1], place[1]))
            self._source.set_band(Band(round(low), round(high)))

    def _edge_at(self, x: float) -> int | None:
        selection = self._source.scene.selection
        if selection is None:
            return None
        edges = (selection.start, selection.end)
        return next((edge for edge in edges if abs(self.view.x_of(edge) - x) <= _GRIP), None)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Moves the caret, extends the selection, marks it; what is not for here goes on to the window."""
        if not self.view.frames or not self._act(event):
            super().keyPressEvent(event)

    def _act(self, event: QKeyEvent) -> bool:
        key, shift = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        step = round(self.view.frames_per_pixel * (50 if control else 5)) or 1
        caret, scene = self._source.scene.caret, self._source.scene
        places = {
            Qt.Key.Key_Left: caret - step,
            Qt.Key.Key_Right: caret + step,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self.view.frames,
            Qt.Key.Key_PageUp: caret - round(self.view.end - self.view.start),
            Qt.Key.Key_PageDown: caret + round(self.view.end - self.view.start),
        }
        if key in places:
            self._source.move_caret(places[Qt.Key(key)], extend=shift)
            self.set_view(self.view.revealing(self._source.scene.caret))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Up):
            self.zoom(_ZOOM)
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Down):
            self.zoom(1 / _ZOOM)
        elif control and key == Qt.Key.Key_A:
            self._source.select(Span(0, self.view.frames))
        elif key == Qt.Key.Key_Escape and scene.selection is not None:
            self._source.select(None)
        elif key == Qt.Key.Key_M and scene.selection is not None:
            (self._source.erase_mask if shift else self._source.add_mask)(scene.selection)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._clear_of_tool()
        else:
            return False
        return True

    def _clear_of_tool(self) -> None:
        match self.tool:
            case Tool.SELECT:
                self._source.select(None)
            case Tool.MASK:
                self._source.clear_masks()
            case Tool.CURVE:
                self._source.clear_curve()
            case Tool.BAND:
                self._source.set_band(None)

    # Geometry

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """More or less of the recording."""
        del event
        self.view = self.view.resized(max(1, self.width()))
        self.view_changed.emit()

    @property
    def _rate(self) -> int:
        recording = self._source.scene.recording
        return recording.sample_rate if recording else 48_000

    def _sound_area(self) -> QRectF:
        return QRectF(0, RULER, self.width(), self.height() - RULER)

    def _area(self, span: Span) -> QRectF:
        left, right = self.view.x_of(span.start), self.view.x_of(span.end)
        return QRectF(left, RULER, right - left, self.height() - RULER)

    def _place(self, event: QMouseEvent) -> tuple[float, float]:
        """Which frame, and how high in the sound's area: 0 at the bottom, 1 at the top."""
        area = self._sound_area()
        height = 1.0 - (event.position().y() - area.top()) / max(1.0, area.height())
        frame = min(max(0.0, self.view.frame_at(event.position().x())), float(self.view.frames))
        return frame, min(1.0, max(0.0, height))

    def _y_of(self, height: float) -> float:
        area = self._sound_area()
        return area.bottom() - height * area.height()

    def _hertz_at(self, height: float) -> float:
        return hertz_of(height * mel_of(self._rate / 2))

    def _y_of_hertz(self, hertz: float) -> float:
        return self._y_of(mel_of(hertz) / mel_of(self._rate / 2))


def _with_alpha(colour: QColor, alpha: int) -> QColor:
    faint = QColor(colour)
    faint.setAlpha(alpha)
    return faint


def _hatched(colour: QColor) -> QBrush:
    return QBrush(_with_alpha(colour, 120), Qt.BrushStyle.BDiagPattern)
