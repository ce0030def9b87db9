"""The comparison on a GPU: what each side's process says is told at once, and its failure is its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.errors import EngineError, ErrorCode
from engine.evaluation import gpu_bench
from engine.evaluation.bench import Measure
from engine.evaluation.checkpoint_configs import Size
from engine.evaluation.gpu_side import Side
from engine.evaluation.model_report import Question, Report

FINE = """print('{"what": "first take after opening", "value": 3, "unit": "s"}')
print("a library says hello")
print('{"what": "first chunk", "value": 0.2, "unit": "s"}')
print('{"what": "take", "value": 0.4, "unit": "s"}')"""
HALFWAY = FINE + "\nraise RuntimeError('CUDA error: an illegal memory access was encountered')"
HANGING = FINE + "\nimport sys, time; sys.stdout.flush(); time.sleep(600)"


@pytest.fixture
def sides(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What each side's process is instead; a GPU that both runtimes promise."""
    scripts = dict.fromkeys(map(str, Side), FINE)
    monkeypatch.setattr(
        gpu_bench, "module_command", lambda _, side, *__: (sys.executable, "-c", scripts[side])
    )
    monkeypatch.setattr(gpu_bench, "installed_bundle", lambda checkpoint, *_, **__: checkpoint)
    monkeypatch.setattr(gpu_bench, "available_devices", lambda: ["cuda", "cpu"])
    return scripts


def measured(tmp_path: Path, told: list[str], size: Size = Size.L, is_dry: bool = False) -> Report:
    """A comparison of one size, without a checkpoint of that size."""
    configs = gpu_bench.tiny_configs
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gpu_bench, "published_configs", configs)
        return gpu_bench.measure(Question(tmp_path / "work"), [size], told.append, is_dry)


def values(report: Report) -> dict[str, float]:
    return {row.name: row.value for row in report.measures}


def test_every_side_is_compared_with_diffusers(sides: dict[str, str], tmp_path: Path) -> None:
    """Each number is told when it comes; a chunk is nothing diffusers has."""
    sides[Side.ONNX] = FINE.replace("0.4", "0.1")
    told: list[str] = []
    found = values(measured(tmp_path, told))
    assert (1.0, 1.0, 4.0) == tuple(found[f"L, {side}: times faster"] for side in list(Side)[1:])
    assert {f"L, {side}: first chunk" for side in list(Side)[1:]} == {n for n in found if "chunk" in n}
    assert all(any(line.startswith(name) for line in told) for name in found)


@pytest.mark.parametrize(
    ("script", "reason"),
    [(HALFWAY, "illegal memory access"), (HANGING, "It took longer than 5 s."), ("1/0", "ZeroDivision")],
)
def test_a_side_that_fails_costs_no_other_number(
    sides: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    """Nor those that it gave before; its last words are a note."""
    monkeypatch.setattr(gpu_bench, "SIDE_SECONDS", 5.0)
    sides[Side.TORCH] = script
    told: list[str] = []
    report = measured(tmp_path, told)
    takes = [name for name in values(report) if name.endswith(": take")]
    wanted = [side for side in Side if side is not Side.TORCH or script.startswith(FINE)]
    assert [f"L, {side}: take" for side in wanted] == takes
    (note,) = [note for note in report.notes if note.startswith("L, torch fp16: not measured any further.")]
    assert reason in note
    assert note in told


def test_without_diffusers_our_sides_are_still_measured(sides: dict[str, str], tmp_path: Path) -> None:
    """There is only nothing to compare them with."""
    sides[Side.DIFFUSERS] = "import no_such_library"
    report = measured(tmp_path, [])
    assert 3 == sum(name.endswith(": take") for name in values(report))
    assert not any("faster" in name for name in values(report))
    assert any("no_such_library" in note for note in report.notes)


@pytest.mark.usefixtures("sides")
def test_a_checkpoint_that_cant_be_installed_is_diffusers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the installer's own sentence."""

    def refuse(*_: object, **__: object) -> Path:
        raise EngineError(ErrorCode.CANT_WRITE, "The disk has no room.")

    monkeypatch.setattr(gpu_bench, "installed_bundle", refuse)
    report = measured(tmp_path, [])
    assert ["first take after opening", "take"] == [name.split(": ")[1] for name in values(report)]
    assert "The disk has no room." in report.notes[-1]


@pytest.mark.usefixtures("sides")
def test_the_target_is_for_takes_of_l_on_a_gpu(tmp_path: Path) -> None:
    """Half a second for ours; none for S, and none where tiny ones are made."""

    def limited(rows: tuple[Measure, ...]) -> list[str]:
        return [row.name for row in rows if row.limit == 0.5]

    assert [f"L, {side}: take" for side in list(Side)[1:]] == limited(measured(tmp_path, []).measures)
    assert not limited(measured(tmp_path, [], Size.S).measures)
    assert not limited(measured(tmp_path, [], is_dry=True).measures)


@pytest.mark.usefixtures("sides")
def test_where_nothing_is_for_cuda_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the way to see it run all the same."""
    monkeypatch.setattr(gpu_bench, "available_devices", lambda: ["cpu", "torch-cpu"])
    with pytest.raises(EngineError, match="--dry-run") as caught:
        measured(tmp_path, [])
    assert ErrorCode.NO_DEVICE == caught.value.code
    assert not (tmp_path / "work").exists()


def test_when_every_side_fails_the_command_does(sides: dict[str, str], tmp_path: Path) -> None:
    """With the last reason."""
    sides.update(dict.fromkeys(sides, "raise SystemExit('No GPU is left.')"))
    with pytest.raises(EngineError, match=r"Nothing could be measured.*No GPU is left\."):
        measured(tmp_path, [])
