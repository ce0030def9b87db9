"""The panel's window: source above, ask in the middle, takes below, the engine at the foot."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer
from PySide6.QtGui import QActionGroup, QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMenu, QSplitter, QVBoxLayout, QWidget

from gui.models.daws import DawModel
from gui.models.panel import Panel
from gui.models.shelf import ModelShelf
from gui.models.take_row import TakeRow
from gui.sound.playback import NULL
from gui.views import memory, theme
from gui.views.ask_view import AskView
from gui.views.daw_button import GET_KEYS, PUT_KEYS, DawButton
from gui.views.library_dialog import LibraryDialog
from gui.views.models_dialog import ModelsDialog
from gui.views.preset_picker import PresetPicker
from gui.views.preset_saver import PresetSaver
from gui.views.source_view import SourceView
from gui.views.status_line import StatusLine
from gui.views.takes_view import TakesView
from gui.views.widgets import button

LIBRARY_KEYS = "Ctrl+Shift+F"
_PLAYHEAD_MILLISECONDS = 33
_FRAME = 48  # points that a window's frame may take, above and below


class Window(QWidget):
    """Floats over the DAW, if it is told to; remembers where it was."""

    def __init__(
        self,
        panel: Panel,
        settings: QSettings,
        shelf: ModelShelf | None = None,
        daws: DawModel | None = None,
    ) -> None:
        super().__init__()
        self.panel, self._settings = panel, settings
        self.shelf = shelf or ModelShelf(parent=self)
        self.daws = daws or DawModel(chosen=str(settings.value("daw", "")), parent=self)
        self.models_dialog: ModelsDialog | None = None
        self.library_dialog: LibraryDialog | None = None
        self.preset_picker: PresetPicker | None = None
        self.preset_saver: PresetSaver | None = None
        self.source, self.ask = SourceView(panel), AskView(panel)
        self.takes, self.status = TakesView(panel), StatusLine(panel)
        self.ask.presets_wanted.connect(self.show_presets)
        self.takes.preset_wanted.connect(self.save_preset)
        self._make_daw_button()
        self._playhead = QTimer(self, interval=_PLAYHEAD_MILLISECONDS)
        self._playhead.timeout.connect(self._show_playhead)
        panel.audition.changed.connect(self._follow_audition)
        self.setWindowTitle("Punch-In")
        self._make_menu()
        self._lay_out()
        self._make_shortcuts()
        self._restore()
        self.ask.prompt.setFocus()  # typing is what most visits begin with

    def _make_daw_button(self) -> None:
        self.daw = DawButton(self.daws, lambda: self.takes.chosen, self.panel.history.own)
        self.takes.extend_menu = self.daw.add_puts
        self.daws.got.connect(self.panel.open_excerpt)
        self.daws.said.connect(self.panel.said)
        self.status.add(self.daw)

    def _make_menu(self) -> None:
        self.menu_button = button(
            self.tr("Menu"), self.tr("Models, library, presets, sound device, colours"), lambda: None
        )
        self.menu = QMenu(self)
        self.menu.addAction(self.tr("Models…"), self.show_models)
        self.menu.addAction(self.tr("Library…") + f"\t{LIBRARY_KEYS}", self.show_library)
        self.menu.addAction(self.tr("Presets…"), self.show_presets)
        self.menu.addAction(self.tr("Save the settings as a preset…"), lambda: self.save_preset())
        self.devices = self.menu.addMenu(self.tr("Sound device"))
        self.devices.aboutToShow.connect(self._show_devices)
        self.light = self.menu.addAction(self.tr("Light colours"))
        self.light.setCheckable(True)
        self.light.toggled.connect(self.set_light)
        self.on_top = self.menu.addAction(self.tr("Stay on top"))
        self.on_top.setCheckable(True)
        self.on_top.toggled.connect(self._stay_on_top)
        self.menu.addAction(self.tr("Look for earlier takes"), self.panel.history.refresh)
        self.menu_button.setMenu(self.menu)
        self.menu_button.setPopupMode(self.menu_button.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setShortcut(QKeySequence("Alt+M"))
        self.status.add(self.menu_button)

    def _lay_out(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        for place, (part, stretch) in enumerate(((self.source, 2), (self.ask, 0), (self.takes, 3))):
            self.splitter.addWidget(part)
            self.splitter.setStretchFactor(place, stretch)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 8, 8, 6)
        whole.setSpacing(5)
        whole.addWidget(self.splitter, 1)
        whole.addWidget(self.status.said)
        whole.addWidget(self.status)
        self._fit_screen()

    def _fit_screen(self) -> None:
        """What is asked for scrolls where the screen has no room for all of it."""
        rest = self.minimumSizeHint().height() - self.ask.fields.minimumSizeHint().height()
        self.ask.fields.limit(self.screen().availableSize().height() - rest - _FRAME)

    def _make_shortcuts(self) -> None:
        """Ways to each part of the window."""
        for keys, work in (
            ("Ctrl+P", lambda: self._go(self.ask.prompt)),
            ("Ctrl+F", lambda: self._go(self.takes.finder.text)),
            ("Ctrl+T", lambda: self._go(self.takes.list)),
            ("Ctrl+W", lambda: self._go(self.source.wave)),
            ("F5", self.panel.engine.look),
            ("Ctrl+M", self.show_models),
            (LIBRARY_KEYS, self.show_library),
            ("Ctrl+S", self.save_preset),
            (GET_KEYS, self.daw.get),
            (PUT_KEYS, self.daw.put),
        ):
            QShortcut(QKeySequence(keys), self, work)

    def _go(self, part: QWidget) -> None:
        part.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_models(self) -> None:
        """The dialog of models, beside the panel."""
        if self.models_dialog is None:
            self.models_dialog = ModelsDialog(self.shelf, self)
        self.models_dialog.show()
        self.models_dialog.raise_()

    def show_library(self) -> None:
        """The user's own sounds, beside the panel; one that is used becomes the recording."""
        if self.library_dialog is None:
            self.library_dialog = LibraryDialog(self.panel, self)
            self.library_dialog.accepted.connect(lambda: self._go(self.ask.prompt))
        self.library_dialog.open_anew()

    def show_presets(self) -> None:
        """The presets to choose from, beside the panel."""
        if self.preset_picker is None:
            self.preset_picker = PresetPicker(self.panel, self)
            self.preset_picker.accepted.connect(lambda: self._go(self.ask.prompt))
        self.preset_picker.open_anew()

    def save_preset(self, row: TakeRow | None = None) -> None:
        """Asks how a preset of the take, or of the settings of now, is to be called."""
        if self.preset_saver is not None:
            self.preset_saver.deleteLater()
        self.preset_saver = PresetSaver(self.panel, row, self)
        self.preset_saver.show()

    def set_light(self, light: bool) -> None:
        """Light colours or dark ones."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application, light)
        self.light.setChecked(light)

    def light_this_time(self) -> None:
        """Light colours that are not remembered."""
        self._given_light = True
        self.set_light(True)

    def _stay_on_top(self, on: bool) -> None:
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint, on)
        self.show()

    def _show_devices(self) -> None:
        """Those that were found last; they are looked for anew for the next time."""
        self.devices.clear()
        group = QActionGroup(self.devices)
        for device in self.panel.audition.devices:
            text = {"": self.tr("The system's own"), NULL: self.tr("None (silent)")}.get(
                device.name, device.name
            )
            action = self.devices.addAction(text)
            action.setCheckable(True)
            action.setChecked(device.name == str(self._settings.value("device", "")))
            group.addAction(action)
            action.triggered.connect(lambda _=False, name=device.name: self._choose_device(name))
        self.panel.audition.list_devices()

    def _choose_device(self, name: str) -> None:
        self._settings.setValue("device", name)
        self.panel.audition.choose(name)

    def _follow_audition(self) -> None:
        if self.panel.audition.is_on:
            self._playhead.start()
        else:
            self._playhead.stop()
        self._show_playhead()

    def _show_playhead(self) -> None:
        self.source.wave.set_playhead(self.panel.audition.recording_frame)

    def _restore(self) -> None:
        self.resize(520, 820)
        geometry = self._settings.value("geometry")
        if isinstance(geometry, QByteArray):  # a file that was edited by hand may have anything
            self.restoreGeometry(geometry)
        self._given_light = self._settings.value("light", False, type=bool) is True
        self.light.setChecked(self._given_light)
        if self._settings.value("on_top", False, type=bool) is True:
            self.on_top.setChecked(True)
        memory.recall(self._settings, self.panel.asking, self.splitter, self.source.rate)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Remembers how the window was, and ends."""
        self._settings.setValue("geometry", self.saveGeometry())
        if self.light.isChecked() != self._given_light:
            self._settings.setValue("light", self.light.isChecked())
        self._settings.setValue("on_top", self.on_top.isChecked())
        self._settings.setValue("daw", self.daws.chosen)
        memory.remember(self._settings, self.panel.asking, self.splitter, self.source.rate)
        self.hide()  # an engine that is just being started is waited for
        self.daws.close()
        self.panel.close()
        super().closeEvent(event)
