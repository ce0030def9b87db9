"""``punchin evaluate``: what is asked for reaches the yardstick, and its report is told in every form."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from engine.commands import evaluate
from engine.commands.exit_codes import ExitCode
from engine.evaluation.yardstick import hearing, measure
from engine.evaluation.yardstick.report import Kind, PromptRow, Question, Report, Row
from engine.evaluation.yardstick.timing import Timing
from engine.protocol.replies import Progress
from tests.bundles import make_tiny_bundle

ROW = Row(2, 0.5, 0.2, None, None, None, None, None, 2.0, 0.5, None, 0.0, 0.0)


def made(asked: Any) -> Report:
    """A small report of what was asked."""
    return Report(
        model={"name": asked.model.specification.name, "digest": "", "device": "cpu"},
        question=asked.question,
        settings={"steps": asked.steps, "guidance": 2.0},
        rows={Kind.TAKE: ROW},
        prompts=(PromptRow("rain", None, {Kind.TAKE: (True, False)}, ("Rain", "Wind")),),
        spaces=(),
        memory=None,
        transfer=(),
        gaps={},
        timing=Timing(1.0, 0.4),
        notes=("A note.",),
    )


@pytest.fixture
def yardstick(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> SimpleNamespace:
    """Stands in for the work; remembers what was asked. A model called tiny is installed."""
    make_tiny_bundle(tmp_path / "home" / "models" / "tiny")
    seen = SimpleNamespace(asked=None, previous=None, fail=None)

    def measured(asked: Any, _ears: Any, _notes: Any, previous: Any = None) -> Any:
        seen.asked, seen.previous = asked, previous
        yield Progress("", "making takes", 0, 2, -1.0)
        yield Progress("", "making takes", 1, 2, 75.0)
        if seen.fail is not None:
            raise seen.fail
        return made(asked)

    monkeypatch.setattr(measure, "evaluate", measured)
    monkeypatch.setattr(hearing, "open_ears", lambda _model: (None, ()))
    return seen


def test_any_installed_model_is_asked_for_all_prompts(punchin, yardstick) -> None:
    """With the defaults, its progress and the time left on stderr, and the report as text."""
    ended = punchin("evaluate", "--model", "tiny")

    assert ExitCode.OK == ended.code
    assert ("tiny", 3, 3.0, 0) == (
        yardstick.asked.model.specification.name,
        yardstick.asked.takes,
        yardstick.asked.seconds,
        yardstick.asked.seed,
    )
    assert len(yardstick.asked.prompts) >= 60
    assert "making takes 1 of 2, 1:15 min left" in ended.err
    assert "not measured" in ended.out and "A note." in ended.out and "tiny" in ended.out


def test_a_quick_run_is_a_part_of_it(punchin, yardstick) -> None:
    """Fewer prompts, fewer takes."""
    punchin("evaluate", "--model", "tiny", "--quick")

    assert 2 == yardstick.asked.takes and yardstick.asked.quick
    assert 10 <= len(yardstick.asked.prompts) <= 20


def test_json_markdown_and_a_picture(punchin, yardstick, tmp_path) -> None:
    """One object; tables; a PNG that appears whole."""
    assert yardstick
    value = punchin("evaluate", "--model", "tiny", "--json", "--picture", tmp_path / "p.png").value
    lines = punchin("evaluate", "--model", "tiny", "--markdown").out.splitlines()

    assert 0.5 == value["rows"]["takes"]["hit"] and value["machine"] and value["date"]
    assert any(line.startswith("| takes |") for line in lines)
    with Image.open(tmp_path / "p.png") as picture:
        assert picture.format == "PNG" and picture.width > 1000


def test_a_kept_result_is_what_it_is_compared_with(punchin, yardstick, tmp_path) -> None:
    """What --json printed; of another question it is refused before anything is made."""
    kept = tmp_path / "before.json"
    kept.write_text(punchin("evaluate", "--model", "tiny", "--json").out)
    assert ExitCode.OK == punchin("evaluate", "--model", "tiny", "--against", kept).code
    assert ROW == yardstick.previous

    yardstick.asked = None
    other = punchin("evaluate", "--model", "tiny", "--against", kept, "--takes", "2", "--json")
    assert "bad_argument" == other.value["error"]["code"] and "takes" in other.value["error"]["sentence"]
    assert yardstick.asked is None


def test_another_bundle_is_what_it_is_compared_with(punchin, yardstick, tmp_path) -> None:
    """Wherever it lies."""
    folder = make_tiny_bundle(tmp_path / "elsewhere", name="other")
    punchin("evaluate", "--model", "tiny", "--against", folder)

    assert "other" == yardstick.asked.previous.specification.name


def test_ctrl_c_reports_nothing(punchin, yardstick, tmp_path) -> None:
    """Half an evaluation is no result, and leaves no picture."""
    yardstick.fail = KeyboardInterrupt()
    ended = punchin("evaluate", "--model", "tiny", "--picture", tmp_path / "p.png")

    assert (ExitCode.CANCELLED, "", False) == (ended.code, ended.out, (tmp_path / "p.png").exists())


@pytest.mark.parametrize(
    "wrong", [("--takes", "1"), ("--seconds", "0.1"), ("--steps", "2000"), ("--takes", "99")]
)
def test_what_would_fail_after_minutes_is_refused_at_once(punchin, yardstick, wrong) -> None:
    """With the range."""
    ended = punchin("evaluate", *wrong)

    assert ExitCode.USAGE == ended.code and "between" in ended.err and yardstick.asked is None


def test_a_result_is_one_json_value_without_nan() -> None:
    """None is null, and reading it gives the question back."""
    asked = SimpleNamespace(
        model=SimpleNamespace(specification=SimpleNamespace(name="x")),
        question=Question("p", "", 3, 3.0, 0),
        steps=0,
    )
    value = json.loads(json.dumps(made(asked).value(), allow_nan=False))

    assert Question(**value["question"]) == asked.question
    assert evaluate.EPILOG.endswith("\n")
