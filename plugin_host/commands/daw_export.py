"""``punchin daw export-timeline TAKES...``: a set of takes as one OTIO or AAF file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from engine import history
from engine.commands.arguments import UsageError, time_option
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.commands.takes_options import add_filters, query_of
from engine.commands.times import FrameRate, parse_rate, parse_time
from engine.config import find_home
from engine.errors import EngineError, ErrorCode
from engine.retake import part_of_take
from plugin_host.interchange import Clip, Format, first_origin, lay_out, write_timeline
from plugin_host.takes import take_at
from plugin_host.timecode import VideoRate
from plugin_host.timeline import Region


def add_arguments(_name: str, row: argparse.ArgumentParser) -> None:
    """Its options."""
    row.add_argument("TAKES", nargs="*", help="files of takes; or those of the index that filters choose")
    row.add_argument("--out", required=True, metavar="FILE", help="the timeline to write")
    row.add_argument(
        "--format", choices=[kind.value for kind in Format], help="what FILE's ending says if not given"
    )
    row.add_argument(
        "--origin",
        default="0f",
        metavar="TIME",
        help="where the timeline begins: timecode with --fps, seconds, frames such as 48000f, or first: with "
        "the first take (0)",
    )
    row.add_argument(
        "--fps",
        metavar="RATE",
        help="the picture's: an OTIO's rate, an AAF's timecode: 23.976, 25, 29.97df...",
    )
    row.add_argument(
        "--whole",
        action="store_true",
        help="all of a recording with a new region, instead of that region with the rest as handles",
    )
    row.add_argument("--force", action="store_true", help="replace FILE if it is there")
    add_filters(row)


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Writes it. Raises UsageError, EngineError or DawError."""
    out = Path(arguments.out).absolute()
    takes = [_clip(path, arguments.whole) for path in _paths(arguments)]
    fps = time_option("--fps", lambda: parse_rate(arguments.fps)) if arguments.fps else None
    picture = VideoRate(fps.frames_per_second, fps.drop) if fps else None
    origin = _origin(arguments.origin, takes, fps, picture)
    write_timeline(takes, out, _format(arguments, out), origin, arguments.force, picture)
    tracks = lay_out(takes)
    rate = takes[0].region.sample_rate
    value = {
        "file": str(out),
        "takes": len(takes),
        "tracks": len(tracks),
        "sample_rate": rate,
        "origin": origin,
    }
    return Outcome(value, (f"{out}  (takes: {len(takes)}, tracks: {len(tracks)})",))


def _clip(path: Path, whole: bool) -> Clip:
    """What was made, at its place; of a file that doesn't say what was, or was edited since, all of it."""
    take = take_at(path)
    made = None if whole else _made(path)
    if made is None:
        return Clip.whole(take)
    return Clip(take, Region(take.region.start + made[0], made[1] - made[0], take.region.sample_rate))


def _made(path: Path) -> tuple[int, int] | None:
    try:
        region = part_of_take(path).region
    except EngineError as error:
        if error.code is ErrorCode.BAD_REGION:
            return None
        raise
    return region.start_frame, region.end_frame


def _origin(text: str, takes: Sequence[Clip], fps: FrameRate | None, picture: VideoRate | None) -> int:
    if text == "first":
        return first_origin(takes, picture)
    rate = takes[0].region.sample_rate if takes else 1
    return time_option("--origin", lambda: parse_time(text, fps)).at(rate)


def _format(arguments: argparse.Namespace, out: Path) -> Format:
    name = arguments.format or out.suffix.lower().removeprefix(".")
    if name not in list(Format):
        raise UsageError("--format: say otio or aaf, or name a FILE that ends so.")
    return Format(name)


def _paths(arguments: argparse.Namespace) -> list[Path]:
    """The files that were named, or those of the index, without the ones that have gone."""
    if arguments.TAKES:
        return [Path(path).absolute() for path in arguments.TAKES]
    entries = history.find(find_home(), query_of(arguments, "", None))
    return [Path(entry.path) for entry in reversed(entries) if not entry.is_missing]
