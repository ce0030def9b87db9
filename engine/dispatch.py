"""What becomes of a request: into the queue, to the worker, and every answer back to who asked."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from engine.config import MAX_QUESTIONS, MAX_STATUS_JOBS, Home, spool_path
from engine.errors import EngineError, ErrorCode
from engine.jobs import Job, JobQueue, JobState
from engine.peers import Peer
from engine.protocol.replies import (
    Cancelled,
    Chunk,
    Done,
    Draft,
    Failed,
    Hit,
    Indexed,
    JobStatus,
    Models,
    Notice,
    Progress,
    Queued,
    Ranked,
    Reply,
    Skipped,
    TakeDone,
)
from engine.protocol.requests import (
    AudioRequest,
    CancelRequest,
    IndexRequest,
    JobRequest,
    LibraryRequest,
    ModelsRequest,
    RenderRequest,
    Request,
    StreamSource,
)
from engine.spool import Stream, Streams, remove_spooled
from engine.take_names import remove_parts

logger = logging.getLogger(__name__)

LAST_STATE: dict[type[Done | Failed | Cancelled], JobState] = {
    Done: JobState.FINISHED,
    Failed: JobState.FAILED,
    Cancelled: JobState.CANCELLED,
}


class Worker(Protocol):
    """A worker that is ready (``WorkerProcess``, or a test's)."""

    pid: int

    def send(self, request: Request) -> None:
        """Hands it a request."""

    def cancel(self, job_id: str) -> None:
        """Asks it to stop a job."""

    def settled(self) -> None:
        """Its job has ended."""


class Dispatch:
    """The one place that knows all jobs, their owners and the worker. No sockets, and no clock of its own."""

    def __init__(self, home: Home, clock: Callable[[], float]) -> None:
        self.queue = JobQueue()
        self._home = home
        self._streams = Streams(home, clock)
        self._owners: dict[str, Peer] = {}  # of the jobs in the queue
        self._onlookers: dict[str, list[Peer]] = {}  # others who cancelled a job and wait for its end
        self._questions: deque[tuple[Peer, ModelsRequest]] = deque()  # in the order the worker answers
        self._worker: Worker | None = None  # None: none is ready
        self._broken = ""  # why no worker can be had, as a sentence; "": one can

    @property
    def idle(self) -> bool:
        """Is there nothing to do?"""
        return not (self.queue or self._streams or self._questions)

    @property
    def running(self) -> Job | None:
        """The job the worker has."""
        return next((job for job in self.queue if job.state is JobState.RUNNING), None)

    def status_rows(self) -> tuple[JobStatus, ...]:
        """The first jobs of the queue, what runs before what waits."""
        rows = [JobStatus(job.job_id, job.state, job.step, job.total) for job in self.queue]
        return tuple(rows[:MAX_STATUS_JOBS])

    def owns(self, peer: Peer, job_id: str) -> bool:
        """Does a job of this name go on that is this peer's?"""
        owner = self._streams[job_id].peer if job_id in self._streams else self._owners.get(job_id)
        return owner is not None and owner.name == peer.name

    # Requests

    def render(self, peer: Peer, request: RenderRequest) -> None:
        """Queues a job, or begins to receive its audio. Raises EngineError."""
        self._check_room(peer, request)
        if isinstance(request.source, StreamSource):
            self._streams.begin(peer, request, request.source)
        else:
            self._enqueue(peer, request)

    def library(self, peer: Peer, request: LibraryRequest) -> None:
        """Queues a job about the user's own sounds. Raises EngineError."""
        self._check_room(peer, request)
        self._enqueue(peer, request)

    def audio(self, peer: Peer, audio: AudioRequest) -> None:
        """Takes the next blob of a stream, and queues the job after the last. Raises EngineError."""
        stream = self._streams.write(peer, audio)
        if stream is not None:
            self._enqueue_spooled(stream)

    def cancel(self, peer: Peer, request: CancelRequest) -> None:
        """Stops one job, or all of the peer's. Raises EngineError(NOT_FOUND)."""
        if request.job_id:
            self._check_known(request.job_id)
            self._cancel_one(peer, request.job_id)
        else:
            self._cancel_all_of(peer.name)
        self._settle()

    def models(self, peer: Peer, request: ModelsRequest) -> None:
        """Asks the worker, which knows the models, now or when it is ready. Raises EngineError."""
        self._check_hope()
        if len(self._questions) >= MAX_QUESTIONS:
            raise EngineError(
                ErrorCode.TOO_MUCH, f"{MAX_QUESTIONS} questions about models wait for an answer; ask later."
            )
        self._questions.append((peer, request))
        if self._worker is not None:
            self._worker.send(request)

    def lost(self, peer: Peer) -> None:
        """Cancels the jobs of a peer that has gone."""
        self._cancel_all_of(peer.name)
        self._settle()

    def cancel_everything(self) -> None:
        """Stops every job there is."""
        for job_id in self._streams.all():
            self._cancel_stream(job_id)
        for job in tuple(self.queue):
            self._stop(job)

    def drop_silent_streams(self, seconds: float) -> None:
        """Gives up the streams of which nothing has come for so long."""
        for job_id in self._streams.silent_for(seconds):
            sentence = f"The audio stopped coming for {seconds:g} s; send the job again."
            failed = Failed(job_id, ErrorCode.TOO_MUCH, sentence)
            self._tell_end(self._streams.drop(job_id).peer, failed)

    # The worker

    def worker_ready(self, worker: Worker) -> None:
        """A worker can take questions and jobs."""
        self._worker = worker
        self._broken = ""
        for _, question in self._questions:
            worker.send(question)
        self._settle()

    def worker_said(self, reply: Reply) -> None:
        """Hands a reply of the worker on to whom it belongs."""
        match reply:
            case Models() | Failed(job_id=""):
                self._answer_question(reply)
            case Progress() | Notice() | Chunk() | Draft() | TakeDone() | Ranked():
                self._pass_on(reply)
            case Skipped() | Indexed() | Hit():
                self._pass_on(reply)
            case Done() | Failed() | Cancelled():
                self._job_ended(reply)
            case _:
                logger.error("the worker may not say %r", reply)

    def worker_died(self, sentence: str) -> None:
        """Ends what the worker had; the jobs that wait go on waiting for the next one."""
        worker, self._worker = self._worker, None
        job = self.running
        if job is not None:
            if worker is not None and isinstance(job.request, RenderRequest):
                remove_parts(self._take_folder(job.request), worker.pid)
            failed = Failed(job.job_id, ErrorCode.WORKER_DIED, sentence)
            self._end(Cancelled(job.job_id) if job.cancelling else failed)
        self._fail_questions(sentence)

    def give_up(self, sentence: str) -> None:
        """No worker can be had: fails what waits, and what comes, until one is ready."""
        self._broken = sentence
        for job in tuple(self.queue):
            self._end(Failed(job.job_id, ErrorCode.WORKER_DIED, sentence))
        self._fail_questions(sentence)

    # Steps

    def _take_folder(self, request: RenderRequest) -> Path:
        if request.output:
            return Path(request.output).resolve().parent
        return self._home.folder_of_takes(request.scratch)

    def _check_hope(self) -> None:
        if self._broken:
            raise EngineError(ErrorCode.WORKER_DIED, self._broken)

    def _check_room(self, peer: Peer, request: JobRequest) -> None:
        self._check_hope()
        if request.job_id in self._streams:
            raise EngineError(
                ErrorCode.BAD_ARGUMENT, f'A job "{request.job_id}" is being sent; give each job its own id.'
            )
        self.queue.check_room(request.job_id, peer.name)

    def _check_known(self, job_id: str) -> None:
        if job_id not in self._streams and job_id not in self.queue:
            raise EngineError(ErrorCode.NOT_FOUND, f'No job "{job_id}" is waiting or running.')

    def _enqueue_spooled(self, stream: Stream) -> None:
        try:
            self._enqueue(stream.peer, stream.request)
        except EngineError:
            stream.discard()
            raise

    def _enqueue(self, peer: Peer, request: JobRequest) -> None:
        if isinstance(request, RenderRequest) and not peer.streams:
            request = replace(request, want_chunks=False)
        self.queue.put(request, peer.name)
        self._owners[request.job_id] = peer
        self._settle()

    def _cancel_one(self, peer: Peer, job_id: str) -> None:
        if not self.owns(peer, job_id):
            self._onlookers.setdefault(job_id, []).append(peer)
        if job_id in self._streams:
            self._cancel_stream(job_id)
        else:
            self._stop(self.queue[job_id])

    def _cancel_all_of(self, client: str) -> None:
        for job_id in self._streams.of(client):
            self._cancel_stream(job_id)
        for job in self.queue.of(client):
            self._stop(job)

    def _cancel_stream(self, job_id: str) -> None:
        self._tell_end(self._streams.drop(job_id).peer, Cancelled(job_id))

    def _stop(self, job: Job) -> None:
        if job.state is JobState.QUEUED:
            self._end(Cancelled(job.job_id))
        elif not job.cancelling and self._worker is not None:
            self.queue.mark_cancelling(job.job_id)
            self._worker.cancel(job.job_id)

    def _answer_question(self, reply: Models | Failed) -> None:
        if self._questions:
            self._questions.popleft()[0].send(reply)

    def _fail_questions(self, sentence: str) -> None:
        while self._questions:
            self._answer_question(Failed("", ErrorCode.WORKER_DIED, sentence))

    def _pass_on(
        self, reply: Progress | Notice | Chunk | Draft | TakeDone | Ranked | Skipped | Indexed | Hit
    ) -> None:
        if reply.job_id not in self.queue:
            return
        if isinstance(reply, Progress):
            self.queue.progress(reply.job_id, reply.step, reply.total)
        owner = self._owners[reply.job_id]
        if owner.streams or not isinstance(reply, Chunk | Draft):
            owner.send(reply)

    def _job_ended(self, reply: Done | Failed | Cancelled) -> None:
        if reply.job_id not in self.queue:
            logger.error("the worker ended a job that is not there: %r", reply)
            return
        if self._worker is not None:
            self._worker.settled()
        job = self.queue[reply.job_id]
        if isinstance(reply, Cancelled) and job.giving_way and not job.cancelling:
            self.queue.put_back(reply.job_id)
        else:
            self._end(reply)
        self._settle()

    def _end(self, reply: Done | Failed | Cancelled) -> None:
        """The job's last reply, after which nothing knows of it any more."""
        job = self.queue.end(reply.job_id, LAST_STATE[type(reply)])
        if isinstance(job.request, RenderRequest) and isinstance(job.request.source, StreamSource):
            remove_spooled(spool_path(self._home, job.job_id))
        self._tell_end(self._owners.pop(job.job_id), reply)

    def _tell_end(self, owner: Peer, reply: Done | Failed | Cancelled) -> None:
        for peer in (owner, *self._onlookers.pop(reply.job_id, ())):
            peer.send(reply)

    def _settle(self) -> None:
        """Tells everybody where they stand, and gives a free worker the next job."""
        self._tell_positions()
        if self._worker is None or self.running is not None:
            self._make_way()
            return
        job = self.queue.start_next()
        if job is not None:
            self._worker.send(job.request)
            self._tell_positions()

    def _make_way(self) -> None:
        """An index that runs stops for whoever waits, and goes on later: it does nothing twice."""
        job = self.running
        if self._worker is None or job is None or job.giving_way or job.cancelling:
            return
        waiting = (other.request for other in self.queue if other.state is JobState.QUEUED)
        if isinstance(job.request, IndexRequest) and not all(
            isinstance(request, IndexRequest) for request in waiting
        ):
            self.queue.mark_giving_way(job.job_id)
            self._worker.cancel(job.job_id)

    def _tell_positions(self) -> None:
        for job in self.queue.moved():
            self._owners[job.job_id].send(Queued(job.job_id, job.position))
