"""The installed models: listed, got, checked, repaired, removed by the command ``punchin models``.

It runs as a process of its own: it may load torch, hash gigabytes and be stopped, and the panel waits for
nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from engine.config import module_command
from gui.models.words import translate


@dataclass(frozen=True)
class Model:
    """One installed model."""

    name: str
    licence: str
    description: str
    precision: str
    sample_rate: int
    size_bytes: int
    problem: str


class ModelShelf(QObject):
    """One thing at a time; ``said`` tells how it goes, line by line, as the command does."""

    listed = Signal()
    said = Signal(str)
    busy = Signal(bool)
    licence_wanted = Signal(str)  # the source whose licence has to be accepted; ``said`` has named it

    def __init__(self, command: Sequence[str] = (), parent: QObject | None = None) -> None:
        """``command`` is what ``models ...`` is added to; by default our own."""
        super().__init__(parent)
        self.models: tuple[Model, ...] = ()
        self._command = tuple(command) or module_command("engine")
        self._process: QProcess | None = None
        self._what = ""
        self._source = ""

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return self._process is not None

    def refresh(self) -> None:
        """Lists them anew."""
        self._run("list")

    def install(self, source: str, accepted: bool = False) -> None:
        """Gets a published checkpoint, from the hub or a folder; asks for its licence first."""
        self._source = source
        self._run("install", source, *(["--accept-licence"] if accepted else []))

    def verify(self, name: str) -> None:
        """Compares its files with their hashes."""
        self._run("verify", name)

    def repair(self, name: str) -> None:
        """Makes again what is damaged."""
        self._run("verify", name, "--repair")

    def remove(self, name: str) -> None:
        """Deletes it; the user has been asked."""
        self._run("remove", name, "--yes")

    def stop(self) -> None:
        """Ends what is under way, as Ctrl-C does; what was downloaded stays for another time."""
        if self._process is not None:
            self._process.terminate()

    def _run(self, what: str, *arguments: str) -> None:
        if self._process is not None:
            return
        self._what = what
        process = self._process = QProcess(self)
        process.readyReadStandardError.connect(self._read_news)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed_to_start)
        self.busy.emit(True)
        process.start(self._command[0], [*self._command[1:], "models", what, *arguments, "--json"])

    def _read_news(self) -> None:
        if self._process is None:
            return
        text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        for line in text.splitlines():
            if line.strip():
                self.said.emit(line.strip())

    def _finished(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        outcome = _parsed(bytes(process.readAllStandardOutput().data()))
        process.deleteLater()
        self.busy.emit(False)
        if self._what == "list":
            self.models = tuple(_model(row) for row in outcome.get("models", ()))
            self.listed.emit()
            return
        self._tell(outcome)
        self.refresh()

    def _tell(self, outcome: dict[str, Any]) -> None:
        error = outcome.get("error")
        if error and error.get("code") == "not_allowed" and self._what == "install":
            self.licence_wanted.emit(self._source)
        elif error:
            self.said.emit(str(error.get("sentence", "")))
        elif outcome.get("problems"):
            self.said.emit(" ".join(outcome["problems"]))
        else:
            self.said.emit(translate("Panel", "Done."))

    def _failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._process = None
            self.busy.emit(False)
            self.said.emit(translate("Panel", "Python can't be started; install Punch-In again."))


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _model(row: dict[str, Any]) -> Model:
    return Model(
        name=str(row["name"]),
        licence=str(row["licence"]),
        description=str(row["description"]),
        precision=str(row["precision"]),
        sample_rate=int(row["sample_rate"]),
        size_bytes=int(row["size_bytes"]),
        problem=str(row["problem"]),
    )
