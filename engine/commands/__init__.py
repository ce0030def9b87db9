"""The ``punchin`` command line: one file a command, read when that command is asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from engine.commands.line import run_line


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line, that of the process if none is given; returns its exit code."""
    from engine.commands.connection import connect

    return run_line(sys.argv[1:] if argv is None else list(argv), connect)
