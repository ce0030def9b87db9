"""Takes through the effects of their preset, one after the other, by the command ``punchin effects``.

Effects are loaded in a process of their own, where they may hang and be stopped. A take is replaced whole
when all went well, and stays dry otherwise.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.models.background import Background
from gui.models.command_process import CommandProcess
from gui.models.engine_words import in_our_words
from gui.models.error_words import in_words, told
from gui.models.words import translate
from presets.document import encode_chain
from presets.effects import Effect


@dataclass(frozen=True)
class Dry:
    """A take that waits for its effects; without a path, effects that are only to be looked at."""

    path: str
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Playing:
    """How far a take is on its way through its effects, as the command tells."""

    title: str  # of the effect
    number: int  # of the effect, from 0
    count: int  # of effects
    share: float  # 0 to 1, of the whole chain
    seconds_left: float


class EffectsModel(QObject):
    """One take at a time."""

    told = Signal(str, object)  # path; Playing: how far it is. Of short takes nothing is told
    ended = Signal(str, bool, str)  # path; whether it went through; a sentence about it, or ""
    unusable = Signal(str)  # why what was checked can't be used

    def __init__(
        self, background: Background, command: Sequence[str] = (), parent: QObject | None = None
    ) -> None:
        """``command`` is what ``effects ...`` is added to; by default our own."""
        super().__init__(parent)
        self._background = background
        self._waiting: deque[Dry] = deque()
        self._current: Dry | None = None
        self._process = CommandProcess(command, self)
        self._process.news.connect(self._tell)
        self._process.ended.connect(self._finished)

    def add(self, path: str, effects: tuple[Effect, ...]) -> None:
        """Puts a take through effects as soon as those before it are done."""
        self._waiting.append(Dry(path, effects))
        self._next()

    def check(self, effects: tuple[Effect, ...]) -> None:
        """Loads effects without a take, so that none is made in vain; ``unusable`` tells if they can't be."""
        self.add("", effects)

    def drop(self, path: str) -> None:
        """Nobody wants this take any more."""
        self._waiting = deque(dry for dry in self._waiting if dry.path != path)
        if self._current is None or self._current.path != path:
            return
        if self._process.is_running:
            self._process.stop()
        else:
            self._end(False, "")

    def close(self) -> None:
        """Ends at once; takes that wait stay dry."""
        self._waiting.clear()
        self._process.close()

    def _next(self) -> None:
        if self._current is None and self._waiting:
            dry = self._current = self._waiting.popleft()
            self._background.run(
                lambda: encode_chain(dry.effects),
                lambda chain: self._start(dry, chain),
                lambda error: self._end(False, in_words(error)),
            )

    def _start(self, dry: Dry, chain: bytes) -> None:
        if dry is not self._current:  # dropped meanwhile
            return
        what = [dry.path, "--in-place", "--news"] if dry.path else ["--check"]
        self._process.start("effects", "apply", *what, "--chain", "-", typed=chain)

    def _tell(self, line: str) -> None:
        playing = playing_of(line)
        if playing is not None and self._current is not None:
            self.told.emit(self._current.path, playing)

    def _finished(self, outcome: dict[str, Any]) -> None:
        if "files" in outcome or "effects" in outcome:
            self._end(True, " ".join(in_our_words(str(notice)) for notice in outcome.get("notices", ())))
            return
        unknown = translate("Panel", "The process of the effects ended.")
        error = outcome.get("error", {})
        self._end(False, told(str(error.get("code", "")), str(error.get("sentence", unknown))))

    def _end(self, is_wet: bool, sentence: str) -> None:
        dry, self._current = self._current, None
        if dry is not None and not dry.path and not is_wet:
            self.unusable.emit(sentence)
        elif dry is not None and dry.path:
            self.ended.emit(dry.path, is_wet, sentence)
        self._next()


def playing_of(line: str) -> Playing | None:
    """What a line of news says; None for one that is for people, or of a plugin that talks."""
    try:
        said = json.loads(line)
        number, count, frames = int(said["number"]), int(said["count"]), int(said["frames"])
        share = (number + int(said["done"]) / frames) / count
        return Playing(str(said["title"]), number, count, share, float(said["seconds_left"]))
    except (ValueError, TypeError, KeyError, ZeroDivisionError):
        return None
