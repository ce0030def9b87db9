"""Sounds of one's own, looked for while one types; the engine answers, and what comes too late is dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, QTimer, Signal

from engine.errors import ErrorCode
from engine.protocol.library_requests import SearchRequest
from engine.protocol.replies import Cancelled, Done, Failed, Hit, Notice, Progress, Queued, Reply
from gui.models.engine import EngineModel, Link
from gui.models.engine_words import in_our_words, is_known
from gui.models.error_words import told
from gui.models.found_list import FoundList
from gui.models.words import translate

_TYPING_MILLISECONDS = 250
_HITS = 100


@dataclass(frozen=True)
class Wanted:
    """What is looked for."""

    prompt: str = ""
    like: str = ""  # path of a sound that the others should be like
    folder: str = ""  # only sounds in it; "": all
    min_seconds: float = 0.0
    max_seconds: float = 0.0  # 0: any length

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to go by."""
        return not self.prompt.strip() and not self.like


class State(StrEnum):
    """How the search is going."""

    IDLE = "idle"
    LOOKING = "looking"
    FOUND = "found"
    FAILED = "failed"


class LibrarySearch(QObject):
    """One search at a time, the newest; ``found`` has what the last one that ended has found."""

    changed = Signal()

    def __init__(self, engine: EngineModel, new_id: Callable[[], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found = FoundList(self)
        self.wanted, self.state, self.sentence = Wanted(), State.IDLE, ""
        self._engine, self._new_id = engine, new_id
        self._job_id = ""
        self._was_lost = False  # the engine, while it was asked
        self._hits: list[Hit] = []
        self._notices: list[str] = []
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MILLISECONDS)
        self._typing.timeout.connect(self.search)
        engine.replied.connect(self._replied)
        engine.changed.connect(self._engine_changed)

    def want(self, wanted: Wanted) -> None:
        """Looks for this as soon as nothing else is wanted for a moment."""
        if wanted != self.wanted:
            self.wanted = wanted
            self._typing.start()

    def hurry(self) -> None:
        """Looks now, if what is wanted has not been looked for yet."""
        if self._typing.isActive():
            self.search()

    def search(self) -> None:
        """Looks now; the search before is let go."""
        self._typing.stop()
        self._let_go()
        wanted = self.wanted
        if wanted.is_nothing:
            self.found.show(())
            self._become(State.IDLE, "")
            return
        if wanted.max_seconds and wanted.min_seconds > wanted.max_seconds:
            sentence = translate("Panel", "The shortest length is above the longest; no sound is both.")
            self._become(State.FAILED, sentence)
            return
        self._hits, self._notices, self._job_id = [], [], self._new_id()
        self._become(State.LOOKING, translate("Panel", "Looking…"))
        self._engine.submit(
            SearchRequest(
                self._job_id, wanted.prompt.strip(), wanted.like, "", wanted.folder, _HITS,
                wanted.min_seconds, wanted.max_seconds,
            )
        )  # fmt: skip

    def _let_go(self) -> None:
        job_id, self._job_id = self._job_id, ""
        if job_id:
            self._engine.cancel(job_id)

    def _replied(self, reply: Reply) -> None:
        if getattr(reply, "job_id", "") != self._job_id or not self._job_id:
            return
        match reply:
            case Queued() if reply.position:
                self._become(State.LOOKING, translate("Panel", "The search waits until the engine has time."))
            case Progress(stage="loading"):
                self._become(State.LOOKING, translate("Panel", "The model is loaded first."))
            case Hit() if reply.path != self.wanted.like:  # which is like itself
                self._hits.append(reply)
            case Notice():
                self._notices.append(in_our_words(reply.sentence))
            case Done():
                self._ended()
            case Failed():
                self._failed(reply)
            case Cancelled():  # by another client
                self._job_id = ""
                self._become(State.FAILED, translate("Panel", "The search was stopped."))

    def _ended(self) -> None:
        self._job_id = ""
        self.found.show(self._hits)
        first = "" if self._hits else translate("Panel", "No sound of yours fits.")
        self._become(State.FOUND, " ".join(part for part in (first, *self._notices) if part))

    def _failed(self, reply: Failed) -> None:
        self._job_id = ""
        self.found.show(())
        sentence = reply.sentence
        ours = in_our_words(sentence) if is_known(sentence) else told(reply.code, sentence)
        self._become(State.FAILED, ours)
        self._was_lost = reply.code is ErrorCode.NO_ENGINE

    def _engine_changed(self) -> None:
        """What was asked for while there was no engine is asked for again."""
        if self._engine.link is Link.READY and self._was_lost:
            self._was_lost = False
            self.search()

    def _become(self, state: State, sentence: str) -> None:
        self.state, self.sentence = state, sentence
        self.changed.emit()
