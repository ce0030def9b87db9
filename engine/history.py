"""The takes of this account for clients that show them: found, marked, given away, thrown away.

What the command line does with the index, in a few plain calls, so that a panel need not know how takes are
kept. Nothing here needs a running engine. Every call opens the index, and may wait for another process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from engine import scratch
from engine.audio.atomic import new_file
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.take_names import first_free
from engine.takes import export as exporting
from engine.takes import index, prune
from engine.takes.database import Database, opened
from engine.takes.index import Entry, Mark, Query
from engine.takes.reading import found_in, read_recipes

__all__ = [
    "Entry",
    "Mark",
    "Page",
    "Query",
    "adopt",
    "begins_at",
    "export",
    "find",
    "forget",
    "mark",
    "of_path",
    "page",
    "throw_away",
    "throw_away_scratch",
]

Result = TypeVar("Result")

_COPIED_BYTES = 1 << 20
_WITH_TIME_STAMPS = (".wav", ".wave", ".rf64", ".bwf")


@dataclass(frozen=True)
class Page:
    """Some of the takes that match, newest first; of all takes, how many there are and by which models."""

    entries: tuple[Entry, ...]
    has_more: bool
    takes: int
    models: tuple[str, ...]


def page(home: Home, query: Query, size: int, look: bool = False) -> Page:
    """As many of the takes that match, of those behind ``query.after`` where that is said.

    look: into the take folder first, for takes that nobody has noted. Raises EngineError.
    """

    def read(database: Database) -> Page:
        if look:
            index.rescan(database, home)
        found = index.find(database, replace(query, limit=size + 1))
        return Page(tuple(found[:size]), len(found) > size, index.count(database), index.models(database))

    return _with_index(home, read)


def find(home: Home, query: Query) -> tuple[Entry, ...]:
    """The takes that match, the newest first, after a look into the take folder. Raises EngineError."""

    def look(database: Database) -> tuple[Entry, ...]:
        index.rescan(database, home)
        return tuple(index.find(database, query))

    return _with_index(home, look)


def of_path(home: Home, path: str) -> Entry:
    """The take whose file lies there. Raises EngineError(NOT_FOUND)."""

    def look(database: Database) -> Entry:
        rows = database.rows("SELECT id FROM takes WHERE path = ?", str(Path(path).absolute()))
        if not rows:
            raise EngineError(ErrorCode.NOT_FOUND, f"{path} is not in the index of takes.")
        return index.entries(database, [rows[0]["id"]])[0]

    return _with_index(home, look)


def begins_at(path: Path) -> int | None:
    """The place on the timeline of a sound's first frame, in frames from midnight; None where it says none.

    An edited recording that had no time stamp is a timeline of its own. Raises EngineError(NOT_FOUND or
    BAD_AUDIO).
    """
    found = found_in(path)
    if found.bext is not None:
        return found.bext.time_reference
    # Other containers hold takes of a region, too, and have no place for a time stamp.
    return 0 if found.recipes and path.suffix.lower() in _WITH_TIME_STAMPS else None


def mark(home: Home, number: int, opinion: Mark) -> Entry:
    """Changes what somebody thinks of a take. Raises EngineError."""
    return _with_index(home, lambda database: index.mark(database, number, opinion))


def export(home: Home, numbers: Sequence[int], folder: Path, overwrite: bool = False) -> list[Path]:
    """Copies takes and a table of them into a folder. Raises EngineError, before the first file if it can."""
    return _with_index(
        home, lambda database: exporting.export(index.entries(database, numbers), folder, overwrite)
    )


def adopt(home: Home, path: Path) -> Entry:
    """Moves a take of the scratch folder into the take folder, whole or not at all, and notes it.

    Raises EngineError: NOT_FOUND, NOT_ALLOWED for a file that lies elsewhere or is no take, CANT_WRITE.
    """
    if not scratch.is_scratch(home, path):
        raise EngineError(ErrorCode.NOT_ALLOWED, f"{path} is no take of the scratch folder.")
    if not path.is_file():
        raise EngineError(ErrorCode.NOT_FOUND, f"{path} is gone; make the take again.")
    recipes = read_recipes(path).recipes
    if not recipes:
        raise EngineError(ErrorCode.NOT_ALLOWED, f"{path} does not say how it was made, so it is no take.")
    target = first_free(home.takes, lambda number: path.stem if number == 1 else f"{path.stem}-{number}")
    with path.open("rb") as source, new_file(target, overwrite=False) as part:
        while block := source.read(_COPIED_BYTES):
            part.write(block)
    scratch.throw_away(home, [path])
    _with_index(home, lambda database: index.record(database, target, recipes[-1]))
    return of_path(home, str(target))


def throw_away_scratch(home: Home, paths: Sequence[str]) -> None:
    """Deletes takes of the scratch folder that nobody wants; what lies elsewhere stays."""
    scratch.throw_away(home, map(Path, paths))


def forget(home: Home, numbers: Sequence[int]) -> None:
    """Takes them out of the index; what becomes of their files is the caller's affair. Raises EngineError."""
    _with_index(home, lambda database: index.forget(database, numbers))


def throw_away(home: Home, numbers: Sequence[int]) -> tuple[str, ...]:
    """Deletes takes that lie in the take folder and are not kept; sentences about what was left."""

    def go(database: Database) -> tuple[str, ...]:
        return prune.carry_out(database, prune.plan(index.entries(database, numbers), home))

    return _with_index(home, go)


def _with_index(home: Home, work: Callable[[Database], Result]) -> Result:
    with opened(home) as database:
        return index.resilient(database, home, lambda: work(database))
