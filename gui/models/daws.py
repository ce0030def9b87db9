"""The DAWs of this machine: found, asked for their selection, given takes, by the command ``punchin daw``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.models.command_process import CommandProcess
from gui.models.error_words import told
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
        self._process = CommandProcess(command, self)
        self._process.begun.connect(lambda: self.busy.emit(True))
        self._process.ended.connect(self._finished)
        self._what = ""
        self._count = 0

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return self._process.is_running

    def title(self, name: str) -> str:
        """What people call it."""
        return next((daw.title for daw in self.daws or () if daw.name == name), name)

    def refresh(self) -> None:
        """Looks which there are."""
        self._run("list")

    def get(self, name: str) -> None:
        """Fetches what is selected there; ``got`` brings it."""
        if self._run("get", name, "--one"):
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
        self._process.stop()

    def close(self) -> None:
        """Ends it at once: nobody is here any more to see what comes of it."""
        self._process.close()

    def _run(self, what: str, *arguments: str) -> bool:
        if self.is_busy:
            if what != "list":
                self.said.emit(translate("Panel", "The DAW is still busy with what it was asked before."))
            return False
        self._what = what
        self._process.start("daw", what, *arguments)
        return True

    def _finished(self, outcome: dict[str, Any]) -> None:
        self.busy.emit(False)
        self._tell(outcome)

    def _tell(self, outcome: dict[str, Any]) -> None:
        error = outcome.get("error")
        if error:
            self.said.emit(told(str(error.get("code", "")), str(error.get("sentence", ""))))
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
