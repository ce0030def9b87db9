"""``punchin render IN [OUT] --region START:END --prompt TEXT``: one region of a recording made anew."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.commands.arguments import UsageError, time_option
from engine.commands.effects_before import treated_before
from engine.commands.job import Connect, perform
from engine.commands.outcome import Outcome
from engine.commands.render_options import add_render_options, effects_of, preset_keys, request_of
from engine.commands.times import FrameRate, Span, parse_rate, parse_span
from engine.errors import EngineError, ErrorCode
from engine.protocol.lists import write_spans
from engine.protocol.osc import Argument
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.sources import frames

EPILOG = """times:
  1.5  72000f        seconds, or frames of the recording
  1:02.5  0:01:02.5  minutes, hours
  00:01:02:12        timecode, with --fps; 00:01:02;12 is drop-frame
  A span is START:END (cut at the middle colon), START..END or START-END.
  Times inside the region (--along, --curve, --markers) are seconds from its start.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add = parser.add_argument
    add("IN", help="the recording; it is never changed")
    add(
        "OUT",
        nargs="?",
        help="the new recording: IN with the take in place of the region; without it, takes are the region "
        "alone, go into the take folder, and say where on the timeline they belong",
    )
    add("--region", required=True, metavar="START:END", help="which part; see times below")
    add(
        "--fps",
        metavar="RATE",
        help="what timecode counts in: 23.976, 24, 25, 29.97, 29.97df, 30, 50, 59.94...",
    )
    add(
        "--on-timeline",
        action="store_true",
        help="--region and --mask are times of the session, which the recording's time stamp belongs to",
    )
    add(
        "--effect-before",
        action="append",
        metavar="'NAME KEY=VALUE ...'",
        help="an effect that the region goes through before it is made anew; again for each",
    )
    add_render_options(parser)


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Renders the region through the engine."""
    request = make_request(arguments)
    effects = effects_of(arguments)
    with treated_before(request, arguments.effect_before) as treated:
        return perform(treated, connect, arguments.draft, effects)


def make_request(arguments: argparse.Namespace) -> RenderRequest:
    """The request of a command line; the recording's header is read. Raises UsageError or EngineError."""
    from engine.audio.region import resolve_region
    from engine.audio.source import inspect_recording

    region, mask = _spans(arguments)
    recording = inspect_recording(Path(arguments.IN).absolute())
    begin = _begin(arguments, recording.path)
    start, end = (time - begin for time in region.at(recording.sample_rate))
    if start < 0:
        raise EngineError(
            ErrorCode.BAD_REGION, "The region begins before the recording does on the timeline."
        )
    resolve_region(frames(start), frames(end), recording.frames, recording.sample_rate)
    where: dict[str, Argument] = {"path": str(recording.path), "start": start, "end": end}
    if mask:
        ends = [span.at(recording.sample_rate) for span in mask]
        frame_spans = [(first - begin, last - begin) for first, last in ends]
        where["mask"] = write_spans([
            _in_region(text, span, (start, end), recording.sample_rate)
            for text, span in zip(arguments.mask, frame_spans, strict=True)
        ])  # fmt: skip
    return request_of(arguments, where, preset_keys(arguments))


def _begin(arguments: argparse.Namespace, recording: Path) -> int:
    """The frame of the clock that times are on with which the recording begins."""
    from engine.history import begins_at

    if not arguments.on_timeline:
        return 0
    begin = begins_at(recording)
    if begin is None:
        raise UsageError("--on-timeline needs a recording with a time stamp, and IN has none.")
    return begin


def _spans(arguments: argparse.Namespace) -> tuple[Span, tuple[Span, ...]]:
    """The region and the masked spans, as written."""
    rate: FrameRate | None = None
    if arguments.fps is not None:
        rate = time_option("--fps", lambda: parse_rate(arguments.fps))
    if arguments.mask and arguments.mode != Mode.INPAINT and not arguments.recipe:
        raise UsageError("--mask goes with --mode inpaint only.")
    region = time_option("--region", lambda: parse_span(arguments.region, rate))
    mask = time_option("--mask", lambda: tuple(parse_span(text, rate) for text in arguments.mask))
    return region, mask


def _in_region(
    text: str, span: tuple[int, int], region: tuple[int, int], sample_rate: int
) -> tuple[float, float]:
    """Seconds from the region's start, where the engine counts a mask from."""
    if not region[0] <= span[0] < span[1] <= region[1]:
        sentence = f"The mask {text} is reversed, empty or outside the region; both are on the same clock."
        raise EngineError(ErrorCode.BAD_REGION, sentence)
    return (span[0] - region[0]) / sample_rate, (span[1] - region[0]) / sample_rate
