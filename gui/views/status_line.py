"""The lowest line: how the engine is, and the last thing the panel has to say."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gui.models.engine import Link
from gui.models.panel import Panel
from gui.models.words import plain_tip
from gui.views.widgets import button, label, paragraph

_SAID_MILLISECONDS = 12_000


class StatusLine(QWidget):
    """Engine, messages, and the way to the models."""

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self.engine, self.said = label("", quiet=True), paragraph("said")
        self.engine.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.said.hide()
        self.retry = button(self.tr("Try again"), self.tr("Look for the engine now"), panel.engine.look)
        self._forget = QTimer(self, singleShot=True, interval=_SAID_MILLISECONDS)
        self._forget.timeout.connect(self.said.hide)
        line = self._line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.engine, 1)
        line.addWidget(self.retry)
        panel.engine.changed.connect(self.show_engine)
        panel.said.connect(self.say)
        self.show_engine()

    def add(self, widget: QWidget) -> None:
        """Something more, at the end."""
        self._line.addWidget(widget)

    def say(self, sentence: str) -> None:
        """Something the user should know; "" takes away what was said before."""
        self.said.setText(sentence)
        self.said.setAccessibleName(sentence)
        self.said.setVisible(bool(sentence))
        self._forget.start()

    def show_engine(self) -> None:
        """Model, device, memory and queue, or what is wrong."""
        text = self._engine_words()
        self.engine.setText(text)
        self.engine.setToolTip(plain_tip(text))
        self.engine.setAccessibleName(self.tr("Engine: {0}").format(text))
        self.retry.setVisible(self._panel.engine.link is Link.LOST)

    def _engine_words(self) -> str:
        engine = self._panel.engine
        if engine.link is Link.STARTING:
            return self.tr("Starting the engine…")
        if engine.link is Link.LOST:
            return engine.sentence
        status = engine.status
        if status is None:
            return self.tr("Engine ready")
        if status.worker == "failing":
            return self.tr("The model can't be started; look into Models, or run punchin doctor.")
        waiting = sum(job.state == "queued" for job in status.jobs)
        running = sum(job.state == "running" for job in status.jobs)
        queue = (
            self.tr("{0} running, {1} waiting").format(running, waiting)
            if running or waiting
            else self.tr("idle")
        )
        memory = self.tr("{0:.0f} MB").format(status.resident_bytes / 1e6)
        model = status.model or self.tr("no model loaded yet")
        device = status.device if status.model else ""  # before that it is what was asked for
        return "  ·  ".join(part for part in (model, device, memory, queue) if part)
