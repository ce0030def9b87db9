"""The engine as the panel sees it: found or started, asked, lost and found again.

One thread keeps the connection and asks for the status, one for each job reads its replies; everything
arrives as a signal in the window's thread, which never waits.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal, Slot

from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import Cancelled, Failed, Models, Reply, Status
from engine.protocol.requests import JobRequest, RenderRequest
from gui.models.error_words import in_words

_log = logging.getLogger(__name__)

# Between looks at the status: often enough to see the memory move, seldom enough to cost nothing.
STATUS_SECONDS = 2.0
# Waits between tries to reach an engine, by how many failed in a row; the last one repeats.
RETRY_SECONDS = (0.2, 1.0, 2.0, 5.0)


class EngineClient(Protocol):
    """What the panel needs of a client: ``engine.client.Client``, or the scripted one."""

    def submit(self, request: JobRequest) -> None:
        """Sends a job."""

    def send_audio(self, request: RenderRequest, samples: bytes) -> None:
        """Sends the audio of a job with a StreamSource."""

    def replies(self, job_id: str) -> Iterator[Reply]:
        """What becomes of a job, to the end."""

    def cancel(self, job_id: str) -> None:
        """Asks for a job to be stopped; "" for all."""

    def status(self) -> Status:
        """What the engine is doing."""

    def models(self, name: str = "", verify: bool = False) -> Models:
        """Which models there are."""

    def close(self) -> None:
        """Ends the connection."""


Connect = Callable[[], EngineClient]
Audio = Callable[[], bytes]


class Link(StrEnum):
    """How things are between panel and engine."""

    STARTING = "starting"
    READY = "ready"
    LOST = "lost"


class EngineModel(QObject):
    """The one engine."""

    changed = Signal()
    replied = Signal(object)
    models_listed = Signal(object)
    _linked = Signal(object, str)
    _reported = Signal(object)

    def __init__(self, connect: Connect, parent: QObject | None = None) -> None:
        """``connect`` finds an engine or starts one; it may wait, and raises EngineError."""
        super().__init__(parent)
        self.link, self.sentence = Link.STARTING, ""
        self.status: Status | None = None
        self._connect = connect
        self._client: EngineClient | None = None
        self._held: dict[str, tuple[JobRequest, Audio | None]] = {}  # until it is there
        self._closing, self._hurry = threading.Event(), threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="engine", daemon=True)
        self._linked.connect(self._set_link, Qt.ConnectionType.QueuedConnection)
        self._reported.connect(self._set_status, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Begins to look for an engine."""
        self._keeper.start()

    def submit(self, request: JobRequest, audio: Audio | None = None) -> None:
        """Sends a job; ``audio`` gives what a StreamSource sends. Its replies come by ``replied``.

        One that is asked for while the engine is being started waits for it.
        """
        if self.link is Link.STARTING:
            self._held[request.job_id] = (request, audio)
        else:
            threading.Thread(target=self._see_through, args=(request, audio), daemon=True).start()

    def cancel(self, job_id: str) -> None:
        """Asks for a job to be stopped."""
        if self._held.pop(job_id, None) is not None:
            self._emit(Cancelled(job_id))
        else:
            self._aside(lambda client: client.cancel(job_id))

    def list_models(self, name: str = "", verify: bool = False) -> None:
        """Asks which models there are; ``models_listed`` has them, or the reason why not."""
        self._aside(lambda client: self.models_listed.emit(client.models(name, verify)))

    def look(self) -> None:
        """Does now what would be done in a moment: a try to connect, or a look at the status."""
        self._hurry.set()

    def close(self) -> None:
        """Ends the connection; the engine cancels what was sent over it."""
        self._closing.set()
        self._hurry.set()
        if self._keeper.is_alive():
            self._keeper.join(timeout=10.0)

    # In other threads

    def _keep(self) -> None:
        """Keeps a connection until the panel closes."""
        failures = 0
        while not self._closing.is_set():
            try:
                self._client = self._connect()
                failures = 0
                self._emit_link(Link.READY, "")
                self._watch(self._client)
            except EngineError as error:
                self._emit_link(Link.LOST, in_words(error))
            except Exception as defect:
                # Whoever asked while the engine starts is waiting.
                _log.exception("Keeping the connection failed")
                self._emit_link(Link.LOST, f"A defect of the panel: {defect}")
            self._drop_client()
            self._wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
            failures += 1

    def _watch(self, client: EngineClient) -> None:
        while not self._closing.is_set():
            self._reported.emit(client.status())
            self._wait(STATUS_SECONDS)

    def _wait(self, seconds: float) -> None:
        self._hurry.wait(seconds)
        self._hurry.clear()

    def _drop_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError, EngineError):
                client.close()

    def _see_through(self, request: JobRequest, audio: Audio | None) -> None:
        try:
            client = self._client
            if client is None:
                raise EngineError(ErrorCode.NO_ENGINE, self.sentence)
            samples = audio() if audio is not None else b""  # before the engine waits for them
            client.submit(request)
            if audio is not None and isinstance(request, RenderRequest):
                client.send_audio(request, samples)
            for reply in client.replies(request.job_id):
                self._emit(reply)
        except EngineError as error:
            self._emit(Failed(request.job_id, error.code, error.sentence))
            self._hurry.set()

    def _aside(self, work: Callable[[EngineClient], None]) -> None:
        """Something that may wait, in a thread of its own; without an engine it is not done."""
        client = self._client
        if client is None:
            return

        def run() -> None:
            with contextlib.suppress(EngineError):
                work(client)

        threading.Thread(target=run, daemon=True).start()

    def _emit(self, reply: Reply) -> None:
        if not self._closing.is_set():
            with contextlib.suppress(RuntimeError):  # the window has gone in between
                self.replied.emit(reply)

    def _emit_link(self, link: Link, sentence: str) -> None:
        if not self._closing.is_set():
            self._linked.emit(link, sentence)

    # In the window's thread

    @Slot(object, str)
    def _set_link(self, link: Link, sentence: str) -> None:
        if link is Link.LOST:
            self.status = None
        if (link, sentence) != (self.link, self.sentence):
            self.link, self.sentence = link, sentence
            self.changed.emit()
        held, self._held = self._held, {}
        for request, audio in held.values():
            self.submit(request, audio)

    @Slot(object)
    def _set_status(self, status: Status) -> None:
        if status != self.status:
            self.status = status
            self.changed.emit()
