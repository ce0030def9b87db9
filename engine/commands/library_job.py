"""One job about the user's own sounds from the command line: sent, watched, and stopped by Ctrl-C."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from engine.commands.job import Engine, cancelling, watched
from engine.commands.progress import Display
from engine.errors import EngineError, ErrorCode
from engine.protocol.library_requests import LibraryRequest
from engine.protocol.replies import Notice, Reply

Kind = TypeVar("Kind", bound=Reply)


@dataclass(frozen=True)
class Answer:
    """What the engine said of a job that is done, beside how it went."""

    replies: tuple[Reply, ...]
    notices: tuple[str, ...]

    def all(self, kind: type[Kind]) -> list[Kind]:
        """The replies of one kind, in order."""
        return [reply for reply in self.replies if isinstance(reply, kind)]

    def one(self, kind: type[Kind]) -> Kind:
        """The reply of which there is one. Raises EngineError(NO_ENGINE) where an engine of another version
        says nothing of the kind."""
        found = self.all(kind)
        if not found:
            raise EngineError(
                ErrorCode.NO_ENGINE, "The engine that runs is of another version; end it with punchin quit."
            )
        return found[-1]


def ask(engine: Engine, request: LibraryRequest, shown: Display) -> Answer:
    """Sends the job and sees it through. Raises JobCancelled, or EngineError with the engine's own words."""
    with cancelling(lambda: engine.cancel(request.job_id)):
        replies = tuple(watched(engine.library(request), shown))
    return Answer(replies, tuple(reply.sentence for reply in replies if isinstance(reply, Notice)))
