"""Keeps one worker alive, and tells the dispatch when it comes, what it says, and when it goes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

from engine.config import MAX_FAILED_STARTS, RESTART_SECONDS
from engine.dispatch import Dispatch
from engine.errors import EngineError
from engine.protocol.replies import FINAL, Failed, Reply, Status
from engine.worker_process import WorkerProcess

logger = logging.getLogger(__name__)


class Supervisor:
    """Runs ``command`` as the worker, again and again, with longer waits the less it gets done."""

    def __init__(self, command: Sequence[str], log: Path, dispatch: Dispatch) -> None:
        self.ready: Status | None = None  # what the worker said when it became ready; None: it is not
        self._command = command
        self._log = log
        self._dispatch = dispatch
        self._worker: WorkerProcess | None = None
        self._ending = asyncio.Event()
        self._fruitless = 0  # workers in a row that brought no job to its end
        self._failed_starts = 0  # workers in a row that did not become ready

    @property
    def pids(self) -> tuple[int, ...]:
        """The worker's process, if there is one."""
        return (self._worker.pid,) if self._worker else ()

    @property
    def state(self) -> str:
        """One word for the status reply."""
        if self.ready is not None:
            return "running" if self._dispatch.running else "ready"
        return "failing" if self._failed_starts >= MAX_FAILED_STARTS else "starting"

    async def run(self) -> None:
        """Runs one worker after the other until ``end``."""
        while not self._ending.is_set():
            await self._run_one()
            wait = RESTART_SECONDS[min(self._fruitless, len(RESTART_SECONDS) - 1)]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), wait)

    def end(self) -> None:
        """Lets the worker stop what it does; ``run`` returns when it has gone."""
        self._ending.set()
        if self._worker is not None:
            self._worker.finish()

    async def _run_one(self) -> None:
        self._fruitless += 1
        self._failed_starts += 1
        try:
            self._worker = await WorkerProcess.start(self._command, self._log)
        except OSError as error:
            logger.error("no worker can be started: %s", error)
            self._bury()
            return
        if self._ending.is_set():  # said while it started
            self._worker.finish()
        try:
            await self._listen(self._worker)
        finally:
            worker, self._worker = self._worker, None
            self._bury()
            await worker.end()

    async def _listen(self, worker: WorkerProcess) -> None:
        try:
            async for reply in worker.replies():
                self._hear(worker, reply)
        except EngineError as error:
            logger.error("worker %d can't be understood: %s", worker.pid, error.sentence)

    def _hear(self, worker: WorkerProcess, reply: Reply) -> None:
        if isinstance(reply, Status) and self.ready is not None:
            self.ready = reply  # a job has changed what is loaded, or where it runs
        elif isinstance(reply, Status):
            self._failed_starts = 0
            self.ready = reply
            worker.settled()
            self._dispatch.worker_ready(worker)
        elif isinstance(reply, Failed) and self.ready is None:
            logger.error("worker %d, starting: %s", worker.pid, reply.sentence)
        else:
            self._fruitless = 0 if isinstance(reply, FINAL) and reply.job_id else self._fruitless
            self._dispatch.worker_said(reply)

    def _bury(self) -> None:
        """Answers for a worker that has gone, or could not be had."""
        self.ready = None
        self._dispatch.worker_died(
            f"The process that runs the model ended in the middle of this; {self._log} says more. "
            "Send it again: a new one is started."
        )
        if self._failed_starts >= MAX_FAILED_STARTS:
            self._dispatch.give_up(f"The process that runs the model can't be started; {self._log} says why.")
