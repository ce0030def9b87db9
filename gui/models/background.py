"""Work that would make the window wait, done elsewhere; what comes of it arrives in the window's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from engine.errors import EngineError, ErrorCode

Result = TypeVar("Result")
Failure = Callable[[EngineError], None]

_THREADS = 3
_log = logging.getLogger(__name__)


class Work:
    """Something under way, which can be dropped: nothing more is heard of it."""

    def __init__(self) -> None:
        self._dropped = Event()

    @property
    def is_dropped(self) -> bool:
        """Whether nobody waits for it any more."""
        return self._dropped.is_set()

    def drop(self) -> None:
        """Nobody waits for it any more."""
        self._dropped.set()


def ignore(_error: EngineError) -> None:
    """For work that nothing depends on."""


class Background(QObject):
    """A few threads for files and devices."""

    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="panel")
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._closed = False

    def run(
        self, work: Callable[[], Result], then: Callable[[Result], None], failed: Failure = ignore
    ) -> Work:
        """Does ``work``, then calls ``then`` here with its result, or ``failed`` with why there is none."""

        def once() -> Iterator[Result]:
            yield work()

        return self.follow(once, then, failed)

    def follow(
        self,
        work: Callable[[], Iterator[Result]],
        each: Callable[[Result], None],
        failed: Failure = ignore,
        ended: Callable[[], None] = lambda: None,
    ) -> Work:
        """Calls ``each`` here with everything that ``work`` yields; dropping it closes the generator."""
        ticket = Work()
        if self._closed:  # a timer of the window that goes may still want something
            return ticket
        self._pool.submit(self._go, ticket, work, each, failed, ended)
        return ticket

    def close(self) -> None:
        """Drops what has not begun, and waits for the rest."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _go(
        self,
        ticket: Work,
        work: Callable[[], Iterator[Result]],
        each: Callable[[Result], None],
        failed: Failure,
        ended: Callable[[], None],
    ) -> None:
        try:
            for result in work():
                if ticket.is_dropped or self._closed:
                    return
                self._post(ticket, partial(each, result))
            self._post(ticket, ended)
        except EngineError as error:
            self._post(ticket, partial(failed, error))
        except Exception as defect:
            _log.exception("Work in the background failed")
            trouble = EngineError(ErrorCode.INTERNAL, f"A defect of the panel: {defect}")
            self._post(ticket, lambda: failed(trouble))

    def _post(self, ticket: Work, call: Callable[[], None]) -> None:
        if not self._closed:
            self._arrived.emit((ticket, call))

    @Slot(object)
    def _deliver(self, message: tuple[Work, Callable[[], None]]) -> None:
        ticket, call = message
        if not ticket.is_dropped and not self._closed:
            call()
