"""The installed models: listed, got, checked, repaired, removed by the command ``punchin models``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.errors import ErrorCode
from gui.models.command_process import CommandProcess
from gui.models.engine_words import in_our_words
from gui.models.error_words import told
from gui.models.words import seconds_left, translate

# Stages that count bytes.
_IN_BYTES = ("downloading", "converting")


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


@dataclass(frozen=True)
class News:
    """How far something is: in words, and 0 to 1 of its stage; below 0 where that is not known."""

    words: str
    share: float = -1.0


class ModelShelf(QObject):
    """One thing at a time; ``said`` tells how it goes, again and again."""

    listed = Signal()
    said = Signal(str)
    came_to = Signal(float)  # 0 to 1 of a stage; below 0: not known
    busy = Signal(bool)
    licence_wanted = Signal(str)  # the source whose licence has to be accepted; ``said`` has named it

    def __init__(self, command: Sequence[str] = (), parent: QObject | None = None) -> None:
        """``command`` is what ``models ...`` is added to; by default our own."""
        super().__init__(parent)
        self.models: tuple[Model, ...] = ()
        self._process = CommandProcess(command, self)
        self._process.news.connect(self._read_news)
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
        self._run("install", source, "--news", *(["--accept-licence"] if accepted else []))

    def verify(self, name: str) -> None:
        """Compares its files with their hashes."""
        self._run("verify", name)

    def repair(self, name: str) -> None:
        """Makes again what is damaged."""
        self._run("verify", name, "--repair", "--news")

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

    def _read_news(self, line: str) -> None:
        news = news_of(line)
        if news is not None:
            self.said.emit(news.words)
            self.came_to.emit(news.share)

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
            self.said.emit(" ".join(map(_problem_words, outcome["problems"])))
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
        problem=_problem_words(str(row["problem"])),
    )


def _problem_words(sentence: str) -> str:
    """What is wrong with a model; where we have no words for it, at least that something is."""
    ours = in_our_words(sentence)
    return told(ErrorCode.BAD_BUNDLE, sentence) if sentence and ours == sentence else ours


def news_of(line: str) -> News | None:
    """What a line of news says; None for one that is for people, as libraries write them."""
    try:
        said = json.loads(line)
        if "licence" in said:
            words = translate("Panel", "{0}: licence {1} ({2}).")
            meaning = in_our_words(str(said["meaning"]))
            return News(words.format(said["repository"], said["licence"], meaning))
        return _progress_of(str(said["stage"]), int(said["done"]), int(said["total"]), said["seconds_left"])
    except (ValueError, TypeError, KeyError):
        return None


def _progress_of(stage: str, done: int, total: int, left: float) -> News:
    parts = [_stage_words(stage)]
    if total and stage in _IN_BYTES:
        parts.append(translate("Panel", "{0:.0f} of {1:.0f} MB").format(done / 1e6, total / 1e6))
    elif total:
        parts.append(translate("Panel", "{0} %").format(round(100 * done / total)))
    words = ", ".join(part for part in (*parts, seconds_left(float(left))) if part)
    return News(words, done / total if total else -1.0)


def _stage_words(stage: str) -> str:
    return {
        "downloading": translate("Panel", "downloading"),
        "reading": translate("Panel", "reading"),
        "calibrating": translate("Panel", "calibrating"),
        "converting": translate("Panel", "converting"),
        "verifying": translate("Panel", "comparing it with the original"),
        "sealing": translate("Panel", "finishing"),
    }.get(stage, stage)
