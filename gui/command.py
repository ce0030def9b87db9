"""``punchin panel``: the window. Qt is loaded when it runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.errors import EngineError, ErrorCode

EPILOG = """With --screenshots and --measure nothing is shown on a screen, and no engine is needed.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("RECORDING", nargs="?", default="", help="a recording to open")
    parser.add_argument("--region", metavar="START:END", help="what is selected in it, in seconds")
    parser.add_argument("--language", metavar="CODE", help="en or de; the system's own if not said")
    parser.add_argument("--light", action="store_true", help="light colours, this time")
    parser.add_argument("--screenshots", metavar="FOLDER", type=Path, help="draw each state into a folder")
    parser.add_argument("--measure", action="store_true", help="print frame times, idle processor, memory")
    parser.add_argument("--json", action="store_true", help="of --measure: one JSON object")


def run(arguments: argparse.Namespace, _connect: object) -> object:
    """Shows it until it is closed. Raises EngineError(NOT_FOUND) where Qt is not installed."""
    _check_extra()
    if arguments.screenshots:
        from gui.screenshots import take_screenshots

        return take_screenshots(arguments.screenshots)
    if arguments.measure:
        from gui.bench import measure

        return measure()
    from gui.application import show

    return show(arguments.RECORDING, span_of(arguments.region), arguments.language or "", arguments.light)


def span_of(text: str | None) -> tuple[float, float] | None:
    """Seconds from ``START:END``. Raises EngineError(BAD_ARGUMENT)."""
    if text is None:
        return None
    try:
        start, end = (float(part) for part in text.split(":"))
    except ValueError:
        start, end = 1.0, 0.0
    if not 0.0 <= start < end:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT, f'"{text}" is no region: give two times in seconds, such as 3.2:5.0.'
        )
    return start, end


def _check_extra() -> None:
    for module in ("PySide6.QtWidgets", "miniaudio"):
        try:
            __import__(module)
        except ImportError as error:
            raise EngineError(
                ErrorCode.NOT_FOUND,
                f"The panel needs {error.name or module}: pip install '.[panel]' in Punch-In's folder.",
            ) from error
