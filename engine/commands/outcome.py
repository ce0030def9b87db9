"""What a command came to: lines for people, one value for programs, a number for the shell."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TextIO

from engine.commands.exit_codes import OF_ERROR, ExitCode
from engine.errors import EngineError

Value = Mapping[str, object]


@dataclass(frozen=True)
class Outcome:
    """The end of a command: ``lines`` for stdout and a ``complaint`` for stderr, or ``value`` as JSON."""

    value: Value
    lines: tuple[str, ...] = ()
    complaint: str = ""
    code: ExitCode = field(default=ExitCode.OK)


def failure(code: str, sentence: str, exit_code: ExitCode) -> Outcome:
    """A command that came to nothing, for a reason."""
    return Outcome({"error": {"code": code, "sentence": sentence}}, (), sentence, exit_code)


def failure_of(error: EngineError) -> Outcome:
    """What an error of the engine or the client ends a command with."""
    return failure(error.code.value, error.sentence, OF_ERROR[error.code])


def cancelled(sentence: str) -> Outcome:
    """The user, or another client, stopped it."""
    return failure("cancelled", sentence, ExitCode.CANCELLED)


def emit(outcome: Outcome, as_json: bool) -> None:
    """Prints it: one JSON object on stdout, or the lines there and the complaint on stderr."""
    if as_json:
        if outcome.value:  # a command that has printed its own has none
            print(json.dumps(_without_nan(outcome.value), allow_nan=False))
        return
    for line in outcome.lines:
        _print(line, sys.stdout)
    sys.stdout.flush()
    if outcome.complaint:
        _print(f"punchin: {outcome.complaint}", sys.stderr)


def _without_nan(value: object) -> object:
    """The same with null where a number was not measured: JSON knows neither nan nor infinity."""
    if isinstance(value, Mapping):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print(line: str, stream: TextIO) -> None:
    """Prints what the stream can show; other characters, of a file's name perhaps, by their numbers."""
    encoding = stream.encoding or "utf-8"
    print(line.encode(encoding, "backslashreplace").decode(encoding), file=stream)
