"""The server's side of the worker: one life of its process, from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from engine.config import CANCEL_SECONDS, QUIT_SECONDS, READY_SECONDS
from engine.protocol.framing import FrameReader, frame_length_prefixed
from engine.protocol.osc import decode_packet
from engine.protocol.replies import Reply, parse_reply
from engine.protocol.requests import CancelRequest, Request, encode_request

_READ_BYTES = 256 * 1024
# Between the end of its pipe and that of its process a worker only tears down its interpreter.
_EXIT_SECONDS = 2.0
logger = logging.getLogger(__name__)


class WorkerProcess:
    """A worker that runs: requests go in, replies come out, until its pipe ends.

    A worker that is not ready in time, or does not stop a job in time, is killed; that ends its pipe.
    """

    def __init__(self, process: Process) -> None:
        self.pid = process.pid
        self._process = process
        self._deadline: asyncio.TimerHandle | None = None
        self._expect_within(READY_SECONDS)

    @classmethod
    async def start(cls, command: Sequence[str], log: Path) -> WorkerProcess:
        """Starts ``command``; what it writes to stderr is added to the log. Raises OSError."""
        with log.open("ab") as stderr:
            process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=stderr)
        return cls(process)

    def send(self, request: Request) -> None:
        """Hands a request to the worker; one that has died loses it, which the end of ``replies`` tells."""
        assert self._process.stdin is not None
        self._process.stdin.write(frame_length_prefixed(encode_request(request)))

    def cancel(self, job_id: str) -> None:
        """Asks the worker to stop a job, and kills it if it does not."""
        self.send(CancelRequest(job_id))
        if self._deadline is None:
            self._expect_within(CANCEL_SECONDS)

    def settled(self) -> None:
        """It did what it was asked: it is ready, or its job has ended."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def kill(self) -> None:
        """Ends the process at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def finish(self) -> None:
        """Tells the worker that nothing more will come: it stops what it does and ends."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self.settled()
        self._expect_within(QUIT_SECONDS)

    async def replies(self) -> AsyncIterator[Reply]:
        """What it says until its pipe ends. Raises EngineError(BAD_MESSAGE) if that makes no sense."""
        assert self._process.stdout is not None
        reader = FrameReader()
        while data := await self._process.stdout.read(_READ_BYTES):
            for packet in reader.feed(data):
                for message in decode_packet(packet):
                    yield parse_reply(message)

    async def end(self) -> int:
        """Waits until the process is gone, killed if need be; its exit code, on POSIX -signal."""
        self.settled()
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            code = await asyncio.wait_for(self._process.wait(), _EXIT_SECONDS)
        except TimeoutError:
            self.kill()
            code = await self._process.wait()
        logger.info("worker %d ended with %d", self.pid, code)
        return code

    def _expect_within(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(seconds, self._too_late, seconds)

    def _too_late(self, seconds: float) -> None:
        logger.error("worker %d did not answer for %g s and is killed", self.pid, seconds)
        self.kill()
