"""What the mouse marks in the recording, with which tool."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent

from gui.models.source import Band, SourceModel
from gui.models.timeline import Span, Viewport, span_of
from gui.views.waveform.geometry import RULER, Geometry, Place

_GRIP = 6  # how near to an edge, in pixels, the mouse takes hold of it


class Tool(StrEnum):
    """What the mouse does."""

    SELECT = "select"
    MASK = "mask"
    CURVE = "curve"
    BAND = "band"


class Mouse:
    """One drag at a time; ``pending`` is a mask that is being drawn."""

    def __init__(self, source: SourceModel) -> None:
        self._source = source
        self.pending: Span | None = None
        self._tool = Tool.SELECT  # of this drag
        self._pressed: Place | None = None
        self._last: Place | None = None
        self._anchor: int | None = None  # of the selection that is drawn

    @property
    def is_down(self) -> bool:
        """Whether something is being marked."""
        return self._pressed is not None

    def press(self, event: QMouseEvent, geometry: Geometry, tool: Tool) -> None:
        """Begins to mark."""
        place = geometry.place(event.position())
        self._pressed = self._last = place
        self._tool = tool_at(event, tool)
        if self._tool is Tool.SELECT:
            self._begin_selection(event, geometry.view)
        elif self._tool is Tool.CURVE:
            self._source.draw_curve(place, place)

    def move(self, event: QMouseEvent, geometry: Geometry) -> None:
        """Marks on."""
        assert self._pressed is not None
        assert self._last is not None
        place, frames = geometry.place(event.position()), geometry.view.frames
        if self._tool is Tool.SELECT and self._anchor is not None:
            self._source.select(span_of(self._anchor, place[0], frames))
        elif self._tool is Tool.MASK:
            self.pending = span_of(self._pressed[0], place[0], frames)
        elif self._tool is Tool.CURVE:
            self._source.draw_curve(self._last, place)
        elif self._tool is Tool.BAND:
            low, high = sorted(geometry.hertz_at(height) for height in (self._pressed[1], place[1]))
            self._source.set_band(Band(round(low), round(high)))
        self._last = place

    def release(self, event: QMouseEvent) -> None:
        """What was marked is marked."""
        if self.pending is not None:
            erase = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            (self._source.erase_mask if erase else self._source.add_mask)(self.pending)
        self._pressed = self._last = self.pending = self._anchor = None

    def double_click(self, event: QMouseEvent, view: Viewport, tool: Tool) -> None:
        """Everything, or what the tool has marked is taken away."""
        self._tool = tool_at(event, tool)
        match self._tool:
            case Tool.SELECT:
                self._source.select(Span(0, view.frames))
            case Tool.MASK:
                frame = round(view.frame_at(event.position().x()))
                for mask in self._source.scene.masks:
                    if mask.holds(frame):
                        self._source.erase_mask(mask)
            case Tool.CURVE:
                self._source.clear_curve()
            case Tool.BAND:
                self._source.set_band(None)

    def is_on_edge(self, event: QMouseEvent, view: Viewport) -> bool:
        """Whether an end of the selection would be taken hold of there."""
        selection = self._source.scene.selection
        if selection is None:
            return False
        x = event.position().x()
        return any(abs(view.x_of(edge) - x) <= _GRIP for edge in (selection.start, selection.end))

    def _begin_selection(self, event: QMouseEvent, view: Viewport) -> None:
        selection = self._source.scene.selection
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        frame = round(view.frame_at(event.position().x()))
        if selection is not None and (extends or self.is_on_edge(event, view)):
            near_start = abs(frame - selection.start) < abs(frame - selection.end)
            self._anchor = selection.end if near_start else selection.start
        else:
            self._anchor = min(max(0, frame), view.frames)
            self._source.select(Span(self._anchor, self._anchor))


def tool_at(event: QMouseEvent, tool: Tool) -> Tool:
    """On the ruler always the one that selects."""
    return Tool.SELECT if event.position().y() < RULER else tool
