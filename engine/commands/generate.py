"""``punchin generate OUT --seconds S --prompt TEXT``: a new sound."""

from __future__ import annotations

import argparse

from engine.commands.arguments import time_option, whole
from engine.commands.job import Connect, perform
from engine.commands.outcome import Outcome
from engine.commands.render_options import add_render_options, checked, job_fields, new_job_id
from engine.commands.times import parse_time
from engine.protocol.requests import Mode, NewSource, RenderRequest
from engine.protocol.sources import DEFAULT_CHANNELS, DEFAULT_SAMPLE_RATE

EPILOG = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add = parser.add_argument
    add("OUT", help="the file to make")
    add("--seconds", required=True, metavar="S", help="its length: seconds, frames (72000f), m:s or h:m:s")
    add("--rate", type=whole, default=DEFAULT_SAMPLE_RATE, metavar="HZ", help="its sample rate (%(default)s)")
    add("--channels", type=whole, default=DEFAULT_CHANNELS, metavar="N", help="its channels (%(default)s)")
    add_render_options(parser)


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Generates the sound through the engine."""
    return perform(make_request(arguments), connect)


def make_request(arguments: argparse.Namespace) -> RenderRequest:
    """The request of a command line. Raises UsageError or EngineError."""
    length = time_option("--seconds", lambda: parse_time(arguments.seconds))
    source = NewSource(arguments.rate, arguments.channels, length.at(arguments.rate))
    request = RenderRequest(job_id=new_job_id(), source=source, mode=Mode.GENERATE, **job_fields(arguments))
    return checked(request)
