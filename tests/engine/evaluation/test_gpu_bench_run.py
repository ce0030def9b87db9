"""The comparison on a GPU from end to end, as far as a CPU goes: its dry run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

for library in ("torch", "diffusers", "transformers", "onnx"):
    pytest.importorskip(library, reason=f"needs {library}, from the oracle extra")

from engine.commands.line import run_line  # noqa: E402 -- after the skips

pytestmark = pytest.mark.torch


def test_the_dry_run_takes_every_way_but_the_recorded_one(tmp_path: Path, capsys) -> None:
    """Every other side gives all its numbers; that one says why not."""
    small = ["--size", "s", "--seconds", "0.64", "--steps", "1", "--repeats", "1"]
    line = ["bench", "models", "--device", "cuda", "--dry-run", *small, "--work", str(tmp_path), "--json"]
    code = run_line(line, lambda *_: None)
    said = capsys.readouterr()
    value = json.loads(said.out)
    numbers = {row["name"]: row["value"] for row in value["measures"]}

    assert 0 == code
    assert all(number > 0.0 for number in numbers.values())
    assert all(name in said.err for name in numbers)
    common = {"first take after opening", "take", "first take of a new length", "memory"}
    ours = common | {"first chunk", "times faster"}
    sides = {"diffusers fp16": common, "torch fp16": ours, "ONNX Runtime fp16": ours}
    assert {f"S on the CPU, {side}: {what}" for side, whats in sides.items() for what in whats} == set(
        numbers
    )
    (note,) = value["notes"]
    assert note.startswith(
        "S on the CPU, torch fp16, CUDA graphs: not measured any further. Only CUDA records"
    )
