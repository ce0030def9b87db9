"""The installed models: listed, got, checked, repaired, removed by the command ``punchin models``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.models.command_process import CommandProcess
from gui.models.error_words import told
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
        self._process = CommandProcess(command, self)
        self._process.news.connect(self.said)
        self._process.begun.connect(lambda: self.busy.emit(True))
        self._process.ended.connect(self._finished)
        self._what = ""
        self._source = ""

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return self._process.is_running

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
        self._process.stop()

    def _run(self, what: str, *arguments: str) -> None:
        if self.is_busy:
            return
        self._what = what
        self._process.start("models", what, *arguments)

    def _finished(self, outcome: dict[str, Any]) -> None:
        self.busy.emit(False)
        if self._what != "list":
            self._tell(outcome)
            self.refresh()
        elif "models" in outcome:
            self.models = tuple(_model(row) for row in outcome["models"])
            self.listed.emit()
        else:
            self._tell(outcome)

    def _tell(self, outcome: dict[str, Any]) -> None:
        error = outcome.get("error")
        if error and error.get("code") == "not_allowed" and self._what == "install":
            self.licence_wanted.emit(self._source)
        elif error:
            self.said.emit(told(str(error.get("code", "")), str(error.get("sentence", ""))))
        elif outcome.get("problems"):
            self.said.emit(" ".join(outcome["problems"]))
        else:
            self.said.emit(translate("Panel", "Done."))


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
