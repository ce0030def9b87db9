"""What a command prints at its end."""

from __future__ import annotations

import json
import math

import pytest

from engine.commands.outcome import Outcome, emit


def test_what_was_not_measured_is_null_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Strict readers of JSON know neither nan nor infinity; numbers that there are stay as they are."""
    rows = ({"seam": math.nan, "hit": 0.5}, {"seam": -math.inf, "hit": 1})
    emit(Outcome({"rows": rows, "name": "nan"}), as_json=True)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    assert json.loads(capsys.readouterr().out, parse_constant=refuse) == {
        "rows": [{"seam": None, "hit": 0.5}, {"seam": None, "hit": 1}],
        "name": "nan",
    }
