"""``punchin engine``: the engine itself, in this window, until it is told to quit."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.commands.arguments import UsageError, add_json_option, number, port
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.config import MEMORY_VARIABLE, EngineOptions, find_home, memory_limit

EPILOG = "Only this machine is answered unless --bind says otherwise; then peers must send the token.\n"
DEFAULTS = EngineOptions()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add = parser.add_argument
    add("--bind", default=DEFAULTS.bind, metavar="ADDRESS", help="where to listen (%(default)s)")
    add("--port", type=port, default=DEFAULTS.port, metavar="N", help="UDP and TCP (%(default)s); 0: any")
    add("--or-any-port", action="store_true", help="take another port where that one is not free")
    add(
        "--model",
        default=DEFAULTS.model,
        metavar="NAME",
        help="what jobs use that name none (the embedded one)",
    )
    add("--device", default=DEFAULTS.device, metavar="NAME", help="auto, cpu, cuda... (%(default)s)")
    add(
        "--memory-limit",
        type=number,
        metavar="GB",
        help=f"what models may take of the memory (${MEMORY_VARIABLE}, or else half of it)",
    )
    add(
        "--allow",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="another folder that jobs may read and write; may be given again",
    )
    add(
        "--idle-minutes",
        type=number,
        default=DEFAULTS.idle_minutes,
        metavar="N",
        help="end after so long without jobs and clients (%(default)g: never)",
    )
    add_json_option(parser)  # fmt: skip


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Serves until told to quit. Raises UsageError, and EngineError: BUSY and others."""
    from engine import server

    if not arguments.idle_minutes >= 0.0:  # nor what is no number
        raise UsageError(f"--idle-minutes takes 0 (never) or more, not {arguments.idle_minutes:g}.")
    options = EngineOptions(
        bind=arguments.bind,
        port=arguments.port,
        or_any_port=arguments.or_any_port,
        model=arguments.model,
        device=arguments.device,
        memory_limit_gb=memory_limit(arguments.memory_limit),
        allow=tuple(arguments.allow),
        idle_minutes=arguments.idle_minutes,
    )
    server.run(options, find_home(), announce)
    return Outcome({"ended": True})


def announce(line: str) -> None:
    """On stderr, where it can be seen and is in nobody's way."""
    print(line, file=sys.stderr, flush=True)
