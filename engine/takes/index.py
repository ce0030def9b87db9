"""The takes that were made here: noted, found, rated, forgotten.

A take is noted after its file has its name. If the process dies in between, ``rescan`` finds the file by
the recipe that it carries; so it does a take that was moved inside the take folder.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.scratch import is_scratch
from engine.takes import words
from engine.takes.database import Database, Row, check_damage, mend, opened
from engine.takes.reading import read_recipes
from engine.takes.recipe import Place, Recipe, Setting, decode_recipe, encode_recipe

Result = TypeVar("Result")

BEST_RATING = 5
LARGEST = 2**62  # that SQLite can be asked about; no take has such a number
MAX_NOTES_CHARACTERS = 10_000
# Where a take folder has more files, it holds something else.
MAX_SCANNED_FILES = 100_000
_SEARCHED = " || ' ' || ".join(("prompt", "negative", "seed", "category", "model", "notes", "path"))
_SOUNDS = frozenset({".wav", ".wave", ".bwf", ".rf64", ".aif", ".aiff", ".aifc", ".caf", ".flac"})


@dataclass(frozen=True)
class Entry:
    """One take in the index."""

    id: int
    uuid: str
    path: str  # "" where another take has been written over it
    made: str
    model: str
    licence: str
    prompt: str
    negative: str
    category: str
    seed: int
    seconds: float
    rating: int  # 0: none
    kept: bool
    notes: str
    adopted: bool  # found in the take folder, not noted when it was made
    recipe: str  # JSON

    @property
    def is_missing(self) -> bool:
        """Whether its file is where it was."""
        return not self.path or not Path(self.path).is_file()

    @property
    def settings(self) -> dict[str, Setting]:
        """Its recipe's."""
        settings = json.loads(self.recipe)["settings"]
        assert isinstance(settings, dict)
        return settings

    @property
    def place(self) -> Place:
        """Where its region lies in what it was made of."""
        return decode_recipe(self.recipe).recipe.place


@dataclass(frozen=True)
class Query:
    """Which takes; everything left at its default matches all. The newest come first."""

    text: str = ""  # words in prompt, negative prompt, notes, category or model
    anywhere: str = ""  # parts of words in any of these, or in the path or seed
    model: str = ""
    since: datetime | None = None
    before: datetime | None = None
    rating: int = 0  # at least
    unrated: bool = False
    kept: bool = False
    settings: tuple[tuple[str, str], ...] = ()  # of the recipe, by key
    limit: int | None = None
    after: Entry | None = None  # in the order that they come in: a page behind the one that ended with this


@dataclass(frozen=True)
class Mark:
    """What somebody thinks of a take; None leaves it as it is."""

    rating: int | None = None
    kept: bool | None = None
    notes: str | None = None


def note_take(home: Home, path: Path, recipe: Recipe) -> tuple[str, ...]:
    """Note a take whose file lies at ``path``; sentences about what went wrong, which harms no take.

    What lies in the scratch folder is not noted.
    """
    if is_scratch(home, path):
        return ()
    try:
        with opened(home) as database:
            resilient(database, home, lambda: record(database, path, recipe))
            return tuple(database.notices)
    except EngineError as error:
        return (f"The take is whole, but was not noted. {error.sentence}",)


def resilient(database: Database, home: Home, work: Callable[[], Result]) -> Result:
    """What ``work`` gives; if the file turns out to be damaged, from a new one."""
    try:
        return work()
    except sqlite3.DatabaseError as error:
        check_damage(error)
    mend(database)
    rescan(database, home)
    return work()


def record(database: Database, path: Path, recipe: Recipe, adopted: bool = False) -> None:
    """Note a take, or where one that is known lies now. Raises EngineError(CANT_WRITE)."""
    with database.writing() as connection:
        _record(connection, path, recipe, adopted)


