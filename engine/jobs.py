"""Jobs, the states they pass through, and the one queue they wait in. Pure: no clock, no threads, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import zip_longest

from engine.errors import EngineError, ErrorCode
from engine.protocol.requests import JobRequest

# A cue sheet of a long scene has some hundred cues; ten times that is a runaway script.
MAX_JOBS = 1024
# One client may fill a quarter of the queue, so that a runaway script leaves room for the others.
MAX_JOBS_OF_A_CLIENT = 256


class JobState(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


# A queued job fails when the engine learns that it can never run, e.g. when no worker starts. A running one
# that has given way to others waits again.
TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.FAILED, JobState.CANCELLED}),
    JobState.RUNNING: frozenset({JobState.QUEUED, JobState.FINISHED, JobState.FAILED, JobState.CANCELLED}),
    JobState.FINISHED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}


class IllegalTransition(Exception):  # noqa: N818 - it reads as the sentence it is: "raise IllegalTransition"
    """A defect of ours: somebody moved a job to a state that its state does not lead to."""


Line = tuple[int, str]  # priority and client: whose jobs keep their order


def line_of(request: JobRequest, client: str) -> Line:
    """Where a job stands in line."""
    return (request.priority, client)


@dataclass(frozen=True)
class Job:
    """One request on its way. ``position`` counts the jobs before it; -1: it does not wait."""

    request: JobRequest
    client: str
    state: JobState = JobState.QUEUED
    position: int = -1
    step: int = 0
    total: int = 0  # 0: not known yet
    cancelling: bool = False  # it runs, and was asked to stop
    giving_way: bool = False  # it runs, and was asked to let others go first

    @property
    def job_id(self) -> str:
        """The client's name for it, the only one among the jobs that live."""
        return self.request.job_id

    @property
    def line(self) -> Line:
        """Where it stands in line."""
        return line_of(self.request, self.client)

    def to(self, state: JobState) -> Job:
        """The same job in another state. Raises IllegalTransition."""
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(f"{self.job_id}: {self.state} -> {state}")
        return replace(self, state=state, position=-1)


@dataclass
class JobQueue:
    """The jobs that wait and the ones that run.

    Higher priorities first; within a priority the clients take turns; within a client first come,
    first served.
    """

    max_jobs: int = MAX_JOBS
    max_jobs_of_a_client: int = MAX_JOBS_OF_A_CLIENT
    _jobs: dict[str, Job] = field(default_factory=dict)  # live ones, in order of arrival
    _turn: int = 0  # how many jobs have been started
    _last_turn: dict[Line, int] = field(default_factory=dict)  # the turn each line was last served in

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, job_id: object) -> bool:
        return job_id in self._jobs

    def __iter__(self) -> Iterator[Job]:
        """Every live job: those that run, then those that wait, next one first."""
        yield from (job for job in self._jobs.values() if job.state is JobState.RUNNING)
        yield from self._waiting()

    def __getitem__(self, job_id: str) -> Job:
        """A live job. Raises EngineError(NOT_FOUND)."""
        if job_id not in self._jobs:
            raise EngineError(ErrorCode.NOT_FOUND, f'No job "{job_id}" is waiting or running.')
        return self._jobs[job_id]

    def of(self, client: str) -> tuple[Job, ...]:
        """The live jobs of one client."""
        return tuple(job for job in self._jobs.values() if job.client == client)

    def check_room(self, job_id: str, client: str) -> None:
        """Could this job be put now? Raises EngineError (BAD_ARGUMENT, TOO_MUCH)."""
        if job_id in self._jobs:
            raise EngineError(
                ErrorCode.BAD_ARGUMENT, f'A job "{job_id}" is waiting or running; give each job its own id.'
            )
        if len(self._jobs) >= self.max_jobs:
            raise EngineError(
                ErrorCode.TOO_MUCH, f"{self.max_jobs} jobs are waiting; send this one when some are done."
            )
        if len(self.of(client)) >= self.max_jobs_of_a_client:
            raise EngineError(
                ErrorCode.TOO_MUCH,
                f"You have {self.max_jobs_of_a_client} jobs waiting; send this one when some are done.",
            )

    def put(self, request: JobRequest, client: str) -> Job:
        """A new job at the end of its client's line. Raises EngineError (BAD_ARGUMENT, TOO_MUCH)."""
        self.check_room(request.job_id, client)
        line = line_of(request, client)
        if line not in self._lines():
            # Who comes back is as if last served just now: neither before nor long after who waited.
            self._last_turn[line] = max(self._last_turn.get(line, -1), self._turn - 1)
        job = Job(request, client)
        self._jobs[job.job_id] = job
        return job

    def start_next(self) -> Job | None:
        """Moves the job whose turn it is to running; None when no job waits."""
        job = next(self._waiting(), None)
        if job is None:
            return None
        self._turn += 1
        self._last_turn[job.line] = self._turn
        self._forget_old_turns()
        return self._store(job.to(JobState.RUNNING))

    def progress(self, job_id: str, step: int, total: int) -> Job:
        """Notes how far a job is. Raises EngineError(NOT_FOUND)."""
        return self._store(replace(self[job_id], step=step, total=total))

    def mark_cancelling(self, job_id: str) -> Job:
        """Notes that a running job was asked to stop. Raises EngineError(NOT_FOUND)."""
        return self._store(replace(self[job_id], cancelling=True))

    def mark_giving_way(self, job_id: str) -> Job:
        """Notes that a running job was asked to let others go first. Raises EngineError(NOT_FOUND)."""
        return self._store(replace(self[job_id], giving_way=True))

    def put_back(self, job_id: str) -> Job:
        """Moves a running job that gave way back to where it waits. Raises EngineError(NOT_FOUND)."""
        job = replace(self[job_id].to(JobState.QUEUED), giving_way=False)
        self._last_turn.setdefault(job.line, self._turn)
        return self._store(job)

    def end(self, job_id: str, state: JobState) -> Job:
        """Moves a job to its last state and forgets it. Raises EngineError(NOT_FOUND), IllegalTransition."""
        job = self[job_id].to(state)
        if TRANSITIONS[state]:
            raise IllegalTransition(f"{job_id}: {state} is not an end")
        del self._jobs[job_id]
        return job

    def moved(self) -> tuple[Job, ...]:
        """The waiting jobs whose position is not what it was when this was last called."""
        placed = [(position, job) for position, job in enumerate(self._waiting()) if job.position != position]
        return tuple(self._store(replace(job, position=position)) for position, job in placed)

    def _store(self, job: Job) -> Job:
        self._jobs[job.job_id] = job
        return job

    def _lines(self) -> set[Line]:
        """The lines in which a job waits."""
        return {job.line for job in self._jobs.values() if job.state is JobState.QUEUED}

    def _waiting(self) -> Iterator[Job]:
        """Queued jobs in the order they would start if no other came: round by round."""
        lines: dict[Line, list[Job]] = {}  # in order of each line's first job
        for job in self._jobs.values():
            if job.state is JobState.QUEUED:
                lines.setdefault(job.line, []).append(job)
        for priority in sorted({priority for priority, _ in lines}, reverse=True):
            turns = sorted((line for line in lines if line[0] == priority), key=self._last_turn.__getitem__)
            for round_ in zip_longest(*(lines[line] for line in turns)):
                yield from filter(None, round_)

    def _forget_old_turns(self) -> None:
        """Drops the turns that ``put`` would overrule anyway, so that the table stays small."""
        waiting = self._lines()
        self._last_turn = {
            line: turn for line, turn in self._last_turn.items() if line in waiting or turn >= self._turn - 1
        }
