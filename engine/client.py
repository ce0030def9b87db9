"""The one client of the engine: the panel, the bridges, the commands and the tests all use it."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar

from engine.config import (
    IDLE_MINUTES,
    LOOPBACK,
    PORT,
    QUIT_SECONDS,
    EngineOptions,
    Home,
    find_home,
    read_token,
)
from engine.errors import EngineError, ErrorCode
from engine.launch import engine_command, start_engine
from engine.lockfile import find_engine
from engine.ports import is_loopback
from engine.protocol.framing import FrameReader, frame_length_prefixed
from engine.protocol.keys import read_job_id
from engine.protocol.osc import decode_packet
from engine.protocol.replies import (
    CHUNK_BYTES,
    FINAL,
    Cancelled,
    Done,
    Failed,
    Models,
    Reply,
    Status,
    parse_reply,
)
from engine.protocol.requests import (
    AudioRequest,
    CancelRequest,
    JobRequest,
    LibraryRequest,
    ModelsRequest,
    QuitRequest,
    RenderRequest,
    Request,
    StatusRequest,
    StreamSource,
    encode_request,
)

# An engine answers questions at once, except for one that hashes gigabytes of models.
ANSWER_SECONDS = 120.0
_CONNECT_SECONDS = 5.0
# Waiting is cut into pieces, because on Windows nothing interrupts a lock.
_PATIENCE_SECONDS = 0.25
_SAMPLE_BYTES = 4  # float32
_READ_BYTES = 256 * 1024

# An engine that nobody started by hand is found by its lock file: any port will do.
AUTOMATIC = EngineOptions(idle_minutes=IDLE_MINUTES, or_any_port=True)

Answer = TypeVar("Answer", Status, Models)
Inbox = queue.SimpleQueue[Reply | None]  # None: the engine has gone


class Client:
    """A connection to an engine, over TCP. Blocking; may be used from several threads.

    Everything raises EngineError(NO_ENGINE) when the engine goes away.
    """

    def __init__(self, connection: socket.socket, token: str = "") -> None:
        self._connection = connection
        self._token = token
        self._sending = threading.Lock()
        self._asking = threading.Lock()
        self._jobs: dict[str, Inbox] = {}
        self._answers: Inbox = queue.SimpleQueue()
        self._gone = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @classmethod
    def connect(cls, host: str = LOOPBACK, port: int = PORT, token: str = "") -> Self:
        """A connection to the engine there. Raises EngineError(NO_ENGINE)."""
        try:
            connection = socket.create_connection((host, port), timeout=_CONNECT_SECONDS)
        except (OSError, OverflowError) as error:
            raise _no_engine(f"No engine answers at {host}, port {port}") from error
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(connection, token)

    def close(self) -> None:
        """Ends the connection; the engine cancels the jobs that were sent over it."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    # Jobs

    def render(self, request: RenderRequest) -> Iterator[Reply]:
        """Sends a job; its replies, to the last one."""
        self.submit(request)
        return self.replies(request.job_id)

    def library(self, request: LibraryRequest) -> Iterator[Reply]:
        """Sends a job about the user's own sounds; its replies, to the last one."""
        self.submit(request)
        return self.replies(request.job_id)

    def submit(self, request: JobRequest) -> None:
        """Sends a job. Raises EngineError(BAD_ARGUMENT) if it can't have this name, or can't be sent."""
        if read_job_id(request.job_id) in self._jobs:
            raise EngineError(
                ErrorCode.BAD_ARGUMENT, f'The job "{request.job_id}" is going on; give each job its own id.'
            )
        self._jobs[request.job_id] = queue.SimpleQueue()
        try:
            self._send(request)
        except EngineError:
            del self._jobs[request.job_id]
            raise

    def send_audio(self, request: RenderRequest, samples: bytes) -> None:
        """Sends all audio of a job that was submitted with a StreamSource: interleaved float32.

        Little-endian. Raises EngineError(BAD_ARGUMENT) if it is not as long as the source says.
        """
        source = request.source
        if not isinstance(source, StreamSource):
            raise EngineError(ErrorCode.BAD_ARGUMENT, "Only a job with a StreamSource takes audio.")
        frame_bytes = source.channels * _SAMPLE_BYTES
        if len(samples) != source.frames * frame_bytes:
            raise EngineError(
                ErrorCode.BAD_ARGUMENT, f"{source.frames} frames are {source.frames * frame_bytes} bytes."
            )
        step = max(1, CHUNK_BYTES // frame_bytes)
        for offset in range(0, source.frames, step):
            blob = samples[offset * frame_bytes : (offset + step) * frame_bytes]
            self._send(AudioRequest(request.job_id, offset, blob))

    def replies(self, job_id: str) -> Iterator[Reply]:
        """What the engine says of a job, as it comes; the last is Done, Failed or Cancelled."""
        inbox = self._jobs[job_id]
        try:
            while True:
                reply = self._take(inbox)
                yield reply
                if isinstance(reply, FINAL):
                    return
        finally:
            self._jobs.pop(job_id, None)

    def cancel(self, job_id: str) -> None:
        """Asks for a job to be stopped, and does not wait; its replies say what came of it.

        May be called by a signal handler, even one that has interrupted this client while it sends.
        """
        if self._sending.acquire(blocking=False):
            try:
                self._write_if_there(CancelRequest(job_id))
            finally:
                self._sending.release()
        else:
            threading.Thread(target=self._cancel_later, args=(job_id,)).start()

    def cancel_and_wait(self, job_id: str) -> Done | Cancelled:
        """Stops a job, whoever sent it, and waits for its end: Done if the cancel came too late.

        Raises EngineError: NOT_FOUND, BAD_ARGUMENT for what no job is called, or why the job failed.
        """
        self._jobs.setdefault(read_job_id(job_id), queue.SimpleQueue())
        self._send(CancelRequest(job_id))
        for reply in self.replies(job_id):
            if isinstance(reply, Failed):
                raise EngineError(reply.code, reply.sentence)
            if isinstance(reply, Done | Cancelled):
                return reply
        raise AssertionError("replies end with a final one, or raise")

    # The engine

    def status(self) -> Status:
        """What the engine is doing."""
        return self._ask(StatusRequest(), Status)

    def models(self, name: str = "", verify: bool = False) -> Models:
        """Which models the engine has. Raises EngineError(NOT_FOUND) for a name that it does not know."""
        return self._ask(ModelsRequest(name, verify), Models)

    def quit(self) -> None:
        """Ends the engine, and waits until it has gone."""
        self._send(QuitRequest())
        if not self._gone.wait(2 * QUIT_SECONDS):
            raise _no_engine("The engine does not end")

    def _ask(self, request: Request, kind: type[Answer]) -> Answer:
        with self._asking:
            while not self._answers.empty():
                self._answers.get()  # the refusal of something nobody waited for
            self._send(request)
            while not isinstance(answer := self._take(self._answers, ANSWER_SECONDS), kind):
                if isinstance(answer, Failed):
                    raise EngineError(answer.code, answer.sentence)
            return answer

    def _take(self, inbox: Inbox, seconds: float = float("inf")) -> Reply:
        """The next reply in an inbox."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            gone = self._gone.is_set()  # looked at first: what came before the end is still read
            with contextlib.suppress(queue.Empty):
                reply = inbox.get(timeout=0 if gone else _PATIENCE_SECONDS)
                if reply is not None:
                    return reply
            if gone:
                raise _no_engine("The engine has ended")
        raise _no_engine("The engine does not answer")

    def _send(self, request: Request) -> None:
        with self._sending:
            self._write(request)

    def _cancel_later(self, job_id: str) -> None:
        with self._sending:
            self._write_if_there(CancelRequest(job_id))

    def _write_if_there(self, request: Request) -> None:
        """To an engine that has gone nothing needs to be said; the job's replies tell."""
        with contextlib.suppress(EngineError):
            self._write(request)

    def _write(self, request: Request) -> None:
        data = frame_length_prefixed(encode_request(request, self._token))
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise _no_engine("The engine has ended") from error

    def _read(self) -> None:
        """Sorts what comes into the inboxes, until the connection ends; in a thread of its own."""
        reader = FrameReader()
        with contextlib.suppress(OSError, EngineError):  # one that can't be understood is none
            while data := self._connection.recv(_READ_BYTES):
                for packet in reader.feed(data):
                    for message in decode_packet(packet):
                        self._sort(parse_reply(message))
        self._gone.set()
        for inbox in (self._answers, *tuple(self._jobs.values())):
            inbox.put(None)

    def _sort(self, reply: Reply) -> None:
        job_id = "" if isinstance(reply, Status | Models) else reply.job_id
        inbox = self._jobs.get(job_id) if job_id else self._answers
        if inbox is not None:
            inbox.put(reply)


def find(home: Home | None = None) -> Client:
    """A connection to the running engine of this account. Raises EngineError(NO_ENGINE)."""
    home = home or find_home()
    lock = find_engine(home)
    if lock is None:
        raise _no_engine("No engine is running")
    return Client.connect(lock.host, lock.port, "" if is_loopback(lock.host) else read_token(home))


def find_or_start(
    home: Home | None = None,
    options: EngineOptions | None = None,
    command: Sequence[str] = (),
) -> Client:
    """A connection to the running engine, or to one that is started for it and ends when it is idle.

    ``command`` starts it; by default our own with ``options``. Raises EngineError(NO_ENGINE) with the
    last line of the engine's log.
    """
    home = home or find_home()
    if find_engine(home) is None:
        start_engine(home, command or engine_command(options or AUTOMATIC))
    return find(home)


def _no_engine(what: str) -> EngineError:
    return EngineError(ErrorCode.NO_ENGINE, f'{what}; start one with "punchin engine".')
