"""Takes thrown away: what would go is said first, and nothing goes that is not certainly that take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.takes.database import Database
from engine.takes.index import Entry, forget
from engine.takes.reading import read_recipes


@dataclass(frozen=True)
class Plan:
    """What is to go: ``deleted`` with their files, ``forgotten`` from the index alone."""

    deleted: tuple[Entry, ...]
    forgotten: tuple[Entry, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.deleted and not self.forgotten


def plan(chosen: Sequence[Entry], home: Home) -> Plan:
    """What becomes of these takes; those that are kept stay.

    Only files in the take folder are deleted: elsewhere a take is a whole recording that somebody named.
    """
    going = [entry for entry in chosen if not entry.kept]
    deleted = tuple(entry for entry in going if not entry.is_missing and _is_ours(entry, home))
    return Plan(deleted, tuple(entry for entry in going if entry not in deleted))


def carry_out(database: Database, plan: Plan) -> tuple[str, ...]:
    """Do it; sentences about files that were left, whose takes stay in the index."""
    left: list[str] = []
    gone = list(plan.forgotten)
    for entry in plan.deleted:
        try:
            _delete(entry)
        except EngineError as error:
            left.append(error.sentence)
        else:
            gone.append(entry)
    forget(database, [entry.id for entry in gone])
    return tuple(left)


def _is_ours(entry: Entry, home: Home) -> bool:
    return Path(entry.path).resolve().parent == home.takes.resolve()


def _delete(entry: Entry) -> None:
    path = Path(entry.path)
    recipes = read_recipes(path).recipes
    if not recipes or recipes[-1].uuid != entry.uuid:
        raise EngineError(ErrorCode.NOT_ALLOWED, f"{path} is another file by now and was left.")
    try:
        path.unlink()
    except OSError as error:
        raise EngineError(ErrorCode.CANT_WRITE, f"{path} can't be deleted ({error.strerror}).") from error
