"""Puts the panel together and runs it."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QSettings, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from engine.client import AUTOMATIC, Client, find_or_start
from engine.config import HOME_VARIABLE, find_home
from engine.errors import EngineError
from engine.own_sounds import indexed_folders
from gui.models.panel import Outside, Panel
from gui.outcome import Outcome
from gui.sound.playback import Player
from gui.views import theme
from gui.views.window import Window

TRANSLATIONS = Path(__file__).parent / "translations"
# Python's own signals are looked at only while Python runs.
_SIGNAL_MILLISECONDS = 500


def show(
    recording: str = "", span: tuple[float, float] | None = None, language: str = "", light: bool = False
) -> Outcome:
    """Shows the panel until it is closed."""
    application = make_application(language)
    settings = QSettings(str(config_folder() / "panel.ini"), QSettings.Format.IniFormat)
    theme.apply(application, light or settings.value("light", False, type=bool) is True)
    panel = Panel(usual_outside())
    window = Window(panel, settings)
    if light:
        window.light_this_time()
    panel.audition.choose(str(settings.value("device", "")))
    if recording:
        panel.open_seconds(str(Path(recording).absolute()), span)
    window.show()
    panel.start()
    _end_on_interrupt(application)
    return Outcome(code=application.exec())


def make_application(language: str = "") -> QApplication:
    """The one QApplication, speaking the user's language."""
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(["Punch-In"])
    application.setApplicationName("Punch-In")
    application.setDesktopFileName("punch-in")
    translate(application, QLocale(language) if language else QLocale.system())
    sys.excepthook = _log_defect
    return application


def translate(application: QObject, locale: QLocale) -> list[QTranslator]:
    """Installs what is translated into a language: the panel's words and Qt's own."""
    installed = []
    for name, folder in (
        ("panel", str(TRANSLATIONS)),
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
    ):
        translator = QTranslator(application)
        if translator.load(locale, name, "_", folder):
            QApplication.installTranslator(translator)
            installed.append(translator)
    return installed


def usual_outside() -> Outside:
    """The real engine, the real sound device, the account's own folders."""
    return Outside(
        home=find_home(),
        connect=_connect,
        player=Player(),
        cache_folder=cache_folder(),
        config_folder=config_folder(),
        dice=random.Random(),
    )


def _connect() -> Client:
    """Who indexed a folder lets an engine that is started read it. Raises EngineError(NO_ENGINE)."""
    home = find_home()
    folders: tuple[Path, ...] = ()
    with contextlib.suppress(EngineError):  # a library that can't be read keeps nobody from making takes
        folders = tuple(map(Path, indexed_folders(home)))
    return find_or_start(home, replace(AUTOMATIC, allow=folders))


def cache_folder() -> Path:
    """What can be made again; under PUNCHIN_HOME if that is set."""
    chosen = os.environ.get(HOME_VARIABLE, "")
    if chosen:
        return Path(chosen).absolute() / "panel-cache"
    return platformdirs.user_cache_path("punch-in", appauthor=False)


def config_folder() -> Path:
    """What the user has chosen; under PUNCHIN_HOME if that is set."""
    chosen = os.environ.get(HOME_VARIABLE, "")
    if chosen:
        return Path(chosen).absolute() / "panel"
    return platformdirs.user_config_path("punch-in", appauthor=False)


def _end_on_interrupt(application: QApplication) -> None:
    """Ctrl-C in the shell closes the window as its cross does."""
    signal.signal(signal.SIGINT, lambda *_: application.closeAllWindows())
    ticking = QTimer(application, interval=_SIGNAL_MILLISECONDS)
    ticking.timeout.connect(lambda: None)
    ticking.start()


def _log_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("gui").error("A defect of the panel", exc_info=(kind, error, trace))
