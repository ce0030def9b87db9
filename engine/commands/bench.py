"""``punchin bench``: how fast this machine is, each number beside its target."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path

from engine.commands.arguments import add_json_option
from engine.commands.job import Connect
from engine.commands.outcome import Outcome

EPILOG = "An engine of its own is started for it; close other applications first.\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument(
        "--markdown", action="store_true", help="print a section for engine/evaluation/RESULTS.md"
    )
    add_json_option(parser)


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Measures; a target that is missed is told, and is no failure of the command."""
    from engine.evaluation import bench

    with tempfile.TemporaryDirectory(prefix="punchin-bench-") as folder:
        measures = bench.measure(Path(folder), lambda line: print(line, file=sys.stderr, flush=True))
    today = date.today()
    value = {
        "date": today.isoformat(),
        "machine": bench.machine(),
        "measures": [asdict(measure) | {"verdict": measure.verdict} for measure in measures],
    }
    lines = bench.markdown(measures, today) if arguments.markdown else bench.table(measures)
    return Outcome(value, tuple(lines))
