"""``punchin generate OUT --seconds S --prompt TEXT``: a new sound."""

from __future__ import annotations

import argparse

from engine.commands.arguments import UsageError, time_option, whole
from engine.commands.job import Connect, perform
from engine.commands.outcome import Outcome
from engine.commands.render_options import add_render_options, request_of
from engine.commands.times import parse_time
from engine.protocol.osc import Argument
from engine.protocol.requests import RenderRequest
from engine.protocol.sources import DEFAULT_CHANNELS, DEFAULT_SAMPLE_RATE

EPILOG = ""
# What takes a recording.
_NOT_OFFERED = (
    "mode",
    "strength",
    "curve",
    "method",
    "source_prompt",
    "mask",
    "context",
    "context_before",
    "context_after",
    "crossfade",
    "feather_in",
    "feather_out",
    "noise_floor",
    "tilt",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add = parser.add_argument
    add("OUT", help="the file to make")
    add(
        "--seconds",
        metavar="S",
        help="its length: seconds, frames (72000f), m:s or h:m:s; or say --tempo and --bars",
    )
    add("--rate", type=whole, default=DEFAULT_SAMPLE_RATE, metavar="HZ", help="its sample rate (%(default)s)")
    add("--channels", type=whole, default=DEFAULT_CHANNELS, metavar="N", help="its channels (%(default)s)")
    add_render_options(parser, without=_NOT_OFFERED)


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Generates the sound through the engine."""
    return perform(make_request(arguments), connect, arguments.draft)


def make_request(arguments: argparse.Namespace) -> RenderRequest:
    """The request of a command line. Raises UsageError or EngineError."""
    sound: dict[str, Argument] = {"source": "new", "rate": arguments.rate, "channels": arguments.channels}
    if arguments.seconds is not None:
        length = time_option("--seconds", lambda: parse_time(arguments.seconds))
        sound["frames"] = length.at(arguments.rate)
    elif not (arguments.tempo and arguments.bars):
        raise UsageError("Say how long the sound is: --seconds, or --tempo and --bars.")
    return request_of(arguments, sound)
