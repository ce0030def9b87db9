"""The library of the user's own sounds: a page to find, one for folders, and below how an index is going."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QMessageBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.models.panel import Panel
from gui.views.library_find import LibraryFind
from gui.views.library_shelf import LibraryShelf
from gui.views.widgets import ShareBar, button, paragraph


class LibraryDialog(QDialog):
    """Stays open beside the panel until a sound is used; nothing in it waits."""

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel, self._folders = panel, panel.library.folders
        self.setWindowTitle(self.tr("Library"))
        self.setAcceptDrops(True)
        self.resize(840, 540)
        self.finder = LibraryFind(panel.library, panel.audition)
        self.folders = LibraryShelf(self._folders)
        self._make_foot()
        self._lay_out()
        self._connect()
        self._show_busy(self._folders.is_busy)

    def _make_foot(self) -> None:
        self.news = paragraph()
        self.progress = ShareBar(self.tr("Under way"))
        self.stop = button(
            self.tr("Stop"), self.tr("Stop the index; what was heard is kept"), self._folders.stop
        )

    def _lay_out(self) -> None:
        self.pages = QTabWidget(documentMode=True)
        self.pages.addTab(self.finder, self.tr("F&ind"))
        self.pages.addTab(self.folders, self.tr("F&olders"))
        going = QHBoxLayout()
        going.addWidget(self.progress, 1)
        going.addWidget(self.stop)
        whole = QVBoxLayout(self)
        whole.addWidget(self.pages, 1)
        whole.addLayout(going)
        whole.addWidget(self.news)

    def _connect(self) -> None:
        self.finder.add_wanted.connect(self.folders.ask)
        self._panel.library.said.connect(self._say)
        self._panel.audition.failed.connect(self._say)
        self._panel.library.used.connect(self.accept)
        self._folders.came_to.connect(self.progress.show_share)
        self._folders.busy.connect(self._show_busy)
        self._folders.not_granted.connect(self._ask_for_restart)

    def open_anew(self) -> None:
        """Shows it, ready for words; folders may have been indexed elsewhere meanwhile."""
        self._folders.refresh()
        self.show()
        self.raise_()
        self.activateWindow()
        self.pages.setCurrentWidget(self.finder)
        self.finder.text.setFocus()
        self.finder.text.selectAll()

    def done(self, result: int) -> None:
        """Whoever closes it hears no more of it; an index goes on."""
        self._hush()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """As with Escape."""
        self._hush()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Folders are welcome."""
        if folders_of(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """They are taken in."""
        self.folders.take_in(folders_of(event.mimeData()))
        event.acceptProposedAction()

    def _hush(self) -> None:
        if self._panel.audition.file:
            self._panel.audition.stop()

    def _ask_for_restart(self, folder: str) -> None:
        text = self.tr(
            "The engine that runs may not read {0}. Start it anew, so that it may? What it renders now ends."
        )
        question = text.format(folder)
        if QMessageBox.question(self, self.tr("Library"), question) is QMessageBox.StandardButton.Yes:
            self._folders.restart_engine(folder)

    def _say(self, sentence: str) -> None:
        self.news.setText(sentence)
        self.news.setAccessibleName(sentence)

    def _show_busy(self, busy: bool) -> None:
        self.progress.setVisible(busy)
        self.stop.setVisible(busy)
        self.progress.show_share(-1.0)


def folders_of(data: QMimeData) -> list[str]:
    """The folders among what is dragged."""
    paths = (url.toLocalFile() for url in data.urls())
    return [path for path in paths if path and Path(path).is_dir()]
