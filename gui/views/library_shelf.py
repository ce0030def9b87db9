"""Which folders of one's own sounds are indexed; added, brought up to date, forgotten."""

from __future__ import annotations

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.own_sounds import OwnFolder
from gui.models.engine_words import in_our_words
from gui.models.library_folders import LibraryFolders
from gui.models.words import plain_tip
from gui.views.widgets import button, label

_MOST_SHOWN = 500  # of what was left out; nobody reads more


class LibraryShelf(QWidget):
    """The folders, and why sounds of the chosen one can't be found."""

    added = Signal()

    def __init__(self, folders: LibraryFolders, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folders = folders
        self._make_table()
        self._make_buttons()
        self._lay_out()
        folders.listed.connect(self._show_folders)
        folders.busy.connect(lambda _: self._show_buttons())
        self._show_buttons()

    def _make_table(self) -> None:
        self.table = QTableWidget(0, 5)
        self.table.setAccessibleName(self.tr("Indexed folders"))
        self.table.setHorizontalHeaderLabels(
            [self.tr("Folder"), self.tr("Sounds"), self.tr("Length"), self.tr("Left out"), self.tr("Indexed")]
        )
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._show_chosen)

    def _make_buttons(self) -> None:
        self.add = button(self.tr("Add a folder…"), self.tr("Index a folder of sounds"), self.ask, "Ctrl+O")
        self.again = button(
            self.tr("Index again"), self.tr("Take in what is new in this folder"), self._again, "F5"
        )
        self.all = button(
            self.tr("Index all"), self.tr("Take in what is new in all folders"), self._folders.index_all,
            "Shift+F5",
        )  # fmt: skip
        self.forget = button(
            self.tr("Forget…"), self.tr("Take the folder out of the index; its files stay"), self._forget,
            "Ctrl+Delete",
        )  # fmt: skip
        self.skipped = QPlainTextEdit(readOnly=True)
        self.skipped.setTabChangesFocus(True)
        self.skipped_label = label(self.tr("Left out, and &why"), self.skipped)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        for widget in (self.add, self.again, self.all, self.forget):
            row.addWidget(widget)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.addWidget(self.table, 2)
        whole.addLayout(row)
        whole.addWidget(self.skipped_label)
        whole.addWidget(self.skipped, 1)

    @property
    def chosen(self) -> OwnFolder | None:
        """The selected folder."""
        folders, row = self._folders.folders or (), self.table.currentRow()
        return folders[row] if 0 <= row < len(folders) else None

    def ask(self) -> None:
        """Lets the user pick a folder, and takes it in."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("Index a folder of sounds"))
        if folder:
            self.take_in([folder])

    def take_in(self, paths: list[str]) -> None:
        """Takes folders in."""
        self._folders.index(paths)
        self.added.emit()

    def _again(self) -> None:
        if self.chosen:
            self._folders.index([self.chosen.path])

    def _forget(self) -> None:
        folder = self.chosen
        if folder is None:
            return
        text = self.tr("Forget {0}? Its {1} sounds are not found any more until it is indexed anew.")
        question = text.format(folder.path, folder.sounds)
        if QMessageBox.question(self, self.tr("Library"), question) is QMessageBox.StandardButton.Yes:
            self._folders.forget(folder.path)

    def _show_folders(self) -> None:
        folders, chosen = self._folders.folders or (), self.table.currentRow()
        self.table.setRowCount(len(folders))
        for number, folder in enumerate(folders):
            for column, text in enumerate(self._cells(folder)):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(folder.path))
                self.table.setItem(number, column, item)
        if folders:
            self.table.selectRow(min(max(0, chosen), len(folders) - 1))
        self._show_chosen()

    def _cells(self, folder: OwnFolder) -> tuple[str, ...]:
        hours = self.tr("{0:.1f} h") if folder.seconds >= 3600 else self.tr("{0:.1f} min")
        length = hours.format(folder.seconds / (3600 if folder.seconds >= 3600 else 60))
        when = self.tr("not to its end")
        if folder.finished is not None:
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(folder.finished))
        left_out = len(self._folders.skipped_in(folder))
        return folder.path, str(folder.sounds), length, str(left_out) if left_out else "", when

    def _show_chosen(self) -> None:
        folder = self.chosen
        skipped = self._folders.skipped_in(folder) if folder else ()
        lines = [f"{path}: {in_our_words(sentence)}" for path, sentence in skipped[:_MOST_SHOWN]]
        if len(skipped) > _MOST_SHOWN:
            lines.append(self.tr("and {0} more").format(len(skipped) - _MOST_SHOWN))
        self.skipped.setPlainText("\n".join(lines))
        for widget in (self.skipped_label, self.skipped):
            widget.setVisible(bool(skipped))
        self._show_buttons()

    def _show_buttons(self) -> None:
        has_folder, is_busy = self.chosen is not None, self._folders.is_busy
        self.again.setEnabled(has_folder)
        self.all.setEnabled(bool(self._folders.folders))
        self.forget.setEnabled(has_folder and not is_busy)
