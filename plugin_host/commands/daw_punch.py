"""``punchin daw punch``, ``get`` and ``put``: the whole line, its beginning, and its end."""

from __future__ import annotations

import argparse
import secrets
import shutil
from pathlib import Path
from typing import Any

from engine.commands.arguments import UsageError, number, time_option
from engine.commands.effects_after import put_through
from engine.commands.job import Connect, cancelling
from engine.commands.outcome import Outcome
from engine.commands.progress import Display, display
from engine.commands.render_options import add_render_options, effects_of, preset_keys, request_of
from engine.commands.times import parse_span
from engine.config import Home, find_home, make_home
from engine.protocol.lists import write_spans
from engine.protocol.osc import Argument
from engine.protocol.replies import Notice, Progress, Queued, Reply
from engine.protocol.requests import FileSource, RenderRequest
from plugin_host.bridge import (
    HANDLES_SECONDS,
    Daw,
    Excerpt,
    Placement,
    Watch,
    punch_in,
    put_in,
    source_of,
    take_all_out,
    take_out,
)
from plugin_host.commands.daw_plugin import add_plugin_options, connected
from plugin_host.daws import DAWS
from plugin_host.takes import take_at
from plugin_host.timeline import Region, Take

# Excerpts are kept, because recipes name them, but not for ever.
KEPT_EXCERPTS = 100
_MAX_HANDLES_SECONDS = 600.0


def add_arguments(name: str, row: argparse.ArgumentParser) -> None:
    """The options of one action."""
    row.add_argument("NAME", choices=list(DAWS), metavar="NAME", help=", ".join(DAWS))
    add_plugin_options(name, row)
    if name == "put":
        row.add_argument("TAKE", nargs="+", help="a take's file; it says itself where it belongs")
    if name in ("punch", "put"):
        places = [place.value for place in Placement]
        row.add_argument(
            "--as", dest="placement", choices=places, help="what takes become (the DAW's choice)"
        )
    if name in ("punch", "get"):
        row.add_argument(
            "--handles",
            type=number,
            default=HANDLES_SECONDS,
            metavar="SECONDS",
            help="recording to take along on each side, for the model to hear (%(default)s)",
        )
    if name == "get":
        row.add_argument("--out", metavar="FOLDER", help="where the files go (Punch-In's own folder)")
        row.add_argument("--one", action="store_true", help="refuse where several things are selected")
    if name == "punch":
        row.epilog = "The clock of --mask begins with what is selected."
        add_render_options(row, without=("time_reference", "draft", "output"))


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Does it. Raises UsageError, EngineError or DawError."""
    if not 0.0 <= getattr(arguments, "handles", 0.0) <= _MAX_HANDLES_SECONDS:
        raise UsageError(f"--handles: choose 0 to {_MAX_HANDLES_SECONDS:g} seconds.")
    with connected(arguments) as daw:
        if arguments.action == "punch":
            return _punch(arguments, daw, connect)
        return _get(arguments, daw) if arguments.action == "get" else _put(arguments, daw)


def _punch(arguments: argparse.Namespace, daw: Daw, connect: Connect) -> Outcome:
    arguments.OUT, arguments.draft, arguments.force = None, None, False
    home, made = find_home(), list[RenderRequest]()
    folder = excerpt_folder(home)
    effects = effects_of(arguments)

    def make_request(source: FileSource, region: Region) -> RenderRequest:
        made.append(request_for(arguments, source, region))
        return made[-1]

    def treat(take: Take) -> None:
        put_through([str(take.path)], effects)

    with (
        display() as shown,
        connect(True, (folder,)) as engine,
        cancelling(lambda: engine.cancel(made[-1].job_id if made else "")),
    ):
        takes = punch_in(
            daw,
            engine,
            make_request,
            folder,
            _placement(arguments),
            arguments.handles,
            _watching(shown),
            treat,
        )
    return _takes_outcome(takes)


def request_for(arguments: argparse.Namespace, source: FileSource, region: Region) -> RenderRequest:
    """The request of a command line for a selection. Raises UsageError or EngineError."""
    where: dict[str, Argument] = {
        "path": source.path,
        "start": int(source.start.value),
        "end": int(source.end.value),
    }
    if arguments.mask:
        spans = time_option("--mask", lambda: tuple(map(parse_span, arguments.mask)))
        rate = region.sample_rate
        frames = [span.at(rate) for span in spans]
        where["mask"] = write_spans([(start / rate, end / rate) for start, end in frames])
    return request_of(arguments, where, preset_keys(arguments))


def _get(arguments: argparse.Namespace, daw: Daw) -> Outcome:
    folder = Path(arguments.out).absolute() if arguments.out else excerpt_folder(find_home())
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.one:
        excerpts = [take_out(daw, folder, arguments.handles)]
    else:
        excerpts = [excerpt for _, excerpt in take_all_out(daw, folder, arguments.handles)]
    rows = [_excerpt_row(excerpt) for excerpt in excerpts]
    lines = tuple(f"{row['path']}  frames {row['in_file'][0]} to {row['in_file'][1]}" for row in rows)
    return Outcome(rows[0] if len(rows) == 1 else {"excerpts": rows}, lines)


def _excerpt_row(excerpt: Excerpt) -> dict[str, Any]:
    source = source_of(excerpt)
    return {
        "path": str(excerpt.path),
        "sample_rate": excerpt.region.sample_rate,
        "region": [excerpt.region.start, excerpt.region.end],
        "in_file": [source.start.value, source.end.value],
        "file_start": excerpt.start,
    }


def _put(arguments: argparse.Namespace, daw: Daw) -> Outcome:
    takes = tuple(take_at(Path(path).absolute()) for path in arguments.TAKE)
    put_in(daw, takes, _placement(arguments))
    return _takes_outcome(takes)


def excerpt_folder(home: Home) -> Path:
    """A new folder for one excerpt; the oldest beyond so many go."""
    make_home(home)
    folder = home.state / "excerpts"
    folder.mkdir(exist_ok=True)
    there = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for old in there[: max(0, len(there) - KEPT_EXCERPTS + 1)]:
        shutil.rmtree(old, ignore_errors=True)
    made = folder / secrets.token_hex(6)
    made.mkdir()
    return made


def _placement(arguments: argparse.Namespace) -> Placement | None:
    return Placement(arguments.placement) if arguments.placement else None


def _watching(shown: Display) -> Watch:
    def watch(reply: Reply) -> None:
        match reply:
            case Queued() | Progress():
                shown.show(reply)
            case Notice():
                shown.say(f"note: {reply.sentence}")

    return watch


def _takes_outcome(takes: tuple[Take, ...]) -> Outcome:
    rows = [
        {"path": str(take.path), "name": take.name, "region": [take.region.start, take.region.end]}
        for take in takes
    ]
    return Outcome({"takes": rows}, tuple(str(take.path) for take in takes))
