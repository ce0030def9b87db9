"""``punchin daw``: Punch-In inside of DAWs. One file for each group of actions, read when it is asked for."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from engine.commands.arguments import Parser, add_json_option
from engine.commands.exit_codes import ExitCode
from engine.commands.job import Connect
from engine.commands.outcome import Outcome, cancelled, failure
from plugin_host.bridge import Stopped
from plugin_host.errors import DawError

EPILOG = """NAME is a DAW of "punchin daw list".
"""

# What can be done: the file it is in, and its line in the help.
ACTIONS: Mapping[str, tuple[str, str]] = {
    "list": ("daw_install", "which DAWs there are, and where Punch-In is installed"),
    "install": ("daw_install", "put scripts, keys and plugin where a DAW looks for them"),
    "remove": ("daw_install", "take them away again"),
    "check": ("daw_test", "ask a running DAW for a sign of life"),
    "test": ("daw_test", "prove a DAW's way out and back, in a DAW of its own from a clean home"),
    "punch": ("daw_punch", "make takes of what is selected in a DAW, and put them in place"),
    "get": ("daw_punch", "write what is selected in a DAW into a file"),
    "put": ("daw_punch", "put takes where they belong in a DAW"),
    "build-plugin": ("daw_plugin", "build the plugin for tracks of any DAW"),
    "plugins": ("daw_plugin", "which instances of the plugin run, and the takes they play"),
    "ask": ("daw_ask", "say what the plugin asks for when Punch is pressed on it"),
    "grant": (
        "daw_grant",
        "let the plugin read takes from another folder, such as a session's on its own drive",
    ),
    "forget": ("daw_plugin", "take takes out of the plugin; their files stay"),
    "watch": ("daw_watch", "make takes of every recording that is dropped into a folder"),
    "export-timeline": ("daw_export", "write takes as a timeline that DAWs and editors read: OTIO or AAF"),
}


class Action(Protocol):
    """What the file of an action offers."""

    def add_arguments(self, name: str, row: argparse.ArgumentParser) -> None:
        """The options of one of its actions."""

    def run(self, arguments: argparse.Namespace, connect: Connect) -> Outcome:
        """Does it. Raises UsageError, EngineError, DawError."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its actions."""
    rows = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    for name, (_module, summary) in ACTIONS.items():
        row = rows.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        _file_of(name).add_arguments(name, row)
        if not any("--json" in action.option_strings for action in row._actions):
            add_json_option(row)


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Does what was asked for; what a DAW refuses is a sentence."""
    try:
        return _file_of(arguments.action).run(arguments, connect)
    except Stopped as error:
        return cancelled(error.sentence)
    except DawError as error:
        return failure("daw", error.sentence, ExitCode.CHECK)


def _file_of(action: str) -> Action:
    return cast(Action, import_module(f"plugin_host.commands.{ACTIONS[action][0]}"))
