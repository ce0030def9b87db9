"""``punchin takes``: the takes that were made here. No engine is asked."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from engine.commands.arguments import Parser, add_json_option, whole
from engine.commands.exit_codes import ExitCode
from engine.commands.job import Connect
from engine.commands.outcome import Outcome, cancelled
from engine.commands.recipe import describe, printable
from engine.commands.takes_options import add_filters, ids_of, query_of
from engine.config import Home, find_home
from engine.errors import EngineError
from engine.takes import index
from engine.takes.database import Database, opened
from engine.takes.export import TABLE, export
from engine.takes.index import Entry, Mark, Query
from engine.takes.naming import Naming, read_naming, write_naming
from engine.takes.prune import Plan, carry_out, plan
from engine.takes.recipe import decode_recipe

EPILOG = """IDS are numbers and spans of them, as the list has them: 3 7 12-15.
SINCE and OLDER are dates (2026-03-01, 2026-03-01T14:30) or ages (90m, 36h, 7d, 2w).
"""
QUESTIONS = "list | search WORDS | show ID | rate ID N | export IDS FOLDER | prune | names"
_LIMIT = 50
_PROMPT_COLUMNS = 48


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    rows = parser.add_subparsers(dest="question", required=True, metavar=QUESTIONS, parser_class=Parser)
    listed = rows.add_parser("list", help="the newest takes first")
    searched = rows.add_parser("search", help="takes with these words in prompt, notes, category or model")
    searched.add_argument("WORDS", nargs="+", help="all of them; each may go on: gra finds gravel")
    for row in (listed, searched):
        add_filters(row)
        row.add_argument(
            "--limit", type=whole, default=_LIMIT, metavar="N", help="at most so many (%(default)s)"
        )
    _add_changing(rows.add_parser("rate", help="rate a take, star it, write something beside it"))
    rows.add_parser("show", help="all about one take").add_argument("ID", type=whole)
    _add_export(rows.add_parser("export", help="copy takes into a folder, with a table of what they are"))
    _add_prune(rows.add_parser("prune", help="throw takes away; without --force it says which it would"))
    named = rows.add_parser("names", help="who and what for, in the names of takes to come")
    named.add_argument("--creator", metavar="ID", help="UCS CreatorID: your initials or company")
    named.add_argument("--source", metavar="ID", help="UCS SourceID: the project, show or library")
    for row in rows.choices.values():
        add_json_option(row)


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Looks into the index, after a look into the take folder."""
    home = find_home()
    if arguments.question == "names":
        return _names(arguments, home)
    with opened(home) as database:

        def answer() -> Outcome:
            index.rescan(database, home)
            return _ANSWERS[arguments.question](arguments, database, home)

        outcome = index.resilient(database, home, answer)
        notices = tuple(database.notices)
    complaint = " ".join((*notices, outcome.complaint)).strip()
    value = {**outcome.value, "notices": list(notices)}
    return Outcome(value, outcome.lines, complaint, outcome.code)


def _add_changing(row: argparse.ArgumentParser) -> None:
    row.add_argument("ID", type=whole)
    row.add_argument("N", type=whole, nargs="?", help="0 (none) to 5")
    star = row.add_mutually_exclusive_group()
    star.add_argument("--keep", action="store_true", default=None, help="never prune it")
    star.add_argument("--no-keep", dest="keep", action="store_false", help="it may be pruned again")
    row.add_argument("--notes", metavar="TEXT", help="what you want to remember; it is searched, too")


def _add_export(row: argparse.ArgumentParser) -> None:
    row.add_argument("IDS", nargs="+", help="which takes")
    row.add_argument("FOLDER", help="where to; it is made if need be")
    row.add_argument("--force", action="store_true", help="replace files that are there")


def _add_prune(row: argparse.ArgumentParser) -> None:
    row.add_argument("--older", metavar="OLDER", help="made before this, or longer ago")
    row.add_argument("--unrated", action="store_true", help="only takes without a rating")
    row.add_argument("--missing", action="store_true", help="only takes whose file is gone")
    row.add_argument("--model", default="", metavar="NAME", help="only takes of this model")
    row.add_argument("--dry-run", action="store_true", help="say what would go, and no more")
    row.add_argument("--force", action="store_true", help="delete the files, too")
    row.add_argument("--yes", action="store_true", help="don't ask")


def _list(arguments: argparse.Namespace, database: Database, _home: Home) -> Outcome:
    query = query_of(arguments, " ".join(getattr(arguments, "WORDS", ())), arguments.limit)
    if arguments.missing:  # looked at here, so that the limit is none of SQLite's
        found = [entry for entry in index.find(database, replace(query, limit=None)) if entry.is_missing]
        found = found[: arguments.limit]
    else:
        found = index.find(database, query)
    return Outcome({"takes": [_value(entry) for entry in found]}, tuple(_table(found)))


