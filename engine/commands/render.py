"""``punchin render IN OUT --region START:END --prompt TEXT``: one region of a recording made anew."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from engine.commands.arguments import UsageError, number, time_option
from engine.commands.job import Connect, perform
from engine.commands.outcome import Outcome
from engine.commands.render_options import DEFAULTS, add_render_options, checked, job_fields, new_job_id
from engine.commands.times import FrameRate, Span, parse_rate, parse_span
from engine.protocol.requests import FileSource, Mode, RenderRequest
from engine.protocol.sources import frames

EPILOG = """times:
  1.5  72000f        seconds, or frames of the recording
  1:02.5  0:01:02.5  minutes, hours
  00:01:02:12        timecode, with --fps; 00:01:02;12 is drop-frame
  A span is START:END (cut at the middle colon), START..END or START-END.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add = parser.add_argument
    add("IN", help="the recording; it is never changed")
    add("OUT", help="the new recording: IN with the take in place of the region")
    add("--region", required=True, metavar="START:END", help="which part; see times below")
    add(
        "--mode",
        type=_mode,
        default=DEFAULTS["mode"],
        metavar="MODE",
        help=f"{', '.join(Mode)} (%(default)s)",
    )
    add(
        "--strength",
        type=number,
        default=DEFAULTS["strength"],
        metavar="0..1",
        help="how much of the region is made anew, for transfer (%(default)s)",
    )
    add(
        "--mask",
        nargs="+",
        action="extend",
        default=[],
        metavar="START:END",
        help="for inpaint: which spans to make anew, on the same clock as --region (all of it)",
    )
    add(
        "--context",
        type=number,
        default=DEFAULTS["context_seconds"],
        metavar="SECONDS",
        help="how much the model hears on each side of the region (%(default)s)",
    )
    add(
        "--crossfade",
        type=number,
        default=DEFAULTS["crossfade_seconds"],
        metavar="SECONDS",
        help="the length of each seam, inside the region (%(default)s)",
    )
    add(
        "--fps",
        metavar="RATE",
        help="what timecode counts in: 23.976, 24, 25, 29.97, 29.97df, 30, 50, 59.94...",
    )
    add_render_options(parser)  # fmt: skip


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Renders the region through the engine."""
    return perform(make_request(arguments), connect)


def make_request(arguments: argparse.Namespace) -> RenderRequest:
    """The request of a command line; the recording's header is read. Raises UsageError or EngineError."""
    from engine.audio.region import resolve_region
    from engine.audio.source import inspect_recording

    region, mask = _spans(arguments)
    recording = inspect_recording(Path(arguments.IN).absolute())
    _check_not_itself(recording.path, Path(arguments.OUT).absolute())
    start, end = region.at(recording.sample_rate)
    resolve_region(frames(start), frames(end), recording.frames, recording.sample_rate)
    request = RenderRequest(
        job_id=new_job_id(),
        source=FileSource(str(recording.path), frames(start), frames(end)),
        mode=arguments.mode,
        strength=arguments.strength,
        mask_seconds=tuple(_in_region(span, start, recording.sample_rate) for span in mask),
        context_seconds=arguments.context,
        crossfade_seconds=arguments.crossfade,
        **job_fields(arguments),
    )
    return checked(request)


def _mode(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"there is no mode {text!r}; use {', '.join(Mode)}.") from None


def _spans(arguments: argparse.Namespace) -> tuple[Span, tuple[Span, ...]]:
    """The region and the masked spans, as written."""
    rate: FrameRate | None = None
    if arguments.fps is not None:
        rate = time_option("--fps", lambda: parse_rate(arguments.fps))
    if arguments.mask and arguments.mode is not Mode.INPAINT:
        raise UsageError("--mask goes with --mode inpaint only.")
    region = time_option("--region", lambda: parse_span(arguments.region, rate))
    mask = time_option("--mask", lambda: tuple(parse_span(text, rate) for text in arguments.mask))
    return region, mask


def _check_not_itself(recording: Path, output: Path) -> None:
    """Not even --force changes the recording."""
    with contextlib.suppress(OSError):
        if recording.samefile(output):
            raise UsageError("OUT is the recording itself; name another file.")


def _in_region(span: Span, region_start: int, sample_rate: int) -> tuple[float, float]:
    """Seconds from the region's start, where the engine counts a mask from."""
    start, end = span.at(sample_rate)
    return (start - region_start) / sample_rate, (end - region_start) / sample_rate