def _record(connection: sqlite3.Connection, path: Path, recipe: Recipe, adopted: bool) -> None:
    where, place = str(path.absolute()), recipe.place
    connection.execute("UPDATE takes SET path = '' WHERE path = ? AND uuid <> ?", (where, recipe.uuid))
    values = {
        "uuid": recipe.uuid,
        "path": where,
        "made": recipe.made,
        "made_seconds": datetime.fromisoformat(recipe.made).timestamp(),
        "model": recipe.model,
        "licence": recipe.licence,
        "prompt": recipe.prompt,
        "negative": str(recipe.settings.get("negative", "")),
        "category": recipe.category,
        "seed": recipe.seed,
        "seconds": (place.end_frame - place.start_frame) / max(1, place.sample_rate),
        "recipe": encode_recipe(recipe),
        "adopted": int(adopted),
    }
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    connection.execute(
        f"INSERT INTO takes ({names}) VALUES ({marks})"
        " ON CONFLICT (uuid) DO UPDATE SET path = excluded.path, recipe = excluded.recipe",
        tuple(values.values()),
    )
    words.stale(connection)


def find(database: Database, query: Query) -> list[Entry]:
    """The takes that match. Raises EngineError."""
    database.connection.create_function("lowered", 1, str.lower, deterministic=True)  # SQLite's knows ASCII
    conditions, values = ["1"], list[object]()
    for condition, value in _conditions(query):
        conditions.append(condition)
        values += value
    searched = words.words_of(query.text)
    if query.text.strip() and not searched:
        return []
    if searched:
        condition, patterns = _text_condition(database, searched)
        conditions.append(condition)
        values += patterns
    # Settings are looked at here, so that only then a limit is not SQLite's affair.
    most = None if query.limit is None else min(query.limit, LARGEST)
    limit = -1 if most is None or query.settings else most
    where = f"{' AND '.join(conditions)} ORDER BY made_seconds DESC, id DESC LIMIT ?"
    found = map(_entry, database.rows(f"SELECT * FROM takes WHERE {where}", *values, limit))
    return list(islice((entry for entry in found if _has_settings(entry, query.settings)), most))


def models(database: Database) -> tuple[str, ...]:
    """Which models the takes were made by."""
    return tuple(row["model"] for row in database.rows("SELECT DISTINCT model FROM takes ORDER BY model"))


def count(database: Database) -> int:
    """How many takes there are."""
    return int(database.rows("SELECT COUNT(*) AS takes FROM takes")[0]["takes"])


def entries(database: Database, ids: Sequence[int]) -> list[Entry]:
    """These takes, in this order. Raises EngineError(NOT_FOUND) for one that is not there."""
    found = {}
    for number in ids:
        rows = database.rows("SELECT * FROM takes WHERE id = ?", min(number, LARGEST))
        if not rows:
            raise EngineError(
                ErrorCode.NOT_FOUND, f"There is no take {number}; punchin takes list shows them."
            )
        found[number] = _entry(rows[0])
    return [found[number] for number in ids]


def mark(database: Database, number: int, mark: Mark) -> Entry:
    """Change what somebody thinks of a take. Raises EngineError(NOT_FOUND, BAD_ARGUMENT or CANT_WRITE)."""
    if mark.rating is not None and not 0 <= mark.rating <= BEST_RATING:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT, f"A rating is 0 (none) to {BEST_RATING}, not {mark.rating}."
        )
    if mark.notes is not None and len(mark.notes) > MAX_NOTES_CHARACTERS:
        raise EngineError(ErrorCode.TOO_MUCH, f"Notes may have {MAX_NOTES_CHARACTERS} characters at most.")
    entries(database, [number])
    changes = {"rating": mark.rating, "kept": mark.kept, "notes": mark.notes}
    given = {name: value for name, value in changes.items() if value is not None}
    with database.writing() as connection:
        for name, value in given.items():
            connection.execute(f"UPDATE takes SET {name} = ? WHERE id = ?", (value, number))
        words.stale(connection)
    return entries(database, [number])[0]


