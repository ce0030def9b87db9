"""What the window finds again at its next start: where its parts end, how time is shown, how much is wanted.

What is asked for itself is not among it: the history of prompts has that. The file may have been edited by
hand; what can't be used in it is passed over.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QComboBox, QSplitter

from engine.protocol.requests import Quality
from gui.models.ask import MAX_TAKES
from gui.models.asking import AskModel


@dataclass(frozen=True)
class Kept:
    """A setting: how it is read, and its limits."""

    read: Callable[[str], object]
    low: float = -math.inf
    high: float = math.inf

    def value(self, text: str) -> object:
        """The setting. Raises ValueError."""
        value = self.read(text)
        if isinstance(value, int | float) and not self.low <= value <= self.high:
            raise ValueError(text)
        return value


_ASKED = {"takes": Kept(int, 1, MAX_TAKES), "quality": Kept(Quality), "seconds": Kept(float, 0.1, 1800.0)}


def remember(settings: QSettings, asking: AskModel, splitter: QSplitter, rate: QComboBox) -> None:
    """Writes it down."""
    for name in _ASKED:
        settings.setValue(f"ask/{name}", str(getattr(asking.ask, name)))
    settings.setValue("splitter", splitter.saveState())
    settings.setValue("fps", str(rate.currentData()))


def recall(settings: QSettings, asking: AskModel, splitter: QSplitter, rate: QComboBox) -> None:
    """Puts everything back."""
    for name, kept in _ASKED.items():
        with contextlib.suppress(ValueError):
            asking.set(**{name: kept.value(str(settings.value(f"ask/{name}", "")))})
    parts = settings.value("splitter")
    if isinstance(parts, QByteArray):
        splitter.restoreState(parts)
    with contextlib.suppress(ValueError):
        place = rate.findData(float(str(settings.value("fps", ""))))
        rate.setCurrentIndex(max(0, place))
