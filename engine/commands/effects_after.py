"""Finished takes through a chain of effects: ``punchin effects apply`` as a process, as the panel has it.

The engine knows nothing of effects. A chain that fails leaves the takes as the engine made them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.config import module_command
from engine.errors import EngineError, ErrorCode

if TYPE_CHECKING:
    from presets.effects import Effect


def check_effects(effects: Sequence[Effect]) -> None:
    """Raises EngineError unless all of them can be loaded and set on this machine."""
    if effects:
        run_effects(effects, "apply", "--check")


def put_through(takes: Sequence[str], effects: Sequence[Effect]) -> None:
    """Each take's file becomes what the effects make of it.

    Raises EngineError, which also says which takes are there as they were.
    """
    for number, take in enumerate(takes if effects else ()):
        try:
            run_effects(effects, "apply", "--in-place", take)
        except EngineError as error:
            left = ", ".join(takes[number:])
            sentence = f"{error.sentence} Without their effects are there: {left}."
            raise EngineError(error.code, sentence) from error


def run_effects(effects: Sequence[Effect], *arguments: str) -> dict[str, Any]:
    """What ``punchin effects`` says with this chain. Raises EngineError."""
    from presets.document import encode_chain

    command = module_command("engine", "effects", *arguments, "--chain", "-", "--json")
    # What it says meanwhile, how far it is among it, goes where our own words go.
    done = subprocess.run(command, input=encode_chain(effects), stdout=subprocess.PIPE, check=False)
    try:
        value = json.loads(done.stdout)
    except ValueError:
        raise EngineError(ErrorCode.INTERNAL, "The effects ended without a word.") from None
    assert isinstance(value, dict)
    if "error" in value:
        raise EngineError(_code(value["error"]["code"]), value["error"]["sentence"])
    for notice in value.get("notices", ()):
        print(f"note: {notice}", file=sys.stderr)
    return value


def _code(text: str) -> ErrorCode:
    return ErrorCode(text) if text in set(ErrorCode) else ErrorCode.INTERNAL
