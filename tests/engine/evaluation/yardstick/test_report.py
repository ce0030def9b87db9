"""A report as verdicts, text, a picture, and as what the next one is compared with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import EngineError, ErrorCode
from engine.evaluation.yardstick.editing import GapRow, TransferPoint
from engine.evaluation.yardstick.lines import markdown, text
from engine.evaluation.yardstick.nearness import Nearness
from engine.evaluation.yardstick.picture import BOUND, COLOURS, draw_report
from engine.evaluation.yardstick.previous import read_previous
from engine.evaluation.yardstick.report import (
    Copied,
    Kind,
    Memory,
    PromptRow,
    Question,
    Report,
    Row,
    Space,
    Target,
)
from engine.evaluation.yardstick.timing import Timing, heard_after
from engine.protocol.replies import Chunk, Done, Draft, Reply

ROW = Row(
    sounds=4,
    hit=0.5,
    probability=0.2,
    closeness=0.3,
    fad=0.4,
    fad_all=0.9,
    fad_effects=0.7,
    kl=2.0,
    inception=5.0,
    diversity=0.6,
    nearest=Nearness(0.1, 0.2, 0.3, 0.05),
    unusable=0.0,
    late=0.0,
)
COPIED = Copied("rain", 1, 0.1, "c7", "pack")
QUESTION = {"prompts": "p", "corpus": "c", "takes": 2, "seconds": 3.0, "seed": 0}


def report(**fields: Any) -> Report:
    """A whole one: takes hit 3 of 4, real clips 4 of 4, of two prompts."""
    prompts = (
        PromptRow("rain", True, {Kind.REAL: (True, True), Kind.TAKE: (True, False)}, ("Rain", "Wind")),
        PromptRow("a dog", False, {Kind.REAL: (True, True), Kind.TAKE: (True, True)}, ("Dog", "Dog")),
    )
    rows = {
        Kind.REAL: replace(ROW, hit=1.0),
        Kind.ROUND_TRIP: replace(ROW, fad=0.25, nearest=None),
        Kind.TAKE: replace(ROW, hit=0.75),
        Kind.NOISE: replace(ROW, fad=30.0, closeness=-0.1, unusable=0.1),
    }
    made = Report(
        model={"name": "tiny", "digest": "0" * 64, "device": "cpu"},
        question=Question(**QUESTION),
        settings={"steps": 4, "guidance": 2.0},
        rows=rows,
        prompts=prompts,
        spaces=(Space("YAMNet", 64, 0.9, 300, 600, 1024),),
        memory=Memory(
            0.1, Nearness(0.1, 0.3, 0.5), (("pack", 4, 0.1),), (Copied("rain", 1, 0.1, "c7", "pack"),)
        ),
        transfer=(TransferPoint(0.2, 0.1, 0.01, 0.3), TransferPoint(1.0, 0.5, 0.2, 1.5)),
        gaps={"filled": GapRow(0.9, 1.4, 0.0, 0.5)},
        timing=Timing(1.4, 0.6),
        notes=("A note.",),
    )
    return replace(made, **fields)


def test_targets_are_judged_on_either_side() -> None:
    """At most, at least, and what could not be measured passes nothing."""
    verdicts = {
        (value, at_most): Target("t", value, 1.0, at_most).verdict
        for value in (0.9, 1.0, 1.1, None)
        for at_most in (True, False)
    }

    assert ["PASS", "PASS", "FAIL", "not measured"] == [verdicts[v, True] for v in (0.9, 1.0, 1.1, None)]
    assert ["FAIL", "PASS", "PASS", "not measured"] == [verdicts[v, False] for v in (0.9, 1.0, 1.1, None)]


def test_the_issue_is_in_the_targets() -> None:
    """Agreement of held-out prompts alone and of all, distance over the round trip's, silence, times."""
    values = [target.value for target in report().targets]

    assert [0.5, 0.75, pytest.approx(1.6), 0.0, 1.4, 0.6] == values
    assert ["FAIL", "PASS", "PASS", "PASS", "PASS", "FAIL"] == [t.verdict for t in report().targets]


def test_a_missing_round_trip_judges_nothing() -> None:
    """Nor do missing held-out recordings."""
    rows = {kind: row for kind, row in report().rows.items() if kind is not Kind.ROUND_TRIP}
    prompts = report().prompts[1:]
    targets = report(rows=rows, prompts=prompts).targets

    assert [None, 1.0, None] == [target.value for target in targets[:3]]


