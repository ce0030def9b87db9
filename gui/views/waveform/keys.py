"""What keys do in the recording: move the caret, extend the selection, zoom, mark, clear."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from gui.models.source import SourceModel
from gui.models.timeline import Span, Viewport
from gui.views.waveform.mouse import Tool

ZOOM = 1.25  # for a key, or a notch of the wheel
_ZOOMS: dict[int, float] = {
    Qt.Key.Key_Plus: ZOOM,
    Qt.Key.Key_Equal: ZOOM,
    Qt.Key.Key_Up: ZOOM,
    Qt.Key.Key_Minus: 1 / ZOOM,
    Qt.Key.Key_Down: 1 / ZOOM,
}


def caret_after(event: QKeyEvent, view: Viewport, caret: int) -> int | None:
    """Where a key takes the caret; None for one that does not move it."""
    control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    step = round(view.frames_per_pixel * (50 if control else 5)) or 1
    page = round(view.end - view.start)
    places: dict[int, int] = {
        Qt.Key.Key_Left: caret - step,
        Qt.Key.Key_Right: caret + step,
        Qt.Key.Key_Home: 0,
        Qt.Key.Key_End: view.frames,
        Qt.Key.Key_PageUp: caret - page,
        Qt.Key.Key_PageDown: caret + page,
    }
    return places.get(event.key())


def zoom_of(event: QKeyEvent) -> float | None:
    """How much closer a key takes the view; None for one that does not zoom."""
    return _ZOOMS.get(event.key())


def mark(event: QKeyEvent, source: SourceModel, tool: Tool, frames: int) -> bool:
    """Selects, masks or clears; False for a key that does none of it."""
    key, selection = event.key(), source.scene.selection
    shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    if key == Qt.Key.Key_A and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        source.select(Span(0, frames))
    elif key == Qt.Key.Key_Escape and selection is not None:
        source.select(None)
    elif key == Qt.Key.Key_M and selection is not None:
        (source.erase_mask if shift else source.add_mask)(selection)
    elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        _clear_of(tool, source)
    else:
        return False
    return True


def _clear_of(tool: Tool, source: SourceModel) -> None:
    match tool:
        case Tool.SELECT:
            source.select(None)
        case Tool.MASK:
            source.clear_masks()
        case Tool.CURVE:
            source.clear_curve()
        case Tool.BAND:
            source.set_band(None)
