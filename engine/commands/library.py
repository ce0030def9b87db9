"""``punchin library``: the user's own sounds, taken in from folders, found, and made into takes."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.commands.arguments import (
    Parser,
    UsageError,
    add_json_option,
    add_news_option,
    number,
    quoted,
    whole,
)
from engine.commands.job import Connect, JobCancelled, perform
from engine.commands.library_job import Answer, ask
from engine.commands.outcome import Outcome, cancelled
from engine.commands.progress import Display, display
from engine.commands.recipe import printable
from engine.commands.render_options import add_render_options, effects_of, new_job_id, preset_keys, request_of
from engine.config import find_home
from engine.errors import EngineError, ErrorCode
from engine.library.folder import check_folder
from engine.own_sounds import indexed_folders
from engine.protocol.library_requests import MAX_HITS, IndexRequest, SearchRequest
from engine.protocol.osc import Argument, decode_packet
from engine.protocol.replies import Hit, Indexed, Skipped
from engine.protocol.requests import encode_request, parse_request

EPILOG = """A hit is found by its sound, by its name (file, folders, description), or by both; its score says
how far it stands out from all your sounds. What the region column says is what render takes:
  punchin library index ~/sounds
  punchin library search "wooden door slam" --max-seconds 5
  punchin library render "wooden door slam" --hit 2 --prompt "stone door slam in a cave" --takes 4
  punchin render door.wav out.wav --region 0f:81920f --prompt "stone door slam in a cave"
