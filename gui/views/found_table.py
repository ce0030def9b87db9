"""The table of found sounds: keys for what is done most, drag for files."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView

from engine.protocol.replies import Hit
from gui.models.found_list import HIT, FoundList

_WIDTHS = (220, 125, 75, 160)  # of all columns but the last


class FoundTable(QTreeView):
    """Hands on what the user wants of the chosen hit."""

    played = Signal(bool)  # whether all of the file
    silenced = Signal()
    used = Signal()
    chosen_changed = Signal()

    def __init__(self, found: FoundList) -> None:
        super().__init__()
        self.setModel(found)
        self.is_playing = False
        self.setAccessibleName(self.tr("Sounds that were found"))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        for column, width in enumerate(_WIDTHS):
            self.setColumnWidth(column, width)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.doubleClicked.connect(lambda _: self.played.emit(False))
        self.selectionModel().currentChanged.connect(lambda *_: self.chosen_changed.emit())
        found.modelReset.connect(self._choose_first)

    @property
    def chosen(self) -> Hit | None:
        """The hit that keys are about."""
        hit = self.currentIndex().data(HIT)
        return hit if isinstance(hit, Hit) else None

    def walk(self, step: int) -> None:
        """The hit below, or above."""
        row = min(max(0, self.currentIndex().row() + step), self.model().rowCount() - 1)
        self.setCurrentIndex(self.model().index(row, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Space plays, with Shift all of the file; Enter uses; Escape stops what plays."""
        match event.key():
            case Qt.Key.Key_Space:
                self.played.emit(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.used.emit()
            case Qt.Key.Key_Escape if self.is_playing:
                self.silenced.emit()
            case _:
                super().keyPressEvent(event)

    def _choose_first(self) -> None:
        self.setCurrentIndex(self.model().index(0, 0))
        self.chosen_changed.emit()
