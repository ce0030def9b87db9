"""The list of takes: keys for what is done most, drag for files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

if TYPE_CHECKING:
    from gui.views.takes_view import TakesView


class TakesList(QListView):
    """Hands on to its view what the user does with the chosen takes."""

    def __init__(self, view: TakesView) -> None:
        super().__init__()
        self._view = view
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(self.tr("Takes"))

    def startDrag(self, supportedActions: Qt.DropAction) -> None:  # noqa: N802, N803 - Qt's names
        """Files that stay where they are; a draft, which would not, is kept first."""
        if not self._view.keep_drafts():
            super().startDrag(supportedActions)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Space plays, with Shift in its place; Delete discards; Escape stops what plays."""
        in_context = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match event.key():
            case Qt.Key.Key_Space:
                self._view.play(in_context)
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self._view.discard()
            case Qt.Key.Key_Escape if self._view.is_playing:
                self._view.stop()
            case Qt.Key.Key_C if not event.modifiers():
                self._view.compare()
            case Qt.Key.Key_M if not event.modifiers():
                self._view.mark()
            case Qt.Key.Key_X if not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
                self._view.compare_takes(in_context)
            case Qt.Key.Key_K if not event.modifiers():
                self._view.keep()
            case Qt.Key.Key_S if not event.modifiers():
                self._view.star()
            case _:
                super().keyPressEvent(event)
