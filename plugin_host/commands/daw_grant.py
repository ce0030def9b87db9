"""``punchin daw grant [FOLDER]``: from where the plugin may read takes, beside the account's own folders."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.commands.arguments import UsageError
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.config import find_home
from plugin_host.vst3.granted import grant, granted, take_back


def add_arguments(_name: str, row: argparse.ArgumentParser) -> None:
    """Its options."""
    row.add_argument(
        "FOLDER", nargs="?", help="a folder that sessions lie in; without: those that are granted"
    )
    row.add_argument("--take-back", action="store_true", help="no longer")


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Does it. Raises UsageError, EngineError or DawError."""
    home = find_home()
    if arguments.FOLDER is None:
        if arguments.take_back:
            raise UsageError("--take-back: say which FOLDER.")
        folders = granted(home)
    else:
        change = take_back if arguments.take_back else grant
        folders = change(home, Path(arguments.FOLDER))
    lines = tuple(map(str, folders)) or ("No folder is granted but the account's own and the temporary one.",)
    return Outcome({"granted": list(map(str, folders))}, lines)
