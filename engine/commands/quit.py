"""``punchin quit``: end the engine; what it is doing is cancelled."""

from __future__ import annotations

import argparse

from engine.commands.arguments import add_json_option
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.errors import EngineError, ErrorCode

EPILOG = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_json_option(parser)


def run(_arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Tells a running engine; where there is none, there is nothing to do."""
    try:
        with connect(False) as engine:
            engine.quit()
    except EngineError as error:
        if error.code is not ErrorCode.NO_ENGINE:
            raise
        return Outcome({"quit": False}, ("No engine is running.",))
    return Outcome({"quit": True}, ("The engine has ended.",))
