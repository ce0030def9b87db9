"""From a command line to an exit code: find the command, run it, say what came of it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from engine import __version__
from engine.commands import defects
from engine.commands.arguments import Parser, UsageError
from engine.commands.exit_codes import ExitCode, exit_code_table
from engine.commands.job import Connect
from engine.commands.outcome import Outcome, cancelled, emit, failure, failure_of
from engine.errors import EngineError, ErrorCode

COMMANDS = {
    "engine": "run the engine in this window",
    "render": "make a region of a recording anew",
    "generate": "make a new sound",
    "recipe": "say how a take was made",
    "library": "find your own sounds by what they sound like, and use them",
    "takes": "list, search, rate, export or prune the takes that were made",
    "panel": "open the panel: prompt, strength, takes",
    "daw": "put Punch-In into DAWs, and takes onto their timelines",
    "effects": "put takes through effects: Pedalboard's and your own VST3 plugins",
    "train": "teach a model the sounds of a folder",
    "presets": "keep, find, share and apply what to ask for",
    "models": "list, get, check, repair or remove models",
    "status": "say what the engine is doing",
    "cancel": "stop a job",
    "quit": "end the engine",
    "doctor": "look for whatever could be wrong with this installation",
    "demo": "restyle a region of a real recording, and draw what happened",
    "bench": "measure how fast this machine is",
    "evaluate": "score the model's takes (development only)",
}
# Commands that lie in the package they belong to, which the engine does not know; all others lie here.
_ELSEWHERE = {
    "panel": "gui.command",
    "daw": "plugin_host.commands.daw",
    "effects": "plugin_host.commands.effects",
}


class Command(Protocol):
    """What the file of a command offers."""

    EPILOG: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Its options."""

    def run(self, arguments: argparse.Namespace, connect: Connect) -> Outcome:
        """Does it. Raises UsageError, EngineError."""


def run_line(argv: Sequence[str], connect: Connect) -> int:
    """Runs one command line; ``connect`` is how its command reaches the engine."""
    as_json = "--json" in argv
    defects.report_in_one_sentence(as_json)
    try:
        outcome = _run(argv, connect)
    except SystemExit as stop:  # --help and --version have printed what they had to
        return int(stop.code or 0)
    return _emit(outcome, as_json)


def _run(argv: Sequence[str], connect: Connect) -> Outcome:
    try:
        arguments = build_parser(argv).parse_args(argv)
        return command_of(arguments.command).run(arguments, connect)
    except UsageError as error:
        return failure(ErrorCode.BAD_ARGUMENT.value, str(error), ExitCode.USAGE)
    except EngineError as error:
        return failure_of(error)
    except KeyboardInterrupt:
        return cancelled("Cancelled.")


def _emit(outcome: Outcome, as_json: bool) -> int:
    try:
        emit(outcome, as_json)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough, as "| head" does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(outcome.code)


def command_of(name: str) -> Command:
    """The file of a command. It must be light: what it needs is imported when it runs."""
    return cast(Command, import_module(_ELSEWHERE.get(name, f"engine.commands.{name}")))


def build_parser(argv: Sequence[str]) -> Parser:
    """The parser of this command line: only files of commands that it names are read."""
    parser = Parser(
        prog="punchin",
        description="Select a region, type a prompt, and new takes come back in place, exactly.",
        epilog=exit_code_table(),
    )
    parser.add_argument("--version", action="version", version=f"punchin {__version__}")
    rows = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for name, summary in COMMANDS.items():
        row = rows.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name in argv:
            command = command_of(name)
            row.epilog = f"{command.EPILOG}\n{exit_code_table()}".strip()
            command.add_arguments(row)
    return parser
