"""A panel with a scripted engine, without a screen and without a sound device."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="needs the panel extra")
pytest.importorskip("miniaudio", reason="needs the panel extra")
pytest.importorskip("pytestqt", reason="needs pytest-qt")

import soundfile
from PySide6.QtCore import QLocale, QSettings, Qt, QTranslator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.config import Home
from gui.application import translate
from gui.models.daws import DawModel
from gui.models.panel import Outside, Panel
from gui.models.shelf import ModelShelf
from gui.scripted import ScriptedEngine
from gui.sound.playback import NULL, Player
from gui.views import theme
from gui.views.window import Window
from presets.store import Store

RATE = 48_000


@pytest.fixture(autouse=True)
def english() -> None:
    """What an application of an earlier test installed would translate this one's texts."""
    application = QApplication.instance()
    for translator in application.findChildren(QTranslator) if application else []:
        QApplication.removeTranslator(translator)


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    """An application that speaks German."""
    installed = translate(qapp, QLocale("de"))
    yield
    for translator in installed:
        QApplication.removeTranslator(translator)


@pytest.fixture
def engine() -> ScriptedEngine:
    """An engine that says what the test tells it to."""
    return ScriptedEngine()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Ten seconds of stereo: left a ramp of loudness, right silence but for one sample in its middle."""
    time = np.arange(10 * RATE) / RATE
    left = np.sin(2 * np.pi * 440 * time) * time / 20
    right = np.zeros_like(left)
    right[5 * RATE] = 0.9
    path = tmp_path / "scene.wav"
    soundfile.write(path, np.stack([left, right], axis=1), RATE, subtype="PCM_16")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Folders of an account in which nothing has been made yet."""
    (tmp_path / "takes").mkdir()
    return Home(tmp_path / "state", tmp_path / "takes")


@pytest.fixture
def panel(qapp: QApplication, engine: ScriptedEngine, home: Home, tmp_path: Path) -> Iterator[Panel]:
    """A panel without its window, started."""
    del qapp
    numbers = iter(range(1, 10_000))
    player = Player()
    player.choose(NULL)
    made = Panel(
        Outside(
            home=home,
            connect=engine.connect,
            player=player,
            cache_folder=tmp_path / "cache",
            config_folder=tmp_path / "config",
            dice=random.Random(1),
            store=Store(tmp_path / "presets"),
            effects_command=("nothing-is-run",),
            new_id=lambda: f"job{next(numbers)}",
        )
    )
    made.start()
    yield made
    made.close()


@pytest.fixture
def window(qapp: QApplication, qtbot: object, panel: Panel, tmp_path: Path) -> Iterator[Window]:
    """Its window."""
    del qtbot
    theme.apply(qapp)
    settings = QSettings(str(tmp_path / "panel.ini"), QSettings.Format.IniFormat)
    made = Window(panel, settings, ModelShelf(("nothing-is-run",)), DawModel(("nothing-is-run",)))
    made.show()
    QTest.keyRelease(made, Qt.Key.Key_Control)  # Qt holds it to be down since a test that pressed Ctrl+I
    yield made
    made.hide()
    made.deleteLater()


Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def until(qtbot: object) -> Wait:
    """Waits until something is so; fails when it does not come to that."""

    def wait(condition: Callable[[], bool]) -> None:
        qtbot.waitUntil(condition, timeout=20_000)  # type: ignore[attr-defined]

    return wait
