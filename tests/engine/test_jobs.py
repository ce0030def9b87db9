"""The queue: order, fairness, limits, and a table of states that nothing leaves."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.jobs import TRANSITIONS, IllegalTransition, Job, JobQueue, JobState
from engine.protocol.requests import NewSource, RenderRequest

SOURCE = NewSource(sample_rate=48000, channels=1, frames=48000)


def request(job_id: str, priority: int = 0) -> RenderRequest:
    return RenderRequest(job_id, SOURCE, "rain", priority=priority)


def drain(queue: JobQueue) -> list[str]:
    """Runs every job to its end; their ids in the order they started."""
    started = []
    while job := queue.start_next():
        started.append(job.job_id)
        queue.end(job.job_id, JobState.FINISHED)
    return started


def test_a_client_is_served_first_come_first_served() -> None:
    """Jobs of one client keep their order."""
    queue = JobQueue()
    for job_id in "abc":
        queue.put(request(job_id), "one")
    assert ["a", "b", "c"] == drain(queue)


def test_higher_priorities_come_first() -> None:
    """A later job with a higher priority overtakes."""
    queue = JobQueue()
    queue.put(request("low", -1), "one")
    queue.put(request("normal"), "one")
    queue.put(request("high", 5), "one")
    assert ["high", "normal", "low"] == drain(queue)


def test_clients_take_turns() -> None:
    """A client with one job does not wait for the hundred of another."""
    queue = JobQueue()
    for job_id in ("a1", "a2", "a3"):
        queue.put(request(job_id), "a")
    queue.start_next()
    queue.put(request("b1"), "b")
    queue.put(request("b2"), "b")
    queue.end("a1", JobState.FINISHED)
    assert ["b1", "a2", "b2", "a3"] == drain(queue)


def test_newcomers_do_not_starve_who_waits() -> None:
    """However many new clients come, one that waits has its turn after those that were there."""
    queue = JobQueue()
    queue.put(request("a1"), "a")
    queue.put(request("a2"), "a")
    started = []
    for number in range(10):
        queue.put(request(f"n{number}"), f"newcomer {number}")
        job = queue.start_next()
        assert job is not None
        started.append(job.job_id)
        queue.end(job.job_id, JobState.FINISHED)
    assert started.index("a2") <= 3


def test_a_duplicate_of_a_live_job_is_refused() -> None:
    """An id is free again only when its job has ended."""
    queue = JobQueue()
    queue.put(request("a"), "one")
    with pytest.raises(EngineError) as caught:
        queue.put(request("a"), "two")
    assert ErrorCode.BAD_ARGUMENT == caught.value.code
    queue.end("a", JobState.CANCELLED)
    assert JobState.QUEUED == queue.put(request("a"), "two").state


def test_one_client_cannot_fill_the_queue() -> None:
    """A client at its limit is refused while another is still served."""
    queue = JobQueue(max_jobs=4, max_jobs_of_a_client=2)
    queue.put(request("a1"), "a")
    queue.put(request("a2"), "a")
    with pytest.raises(EngineError) as caught:
        queue.put(request("a3"), "a")
    assert ErrorCode.TOO_MUCH == caught.value.code
    assert "b1" == queue.put(request("b1"), "b").job_id


def test_the_queue_has_an_end() -> None:
    """The total limit holds over all clients."""
    queue = JobQueue(max_jobs=2)
    queue.put(request("a"), "a")
    queue.put(request("b"), "b")
    with pytest.raises(EngineError) as caught:
        queue.put(request("c"), "c")
    assert ErrorCode.TOO_MUCH == caught.value.code


def test_positions_are_told_when_they_change_and_only_then() -> None:
    """``moved`` lists a job once for each new position."""
    queue = JobQueue()
    for job_id in "abc":
        queue.put(request(job_id), "one")
    assert [("a", 0), ("b", 1), ("c", 2)] == [(job.job_id, job.position) for job in queue.moved()]
    assert () == queue.moved()
    queue.start_next()
    assert [("b", 0), ("c", 1)] == [(job.job_id, job.position) for job in queue.moved()]
    queue.end("c", JobState.CANCELLED)
    assert () == queue.moved()


def test_listing_shows_what_runs_and_then_what_waits() -> None:
    """Iteration is in the order a person expects to read."""
    queue = JobQueue()
    queue.put(request("first"), "one")
    queue.put(request("second"), "one")
    queue.put(request("urgent", 1), "one")
    queue.start_next()
    queue.put(request("more urgent", 2), "one")
    assert ["urgent", "more urgent", "first", "second"] == [job.job_id for job in queue]


def test_an_unknown_job_is_not_found() -> None:
    """Asking for a job that ended names it."""
    with pytest.raises(EngineError, match="gone") as caught:
        JobQueue()["gone"]
    assert ErrorCode.NOT_FOUND == caught.value.code


@pytest.mark.parametrize(("state", "target"), list(itertools.product(JobState, JobState)))
def test_only_the_table_moves_a_job(state: JobState, target: JobState) -> None:
    """Every pair of states either is in the table or raises."""
    job = Job(request("a"), "one", state=state)
    if target in TRANSITIONS[state]:
        assert target == job.to(target).state
    else:
        with pytest.raises(IllegalTransition):
            job.to(target)


def test_running_is_not_an_end() -> None:
    """``end`` takes final states only, and leaves the job where it was otherwise."""
    queue = JobQueue()
    queue.put(request("a"), "one")
    with pytest.raises(IllegalTransition):
        queue.end("a", JobState.RUNNING)
    assert JobState.QUEUED == queue["a"].state


@dataclass(frozen=True)
class Event:
    """One thing that may happen to a queue."""

    kind: str
    job: int
    client: int
    priority: int


EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from(["put", "start", "progress", "mark", *JobState]),
        st.integers(0, 5),
        st.integers(0, 2),
        st.integers(-1, 1),
    ),
    max_size=60,
)


def happen(queue: JobQueue, event: Event) -> None:
    """Lets one event happen, legal or not."""
    job_id = str(event.job)
    match event.kind:
        case "put":
            queue.put(request(job_id, event.priority), f"client {event.client}")
        case "start":
            queue.start_next()
        case "progress":
            queue.progress(job_id, event.job, 6)
        case "mark":
            queue.mark_cancelling(job_id)
        case _:
            queue.end(job_id, JobState(event.kind))


@given(EVENTS)
def test_no_sequence_of_events_leaves_the_table(events: list[Event]) -> None:
    """Whatever happens, every job is seen only in states that its last one leads to."""
    queue = JobQueue(max_jobs=5, max_jobs_of_a_client=3)
    seen: dict[str, JobState] = {}
    for event in events:
        with contextlib.suppress(EngineError, IllegalTransition):
            happen(queue, event)
        live = {job.job_id: job.state for job in queue}
        for job_id, state in live.items():
            before = seen.get(job_id, JobState.QUEUED)
            assert state is before or state in TRANSITIONS[before]
        assert len(live) == len(queue) <= 5
        queue.moved()
        waiting = [job for job in queue if job.state is JobState.QUEUED]
        assert list(range(len(waiting))) == [job.position for job in waiting]
        seen = live


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=80))
def test_no_client_is_served_twice_while_another_waits(steps: list[tuple[int, bool]]) -> None:
    """Between two turns of a client, nobody who waited throughout was left out twice."""
    queue = JobQueue()
    overtaken: dict[tuple[str, str], int] = {}  # (who waits, who is served) -> turns since the waiter's own
    for number, (client, serve) in enumerate(steps):
        queue.put(request(str(number)), str(client))
        if not serve:
            continue
        job = queue.start_next()
        assert job is not None
        queue.end(job.job_id, JobState.FINISHED)
        waiting = {other.client for other in queue} - {job.client}
        overtaken = {pair: count for pair, count in overtaken.items() if pair[0] in waiting}
        for waiter in waiting:
            overtaken[waiter, job.client] = overtaken.get((waiter, job.client), 0) + 1
            assert overtaken[waiter, job.client] <= 2


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_the_told_order_is_the_order_of_service(clients: list[int]) -> None:
    """If nothing else comes, jobs start in the order of their positions."""
    queue = JobQueue()
    for number, client in enumerate(clients):
        queue.put(request(str(number), priority=client % 2), f"client {client}")
    told = [job.job_id for job in sorted(queue.moved(), key=lambda job: job.position)]
    assert told == drain(queue)
