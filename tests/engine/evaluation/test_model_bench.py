"""What the models' benchmark makes of what it measures; how long things take is not tested."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.commands.line import run_line
from engine.errors import EngineError
from engine.evaluation import model_bench
from engine.evaluation.bench import Measure, markdown, table
from engine.evaluation.model_bench_picture import OUR_BAR, THEIR_BAR, draw_report
from engine.evaluation.model_report import Question, Report, StageTime
from engine.evaluation.operator_profile import ROUNDS, OperatorTime, summarise
from engine.evaluation.stages import interleaved, times_faster


class Clock:
    """Moves on only when a work says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_works_take_turns_and_the_first_round_does_not_count() -> None:
    """So that what slows the machine for a while slows all of them."""
    clock, calls = Clock(), []
    durations = {"a": iter([9.0, 1.0, 2.0]), "b": iter([9.0, 3.0, 4.0])}

    def work(name: str) -> None:
        calls.append(name)
        clock.now += next(durations[name])

    seconds = interleaved({name: lambda name=name: work(name) for name in "ab"}, 2, clock=clock)

    assert ["a", "b", "a", "b", "a", "b"] == calls
    assert {"a": [1.0, 2.0], "b": [3.0, 4.0]} == seconds


def test_a_ratio_is_taken_within_each_round() -> None:
    """A round in which the machine was slow for both says what the others say."""
    assert pytest.approx(4.0) == times_faster([4.0, 40.0, 4.4], [1.0, 10.0, 1.1])


@pytest.mark.parametrize(("value", "verdict"), [(3.5, "PASS"), (3.49, "FAIL")])
def test_a_target_may_be_the_least_that_a_number_must_be(value: float, verdict: str) -> None:
    """At least so many times faster."""
    assert verdict == Measure("step, times faster", value, "", least=3.5).verdict


def test_long_names_keep_their_columns_apart() -> None:
    """In lines and in markdown."""
    rows = [Measure("one guided step of the denoiser: int8, times faster", 3.6, "", least=3.5)]
    rows.append(Measure("memory", 39.0, "%", 40.0))
    lines = list(table(rows))
    (last,) = [line for line in markdown(rows, date(2025, 1, 2)) if "guided" in line]

    assert lines[0].endswith("3.6  target 3.5 or more PASS")
    assert lines[0].index("target") == lines[1].index("target")
    assert "| at least 3.5 | PASS |" in last


def kernel(operator: str, duration: int) -> dict[str, object]:
    """An event of ONNX Runtime's profile."""
    return {
        "cat": "Node",
        "name": f"{operator}_7_kernel_time",
        "dur": duration,
        "args": {"op_name": operator},
    }


def test_a_profile_is_summed_by_operator_without_the_first_round() -> None:
    """As one round's mean, the slowest first; what is no node is left out."""
    warm = [kernel("Conv", 900_000), kernel("Conv", 900_000), kernel("MatMul", 900_000)]
    plain = [kernel("Conv", 1000), kernel("Conv", 2000), kernel("MatMul", 5000)]
    session = {"cat": "Session", "name": "model_run", "dur": 10**9, "args": {}}
    fence = {"cat": "Node", "name": "Conv_7_fence_before", "dur": 10**6, "args": {"op_name": "Conv"}}
    events = [session, fence, *warm, *plain * (ROUNDS - 1)]

    assert (OperatorTime("MatMul", 0.005, 1), OperatorTime("Conv", 0.003, 2)) == summarise(events)


REPORT = Report(
    measures=(Measure("one guided step: int8, times faster", 3.7, "", least=3.5),),
    stages=(
        StageTime("one guided step", "diffusers", 2.0),
        StageTime("one guided step", "int8", 0.5, 0.25),
    ),
    operators=tuple(OperatorTime(f"Op{n}", 0.1 / (n + 1), n + 1) for n in range(15)),
    notes=("S, torch fp16: not measured any further.",),
)


def test_the_picture_shows_both_sides_on_one_scale() -> None:
    """The slower bar is full, ours a quarter of it."""
    pixels = np.asarray(draw_report(REPORT, "a title"))
    theirs, ours = ((pixels == colour).all(axis=2).sum(axis=1).max() for colour in (THEIR_BAR, OUR_BAR))

    assert theirs > 500
    assert ours / theirs == pytest.approx(0.25, abs=0.02)


def test_the_command_prints_numbers_operators_and_what_was_not_run(monkeypatch, capsys, tmp_path) -> None:
    """And draws the picture that was asked for."""
    asked = []

    def measure(question, _tell):
        asked.append(question)
        return REPORT

    monkeypatch.setattr(model_bench, "measure", measure)
    arguments = ["--size", "l", "--precision", "fp32", "--precision", "int8", "--precision", "fp32"]
    picture = str(tmp_path / "bars.png")
    code = run_line(["bench", "models", *arguments, "--steps", "7", "--picture", picture], no_engine)
    said = capsys.readouterr().out

    assert (0, "l", ("fp32", "int8"), 7) == (code, asked[0].size, asked[0].variants, asked[0].steps)
    assert "target 3.5 or more PASS" in said
    assert "| Op0 | 1 | 100.0 |" in said
    assert said.endswith("S, torch fp16: not measured any further.\n")
    with Image.open(tmp_path / "bars.png") as image:
        assert "PNG" == image.format


def test_the_command_prints_one_json_object(monkeypatch, capsys) -> None:
    """With everything in it."""
    monkeypatch.setattr(model_bench, "measure", lambda *_: REPORT)
    code = run_line(["bench", "models", "--json"], no_engine)
    value = json.loads(capsys.readouterr().out)

    assert (0, "PASS", 15, 2) == (
        code,
        value["measures"][0]["verdict"],
        len(value["operators"]),
        len(value["stages"]),
    )


@pytest.mark.parametrize("bad", [["--steps", "0"], ["--repeats", "0"], ["--seconds", "0.1"], ["--size", "x"]])
def test_values_out_of_range_are_refused_before_anything_is_made(bad: list[str], capsys) -> None:
    """With the usage code and one sentence."""
    code = run_line(["bench", "models", *bad], no_engine)
    assert (2, True) == (code, bad[0] in capsys.readouterr().err)


@pytest.mark.parametrize(
    "odd",
    [["--dry-run"], ["--device", "cuda", "--picture", "x.png"], ["--device", "cuda", "--precision", "fp32"]],
)
def test_options_of_the_other_device_are_refused(odd: list[str], capsys) -> None:
    """None is silently ignored."""
    code = run_line(["bench", "models", *odd], no_engine)
    assert (2, True) == (code, "--device c" in capsys.readouterr().err)


def test_missing_extras_are_a_sentence(monkeypatch, tmp_path: Path) -> None:
    """That says what to install."""
    monkeypatch.setattr(model_bench, "NEEDED", ("numpy", "no_such_library"))
    with pytest.raises(EngineError, match=r"needs no_such_library: pip install"):
        model_bench.measure(Question(tmp_path / "work"), print)
    assert not (tmp_path / "work").exists()


def no_engine(*_: object) -> None:
    """No command here talks to an engine."""
    raise AssertionError("the benchmark starts no engine")
