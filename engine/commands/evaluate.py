"""``punchin evaluate``: scores the model's takes; everything about it is in ``engine/evaluation``."""

from __future__ import annotations

import argparse
from importlib import import_module

from engine.commands.exit_codes import ExitCode
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.errors import EngineError, ErrorCode

EPILOG = ""
MODULE = "engine.evaluation.evaluate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options are read by the evaluation itself."""
    parser.add_argument("ARGUMENTS", nargs=argparse.REMAINDER, help="see 'punchin evaluate -- --help'")


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Hands over; what it needs beside the engine may not be installed."""
    try:
        evaluation = import_module(MODULE)
    except ModuleNotFoundError as error:
        sentence = f"The evaluation needs {error.name}, which is not installed; see CONTRIBUTING.md."
        raise EngineError(ErrorCode.NOT_FOUND, sentence) from error
    rest = [argument for argument in arguments.ARGUMENTS if argument != "--"]
    return Outcome({}, code=ExitCode.OK if evaluation.main(rest) == 0 else ExitCode.CHECK)
