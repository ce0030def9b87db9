"""What the command line takes: numbers that say what is wrong with them, and the options commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NoReturn, TypeVar

from engine.commands.times import TimeError

Parsed = TypeVar("Parsed")

_MAX_DIGITS = 40  # of a number; longer ones are a slip, and Python refuses to read very long ones
_MAX_QUOTED = 60


class UsageError(Exception):
    """The command line makes no sense; its text is one sentence."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of ending the process, and never guesses shortened options."""

    def __init__(self, **options: object) -> None:
        options.setdefault("allow_abbrev", False)
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**options)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Called by argparse for everything it can't read."""
        stop = "" if message.endswith((".", "?")) else "."
        raise UsageError(f"{message}{stop} See '{self.prog} --help'.")


def quoted(text: str) -> str:
    """What was typed, short enough to say back."""
    return repr(text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}...")


def whole(text: str) -> int:
    """A whole number; its range is the engine's business."""
    digits = text.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS):
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a whole number.")
    return int(text)


def number(text: str) -> float:
    """A number; its range is the engine's business."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a number.") from None


def port(text: str) -> int:
    """A port number; 0 lets the system choose."""
    value = whole(text)
    if not 0 <= value <= 65_535:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a port: use 0 to 65535.")
    return value


def time_option(option: str, parse: Callable[[], Parsed]) -> Parsed:
    """What ``parse`` returns; a time it can't read is reported under the option's name. Raises UsageError."""
    try:
        return parse()
    except TimeError as error:
        raise UsageError(f"{option}: {error}") from None


def add_json_option(parser: argparse._ActionsContainer) -> None:
    """--json, which every command has."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object on stdout and nothing else there"
    )


def add_news_option(parser: argparse._ActionsContainer) -> None:
    """For a program that shows the news in its own words."""
    parser.add_argument(
        "--news", action="store_true", help="tell how far it is as JSON, line by line, on stderr"
    )
