"""``punchin library``: what people and scripts see of their own sounds."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.commands.exit_codes import ExitCode
from engine.config import find_home
from engine.library import shelf
from engine.library.database import opened
from engine.library.folder import FoundFile
from engine.protocol.library_requests import IndexRequest, SearchRequest
from engine.protocol.replies import Cancelled, Done, Failed, Hit, Indexed, Notice, Queued, Skipped
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.sources import FileSource, frames
from tests.engine.commands.conftest import happy


def hit(job_id: str, rank: int, path: str, end_frame: int = 48_000) -> Hit:
    """One of a search."""
    return Hit(job_id, rank, path, 0, end_frame, 48_000, 1.0, 4.0 - rank, 0.3, 0.5, "sound", "door", 1)


def answers(request: Any) -> Iterator[Any]:
    """As an engine that has indexed two sounds."""
    yield Queued(request.job_id, 0)
    if isinstance(request, IndexRequest):
        yield Notice(request.job_id, "It is cramped.")
        yield Skipped(request.job_id, f"{request.folder}/bad.wav", "bad.wav is silent.")
        yield Indexed(request.job_id, 2, 1, 0, 3, 1)
        yield Done(request.job_id, 0, ())
    elif isinstance(request, SearchRequest):
        for rank in range(1, min(2, request.limit) + 1):
            yield hit(request.job_id, rank, f"/lib/door {rank}.wav")
        yield Done(request.job_id, 0, ())
    else:
        yield from happy(request)


@pytest.fixture
def engine(fake) -> Any:
    """Answers as it should."""
    fake.script = answers
    return fake


@pytest.fixture
def indexed(tmp_path, monkeypatch) -> Path:
    """A folder that was indexed before."""
    monkeypatch.setenv("PUNCHIN_HOME", str(tmp_path / "home"))
    folder = tmp_path / "lib"
    folder.mkdir()
    with opened(find_home()) as database:
        shelf.begin_folder(database, str(folder))
        shelf.finish_folder(database, str(folder), 1e9)
        number = shelf.put_sound(database, "0" * 64, None, "", 1, None)
        shelf.put_file(database, FoundFile(str(folder / "a.wav"), 1, 2), number, ("door",))
    return folder


def test_folders_are_taken_in_one_after_the_other(punchin, engine, tmp_path):
    """Whole paths, granted to an engine that must be started; what was left out is told."""
    engine.running = False
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    ended = punchin("library", "index", "a", tmp_path / "b", "--model", "m")

    assert ExitCode.OK == ended.code and 2 == len(ended.out.splitlines())
    assert [(str(tmp_path / "a"), "m"), (str(tmp_path / "b"), "m")] == [
        (request.folder, request.model) for request in engine.requests
    ]
    assert (tmp_path / "a", tmp_path / "b") == engine.allowed
    assert "2 sounds can be found; 1 heard now" in ended.out and "3 gone, 1 left out" in ended.out
    assert "bad.wav is silent." in ended.err and "It is cramped." in ended.err


@pytest.mark.usefixtures("engine")
def test_a_program_gets_the_news_of_an_index_as_json(punchin, tmp_path):
    """Line by line on stderr, and nothing else there."""
    ended = punchin("library", "index", tmp_path, "--news", "--json")

    assert [{"stage": "queued", "done": 0, "total": 0, "seconds_left": -1.0}] == [
        json.loads(line) for line in ended.err.splitlines()
    ]
    assert 1 == len(ended.value["folders"][0]["skipped"])


def test_an_engine_that_is_started_may_read_what_was_indexed_before(punchin, engine, indexed, tmp_path):
    """Not only the folder that is indexed now: it outlives the command."""
    engine.running = False
    punchin("library", "index", tmp_path)

    assert (tmp_path, indexed) == engine.allowed


@pytest.mark.usefixtures("engine")
def test_without_a_folder_all_known_ones_are_brought_up_to_date(punchin, indexed):
    """And where there is none, one must be named."""
    value = punchin("library", "index", "--json").value

    assert [str(indexed)] == [row["folder"] for row in value["folders"]]
    assert [{"path": f"{indexed}/bad.wav", "sentence": "bad.wav is silent."}] == value["folders"][0][
        "skipped"
    ]
    punchin("library", "forget", indexed)
    assert ExitCode.USAGE == punchin("library", "index").code


def test_hits_are_lines_with_what_render_takes(punchin, engine, tmp_path):
    """Rank, score, why, length, an exact region, and the file."""
    ended = punchin(
        "library", "search", "door slam", "--like", "x.wav", "--limit", 7, "--max-seconds", 5, "--folder", "f"
    )
    (request,) = engine.requests

    assert ("door slam", str(tmp_path / "x.wav"), str(tmp_path / "f")) == (
        request.prompt,
        request.like,
        request.folder,
    )
    assert (7, 0.0, 5.0) == (request.limit, request.min_seconds, request.max_seconds)
    line = ended.out.splitlines()[1].split(maxsplit=6)
    assert ["1", "3.0", "sound", "1.00", "s", "0f:48000f"] == line[:6]
    assert "/lib/door 1.wav  (and 1 copies)" == line[6]


@pytest.mark.usefixtures("engine")
def test_hits_as_json_have_everything(punchin):
    """In frames, in seconds, and as a region."""
    first = punchin("library", "search", "door", "--json").value["hits"][0]

    assert ("/lib/door 1.wav", "0f:48000f", 0.0, 1.0) == (
        first["path"], first["region"], first["start_seconds"], first["end_seconds"],
    )  # fmt: skip
    assert ("sound", 1, "door") == (first["why"], first["copies"], first["text"])


def test_a_found_sound_is_made_anew_in_one_step(punchin, engine, indexed):
    """The second hit is the source of a transfer, exactly its span, with any option of a render."""
    engine.running = False
    ended = punchin(
        "library",
        "render",
        "door slam",
        "--hit",
        2,
        "--prompt",
        "stone door",
        "--strength",
        0.4,
        "--takes",
        2,
    )
    searched, rendered = engine.requests

    assert ExitCode.OK == ended.code and "made of: /lib/door 2.wav --region 0f:48000f" in ended.err
    assert isinstance(rendered, RenderRequest) and 2 == searched.limit
    assert FileSource("/lib/door 2.wav", frames(0), frames(48_000)) == rendered.source
    assert (Mode.TRANSFER, "stone door", 0.4, 2, "") == (
        rendered.mode, rendered.prompt, rendered.strength, rendered.takes, rendered.output,
    )  # fmt: skip
    assert indexed in engine.allowed or engine.started == 1


@pytest.mark.usefixtures("engine")
def test_the_source_of_a_take_is_in_the_json(punchin):
    """Beside the takes."""
    value = punchin("library", "render", "door", "--prompt", "stone", "--json").value

    assert "/lib/door 1.wav" == value["source"]["path"] and 1 == len(value["takes"])


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (("search",), ExitCode.USAGE, "prompt, like, or both"),
        (("search", "a", "--limit", "0"), ExitCode.USAGE, "limit"),
        (("search", "a", "--limit", "500"), ExitCode.USAGE, "limit"),
        (("search", "a", "--min-seconds", "3", "--max-seconds", "1"), ExitCode.USAGE, "max_seconds"),
        (("render", "a"), ExitCode.USAGE, "prompt"),
        (("render", "a", "--prompt", "b", "--hit", "0"), ExitCode.USAGE, "--hit"),
        (("render", "a", "--prompt", "b", "--hit", "3"), ExitCode.NOT_FOUND, "Only 2 sounds"),
        (("forget", "/nowhere"), ExitCode.NOT_FOUND, "not indexed"),
        (("index", "/nowhere"), ExitCode.NOT_FOUND, "There is no folder /nowhere"),
        (("find", "a"), ExitCode.USAGE, "find"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(punchin, line, code, words):
    """Nothing else on stderr."""
    ended = punchin("library", *line)

    assert code == ended.code
    assert words in ended.err.splitlines()[-1]


def test_ctrl_c_stops_the_index_and_says_what_is_kept(punchin, fake):
    """Like any job: the engine is told, and its end is waited for."""

    def interrupted(request):
        yield Queued(request.job_id, 0)
        yield lambda: signal.raise_signal(signal.SIGINT)
        yield Cancelled(request.job_id)

    fake.script = interrupted
    ended = punchin("library", "index", ".")

    assert ExitCode.CANCELLED == ended.code and "what was heard is kept" in ended.err
    assert [fake.requests[0].job_id] == fake.cancelled


def test_what_the_engine_refuses_is_told_in_its_words(punchin, fake):
    """With its exit code."""
    from engine.errors import ErrorCode

    fake.script = lambda request: iter(
        [Failed(request.job_id, ErrorCode.NOT_FOUND, "No sounds are indexed.")]
    )
    ended = punchin("library", "search", "door")

    assert (ExitCode.NOT_FOUND, "punchin: No sounds are indexed.\n") == (ended.code, ended.err)


def test_many_problems_do_not_fill_the_terminal(punchin, fake):
    """The first are told, the rest counted; --json has all."""

    def broken(request):
        for number in range(50):
            yield Skipped(request.job_id, f"/{number}.wav", "It is silent.")
        yield Indexed(request.job_id, 0, 0, 0, 0, 50)
        yield Done(request.job_id, 0, ())

    fake.script = broken
    told = punchin("library", "index", ".").err

    assert 21 == told.count("left out") and "30 more" in told
    assert 50 == len(punchin("library", "index", ".", "--json").value["folders"][0]["skipped"])


def test_folders_are_listed_and_forgotten_without_an_engine(punchin, fake, indexed):
    """The files stay."""
    fake.running = False
    (folder,) = punchin("library", "list", "--json").value["folders"]

    assert (str(indexed), 1, 0) == (folder["folder"], folder["files"], folder["left_out"])
    assert "1 sounds" in punchin("library", "list").out
    assert {"folder": str(indexed), "forgotten": 1} == punchin("library", "forget", indexed, "--json").value
    assert "no folders\n" == punchin("library", "list").out
    assert indexed.is_dir() and 0 == fake.started