def forget(database: Database, ids: Iterable[int]) -> None:
    """Take these out of the index; their files stay. Raises EngineError(CANT_WRITE)."""
    with database.writing() as connection:
        connection.executemany("DELETE FROM takes WHERE id = ?", [(number,) for number in ids])
        words.stale(connection)


def rescan(database: Database, home: Home) -> list[Path]:
    """Note takes that lie in the take folder unnoted, or elsewhere than noted; where those are."""
    known = {row["path"] for row in database.rows("SELECT path FROM takes")}
    strangers = {
        row["path"]: (row["size"], row["changed"]) for row in database.rows("SELECT * FROM strangers")
    }
    found: list[tuple[Path, Recipe]] = []
    passed: list[tuple[str, int, int]] = []
    for path, size, changed in _sounds_in(home.takes):
        if str(path) in known or strangers.get(str(path)) == (size, changed):
            continue
        recipe = _newest(path)
        if recipe is None or _lies_elsewhere(database, recipe):
            passed.append((str(path), size, changed))
        else:
            found.append((path, recipe))
    if found or passed:
        with database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO strangers VALUES (?, ?, ?)", passed)
            for path, recipe in found:
                _record(connection, path, recipe, adopted=True)
    return [path for path, _ in found]


def _sounds_in(folder: Path) -> Iterator[tuple[Path, int, int]]:
    """Files with their size and when they were changed; what can't be looked at is left out."""
    try:
        with os.scandir(folder) as files:
            for _, file in zip(range(MAX_SCANNED_FILES), files, strict=False):
                if Path(file.name).suffix.lower() in _SOUNDS and file.is_file():
                    status = file.stat()
                    yield Path(file.path).absolute(), status.st_size, status.st_mtime_ns
    except OSError:
        return


def _newest(path: Path) -> Recipe | None:
    try:
        recipes = read_recipes(path).recipes
    except EngineError:
        return None
    return recipes[-1] if recipes else None


def _lies_elsewhere(database: Database, recipe: Recipe) -> bool:
    """Whether the take is known and where it was: this file is a copy of it."""
    rows = database.rows("SELECT path FROM takes WHERE uuid = ?", recipe.uuid)
    return any(row["path"] and Path(row["path"]).is_file() for row in rows)


def _conditions(query: Query) -> Iterator[tuple[str, list[object]]]:
    if query.model:
        yield "model = ?", [query.model]
    if query.since:
        yield "made_seconds >= ?", [query.since.timestamp()]
    if query.before:
        yield "made_seconds < ?", [query.before.timestamp()]
    if query.rating:
        yield "rating >= ?", [min(query.rating, LARGEST)]
    if query.unrated:
        yield "rating = 0", []
    if query.kept:
        yield "kept", []
    if query.after:
        made = datetime.fromisoformat(query.after.made).timestamp()
        yield "(made_seconds, id) < (?, ?)", [made, query.after.id]
    for part in query.anywhere.lower().split():
        yield f"instr(lowered({_SEARCHED}), ?)", [part]


def _text_condition(database: Database, searched: Sequence[str]) -> tuple[str, list[str]]:
    if not words.has_full_text(database.connection):
        return words.plain_condition(searched)
    with database.writing() as connection:
        words.refresh(connection)
    return words.full_text_condition(searched)


def _has_settings(entry: Entry, wanted: Sequence[tuple[str, str]]) -> bool:
    settings = entry.settings if wanted else {}
    return all(name in settings and _is_same(settings[name], value) for name, value in wanted)


def _is_same(setting: Setting, wanted: str) -> bool:
    """As people write it: 20 is 20.0, and yes is true."""
    if isinstance(setting, bool):
        return wanted.lower() in (("yes", "true", "1") if setting else ("no", "false", "0"))
    if isinstance(setting, str):
        return setting.lower() == wanted.lower()
    try:
        return float(wanted) == setting
    except ValueError:
        return False


def _entry(row: Row) -> Entry:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(Entry)}
    return Entry(**(values | {"kept": bool(row["kept"]), "adopted": bool(row["adopted"])}))
