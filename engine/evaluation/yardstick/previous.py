"""The model to compare with: a bundle, which makes takes of its own, or a result that was kept."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine.errors import EngineError, ErrorCode
from engine.evaluation.yardstick.nearness import Nearness
from engine.evaluation.yardstick.report import FORMAT, Kind, Question, Row

MAX_BYTES = 2**24


def read_previous(path: Path, question: Question) -> Row:
    """The takes' row of a result that ``--json`` printed. Raises EngineError: NOT_FOUND; BAD_ARGUMENT for
    what is no such result, or one of another question."""
    value = _json(path)
    try:
        if value["format"] != FORMAT:
            raise _refusal(path, "was made by another version; make it again")
        _check_question(path, value["question"], question)
        return _row(value["rows"][Kind.TAKE])
    except (KeyError, TypeError, ValueError) as error:
        raise _refusal(path, "is no result of punchin evaluate --json") from error


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _refusal(path, "is too long to be a result of punchin evaluate")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise EngineError(ErrorCode.NOT_FOUND, f"{path} can't be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise _refusal(
            path, "is neither a bundle's folder nor a result of punchin evaluate --json"
        ) from error


def _check_question(path: Path, asked: dict[str, Any], question: Question) -> None:
    for field in fields(Question):
        now, before = getattr(question, field.name), asked[field.name]
        if now != before:
            raise _refusal(
                path, f"can't be compared: its {field.name} is {before!r}, now it is {now!r}; make it again"
            )


def _row(value: dict[str, Any]) -> Row:
    nearest = value["nearest"]
    numbers = {field.name: value[field.name] for field in fields(Row) if field.name != "nearest"}
    if not all(number is None or isinstance(number, int | float) for number in numbers.values()):
        raise ValueError("a row holds numbers")
    return Row(**numbers, nearest=None if nearest is None else Nearness(**nearest))


def _refusal(path: Path, why: str) -> EngineError:
    return EngineError(ErrorCode.BAD_ARGUMENT, f"{path} {why}.")
