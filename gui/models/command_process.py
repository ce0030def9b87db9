"""One ``punchin`` command at a time as a process of its own, which says with ``--json`` what came of it.

It may load torch, wait for a DAW, hang or die: the panel waits for nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from engine.config import module_command
from gui.models.words import translate


class CommandProcess(QObject):
    """``ended`` comes once for every ``start``, unless it was closed."""

    begun = Signal()
    news = Signal(str)  # a line of what it says meanwhile
    ended = Signal(object)  # dict: what it said at the end; {} if that can't be read

    def __init__(self, command: Sequence[str], parent: QObject) -> None:
        """``command`` is what arguments are added to; none: our own."""
        super().__init__(parent)
        self.command = tuple(command) or module_command("engine")
        self._process: QProcess | None = None

    @property
    def is_running(self) -> bool:
        """Whether one is under way."""
        return self._process is not None

    def start(self, *arguments: str, typed: bytes = b"") -> None:
        """Begins, with ``typed`` on its standard input. Not while one is under way."""
        assert self._process is None
        process = self._process = QProcess(self)
        process.readyReadStandardError.connect(self._read_news)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed_to_start)
        self.begun.emit()
        process.start(self.command[0], [*self.command[1:], *arguments, "--json"])
        process.write(typed)
        process.closeWriteChannel()

    def stop(self) -> None:
        """Ends it as Ctrl-C does; ``ended`` tells."""
        if self._process is not None:
            self._process.terminate()

    def close(self) -> None:
        """Ends it at once: nobody is here any more to see what comes of it."""
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished()

    def _read_news(self) -> None:
        if self._process is None:
            return
        text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        for line in text.splitlines():
            if line.strip():
                self.news.emit(line.strip())

    def _finished(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        outcome = _parsed(bytes(process.readAllStandardOutput().data()))
        process.deleteLater()
        self.ended.emit(outcome)

    def _failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._process = None
            sentence = translate("Panel", "Python can't be started; install Punch-In again.")
            self.ended.emit({"error": {"sentence": sentence}})


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
