"""The upper third: the recording, the tools to mark in it, and where the selection is."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QScrollBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.models.ask import Verb
from gui.models.panel import Panel
from gui.models.timeline import timecode
from gui.views.waveform.mouse import Tool
from gui.views.waveform.view import WaveformView
from gui.views.widgets import NameLabel, button, paragraph

RATES = (0.0, 23.976, 24.0, 25.0, 29.97, 30.0)
# A scroll bar counts in ints, a day at 192 kHz does not.
_SCROLL_STEPS = 100_000
SOUNDS = "*.wav *.wave *.bwf *.rf64 *.aif *.aiff *.aifc *.caf *.flac *.ogg *.mp3 *.w64"


class SourceView(QWidget):
    """Opens recordings and marks in them."""

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel, self._source = panel, panel.source
        self.wave = WaveformView(self._source)
        self.bar = QScrollBar(Qt.Orientation.Horizontal)
        self.bar.setAccessibleName(self.tr("Scroll along the recording"))
        self.name, self.place = NameLabel(), paragraph()
        self.rate = self._rate_box()
        self._tools = self._tool_buttons()
        self.setAcceptDrops(True)
        self._lay_out()
        self._connect()
        self._show_scene()

    def _rate_box(self) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(self.tr("How time is shown"))
        box.setToolTip(self.tr("How time is shown: seconds, or pictures per second"))
        for rate in RATES:
            box.addItem(self.tr("seconds") if not rate else self.tr("{0:g} fps").format(rate), rate)
        return box

    def _tool_buttons(self) -> dict[Tool, QToolButton]:
        tips = {
            Tool.SELECT: (
                self.tr("Select"),
                self.tr("Select the region: drag, or Shift and the arrow keys"),
                "1",
            ),
            Tool.MASK: (
                self.tr("Mask"),
                self.tr("Mask what is to be filled: drag, or M over the selection"),
                "2",
            ),
            Tool.CURVE: (self.tr("Curve"), self.tr("Draw how much is made anew at which time"), "3"),
            Tool.BAND: (self.tr("Band"), self.tr("Choose frequencies to be made anew, in the spectrum"), "4"),
        }
        made = {
            tool: button(text, tip, partial(self.choose, tool), f"Alt+{key}", checkable=True)
            for tool, (text, tip, key) in tips.items()
        }
        made[Tool.SELECT].setChecked(True)
        return made

    def _lay_out(self) -> None:
        self.open_button = button(self.tr("Open…"), self.tr("Open a recording"), self.ask_for_file, "Ctrl+O")
        self.close_button = button("✕", self.tr("Close the recording"), self._source.close)
        self.play_button = button(
            "▶", self.tr("Play the selection, or from the caret"), self.play, "Ctrl+Space"
        )
        self.spectrum = button(
            self.tr("Spectrum"),
            self.tr("Show frequencies instead of the waveform"),
            lambda: self.wave.show_spectrum(self.spectrum.isChecked()),
            "Ctrl+F5",
            checkable=True,
        )
        self.fit = button(self.tr("All"), self.tr("Show all of the recording"), self.wave.fit, "Ctrl+0")
        self.close_up = button(
            self.tr("Region"), self.tr("Show the selection"), self.wave.show_selection, "Ctrl+E"
        )
        top = QHBoxLayout()
        for widget in (self.open_button, self.play_button):
            top.addWidget(widget)
        top.addWidget(self.name, 1)
        top.addWidget(self.close_button)
        tools = QHBoxLayout()
        tools.setSpacing(3)
        for widget in (*self._tools.values(), self.spectrum):
            tools.addWidget(widget)
        tools.addStretch(1)
        for shown in (self.fit, self.close_up, self.rate):
            tools.addWidget(shown)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addLayout(top)
        whole.addWidget(self.wave, 1)
        whole.addWidget(self.bar)
        whole.addLayout(tools)
        whole.addWidget(self.place)

    def _connect(self) -> None:
        self._source.changed.connect(self._show_scene)
        self.wave.view_changed.connect(self._show_scroll)
        self.bar.valueChanged.connect(self._scrolled)
        self.rate.currentIndexChanged.connect(self._show_rate)
        self._panel.asking.changed.connect(self._show_ask)
        self._source.changed.connect(self._show_ask)

    # What the user does

    def choose(self, tool: Tool) -> None:
        """The mouse does this from now on; frequencies are chosen where they are seen."""
        self.wave.tool = tool
        for other, widget in self._tools.items():
            widget.setChecked(other is tool)
        if tool is Tool.BAND and not self.spectrum.isChecked():
            self.spectrum.setChecked(True)
            self.wave.show_spectrum(True)
        self.wave.update()

    def ask_for_file(self) -> None:
        """Opens what the user picks."""
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Open a recording"), "", self.tr("Sounds ({0});;All files (*)").format(SOUNDS)
        )
        if path:
            self._source.open(path)

    def play(self) -> None:
        """The selection, or from the caret on; stops what plays."""
        scene = self._source.scene
        if self._panel.audition.is_on:
            self._panel.audition.stop()
        elif scene.recording is not None:
            self._panel.audition.play_recording(scene.recording, scene.caret, scene.selection)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Takes files, but not those that are dragged out of this very window."""
        if event.mimeData().hasUrls() and event.source() is None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Opens the first file."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self._source.open(paths[0])

    # What is shown

    def _show_scene(self) -> None:
        scene = self._source.scene
        self.name.setText(scene.recording.name if scene.recording else self.tr("New sound"))
        there = scene.recording is not None
        for widget in (
            self.bar,
            self.play_button,
            self.close_button,
            self.spectrum,
            self.fit,
            self.close_up,
        ):
            widget.setEnabled(there)
        for tool in self._tools.values():
            tool.setEnabled(there)
        self.place.setText(self._place_words())
        self.place.setAccessibleName(self.place.text())

    def _place_words(self) -> str:
        """Where the selection is, and what else is marked."""
        scene = self._source.scene
        if scene.recording is None:
            return ""
        rate, fps = scene.recording.sample_rate, self.wave.fps
        if scene.selection is None:
            words = [self.tr("caret {0}").format(timecode(scene.caret / rate, fps))]
        else:
            start, end = (timecode(edge / rate, fps) for edge in (scene.selection.start, scene.selection.end))
            words = [self.tr("{0} to {1}, {2:.3f} s").format(start, end, scene.selection.frames / rate)]
        if scene.masks:
            words.append(self.tr("{0} masked").format(len(scene.masks)))
        if scene.curve.points:
            words.append(self.tr("strength curve"))
        if scene.band is not None:
            words.append(self.tr("{0:g} to {1:g} Hz").format(scene.band.low, scene.band.high))
        words.append(self.tr("{0:g} kHz, {1} ch").format(rate / 1000, scene.recording.channels))
        return "  ·  ".join(words)

    def _show_ask(self) -> None:
        self.wave.strength = self._panel.asking.ask.strength
        self.wave.context_seconds = self._panel.asking.ask.advanced.context
        self.wave.hears_context = self._panel.verb is not Verb.GENERATE
        self.wave.update()

    def _show_rate(self) -> None:
        self.wave.fps = float(self.rate.currentData())
        self.wave.update()
        self._show_scene()

    def _show_scroll(self) -> None:
        view = self.wave.view
        whole = max(1.0, view.frames_per_pixel * view.width, float(view.frames) * 1.05)
        page = view.frames_per_pixel * view.width / whole
        self.bar.blockSignals(True)
        self.bar.setPageStep(max(1, round(page * _SCROLL_STEPS)))
        self.bar.setRange(0, max(0, round((1 - page) * _SCROLL_STEPS)))
        self.bar.setValue(round(view.start / whole * _SCROLL_STEPS))
        self.bar.blockSignals(False)

    def _scrolled(self, value: int) -> None:
        view = self.wave.view
        whole = max(view.frames_per_pixel * view.width, float(view.frames) * 1.05)
        self.wave.set_view(view.scrolled(value / _SCROLL_STEPS * whole - view.start))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """The theme has changed."""
        if event.type() == QEvent.Type.PaletteChange:
            self.wave.update()
        super().changeEvent(event)
