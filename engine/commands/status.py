"""``punchin status``: what the engine is doing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict

from engine.commands.arguments import add_json_option
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.protocol.replies import JobStatus, Status

EPILOG = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_json_option(parser)


def run(_arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Asks a running engine; starts none."""
    with connect(False) as engine:
        status = engine.status()
    return Outcome(asdict(status), tuple(describe(status)))


def describe(status: Status) -> Iterator[str]:
    """The status as lines."""
    megabytes = status.resident_bytes / 1e6
    yield f"Punch-In {status.version}, process {status.pid}, {megabytes:.0f} MB"
    yield f"model {status.model or 'not loaded'} on {status.device}, worker {status.worker}"
    if not status.jobs:
        yield "no jobs"
    yield from (f"{job.job_id}  {_where(job)}" for job in status.jobs)


def _where(job: JobStatus) -> str:
    return f"{job.state} {job.step} of {job.total}" if job.total else job.state
