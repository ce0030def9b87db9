"""Rows that stand for files, and are dragged away as such."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, Qt, QUrl


class FilesOut:
    """The part of a Qt model that a DAW, or a folder, is handed files by."""

    def file_of(self, row: int) -> str:
        """What the row stands for; "": nothing that can be dragged."""
        raise NotImplementedError

    def mimeTypes(self) -> list[str]:  # noqa: N802 - Qt's name
        """Files, as a DAW takes them."""
        return ["text/uri-list"]

    def mimeData(self, indexes: Iterable[QModelIndex | QPersistentModelIndex]) -> QMimeData:  # noqa: N802
        """The files of these rows, from top to bottom."""
        data = QMimeData()
        files = (self.file_of(row) for row in sorted({index.row() for index in indexes}))
        data.setUrls([QUrl.fromLocalFile(file) for file in files if file])
        return data

    def supportedDragActions(self) -> Qt.DropAction:  # noqa: N802 - Qt's name
        """A sound is copied onto a track, and stays."""
        return Qt.DropAction.CopyAction