def _show(arguments: argparse.Namespace, database: Database, _home: Home) -> Outcome:
    (entry,) = index.entries(database, [arguments.ID])
    recipe = decode_recipe(entry.recipe).recipe
    lines = (
        f"{'file':<14}  {printable(entry.path) or 'overwritten'}{'  (missing)' if entry.is_missing else ''}",
        f"{'rating':<14}  {_stars(entry) or 'none'}",
        *((f"{'notes':<14}  {printable(entry.notes)}",) if entry.notes else ()),
        *describe(recipe),
    )
    return Outcome({"take": _value(entry)}, lines)


def _rate(arguments: argparse.Namespace, database: Database, _home: Home) -> Outcome:
    changed = index.mark(database, arguments.ID, Mark(arguments.N, arguments.keep, arguments.notes))
    return Outcome({"take": _value(changed)}, tuple(_table([changed])))


def _export(arguments: argparse.Namespace, database: Database, _home: Home) -> Outcome:
    folder = Path(arguments.FOLDER).absolute()
    copies = export(index.entries(database, ids_of(arguments.IDS)), folder, arguments.force)
    value = {"files": [str(path) for path in copies], "table": str(folder / TABLE)}
    return Outcome(value, (*map(str, copies), str(folder / TABLE)))


def _prune(arguments: argparse.Namespace, database: Database, home: Home) -> Outcome:
    query = query_of(arguments, "", None)
    chosen = index.find(database, query)
    if arguments.missing:
        chosen = [entry for entry in chosen if entry.is_missing]
    elif query == Query():
        return Outcome({}, (), "Say which takes: --older, --unrated, --missing or --model.", ExitCode.USAGE)
    return _carried_out(arguments, database, plan(chosen, home))


def _carried_out(arguments: argparse.Namespace, database: Database, going: Plan) -> Outcome:
    lines, value = tuple(_announcement(going)), _plan_value(going)
    if going.is_empty or arguments.dry_run:
        return Outcome(value, lines or ("There is nothing to prune.",))
    if going.deleted and not arguments.force:
        return Outcome(value, (*lines, "Nothing was done. Add --force to delete these files."))
    if not arguments.yes and sys.stdin.isatty() and not _agreed(lines):
        return cancelled("Nothing was done.")
    left = carry_out(database, going)
    return Outcome(value | {"done": True, "left": list(left)}, (*lines, "Done."), " ".join(left))


def _agreed(lines: Sequence[str]) -> bool:
    print(*lines, sep="\n", file=sys.stderr)
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _names(arguments: argparse.Namespace, home: Home) -> Outcome:
    if arguments.creator or arguments.source:
        before = _names_before(home)
        write_naming(home, Naming(arguments.creator or before.creator, arguments.source or before.source))
    naming = read_naming(home)
    example = f"FEETHmn_Boots-On-Gravel-001_{naming.creator}_{naming.source}.wav"
    return Outcome(asdict(naming), (f"creator {naming.creator}, source {naming.source}: {example}",))


def _names_before(home: Home) -> Naming:
    """Those that hold; in the place of a damaged file new ones may be set, which is what it asks for."""
    try:
        return read_naming(home)
    except EngineError:
        return Naming()


def _announcement(going: Plan) -> Iterator[str]:
    if going.deleted:
        yield f"To be deleted, {len(going.deleted)} files:"
        yield from (f"  {entry.id:>5}  {printable(entry.path)}" for entry in going.deleted)
    if going.forgotten:
        yield f"To be forgotten, {len(going.forgotten)} takes (a file outside the take folder stays):"
        yield from (f"  {entry.id:>5}  {printable(entry.path or entry.prompt)}" for entry in going.forgotten)


def _plan_value(going: Plan) -> dict[str, object]:
    return {
        "deleted": [_value(entry) for entry in going.deleted],
        "forgotten": [_value(entry) for entry in going.forgotten],
        "done": False,
    }


def _table(found: Sequence[Entry]) -> Iterator[str]:
    if not found:
        yield "no takes"
        return
    yield _columns("id", "made", "length", "rated", "model", "prompt", "file")
    for entry in found:
        where = "(missing)" if entry.is_missing else Path(entry.path).name
        made, length = entry.made[:16].replace("T", " "), f"{entry.seconds:.2f} s"
        yield _columns(str(entry.id), made, length, _stars(entry), entry.model, entry.prompt, where)


def _columns(number: str, made: str, length: str, rated: str, model: str, prompt: str, where: str) -> str:
    start = f"{number:>5}  {made:<16}  {length:>9}  {rated:<6}  {printable(model)[:14]:<14}"
    return f"{start}  {printable(prompt)[:_PROMPT_COLUMNS]:<{_PROMPT_COLUMNS}}  {printable(where)}"


def _stars(entry: Entry) -> str:
    return "*" * entry.rating + ("+" if entry.kept else "")


def _value(entry: Entry) -> dict[str, object]:
    return asdict(entry) | {"missing": entry.is_missing, "recipe": json.loads(entry.recipe)}


_ANSWERS: dict[str, Callable[[argparse.Namespace, Database, Home], Outcome]] = {
    "list": _list,
    "search": _list,
    "show": _show,
    "rate": _rate,
    "export": _export,
    "prune": _prune,
}