def test_the_text_says_everything() -> None:
    """Prompts with a star where recordings are borrowed, rows, edits, targets and how to read them."""
    said = "\n".join(text(report()))

    for words in (
        "2/2*",
        "FAD-YAMNet",
        "white noise",
        "transfer, strength",
        "filled",
        "FAIL",
        "A note.",
        "c7",
    ):
        assert words in said
    assert "0.200 (5.0 %)" in said and "64 of 1024 axes" in said


def test_markdown_tables_are_whole() -> None:
    """Every row of a table has as many cells as its heading."""
    lines = list(markdown(report()))
    width = 0
    for line in lines:
        if line.startswith("|"):
            width = width or line.count("|")
            assert width == line.count("|")
        else:
            width = 0

    assert any("white noise" in line for line in lines)


def test_what_is_missing_is_a_dash_and_no_number() -> None:
    """In text and as null in JSON."""
    rows = dict.fromkeys((Kind.TAKE,), replace(ROW, fad=None, fad_all=None, closeness=None, nearest=None))
    bare = report(rows=rows, memory=None, transfer=(), gaps={}, spaces=())
    line = next(line for line in markdown(bare) if line.startswith("| takes"))

    assert 3 == line.count("| - ")
    assert json.loads(json.dumps(bare.value()))["rows"]["takes"]["fad"] is None


def test_the_picture_has_bars_marks_and_a_cut_for_noise() -> None:
    """Every kind in its colour, targets in theirs; it grows with the prompts."""
    drawn = draw_report(report(), "title")
    pixels = np.asarray(drawn).reshape(-1, 3)
    there = {tuple(int(v) for v in pixel) for pixel in np.unique(pixels, axis=0)}

    assert {BOUND, *(COLOURS[kind] for kind in report().rows)} <= there
    many = report(prompts=report().prompts * 40)
    assert draw_report(many, "title").height > drawn.height
    assert draw_report(report(memory=None, transfer=(), gaps={}), "title").width == drawn.width


def kept(path: Path, **changes: Any) -> Path:
    """A result as --json prints it."""
    path.write_text(json.dumps(report().value() | changes))
    return path


def test_a_kept_result_is_read_again(tmp_path) -> None:
    """Its takes' row, as it was."""
    assert report().rows[Kind.TAKE] == read_previous(kept(tmp_path / "a.json"), report().question)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"question": {"prompts": "p", "corpus": "c", "takes": 3, "seconds": 3.0, "seed": 0}},
            "its takes is 3",
        ),
        ({"format": 0}, "another version"),
        ({"rows": {}}, "no result"),
        ({"rows": {"takes": {"hit": "many"}}}, "no result"),
    ],
)
def test_what_can_not_be_compared_is_refused(tmp_path, changes, words) -> None:
    """With what is different."""
    with pytest.raises(EngineError) as caught:
        read_previous(kept(tmp_path / "a.json", **changes), report().question)

    assert (ErrorCode.BAD_ARGUMENT, True) == (caught.value.code, words in caught.value.sentence)


def test_what_is_no_json_is_refused(tmp_path) -> None:
    """And what is not there."""
    (tmp_path / "b.json").write_text("[" * 100_000)
    with pytest.raises(EngineError, match="neither a bundle"):
        read_previous(tmp_path / "b.json", report().question)
    with pytest.raises(EngineError, match="can't be read"):
        read_previous(tmp_path / "c.json", report().question)


def test_a_draft_counts_until_all_of_it_was_sent() -> None:
    """As drafts, or as the take where that is quicker; of a job that sends nothing, until it is done."""
    now: list[int] = []

    def piece(kind: type, start: int, count: int) -> Any:
        return kind("job", 0, 0, start, 1, 16_000, bytes(4 * count))

    drafts = [piece(Draft, 0, 60), piece(Draft, 60, 40), piece(Chunk, 0, 100), Done("job", 1, ())]

    def passing() -> Iterator[Reply]:
        for place, reply in enumerate(drafts):
            now.append(place)
            yield reply

    assert heard_after(passing(), 100, lambda: now[-1]) == 1
    drafts.pop(1)
    assert heard_after(passing(), 100, lambda: now[-1]) == 1
    assert heard_after(passing(), 999, lambda: now[-1]) == 2
