"""``punchin generate [OUT] --seconds S --prompt TEXT``: a new sound."""

from __future__ import annotations

import argparse

from engine.commands.arguments import UsageError, time_option, whole
from engine.commands.job import Connect, perform
from engine.commands.outcome import Outcome
from engine.commands.render_options import add_render_options, effects_of, preset_keys, request_of
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
    add("OUT", nargs="?", help="the file to make; without it, takes go into the take folder")
    add(
        "--seconds",
        metavar="S",
        help="its length: seconds, frames (72000f), m:s or h:m:s; or say --tempo and --bars",
    )
    add("--rate", type=whole, default=DEFAULT_SAMPLE_RATE, metavar="HZ", help="its sample rate (%(default)s)")
    add("--channels", type=whole, metavar="N", help=f"its channels ({DEFAULT_CHANNELS})")
    add_render_options(parser, without=_NOT_OFFERED)


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Generates the sound through the engine."""
    request = make_request(arguments)
    return perform(request, connect, arguments.draft, effects_of(arguments))


def make_request(arguments: argparse.Namespace) -> RenderRequest:
    """The request of a command line. Raises UsageError or EngineError."""
    preset = preset_keys(arguments, new=True, without=_NOT_OFFERED)
    suggested = preset.pop("channels", DEFAULT_CHANNELS)
    channels = suggested if arguments.channels is None else arguments.channels
    sound: dict[str, Argument] = {"source": "new", "rate": arguments.rate, "channels": channels}
    return request_of(arguments, sound | _length(arguments, preset), preset)


def _length(arguments: argparse.Namespace, preset: dict[str, Argument]) -> dict[str, Argument]:
    """What says how long the sound is, as typed or as the preset has it. Raises UsageError."""
    suggested = preset.pop("seconds", None)
    if arguments.seconds is not None:
        for name in ("tempo", "bars"):
            preset.pop(name, None)
        return {"frames": time_option("--seconds", lambda: parse_time(arguments.seconds)).at(arguments.rate)}
    if (arguments.tempo or preset.get("tempo")) and (arguments.bars or preset.get("bars")):
        return {}
    if suggested is None:
        raise UsageError("Say how long the sound is: --seconds, or --tempo and --bars.")
    return {"seconds": suggested}
