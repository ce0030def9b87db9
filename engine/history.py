"""The takes of this account for clients that show them: found, marked, given away, thrown away.

What the command line does with the index, in a few plain calls, so that a panel need not know how takes are
kept. Nothing here needs a running engine. Every call opens the index, and may wait for another process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.takes import export as exporting
from engine.takes import index, prune
from engine.takes.database import Database, opened
from engine.takes.index import Entry, Mark, Query
from engine.takes.reading import found_in

__all__ = ["Entry", "Mark", "Query", "begins_at", "export", "find", "forget", "mark", "of_path", "throw_away"]

Result = TypeVar("Result")


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

    Raises EngineError(NOT_FOUND or BAD_AUDIO).
    """
    bext = found_in(path).bext
    return None if bext is None else bext.time_reference


def mark(home: Home, number: int, opinion: Mark) -> Entry:
    """Changes what somebody thinks of a take. Raises EngineError."""
    return _with_index(home, lambda database: index.mark(database, number, opinion))


def export(home: Home, numbers: Sequence[int], folder: Path, overwrite: bool = False) -> list[Path]:
    """Copies takes and a table of them into a folder. Raises EngineError, before the first file if it can."""
    return _with_index(
        home, lambda database: exporting.export(index.entries(database, numbers), folder, overwrite)
    )


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
