"""The models: what is there, under which licence, and getting, checking and removing them."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMessageBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.models.shelf import Model, ModelShelf
from gui.models.words import plain_tip
from gui.views.widgets import ShareBar, button, label, paragraph


class ModelsDialog(QDialog):
    """Stays open beside the panel; nothing in it waits."""

    def __init__(self, shelf: ModelShelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shelf = shelf
        self.setWindowTitle(self.tr("Models"))
        self.resize(560, 320)
        self._make_table()
        self._make_buttons()
        self._lay_out()
        shelf.listed.connect(self._show_models)
        shelf.said.connect(self._say)
        shelf.came_to.connect(self.progress.show_share)
        shelf.busy.connect(self._show_busy)
        shelf.licence_wanted.connect(self._ask_for_licence)
        shelf.refresh()

    def _make_table(self) -> None:
        self.table = QTableWidget(0, 4)
        self.table.setAccessibleName(self.tr("Installed models"))
        self.table.setHorizontalHeaderLabels(
            [self.tr("Model"), self.tr("Size"), self.tr("Licence"), self.tr("State")]
        )
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.itemSelectionChanged.connect(self._show_buttons)

    def _make_buttons(self) -> None:
        self.verify = button(self.tr("Verify"), self.tr("Check the model's files"), self._verify)
        self.repair = button(self.tr("Repair"), self.tr("Make damaged files again"), self._repair)
        self.remove = button(self.tr("Remove…"), self.tr("Delete the model"), self._remove)
        self.source = QLineEdit(placeholderText=self.tr("owner/name on the model hub, or a folder"))
        self.source.setAccessibleName(self.tr("Model to install"))
        self.source.returnPressed.connect(self._install)
        self.install = button(
            self.tr("Install"), self.tr("Get this checkpoint and convert it"), self._install
        )
        self.stop = button(self.tr("Stop"), self.tr("Stop what is under way"), self.shelf.stop)
        self.news = paragraph("")
        self.progress = ShareBar(self.tr("Under way"))

    def _lay_out(self) -> None:
        row, getting = QHBoxLayout(), QHBoxLayout()
        for widget in (self.verify, self.repair, self.remove):
            row.addWidget(widget)
        row.addStretch(1)
        getting.addWidget(label(self.tr("&Get"), self.source))
        getting.addWidget(self.source, 1)
        for widget in (self.install, self.stop):
            getting.addWidget(widget)
        whole = QVBoxLayout(self)
        whole.addWidget(self.table, 1)
        whole.addLayout(row)
        whole.addLayout(getting)
        whole.addWidget(self.progress)
        whole.addWidget(self.news)
        self._show_busy(False)

    @property
    def chosen(self) -> Model | None:
        """The selected model."""
        row = self.table.currentRow()
        return self.shelf.models[row] if 0 <= row < len(self.shelf.models) else None

    def _verify(self) -> None:
        if self.chosen:
            self.shelf.verify(self.chosen.name)

    def _repair(self) -> None:
        if self.chosen:
            self.shelf.repair(self.chosen.name)

    def _remove(self) -> None:
        model = self.chosen
        if model is None:
            return
        question = self.tr("Delete {0} and its {1:.0f} MB of files?").format(
            model.name, model.size_bytes / 1e6
        )
        if self._agrees(question):
            self.shelf.remove(model.name)

    def _install(self) -> None:
        if self.source.text().strip():
            self.shelf.install(self.source.text().strip())

    def _ask_for_licence(self, source: str) -> None:
        """The command has said which licence it is; it goes into every take."""
        licence = self.news.text()
        question = self.tr("{0}\n\nIt goes into every take's metadata. Do you accept it?").format(licence)
        if self._agrees(question):
            self.shelf.install(source, accepted=True)

    def _agrees(self, question: str) -> bool:
        answer = QMessageBox.question(self, self.tr("Models"), question)
        return answer is QMessageBox.StandardButton.Yes

    def _say(self, sentence: str) -> None:
        self.news.setText(sentence)
        self.news.setAccessibleName(sentence)

    def _show_busy(self, busy: bool) -> None:
        self.progress.setVisible(busy)
        self.progress.show_share(-1.0)
        self.stop.setEnabled(busy)
        self.install.setEnabled(not busy)
        self._show_buttons()

    def _show_buttons(self) -> None:
        for widget in (self.verify, self.repair, self.remove):
            widget.setEnabled(self.chosen is not None and not self.shelf.is_busy)

    def _ready(self, model: Model) -> str:
        precision = self.tr("mixed precision") if model.precision == "mixed" else model.precision
        return self.tr("ready, {0}").format(precision)

    def _show_models(self) -> None:
        self.table.setRowCount(len(self.shelf.models))
        for number, model in enumerate(self.shelf.models):
            size = self.tr("{0:.0f} MB").format(model.size_bytes / 1e6)
            for column, text in enumerate(
                (model.name, size, model.licence, model.problem or self._ready(model))
            ):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(model.problem or model.description))
                self.table.setItem(number, column, item)
        if self.shelf.models and self.table.currentRow() < 0:
            self.table.selectRow(0)
        self._show_buttons()
