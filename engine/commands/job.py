"""One job from the command line: sent, watched, and stopped by Ctrl-C."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Protocol

from engine.commands.effects_after import put_through
from engine.commands.exit_codes import ExitCode
from engine.commands.outcome import Outcome, cancelled
from engine.commands.progress import Display, display
from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import (
    Cancelled,
    Done,
    Failed,
    Notice,
    Piece,
    Progress,
    Queued,
    Ranked,
    RankedTake,
    Reply,
    Status,
    TakeDone,
)
from engine.protocol.requests import LibraryRequest, RenderRequest

if TYPE_CHECKING:
    from engine.commands.preview import Preview
    from presets.effects import Effect


class Engine(Protocol):
    """What the commands need of a running engine: ``engine.client.Client``, or a test's."""

    def render(self, request: RenderRequest) -> Iterator[Reply]:
        """Sends a job; yields its replies to the last."""

    def library(self, request: LibraryRequest) -> Iterator[Reply]:
        """Sends a job about the user's own sounds; yields its replies to the last."""

    def cancel(self, job_id: str) -> None:
        """Asks for a job to be stopped; does not wait, and may be called by a signal handler."""

    def cancel_and_wait(self, job_id: str) -> Done | Cancelled:
        """Stops anybody's job and waits for its end."""

    def status(self) -> Status:
        """What it is doing."""

    def quit(self) -> None:
        """Ends it, and waits until it has gone."""


class Connect(Protocol):
    """How a command reaches the engine of this account."""

    def __call__(self, start: bool, allow: Sequence[Path] = ()) -> AbstractContextManager[Engine]:
        """The engine, for a ``with``. ``start``: where there is none, one is started that may use the folders
        of ``allow``. Raises EngineError(NO_ENGINE)."""


class JobCancelled(Exception):  # noqa: N818 - it is how a job ends, not an error
    """The job was stopped, by Ctrl-C or by another client; ``takes`` were done before."""

    def __init__(self, takes: Sequence[TakeDone]) -> None:
        super().__init__()
        self.takes = tuple(takes)


@dataclass(frozen=True)
class Finished:
    """A job whose takes are there. ``timings`` and ``seconds``: by the worker's clock and by ours."""

    takes: tuple[TakeDone, ...]
    timings: dict[str, float]
    seconds: float
    cancelled_too_late: bool = False
    notices: tuple[str, ...] = ()
    order: tuple[RankedTake, ...] = ()  # best first, where it was asked for
    drafts: tuple[Path, ...] = ()  # files of a ``Preview``, where it was asked for


@dataclass
class Stop:
    """Whether Ctrl-C was pressed."""

    asked: bool = False


@contextmanager
def cancelling(cancel: Callable[[], None]) -> Iterator[Stop]:
    """While inside, the first Ctrl-C calls ``cancel`` and waits for the job to end; the second breaks off.

    An exception in the middle of reading a reply would lose the place in the stream, so there is none.
    """
    stop = Stop()

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True
        cancel()

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def watched(replies: Iterator[Reply], shown: Display) -> Iterator[Reply]:
    """What is said of a job, to its ``Done``; its place, progress and notices are shown on the way.

    Raises JobCancelled, or EngineError with the engine's own words.
    """
    takes: list[TakeDone] = []
    for reply in replies:
        match reply:
            case Queued() | Progress():
                shown.show(reply)
                continue
            case Failed():
                raise EngineError(reply.code, reply.sentence)
            case Cancelled():
                raise JobCancelled(takes)
            case Notice():
                shown.say(f"note: {reply.sentence}")
            case TakeDone():
                takes.append(reply)
        yield reply
        if isinstance(reply, Done):
            return
    raise EngineError(ErrorCode.NO_ENGINE, "The engine ended before the job did; start it again and repeat.")


def follow(
    engine: Engine, request: RenderRequest, shown: Display, preview: Preview | None = None
) -> Finished:
    """Sends the job and sees it through. Raises JobCancelled, or EngineError with the engine's own words."""
    started = time.perf_counter()
    takes: list[TakeDone] = []
    notices: list[str] = []
    order: tuple[RankedTake, ...] = ()
    timings: dict[str, float] = {}
    with cancelling(lambda: engine.cancel(request.job_id)) as stop:
        for reply in watched(engine.render(request), shown):
            match reply:
                case Notice():
                    notices.append(reply.sentence)
                case Piece() if preview is not None:
                    begun = preview.push(reply)
                    if begun is not None:
                        shown.say(f"draft: {begun}")
                case TakeDone():
                    takes.append(reply)
                case Ranked():
                    order = reply.takes
                case Done():
                    timings = dict(reply.timings)
    seconds = time.perf_counter() - started
    drafts = () if preview is None else preview.paths()
    return Finished(tuple(takes), timings, seconds, stop.asked, tuple(notices), order, drafts)


def perform(
    request: RenderRequest, connect: Connect, draft: str | None = None, effects: Sequence[Effect] = ()
) -> Outcome:
    """Runs one job with news on stderr, and says what came of it.

    draft: the file of a ``Preview``. effects: what its takes then go through.
    """
    with display() as shown, connect(True, folders_of(request)) as engine:
        try:
            with _previewing(draft, request) as preview:
                finished = follow(engine, request, shown, preview)
        except JobCancelled as stopped:
            kept = ", ".join(take.path for take in stopped.takes)
            return cancelled(f"The job was cancelled; {kept or 'no take'} was left.")
    put_through([take.path for take in finished.takes], effects)
    return report(request, finished)


def _previewing(draft: str | None, request: RenderRequest) -> AbstractContextManager[Preview | None]:
    if draft is None:
        return nullcontext()
    from engine.commands.preview import previewing

    return previewing(Path(draft).absolute(), request)


def folders_of(request: RenderRequest) -> tuple[Path, ...]:
    """Where the job reads and writes: naming a file on the command line grants its folder to a new engine."""
    return tuple(dict.fromkeys(Path(path).parent for path in (request.output, *request.paths)))


def _best_first(finished: Finished) -> tuple[TakeDone, ...]:
    """The takes by their order, where there is one."""
    places = [row.take for row in finished.order]
    return tuple(sorted(finished.takes, key=lambda take: places.index(take.take) if places else take.take))


def report(request: RenderRequest, finished: Finished) -> Outcome:
    """The takes: one line each, or one object."""
    rows = [asdict(take) for take in finished.takes]
    for row in rows:
        del row["job_id"]
    value = {
        "job": request.job_id,
        "takes": rows,
        "timings": finished.timings,
        "seconds": round(finished.seconds, 3),
        "notices": list(finished.notices),
    }
    if finished.drafts:
        value["drafts"] = [str(path) for path in finished.drafts]
    if finished.order:
        value["ranked"] = [asdict(row) for row in finished.order]
    lines = tuple(f"{take.path}  (seed {take.seed})" for take in _best_first(finished))
    if finished.cancelled_too_late:
        sentence = "The job was done before it could be cancelled; its takes were kept."
        return Outcome(value, lines, sentence, ExitCode.CANCELLED)
    return Outcome(value, lines)
