"""Above the takes: words, marks, model and date that narrow the list, and what that leaves out."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gui.models.panel import Panel
from gui.models.take_filter import Period, TakeQuery, period_words
from gui.views.widgets import button, paragraph

_SEARCH_MILLISECONDS = 120


class TakesSearch(QWidget):
    """Asks the panel's filter for what was typed and chosen; ``shown`` tells when it has."""

    shown = Signal()

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._typing = QTimer(self, singleShot=True, interval=_SEARCH_MILLISECONDS)
        self._typing.timeout.connect(self.search)
        self._make_fields()
        self._lay_out()
        takes = panel.takes
        for changed in (takes.rowsInserted, takes.rowsRemoved, takes.dataChanged):
            changed.connect(lambda *_: self._look_again())
        panel.history.searched.connect(self._show_takes)
        self._show_takes()

    def _make_fields(self) -> None:
        self.text = QLineEdit(placeholderText=self.tr("Search takes (Ctrl+F)"), clearButtonEnabled=True)
        self.text.setAccessibleName(self.tr("Search takes"))
        self.text.textChanged.connect(lambda _: self._typing.start())
        tip = self.tr("Show only takes that are kept")
        self.kept_only = button(self.tr("Kept"), tip, self.search, checkable=True)
        tip = self.tr("Show only takes with a star")
        self.starred_only = button("★", tip, self.search, checkable=True)
        self.cancel_all = button(
            self.tr("Cancel all"), self.tr("Cancel everything that waits or renders"), self._panel.cancel_all,
            "Ctrl+Shift+Escape",
        )  # fmt: skip
        self.model, self.period = QComboBox(), QComboBox()
        self.model.setAccessibleName(self.tr("Model that made the takes"))
        self.model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.period.setAccessibleName(self.tr("When the takes were made"))
        self.model.addItem(self.tr("all models"), "")
        for period in Period:
            self.period.addItem(period_words(period), period)
        for box in (self.model, self.period):
            box.activated.connect(lambda _: self.search())
        self.words = paragraph()
        self.everything = button("✕", self.tr("Show all takes again"), self.clear)

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.text, 1)
        for pressed in (self.kept_only, self.starred_only, self.cancel_all):
            first.addWidget(pressed)
        for choice in (self.model, self.period):
            second.addWidget(choice)
        second.addWidget(self.words, 1)
        second.addWidget(self.everything)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addLayout(first)
        whole.addLayout(second)

    def search(self) -> None:
        """Shows what matches all of it."""
        self._panel.find_takes(
            TakeQuery(
                self.text.text(),
                self.kept_only.isChecked(),
                self.starred_only.isChecked(),
                self.model.currentData(),
                Period(self.period.currentData()),  # a box gives back a plain text
                self._panel.now(),
            )
        )
        self._show_takes()
        self.shown.emit()

    def _look_again(self) -> None:
        """Soon; takes that change all the time, as while they render, do not put it off."""
        if not self._typing.isActive():
            self._typing.start()

    def clear(self) -> None:
        """Nothing is left out any more."""
        self.text.clear()
        for box in (self.kept_only, self.starred_only):
            box.setChecked(False)
        for choice in (self.model, self.period):
            choice.setCurrentIndex(0)
        self.search()

    def _show_takes(self) -> None:
        """The models there are, and what is left out."""
        chosen = self.model.currentData()
        models = sorted({*self._panel.takes.models, *([chosen] if chosen else [])})
        if models != [self.model.itemData(place) for place in range(1, self.model.count())]:
            while self.model.count() > 1:
                self.model.removeItem(1)
            for name in models:
                self.model.addItem(name, name)
            self.model.setCurrentIndex(self.model.findData(chosen))
        words = self._panel.shown.words
        self.words.setText(words)
        self.words.setAccessibleName(words)
        self.everything.setVisible(bool(words))
        for widget in (self.model, self.period, self.words):
            widget.setVisible(bool(self._panel.takes.rows))
