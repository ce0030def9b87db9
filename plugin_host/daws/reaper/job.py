"""The process behind REAPER's actions: ``job.py FOLDER`` renders what the request in the folder asks for.

REAPER starts it and does not wait; the script reads the folder's status now and then.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

from engine.client import AUTOMATIC, Client, find_or_start
from engine.errors import EngineError
from engine.protocol.replies import Notice, Progress, Queued
from plugin_host.daws.reaper.job_request import JobRequest, read_request
from plugin_host.daws.reaper.job_status import JobStatus, MadeTake, State, living
from plugin_host.daws.reaper.remote import Address, read_address
from plugin_host.daws.reaper.rendering import Engine, KeptTake, WasCancelled, render

LOG = "log.txt"
_KEPT_SECONDS = 86_400.0  # of a job's folder, in case somebody wants to know what went wrong
_MAX_SEED = 2**31 - 1


class Cancel:
    """Asked for at any time: before there is an engine, between two excerpts, or while one renders."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._stop: Callable[[], None] = lambda: None

    def ask(self) -> None:
        """Stops what goes on, and what would have come."""
        self.asked.set()
        self._stop()

    @contextlib.contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Meanwhile ``stop`` is what ends it. Raises WasCancelled where it was asked for before."""
        self._stop = stop
        if self.asked.is_set():
            raise WasCancelled
        yield
        self._stop = lambda: None


def main(arguments: list[str]) -> int:
    """Renders; 0 when there are takes. Everything else is in the status."""
    folder = Path(arguments[0]).absolute()
    status, cancel = JobStatus(folder), Cancel()
    with living(status, folder, cancel.ask):
        ended = _ended(folder, status, cancel)
    status.end(*ended)
    _tidy(folder)
    return 0 if ended[0] is State.DONE else 1


def _ended(folder: Path, status: JobStatus, cancel: Cancel) -> tuple[State, str, str]:
    """What the job comes to."""
    try:
        count, notices = run(folder, status, cancel)
    except WasCancelled:
        return State.CANCELLED, "Cancelled.", ""
    except EngineError as error:
        return State.FAILED, error.sentence, ""
    except Exception:  # nobody sees this process's own words: whatever it is has to reach the script
        (folder / LOG).write_text(traceback.format_exc(), encoding="utf-8")
        return State.FAILED, f"This is a defect of Punch-In; {folder / LOG} has the details.", ""
    return State.DONE, f"{count} takes", "\n".join(notices)


def run(folder: Path, status: JobStatus, cancel: Cancel) -> tuple[int, tuple[str, ...]]:
    """Takes of all excerpts, told as they are done; how many, and what was not quite as asked.

    Raises EngineError, WasCancelled.
    """
    request = read_request(folder)
    address = read_address(folder.parent.parent)
    count = 0
    notices: dict[str, None] = {}
    with connected(address, folder) as engine:
        for number in range(len(request.excerpts)):
            for news in _excerpt(engine, request, number, folder.name, address is not None, cancel):
                match news:
                    case KeptTake():
                        status.made(_made(news, number, request))
                        count += 1
                    case Notice():
                        notices[news.sentence] = None
                    case Queued() | Progress():
                        status.progress(*_progress(news, number, len(request.excerpts)))
    return count, tuple(notices)


def connected(address: Address | None, folder: Path) -> AbstractContextManager[Client]:
    """The engine: another machine's, or this account's, which is started if need be. Raises EngineError."""
    if address is not None:
        return Client.connect(address.host, address.port, address.token)
    return find_or_start(options=replace(AUTOMATIC, allow=(folder.parent,)))


def _excerpt(
    engine: Engine, request: JobRequest, number: int, name: str, far: bool, cancel: Cancel
) -> Iterator[object]:
    job_id = f"reaper-{name[-36:]}-{number + 1}"
    stop = partial(engine.cancel, job_id)
    with cancel.stopping(stop):
        for count, news in enumerate(
            render(engine, request, number, job_id, secrets.randbelow(_MAX_SEED), far)
        ):
            if count == 0 and cancel.asked.is_set():
                stop()  # what was asked for before the engine knew the job has gone by it
            yield news


def _made(take: KeptTake, number: int, request: JobRequest) -> MadeTake:
    note = f"prompt: {take.prompt}\nmode: {request.mode}\nseed: {take.seed}"
    return MadeTake(number + 1, take.path, take.path.stem, note)


def _progress(news: Queued | Progress, number: int, excerpts: int) -> tuple[str, float]:
    """Words, and the share of the whole job that is done."""
    which = f"item {number + 1} of {excerpts}: " if excerpts > 1 else ""
    if isinstance(news, Queued):
        waiting = f"waiting behind {news.position}" if news.position else "waiting for the engine"
        return which + waiting, number / excerpts
    share = news.step / news.total if news.total else 0.0
    steps = f" {news.step} of {news.total}" if news.total else ""
    left = f", {news.seconds_left:.0f} s left" if news.seconds_left >= 0 else ""
    return f"{which}{news.stage}{steps}{left}", (number + share) / excerpts


def _tidy(folder: Path) -> None:
    """The excerpts are not needed any more, nor are folders of yesterday's jobs."""
    for excerpt in folder.glob("excerpt-*.wav"):
        excerpt.unlink(missing_ok=True)
    before = time.time() - _KEPT_SECONDS
    for other in folder.parent.iterdir():
        if other != folder and other.stat().st_mtime < before:
            shutil.rmtree(other, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
