"""``punchin cancel JOB``: stop a queued or running job, whoever sent it."""

from __future__ import annotations

import argparse

from engine.commands.arguments import add_json_option
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.protocol.replies import Cancelled

EPILOG = "'punchin status' lists the jobs.\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("JOB", help="the job's id")
    add_json_option(parser)


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Asks a running engine, and waits until the job has ended."""
    with connect(False) as engine:
        last = engine.cancel_and_wait(arguments.JOB)
    stopped = isinstance(last, Cancelled)
    words = "was cancelled" if stopped else "was done before it could be cancelled; its takes were kept"
    return Outcome({"job": arguments.JOB, "cancelled": stopped}, (f"{arguments.JOB} {words}.",))
