"""Takes through the effects of their preset, one after the other, by the command ``punchin effects``.

It runs as a process of its own: effects are loaded there, may hang and be stopped, and the panel waits for
nothing of it. A take is replaced whole when all went well, and stays dry otherwise.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from engine.config import module_command
from gui.models.background import Background
from gui.models.words import translate
from presets.document import encode_chain
from presets.effects import Effect


@dataclass(frozen=True)
class Dry:
    """A take that waits for its effects; without a path, effects that are only to be looked at."""

    path: str
    effects: tuple[Effect, ...]


class EffectsModel(QObject):
    """One take at a time."""

    ended = Signal(str, bool, str)  # path; whether it went through; a sentence about it, or ""
    unusable = Signal(str)  # why what was checked can't be used

    def __init__(
        self, background: Background, command: Sequence[str] = (), parent: QObject | None = None
    ) -> None:
        """``command`` is what ``effects ...`` is added to; by default our own."""
        super().__init__(parent)
        self._background = background
        self._command = tuple(command) or module_command("engine")
        self._waiting: deque[Dry] = deque()
        self._current: Dry | None = None
        self._process: QProcess | None = None

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
        if self._process is not None:
            self._process.terminate()
        else:
            self._end(False, "")

    def close(self) -> None:
        """Ends at once; takes that wait stay dry."""
        self._waiting.clear()
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished()

    def _next(self) -> None:
        if self._current is None and self._waiting:
            dry = self._current = self._waiting.popleft()
            self._background.run(
                lambda: encode_chain(dry.effects),
                lambda chain: self._start(dry, chain),
                lambda error: self._end(False, error.sentence),
            )

    def _start(self, dry: Dry, chain: bytes) -> None:
        if dry is not self._current:  # dropped meanwhile
            return
        process = self._process = QProcess(self)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed_to_start)
        what = [dry.path, "--in-place"] if dry.path else ["--check"]
        apply = ["effects", "apply", *what, "--chain", "-", "--json"]
        process.start(self._command[0], [*self._command[1:], *apply])
        process.write(chain)
        process.closeWriteChannel()

    def _finished(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        outcome = _parsed(bytes(process.readAllStandardOutput().data()))
        process.deleteLater()
        if "files" in outcome or "effects" in outcome:
            self._end(True, " ".join(map(str, outcome.get("notices", ()))))
            return
        unknown = translate("Panel", "The process of the effects ended.")
        self._end(False, str(outcome.get("error", {}).get("sentence", unknown)))

    def _failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._process = None
            self._end(False, translate("Panel", "Python can't be started; install Punch-In again."))

    def _end(self, is_wet: bool, sentence: str) -> None:
        dry, self._current = self._current, None
        if dry is not None and not dry.path and not is_wet:
            self.unusable.emit(sentence)
        elif dry is not None and dry.path:
            self.ended.emit(dry.path, is_wet, sentence)
        self._next()


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
