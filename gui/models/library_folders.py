"""The folders of one's own sounds: which are indexed, taken in by ``punchin library index``, forgotten."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine import own_sounds
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.own_sounds import OwnFolder
from gui.models.background import Background
from gui.models.command_process import CommandProcess
from gui.models.engine_words import in_our_words
from gui.models.error_words import in_words, told
from gui.models.words import seconds_left, translate


class LibraryFolders(QObject):
    """One folder at a time is taken in; ``said`` tells how it goes, again and again."""

    listed = Signal()
    said = Signal(str)
    came_to = Signal(float)  # 0 to 1 of a folder; below 0: not known
    busy = Signal(bool)
    not_granted = Signal(str)  # a folder that the running engine may not read

    def __init__(
        self, home: Home, background: Background, command: Sequence[str] = (), parent: QObject | None = None
    ) -> None:
        """``command`` is what ``library index`` and ``quit`` are added to; by default our own."""
        super().__init__(parent)
        self.folders: tuple[OwnFolder, ...] | None = None  # None: not known yet
        self.skipped: dict[str, tuple[tuple[str, str], ...]] = {}  # by folder, as its last run has told
        self._home, self._background = home, background
        self._waiting: deque[str] = deque()
        self._folder = ""
        self._results: list[str] = []  # of the folders that were asked for together
        self._is_quitting = self._is_stopped = False
        self._process = CommandProcess(command, self)
        self._process.news.connect(self._tell)
        self._process.ended.connect(self._finished)

    @property
    def is_busy(self) -> bool:
        """Whether a folder is being taken in."""
        return self._process.is_running

    def skipped_in(self, folder: OwnFolder) -> tuple[tuple[str, str], ...]:
        """What of it can't be found, and why."""
        return self.skipped.get(folder.path, folder.skipped)

    def refresh(self) -> None:
        """Reads anew which there are."""
        home = self._home
        self._background.run(lambda: own_sounds.own_folders(home), self.show, self._fail)

    def index(self, paths: Iterable[str]) -> None:
        """Takes folders in, or what is new in them, one after the other."""
        self._waiting.extend(path for path in paths if path not in self._waiting and path != self._folder)
        self._next()

    def index_all(self) -> None:
        """What is new in any of them."""
        self.index([folder.path for folder in self.folders or ()])

    def forget(self, path: str) -> None:
        """Takes a folder out of the index; the user has been asked."""
        home = self._home

        def forgotten(_count: int) -> None:
            self.said.emit(
                translate("Panel", "{0} is forgotten; its files are where they were.").format(path)
            )
            self.refresh()

        self._background.run(lambda: own_sounds.forget(home, path), forgotten, self._fail)

    def restart_engine(self, path: str) -> None:
        """Ends the engine; the one that is started then may read the folder, which is taken in."""
        home = self._home
        self._background.run(lambda: own_sounds.announce(home, path), lambda _: self._quit(path), self._fail)

    def _quit(self, path: str) -> None:
        self._waiting.appendleft(path)
        if not self.is_busy:
            self._is_quitting = True
            self._process.start("quit")
            self.busy.emit(True)

    def stop(self) -> None:
        """Ends what is under way and what waits; what was heard is kept."""
        self._waiting.clear()
        self._is_stopped = self.is_busy
        self._process.stop()

    def close(self) -> None:
        """Ends at once; the next run goes on from there."""
        self._waiting.clear()
        self._process.close()

    def _next(self) -> None:
        if self.is_busy:
            return
        if not self._waiting:
            self.said.emit("\n".join(self._results))
            self._results = []
            return
        self._folder, self._is_stopped = self._waiting.popleft(), False
        self._process.start("library", "index", self._folder, "--news")
        self.busy.emit(True)
        self.said.emit(translate("Panel", "{0} is looked through.").format(self._folder))
        self.came_to.emit(-1.0)

    def _tell(self, line: str) -> None:
        news = news_of(line)
        if news is not None and self._folder:
            words, share = news
            self.said.emit(f"{self._folder}: {words}")
            self.came_to.emit(share)

    def _finished(self, outcome: dict[str, Any]) -> None:
        folder, self._folder = self._folder, ""
        if self._is_quitting:  # whether an engine ran or not: there is none now
            self._is_quitting = False
        else:
            self._results.append(self._result(folder, outcome))
        self.busy.emit(False)
        self.refresh()
        self._next()

    def _result(self, folder: str, outcome: dict[str, Any]) -> str:
        """What became of a folder, in a sentence."""
        error = outcome.get("error")
        if self._is_stopped:
            return translate("Panel", "Stopped. What was heard is kept; indexing again goes on there.")
        if error and error.get("code") == ErrorCode.NOT_ALLOWED:
            self.not_granted.emit(folder)
            return translate("Panel", "The engine that runs may not read {0}.").format(folder)
        if error:
            return told(str(error.get("code", "")), str(error.get("sentence", "")))
        if not outcome.get("folders"):
            return translate("Panel", "Indexing {0} broke off; index it again.").format(folder)
        row = outcome["folders"][0]
        skipped = tuple((str(one["path"]), str(one["sentence"])) for one in row["skipped"])
        self.skipped[str(row["folder"])] = skipped
        return summary_of(row)

    def show(self, folders: tuple[OwnFolder, ...]) -> None:
        """These are indexed."""
        self.folders = folders
        self.listed.emit()

    def _fail(self, error: EngineError) -> None:
        self.said.emit(in_words(error))
        if self.folders is None:
            self.show(())


def news_of(line: str) -> tuple[str, float] | None:
    """Words and share of a line of news; None for one that is for people, as libraries write them."""
    try:
        said = json.loads(line)
        stage, done, total = str(said["stage"]), int(said["done"]), int(said["total"])
        left = seconds_left(float(said["seconds_left"]))
    except (ValueError, TypeError, KeyError):
        return None
    if stage == "listening" and total:
        counted = translate("Panel", "{0} of {1} sounds heard").format(done, total)
        return ", ".join(part for part in (counted, left) if part), done / total
    words = {
        "queued": translate("Panel", "waits until the engine has time"),
        "loading": translate("Panel", "the model is loaded"),
        "reading": translate("Panel", "looking for sounds"),
        "listening": translate("Panel", "names are read"),
    }.get(stage, stage)
    return words, -1.0


def summary_of(row: dict[str, Any]) -> str:
    """What a folder came to."""
    text = translate("Panel", "{0}: {1} sounds can be found, {2} were heard now.")
    parts = [text.format(row["folder"], row["sounds"], row["heard"])]
    if row["skipped"]:
        text = translate("Panel", "Left out: {0}; why is said under Folders.")
        parts.append(text.format(len(row["skipped"])))
    return " ".join((*parts, *(in_our_words(str(notice)) for notice in row["notices"])))
