"""What the window says where there are no takes yet: the first start explains itself."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.models.engine import Link
from gui.models.panel import Panel

# What the model that comes along is good at: who tries one hears what it says.
EXAMPLES = ("ocean waves on the shore", "chopping wood with an axe")


class Welcome(QWidget):
    """Three steps, the first of which can be tried with one click."""

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self.steps = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText)
        self.steps.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.engine = QLabel(wordWrap=True)
        examples = QHBoxLayout()
        self.examples = [QPushButton(text) for text in EXAMPLES]
        for offered in self.examples:
            offered.setToolTip(self.tr("Take this as the prompt"))
            offered.clicked.connect(partial(self._offer, offered.text()))
            examples.addWidget(offered)
        examples.addStretch(1)
        whole = QVBoxLayout(self)
        whole.addWidget(self.steps)
        whole.addLayout(examples)
        whole.addWidget(self.engine)
        whole.addStretch(1)
        panel.engine.changed.connect(self._show_engine)
        self._show_steps()
        self._show_engine()

    def _offer(self, text: str, _checked: bool = False) -> None:
        self._panel.asking.set(prompt=text)

    def _show_steps(self) -> None:
        title = self.tr("No takes yet")
        steps = (
            self.tr("Type what you want to hear and press Generate: a new sound."),
            self.tr("Or drop a recording above and select a region: it is restyled in place, exactly."),
            self.tr("Space plays a take, C compares it with the original. Drag a take onto any track."),
        )
        rows = "".join(f"<li>{step}</li>" for step in steps)
        self.steps.setText(f"<b>{title}</b><ol style='margin-left:-20px'>{rows}</ol>")

    def _show_engine(self) -> None:
        """What the engine is, while it is waited for."""
        engine = self._panel.engine
        self.engine.setText(
            {
                Link.STARTING: self.tr(
                    "The engine is being started. It renders on this machine; no network."
                ),
                Link.READY: "",
                Link.LOST: engine.sentence,
            }[engine.link]
        )
        self.engine.setVisible(bool(self.engine.text()))
