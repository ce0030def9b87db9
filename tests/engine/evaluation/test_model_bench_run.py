"""The models' benchmark from end to end on a tiny checkpoint: every number is there, and each is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

for library in ("torch", "diffusers", "transformers", "onnx"):
    pytest.importorskip(library, reason=f"needs {library}, from the oracle extra")

from engine.config import find_home  # noqa: E402 -- after the skips
from engine.evaluation.arithmetic import count_operations  # noqa: E402
from engine.evaluation.bench_install import installed_bundle  # noqa: E402
from engine.evaluation.installed import Guidance, Installed  # noqa: E402
from engine.evaluation.model_bench import measure  # noqa: E402
from engine.evaluation.model_report import Question, Report  # noqa: E402
from engine.evaluation.published import Published  # noqa: E402
from engine.evaluation.stages import Stage  # noqa: E402
from tests.checkpoints import make_checkpoint  # noqa: E402

pytestmark = pytest.mark.torch

SECONDS = 0.64


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny one."""
    return make_checkpoint(tmp_path_factory.mktemp("hub") / "tiny")


@pytest.fixture(scope="module")
def report(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Two runtimes and int8 beside diffusers, one round, two steps."""
    work = tmp_path_factory.mktemp("work")
    variants = ("int8", "fp32", "torch")
    question = Question(work, checkpoint=checkpoint, variants=variants, steps=2, seconds=SECONDS, repeats=1)
    return measure(question, lambda _: None)


def test_every_stage_of_every_side_is_measured(report: Report) -> None:
    """Seconds above zero, and a ratio for each of ours."""
    values = {measure.name: measure.value for measure in report.measures}
    whole = f"text to audio, {SECONDS:g} s"
    for stage in (*Stage, whole):
        assert values[f"{stage}: diffusers"] > 0.0
        for side in ("int8", "fp32", "torch"):
            assert values[f"{stage}: {side}"] > 0.0
            assert values[f"{stage}: {side}, times faster"] > 0.0
    assert {f"{whole}: int8, guidance 1", f"{whole}: int8, guided from 0.2 to 0.8"} <= set(values)
    assert len(values) == len(report.measures)


def test_the_targets_are_those_of_int8(report: Report) -> None:
    """3.5, 3, 3 and 4 times faster, 40 % of the memory."""
    aims = {measure.name: measure.least or measure.limit for measure in report.measures if measure.verdict}
    assert [3.0, 3.0, 3.5, 4.0, 40.0] == sorted(aims.values())
    assert all("int8" in name for name in aims)


def test_the_step_is_taken_apart_by_operators(report: Report) -> None:
    """Something is multiplied in it."""
    operators = {row.operator for row in report.operators}
    assert any("MatMul" in name or "Conv" in name or "Gemm" in name for name in operators)
    assert all(row.seconds >= 0.0 and row.nodes > 0 for row in report.operators)


def test_the_picture_has_a_bar_for_each_side_of_each_stage(report: Report) -> None:
    """And a limit for those of ours whose arithmetic was counted."""
    sides = ["diffusers", "int8", "fp32", "torch"]
    assert sides * 5 == [time.side for time in report.stages]
    assert 3 * 4 == sum(time.limit is not None for time in report.stages)


def test_both_sides_do_the_same_work(checkpoint: Path, tmp_path: Path, monkeypatch) -> None:
    """The same shapes go in, so that the same multiplications are timed."""
    monkeypatch.setenv("PUNCHIN_HOME", str(tmp_path))
    bundle = installed_bundle(checkpoint, "fp32", lambda _: None)
    ours = Installed(bundle, "torch-cpu", SECONDS, find_home()).stages()
    theirs = Published(checkpoint, SECONDS).stages()
    counts = {
        stage: [count_operations(side[stage]) for side in (theirs, ours)]
        for stage in (Stage.STEP, Stage.DECODE, Stage.VOCODE)
    }
    assert all(0.9 < our / their < 1.1 for their, our in counts.values())


def test_the_same_noise_and_steps_are_asked_of_both(checkpoint: Path, tmp_path: Path, monkeypatch) -> None:
    """A take of the length asked for comes back on either side."""
    monkeypatch.setenv("PUNCHIN_HOME", str(tmp_path))
    bundle = installed_bundle(checkpoint, "fp32", lambda _: None)
    ours = Installed(bundle, "cpu", SECONDS, find_home()).generate(2, Guidance(scale=1.0))
    theirs = Published(checkpoint, SECONDS).generate(2)

    assert (round(SECONDS * 16_000),) == theirs.shape
    assert np.isfinite(theirs).all()
    assert 0.0 < ours.first_chunk <= ours.total
    assert (tmp_path / "take.wav").is_file()
