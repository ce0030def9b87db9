"""The widget: ruler, waveform or spectrum, and everything marked in it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.models.source import SourceModel
from gui.models.surroundings import heard_around
from gui.models.timeline import Viewport, timecode
from gui.views.theme import current
from gui.views.waveform import keys, marks
from gui.views.waveform.geometry import Geometry
from gui.views.waveform.keys import ZOOM
from gui.views.waveform.mouse import Mouse, Tool
from gui.views.waveform.picture import SoundPicture
from gui.views.waveform.ruler import paint_ruler


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
        self.context_seconds = -1.0  # on each side, that the model hears; below 0: as the engine sees fit
        self.hears_context = True  # what is made from nothing does not
        self.playhead: int | None = None
        self._with_spectrum = False
        self._picture, self._mouse = SoundPicture(source), Mouse(source)
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
    def _geometry(self) -> Geometry:
        """What is where."""
        recording = self._source.scene.recording
        rate = recording.sample_rate if recording else 48_000
        return Geometry(self.view, self.width(), self.height(), rate)

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
        at = self.view.x_of(self._source.scene.caret) if x is None else x
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
        self._picture.forget()
        self.view = view
        self.show_selection()
        self.view_changed.emit()
        self._describe()
        self.update()

    def _refresh(self) -> None:
        self._picture.forget()
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
        """The picture of the sound and the marks over it."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(current().field))
        if self._source.scene.recording is None:
            self._paint_invitation(painter)
            return
        geometry = self._geometry
        self._picture.paint(painter, geometry, self.devicePixelRatioF(), self._with_spectrum)
        paint_ruler(painter, geometry, self.fps)
        self._paint_marks(painter, geometry)
        if self.hasFocus():
            painter.setPen(QPen(QColor(current().accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _paint_invitation(self, painter: QPainter) -> None:
        painter.setPen(QColor(current().quiet))
        text = self.tr("Drop a recording here, or open one (Ctrl+O).\nWithout one, new sounds are made.")
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)

    def _paint_marks(self, painter: QPainter, geometry: Geometry) -> None:
        scene, pending = self._source.scene, self._mouse.pending
        if scene.selection is not None:
            marks.paint_selection(painter, geometry, scene.selection, self._context())
        drawn = (pending,) if pending is not None and pending.frames > 0 else ()
        marks.paint_masks(painter, geometry, (*scene.masks, *drawn))
        if scene.band is not None and self._with_spectrum:
            marks.paint_band(painter, geometry, scene.band)
        if scene.curve.points or self.tool is Tool.CURVE:
            marks.paint_curve(painter, geometry, scene.curve, scene.selection, self.strength)
        marks.paint_lines(painter, geometry, scene.caret, self.playhead)

    def _context(self) -> tuple[int, int]:
        """Frames before and after the selection that the model hears."""
        recording, selection = self._source.scene.recording, self._source.scene.selection
        if recording is None or selection is None or not self.hears_context:
            return 0, 0
        return heard_around(selection, recording.frames, recording.sample_rate, self.context_seconds)

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begins to mark with the tool; on the ruler always to select."""
        if event.button() is Qt.MouseButton.LeftButton and self.view.frames:
            self._mouse.press(event, self._geometry, self.tool)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Marks on; without a button says what could be done here."""
        if self._mouse.is_down:
            self._mouse.move(event, self._geometry)
            self.update()
            return
        on_edge = self._mouse.is_on_edge(event, self.view)
        shape = Qt.CursorShape.SizeHorCursor if on_edge else Qt.CursorShape.IBeamCursor
        self.setCursor(shape if self.tool is Tool.SELECT else Qt.CursorShape.CrossCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """What was marked is marked."""
        if self._mouse.is_down:
            self._mouse.release(event)
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Everything, or what the tool has marked is taken away."""
        self._mouse.double_click(event, self.view, self.tool)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zooms about the mouse; with Shift, or sideways, scrolls."""
        if not self.view.frames:
            return
        along, across = event.angleDelta().y() / 120, event.angleDelta().x() / 120
        width = self.view.frames_per_pixel * self.view.width
        if across or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.set_view(self.view.scrolled(-(across or along) * width / 8))
        else:
            self.zoom(ZOOM**along, event.position().x())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Moves the caret, extends the selection, marks it; what is not for here goes on to the window."""
        if not self.view.frames or not self._act(event):
            super().keyPressEvent(event)

    def _act(self, event: QKeyEvent) -> bool:
        caret = keys.caret_after(event, self.view, self._source.scene.caret)
        closer = keys.zoom_of(event)
        if caret is not None:
            extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._source.move_caret(caret, extend=extend)
            self.set_view(self.view.revealing(self._source.scene.caret))
        elif closer is not None:
            self.zoom(closer)
        else:
            return keys.mark(event, self._source, self.tool, self.view.frames)
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """More or less of the recording."""
        del event
        self.view = self.view.resized(max(1, self.width()))
        self.view_changed.emit()
