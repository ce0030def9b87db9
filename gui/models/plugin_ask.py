"""What is typed here is what the plugin asks for when "Punch" is pressed on it (``engine/ask_file.py``)."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from engine.ask_file import write_ask, write_refusal
from engine.config import Home
from engine.errors import EngineError
from engine.protocol.requests import RenderRequest
from engine.protocol.together import check_together
from gui.models.ask import NEW_RATE, Ask, Task, request_of
from gui.models.asking import AskModel
from gui.models.background import Background
from gui.models.error_words import in_words
from gui.models.source import Scene
from gui.models.timeline import Span
from gui.models.words import translate
from gui.sound.recording import Recording

# Typing is a change with every letter; this is a pause in it.
_SETTLE_MILLISECONDS = 300
# A region of a recording with nothing marked in it. Which one the plugin says.
_SOME_REGION = Scene(Recording("region", NEW_RATE, 2, NEW_RATE), Span(0, NEW_RATE))


class PluginAsk(QObject):
    """Writes it down as soon as the settings rest; without a prompt what was typed last still holds."""

    said = Signal(str)  # that it could not be written; once, until it can be again

    def __init__(self, asking: AskModel, home: Home, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._asking, self._home, self._background = asking, home, background
        self._is_unwritten = False
        self._settling = QTimer(self, singleShot=True, interval=_SETTLE_MILLISECONDS)
        self._settling.timeout.connect(self._write)
        asking.changed.connect(self._settling.start)

    def _write(self) -> None:
        ask, home = self._asking.ask, self._home
        if not ask.prompt.strip():
            return
        new_seed = not (ask.seed_locked or ask.vary > 0.0)
        request, sentence = _request(ask)
        if request is None:
            self._background.run(lambda: write_refusal(home, sentence), self._written, self._failed)
        else:
            self._background.run(lambda: write_ask(home, request, new_seed), self._written, self._failed)

    def _written(self, _: None) -> None:
        self._is_unwritten = False

    def _failed(self, error: EngineError) -> None:
        """Every letter that is typed would fail alike."""
        if not self._is_unwritten:
            text = translate("Panel", "The plugin does not learn what you type here: {0}")
            self.said.emit(text.format(in_words(error)))
        self._is_unwritten = True


def _request(ask: Ask) -> tuple[RenderRequest | None, str]:
    """The request for any region of a track; or none, and why not."""
    if ask.effects:
        return None, translate(
            "Panel", "The preset has effects, which the plugin can't apply: get the region into the panel."
        )
    try:
        request = request_of(
            replace(ask, task=Task.AUTO if ask.task is Task.EXTEND else ask.task), _SOME_REGION, "ask"
        )
        check_together(request)
    except EngineError as error:
        return None, in_words(error)
    return request, ""
