"""``punchin daw``: Punch-In inside of DAWs."""

from __future__ import annotations

import argparse

from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from plugin_host.daws import DAWS

EPILOG = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("ACTION", choices=["list"], help="list: which DAWs there are")


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Does what was asked for."""
    del arguments
    return Outcome({"daws": list(DAWS)}, tuple(DAWS))
