"""The DAWs of this machine: found, asked for their selection, given takes, by the command ``punchin daw``.

It runs as a process of its own: a DAW may take its time, show a dialog or die, and the panel waits for
nothing.
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
class InstalledDaw:
    """One that was found: ``name`` on the command line, ``title`` for people."""

    name: str
    title: str


@dataclass(frozen=True)
class DawExcerpt:
    """What is selected in a DAW, as a file. start, end: the selection, in frames of the file."""

    path: str
    start: int
    end: int
    file_start: int  # the frame of the DAW's timeline where the file begins


class DawModel(QObject):
    """One thing at a time; ``said`` tells how it goes."""

    listed = Signal()
    busy = Signal(bool)
    said = Signal(str)
    got = Signal(DawExcerpt)

    def __init__(self, command: Sequence[str] = (), chosen: str = "", parent: QObject | None = None) -> None:
        """``command`` is what ``daw ...`` is added to; by default our own. chosen: which was used last."""
        super().__init__(parent)
        self.daws: tuple[InstalledDaw, ...] | None = None  # None: nobody has looked yet
        self.chosen = chosen
        self._command = tuple(command) or module_command("engine")
        self._process: QProcess | None = None
        self._what = ""
        self._count = 0

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return self._process is not None

    def title(self, name: str) -> str:
        """What people call it."""
        return next((daw.title for daw in self.daws or () if daw.name == name), name)

    def refresh(self) -> None:
        """Looks which there are."""
        self._run("list")

    def get(self, name: str) -> None:
        """Fetches what is selected there; ``got`` brings it."""
        if self._run("get", name):
            self.chosen = name
            self.said.emit(translate("Panel", "Getting the selection from {0}…").format(self.title(name)))

    def put(self, name: str, paths: Sequence[str]) -> None:
        """Puts takes where they belong on its timeline."""
        if not paths:
            self.said.emit(translate("Panel", "Choose takes that are done first."))
        elif self._run("put", name, *paths):
            self.chosen, self._count = name, len(paths)
            self.said.emit(translate("Panel", "Putting takes into {0}…").format(self.title(name)))

    def stop(self) -> None:
        """Ends what is under way, as Ctrl-C does."""
        if self._process is not None:
            self._process.terminate()

    def close(self) -> None:
        """Ends it at once: nobody is here any more to see what comes of it."""
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished()

    def _run(self, what: str, *arguments: str) -> bool:
        if self._process is not None:
            if what != "list":
                self.said.emit(translate("Panel", "The DAW is still busy with what it was asked before."))
            return False
        self._what = what
        process = self._process = QProcess(self)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed_to_start)
        self.busy.emit(True)
        process.start(self._command[0], [*self._command[1:], "daw", what, *arguments, "--json"])
        return True

    def _finished(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        outcome = _parsed(bytes(process.readAllStandardOutput().data()))
        process.deleteLater()
        self.busy.emit(False)
        self._tell(outcome)

    def _tell(self, outcome: dict[str, Any]) -> None:
        error = outcome.get("error")
        if error:
            self.said.emit(str(error.get("sentence", "")))
        elif self._what == "list" and "daws" in outcome:
            self.daws = _found(outcome["daws"])
            self.listed.emit()
        elif self._what == "get" and "in_file" in outcome:
            self.got.emit(_excerpt(outcome))
            self.said.emit(
                translate("Panel", "The selection of {0} is here.").format(self.title(self.chosen))
            )
        elif self._what == "put" and "takes" in outcome:
            text = translate("Panel", "{0} takes are in place in {1}.")
            self.said.emit(text.format(self._count, self.title(self.chosen)))
        else:
            self.said.emit(translate("Panel", "The DAW could not be asked."))

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


def _found(rows: Sequence[dict[str, Any]]) -> tuple[InstalledDaw, ...]:
    """Those that are on this machine."""
    return tuple(
        InstalledDaw(str(row["name"]), str(row["title"]))
        for row in rows
        if row.get("version") or row.get("installed")
    )


def _excerpt(row: dict[str, Any]) -> DawExcerpt:
    start, end = row["in_file"]
    return DawExcerpt(str(row["path"]), int(start), int(end), int(row["file_start"]))
