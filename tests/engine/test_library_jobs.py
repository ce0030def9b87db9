"""Jobs about the user's own sounds in a live engine: an index stands back, a search goes first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.client import Client
from engine.errors import EngineError, ErrorCode
from engine.jobs import JobQueue, JobState
from engine.protocol.library_requests import IndexRequest, SearchRequest
from engine.protocol.osc import decode_packet
from engine.protocol.replies import Cancelled, Done, Failed, Hit, Indexed, Progress, Queued
from engine.protocol.requests import NewSource, RenderRequest, encode_request, parse_request

Scripted = Callable[..., RenderRequest]
Eventually = Callable[[Callable[[], object]], None]


def running(client: Client, job_id: str) -> Callable[[], bool]:
    """Whether this job runs."""
    return lambda: (job_id, "running") in [(job.job_id, job.state) for job in client.status().jobs]


def test_an_index_gives_way_to_a_render_and_goes_on(
    client: Client, scripted: Scripted, tmp_path: Path, eventually: Eventually
) -> None:
    """Nobody waits an hour for a take; the index waits again, is not cancelled, and ends well."""
    client.submit(IndexRequest("index", str(tmp_path)))
    eventually(running(client, "index"))
    assert isinstance(list(client.render(scripted("take")))[-1], Done)
    eventually(running(client, "index"))
    (tmp_path / "go").touch()
    replies = [reply for reply in client.replies("index") if not isinstance(reply, Progress)]

    *queued, indexed, done = replies

    assert 2 <= len(queued) and all(isinstance(reply, Queued) for reply in queued)
    assert Indexed("index", 2, 2, 0, 0, 0) == indexed
    assert isinstance(done, Done)


def test_it_gives_way_to_a_search_again_and_again(
    client: Client, tmp_path: Path, eventually: Eventually
) -> None:
    """The same job comes and goes by the same name."""
    client.submit(IndexRequest("index", str(tmp_path)))
    for number in range(5):
        eventually(running(client, "index"))
        replies = list(client.library(SearchRequest(f"search {number}", "rain")))
        assert ["/rain.wav"] == [reply.path for reply in replies if isinstance(reply, Hit)]
    client.cancel("index")

    assert Cancelled("index") == list(client.replies("index"))[-1]


def test_an_index_does_not_give_way_to_another(
    client: Client, tmp_path: Path, eventually: Eventually
) -> None:
    """They would take turns for ever."""
    (tmp_path / "other").mkdir()
    client.submit(IndexRequest("first", str(tmp_path)))
    eventually(running(client, "first"))
    client.submit(IndexRequest("second", str(tmp_path / "other")))
    for _ in range(20):
        assert running(client, "first")()
    client.cancel("second")
    client.cancel("first")

    assert Cancelled("second") == list(client.replies("second"))[-1]
    assert Cancelled("first") == list(client.replies("first"))[-1]


def test_an_index_that_waits_for_others_is_cancelled_at_once(
    client: Client, scripted: Scripted, tmp_path: Path, eventually: Eventually
) -> None:
    """It has given way, and runs no more."""
    client.submit(IndexRequest("index", str(tmp_path)))
    eventually(running(client, "index"))
    client.submit(scripted("take", "wait"))
    eventually(running(client, "take"))
    client.cancel("index")

    assert Cancelled("index") == list(client.replies("index"))[-1]
    assert running(client, "take")()


def test_a_search_goes_before_renders_that_wait(
    client: Client, scripted: Scripted, tmp_path: Path, eventually: Eventually
) -> None:
    """It is over in a moment; what runs is not disturbed."""
    client.submit(scripted("runs", f"wait {tmp_path / 'go'}"))
    eventually(running(client, "runs"))
    client.submit(scripted("waits", "wait"))
    client.submit(SearchRequest("search", "rain"))
    eventually(lambda: len(client.status().jobs) == 3)

    assert ["runs", "search", "waits"] == [job.job_id for job in client.status().jobs]
    (tmp_path / "go").touch()
    assert isinstance(list(client.replies("search"))[-1], Done)


def test_a_worker_that_dies_while_it_listens_costs_this_job_alone(
    client: Client, scripted: Scripted, tmp_path: Path, eventually: Eventually
) -> None:
    """The next one is done by a new worker."""
    client.submit(IndexRequest("index", str(tmp_path)))
    eventually(running(client, "index"))
    (tmp_path / "crash").touch()
    failed = list(client.replies("index"))[-1]

    assert isinstance(failed, Failed) and ErrorCode.WORKER_DIED == failed.code
    assert isinstance(list(client.render(scripted("take")))[-1], Done)


@pytest.mark.parametrize(
    "request_",
    [
        IndexRequest("a", "/proc"),
        SearchRequest("a", "rain", folder="/proc/1"),
        SearchRequest("a", like="/proc/1/maps"),
    ],
)
def test_folders_that_were_not_granted_are_refused(client: Client, request_: Any) -> None:
    """To be taken in, to be searched, or to be listened to."""
    (failed,) = client.library(request_)

    assert isinstance(failed, Failed) and ErrorCode.NOT_ALLOWED == failed.code


def test_over_udp_each_hit_is_a_datagram(udp: Any) -> None:
    """A patch can ask, too."""
    udp.send(SearchRequest("search", "rain"))
    replies = udp.until(Done, Failed)

    assert [Queued, Hit, Done] == [type(reply) for reply in replies if not isinstance(reply, Progress)]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (SearchRequest("a"), "prompt, like, or both"),
        (SearchRequest("a", "rain", min_seconds=3.0, max_seconds=2.0), "below min_seconds"),
        (SearchRequest("a", "rain", limit=0), "must be 1 to 200"),
        (IndexRequest("a", ""), "folder"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(request_: Any, words: str) -> None:
    """With a sentence about the key."""
    (message,) = decode_packet(encode_request(request_))
    with pytest.raises(EngineError, match=words):
        parse_request(message)


@given(
    prompt=st.text(min_size=1, max_size=80).filter(lambda text: text.strip() and "\0" not in text),
    limit=st.integers(1, 200),
    seconds=st.tuples(st.floats(0, 10), st.floats(10, 1e6)),
)
def test_a_search_travels_whole(prompt: str, limit: int, seconds: tuple[float, float]) -> None:
    """What is parsed is what was encoded."""
    request = SearchRequest("a", prompt, "/a.wav", "m", "/b", limit, *seconds)
    try:
        (message,) = decode_packet(encode_request(request))
    except (EngineError, UnicodeEncodeError):  # a lone surrogate is no text
        return

    assert request == parse_request(message).request


@given(st.lists(st.sampled_from(["render", "search", "index"]), min_size=1, max_size=12), st.integers(1, 5))
def test_every_job_is_done_however_often_an_index_gives_way(kinds: list[str], times: int) -> None:
    """Searches first, then renders, an index last; what is put back loses nothing and nobody."""
    queue = JobQueue()
    for number, kind in enumerate(kinds):
        queue.put(_job(kind, str(number)), f"client {number % 3}")
    started = []
    while job := queue.start_next():
        if isinstance(job.request, IndexRequest) and times:
            times -= 1
            queue.mark_giving_way(job.job_id)
            back = queue.put_back(job.job_id)
            assert (JobState.QUEUED, False) == (back.state, back.giving_way)
            continue
        started.append(kinds[int(job.job_id)])
        queue.end(job.job_id, JobState.FINISHED)

    assert sorted(kinds, key=["search", "render", "index"].index) == started


def _job(kind: str, job_id: str) -> Any:
    if kind == "render":
        return RenderRequest(job_id, NewSource(48_000, 1, 4_800), "rain")
    return SearchRequest(job_id, "rain") if kind == "search" else IndexRequest(job_id, "/a")
