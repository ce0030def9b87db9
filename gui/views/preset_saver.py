"""A preset is kept: its name, its tags, and whether its seed goes with it."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from gui.models.ask import Verb
from gui.models.panel import Panel
from gui.models.take_row import TakeRow
from gui.views.widgets import label, paragraph
from presets.preset import MAX_NAME_CHARACTERS, Preset


class PresetSaver(QDialog):
    """Of a take, or of the settings that are in the panel; closes when the preset is kept."""

    def __init__(self, panel: Panel, row: TakeRow | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel, self._row = panel, row
        title = self.tr("Save the settings as a preset") if row is None else self.tr("Save the take's preset")
        self.setWindowTitle(title)
        self.setMinimumWidth(360)
        ask = panel.asking.ask
        self.name = QLineEdit(ask.preset if row is None else "", maxLength=MAX_NAME_CHARACTERS)
        self.name.setPlaceholderText(self.tr("a name for the list"))
        self.tags = QLineEdit(placeholderText=self.tr("feet, wet, scene 14"))
        self.with_seed = QCheckBox(self.tr("Always with this &seed"))
        self.with_seed.setChecked(row is None and ask.seed_locked)
        self.about = paragraph("")
        self.about.setText(row.prompt if row is not None else ask.prompt)
        self.news = paragraph()
        self._lay_out()
        self._known = panel.presets.find(self.name.text())
        if self._known is not None:
            self.tags.setText(", ".join(self._known.preset.tags))
        panel.said.connect(self._say)
        panel.presets.taken.connect(self._ask)
        panel.presets.kept.connect(self.accept)
        self._show_name()
        if row is None and panel.verb is Verb.EXTEND:
            self._say(self.tr("A preset has no mode Extend: this one will fill."))

    def _lay_out(self) -> None:
        fields = QFormLayout()
        fields.addRow(label(self.tr("&Name"), self.name), self.name)
        fields.addRow(label(self.tr("&Tags"), self.tags), self.tags)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.save)
        self.buttons.rejected.connect(self.reject)
        self.name.textChanged.connect(lambda _: self._show_name())
        whole = QVBoxLayout(self)
        whole.addWidget(self.about)
        whole.addLayout(fields)
        whole.addWidget(self.with_seed)
        whole.addWidget(self.news)
        whole.addWidget(self.buttons)

    def save(self) -> None:
        """Keeps it; what is wrong with it is said here."""
        self._panel.save_preset(self.name.text(), self.tags.text(), self.with_seed.isChecked(), self._row)

    def _show_name(self) -> None:
        has_name = bool(self.name.text().strip())
        self.buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(has_name)

    def _ask(self, preset: Preset, sentence: str) -> None:
        question = self.tr("{0} Replace it?").format(sentence)
        if QMessageBox.question(self, self.windowTitle(), question) is QMessageBox.StandardButton.Yes:
            self._panel.presets.save(preset, replacing=True)
        else:
            self.name.setFocus()
            self.name.selectAll()

    def _say(self, sentence: str) -> None:
        self.news.setText(sentence)
        self.news.setAccessibleName(sentence)