"""
QUESTIONS = "index [FOLDER ...] | search [PROMPT] | render PROMPT | list | forget FOLDER"
_LIMIT = 20
_STOPPED = "The index was stopped; what was heard is kept, and the same command goes on from there."
# Sentences about single files; nobody reads more on a terminal, and --json has all.
_SHOWN_PROBLEMS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    rows = parser.add_subparsers(dest="question", required=True, metavar=QUESTIONS, parser_class=Parser)
    index = rows.add_parser("index", help="take in the sounds of folders, or what is new in them")
    index.add_argument("FOLDERS", nargs="*", metavar="FOLDER", help="which ones (all that are known)")
    index.add_argument("--model", default="", metavar="NAME", help="which model is to hear them")
    add_news_option(index)
    searched = rows.add_parser("search", help="find sounds by what they are like")
    searched.add_argument("PROMPT", nargs="?", default="", help="what they should be like")
    _add_filters(searched)
    searched.add_argument("--model", default="", metavar="NAME", help="whose index to look into")
    searched.add_argument(
        "--limit", type=whole, default=_LIMIT, metavar="N", help="at most so many (%(default)s)"
    )
    used = rows.add_parser(
        "render", help="find a sound and make it anew: takes of it alone, in the take folder"
    )
    used.add_argument(
        "PROMPT", metavar="SEARCHED", help="what the sound should be like that takes are made of"
    )
    used.add_argument("--hit", type=whole, default=1, metavar="N", help="which of the found ones (the best)")
    _add_filters(used)
    add_render_options(used, without=("mask", "low_hz", "high_hz"))
    used.set_defaults(OUT=None)
    listed = rows.add_parser("list", help="which folders are indexed")
    forgotten = rows.add_parser("forget", help="take a folder out of the index; its files stay")
    forgotten.add_argument("FOLDER")
    for row in (index, searched, listed, forgotten):
        add_json_option(row)


def run(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    """Asks the engine, which has the models; ``list`` and ``forget`` only look into the index."""
    return _ANSWERS[arguments.question](arguments, connect)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--like", default="", metavar="FILE", help="a sound that they should be like")
    add("--folder", default="", help="only sounds below this folder")
    add("--min-seconds", type=number, default=0.0, metavar="SECONDS", help="only files so long, or longer")
    add("--max-seconds", type=number, default=0.0, metavar="SECONDS", help="only files so long, or shorter")


# Taking in


def _index(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    # A folder that is not there is said before an engine is asked whether it may look into it.
    named = [str(check_folder(str(Path(folder).absolute()))) for folder in arguments.FOLDERS]
    folders = named or indexed_folders(find_home())
    if not folders:
        raise UsageError("No folder is indexed yet; name one: punchin library index FOLDER.")
    rows: list[dict[str, object]] = []
    lines: list[str] = []
    granted = tuple(map(Path, dict.fromkeys([*folders, *indexed_folders(find_home())])))
    with display(arguments.news) as shown, connect(True, granted) as engine:
        for folder in folders:
            started = time.perf_counter()
            try:
                answer = ask(engine, IndexRequest(new_job_id(), folder, arguments.model), shown)
            except JobCancelled:
                return cancelled(_STOPPED)
            indexed = answer.one(Indexed)
            skipped = list(
                {reply.path: reply for reply in answer.all(Skipped)}.values()
            )  # said at each start
            _tell_problems(skipped, shown)
            lines.append(_told(folder, indexed, time.perf_counter() - started))
            rows.append(_index_value(folder, indexed, skipped, answer))
    return Outcome({"folders": rows}, tuple(lines))


def _tell_problems(skipped: list[Skipped], shown: Display) -> None:
    for reply in skipped[:_SHOWN_PROBLEMS]:
        shown.say(f"left out: {printable(reply.path)}: {printable(reply.sentence)}")
    if len(skipped) > _SHOWN_PROBLEMS:
        shown.say(f"left out: {len(skipped) - _SHOWN_PROBLEMS} more; --json has them all")


def _told(folder: str, indexed: Indexed, seconds: float) -> str:
    return (
        f"{printable(folder)}: {indexed.sounds} sounds can be found; {indexed.heard} heard now, "
        f"{indexed.moved} known from elsewhere, {indexed.gone} gone, {indexed.skipped} left out; "
        f"{seconds:.1f} s"
    )


def _index_value(folder: str, indexed: Indexed, skipped: list[Skipped], answer: Answer) -> dict[str, object]:
    return {
        "folder": folder,
        "sounds": indexed.sounds,
        "heard": indexed.heard,
        "moved": indexed.moved,
        "gone": indexed.gone,
        "skipped": [{"path": reply.path, "sentence": reply.sentence} for reply in skipped],
        "notices": list(answer.notices),
    }


# Finding


def _search(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    request = _searched(arguments, arguments.limit)
    with display() as shown, connect(True, _granted(request)) as engine:
        try:
            answer = ask(engine, request, shown)
        except JobCancelled:
            return cancelled("The search was stopped.")
    hits = answer.all(Hit)
    value = {"hits": [_hit_value(hit) for hit in hits], "notices": list(answer.notices)}
    return Outcome(value, tuple(_table(hits)))


def _searched(arguments: argparse.Namespace, limit: int) -> SearchRequest:
    """The request, as the engine itself reads it. Raises UsageError or EngineError."""
    request = SearchRequest(
        new_job_id(),
        arguments.PROMPT,
        str(Path(arguments.like).absolute()) if arguments.like else "",
        arguments.model or "",
        str(Path(arguments.folder).absolute()) if arguments.folder else "",
        limit,
        arguments.min_seconds,
        arguments.max_seconds,
    )
    (message,) = decode_packet(encode_request(request))
    parse_request(message)
    return request


def _granted(request: SearchRequest) -> tuple[Path, ...]:
    """Who indexed a folder lets the engine read it; so does who names a sound."""
    named = [Path(request.like).parent] if request.like else []
    return tuple(dict.fromkeys([*named, *map(Path, indexed_folders(find_home()))]))


def _table(hits: list[Hit]) -> Iterator[str]:
    if not hits:
        yield "no sounds"
        return
    yield _columns("no", "score", "found by", "length", "region", "file")
    for hit in hits:
        copies = f"  (and {hit.copies} copies)" if hit.copies else ""
        yield _columns(
            str(hit.rank), f"{hit.score:.1f}", hit.why, f"{hit.seconds:.2f} s", _region(hit),
            f"{printable(hit.path)}{copies}",
        )  # fmt: skip


def _columns(rank: str, score: str, why: str, length: str, region: str, file: str) -> str:
    return f"{rank:>4}  {score:>5}  {why:<14}  {length:>10}  {region:<22}  {file}"


def _region(hit: Hit) -> str:
    """As ``punchin render --region`` takes it, exact."""
    return f"{hit.start_frame}f:{hit.end_frame}f"


def _hit_value(hit: Hit) -> dict[str, object]:
    return {
        "rank": hit.rank,
        "path": hit.path,
        "region": _region(hit),
        "start_seconds": hit.start_frame / hit.sample_rate,
        "end_seconds": hit.end_frame / hit.sample_rate,
        "sample_rate": hit.sample_rate,
        "seconds": hit.seconds,
        "score": hit.score,
        "sound": hit.sound,
        "name": hit.name,
        "why": hit.why,
        "text": hit.text,
        "copies": hit.copies,
    }


# Using


def _render(arguments: argparse.Namespace, connect: Connect) -> Outcome:
    if not 1 <= arguments.hit <= MAX_HITS:
        raise UsageError(f"--hit is 1 to {MAX_HITS}.")
    searched = _searched(arguments, arguments.hit)
    effects = effects_of(arguments)
    with display() as shown, connect(True, _granted(searched)) as engine:
        try:
            hits = ask(engine, searched, shown).all(Hit)
        except JobCancelled:
            return cancelled("The search was stopped; no take was made.")
        if len(hits) < arguments.hit:
            raise EngineError(
                ErrorCode.NOT_FOUND, f"Only {len(hits)} sounds were found for {quoted(arguments.PROMPT)}."
            )
        hit = hits[-1]
        shown.say(f"made of: {printable(hit.path)} --region {_region(hit)}")
    source: dict[str, Argument] = {"path": hit.path, "start": hit.start_frame, "end": hit.end_frame}
    request = request_of(arguments, source, preset_keys(arguments))
    outcome = perform(request, connect, arguments.draft, effects)
    return Outcome(
        {**outcome.value, "source": _hit_value(hit)}, outcome.lines, outcome.complaint, outcome.code
    )


# What is there


def _list(_arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    from engine.library import shelf
    from engine.library.database import opened

    with opened(find_home()) as database:
        folders = shelf.folders(database)
        complaint = " ".join(database.notices)
    rows = [
        {
            "folder": folder.path,
            "files": folder.files - folder.problems,
            "left_out": folder.problems,
            "seconds": folder.seconds,
            "finished": folder.finished,
            "heard": dict(folder.heard),
        }
        for folder in folders
    ]
    return Outcome({"folders": rows}, tuple(map(_folder_line, folders)) or ("no folders",), complaint)


def _folder_line(folder: object) -> str:
    from engine.library.shelf import Folder

    assert isinstance(folder, Folder)
    heard = ", ".join(f"{count} by {name}" for name, count in folder.heard) or "none by any model"
    when = "not to its end" if folder.finished is None else time.strftime(
        "%Y-%m-%d %H:%M", time.localtime(folder.finished)
    )  # fmt: skip
    left_out = f", {folder.problems} left out" if folder.problems else ""
    return (
        f"{printable(folder.path)}: {folder.files - folder.problems} sounds{left_out}, "
        f"{folder.seconds / 3600:.1f} h; heard {heard}; indexed {when}"
    )


def _forget(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    from engine.library import shelf
    from engine.library.database import opened

    folder = shelf.path_of_folder(arguments.FOLDER)
    with opened(find_home()) as database:
        known = [row.path for row in shelf.folders(database)]
        forgotten = shelf.forget(database, folder)
    if not forgotten and folder not in known:
        raise EngineError(ErrorCode.NOT_FOUND, f"{folder} is not indexed; punchin library list says what is.")
    value = {"folder": folder, "forgotten": forgotten}
    return Outcome(value, (f"{printable(folder)}: {forgotten} files forgotten; they are where they were.",))


_ANSWERS: dict[str, Callable[[argparse.Namespace, Connect], Outcome]] = {
    "index": _index,
    "search": _search,
    "render": _render,
    "list": _list,
    "forget": _forget,
}
