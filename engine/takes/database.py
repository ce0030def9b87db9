"""The file in which takes are indexed: opened, brought up to date, and put aside when it is damaged.

Several engines and command lines write it at the same time, each in short transactions; SQLite keeps them
apart, and keeps what was committed when a process or the machine dies.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.config import Home, make_home
from engine.errors import EngineError, ErrorCode
from engine.journal import write_ahead

FILE = "takes.sqlite"
# Longer than any transaction of ours by far; who waits this long waits for a process that hangs.
BUSY_SECONDS = 10.0
# What SQLite keeps beside its file.
_COMPANIONS = ("", "-wal", "-shm", "-journal")

Row = sqlite3.Row
Migration = Callable[[sqlite3.Connection], None]


def _first(database: sqlite3.Connection) -> None:
    database.execute(
        """CREATE TABLE takes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            uuid TEXT NOT NULL UNIQUE,
            path TEXT NOT NULL,
            made TEXT NOT NULL,
            made_seconds REAL NOT NULL,
            model TEXT NOT NULL,
            licence TEXT NOT NULL,
            prompt TEXT NOT NULL,
            negative TEXT NOT NULL,
            category TEXT NOT NULL,
            seed INTEGER NOT NULL,
            seconds REAL NOT NULL,
            recipe TEXT NOT NULL,
            adopted INTEGER NOT NULL,
            rating INTEGER NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
            kept INTEGER NOT NULL DEFAULT 0,
            notes TEXT NOT NULL DEFAULT ''
        )"""
    )
    database.execute("CREATE INDEX takes_by_time ON takes (made_seconds)")
    database.execute("CREATE INDEX takes_by_path ON takes (path)")
    # Files in the take folder that carry no recipe, so that they are looked into once.
    database.execute("CREATE TABLE strangers (path TEXT PRIMARY KEY, size INTEGER, changed INTEGER)")
    database.execute("CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL)")


# Each brings a file from the version of its place to the next one.
MIGRATIONS: tuple[Migration, ...] = (_first,)


@dataclass
class Database:
    """An open index. ``notices`` say what happened to it on the way."""

    path: Path
    connection: sqlite3.Connection
    notices: list[str] = field(default_factory=list)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of the block, or nothing of it. Raises EngineError(CANT_WRITE)."""
        with saying_why(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[Row]:
        """All rows of a query. Raises EngineError(CANT_WRITE), or DatabaseError for a damaged file."""
        with saying_why(self.path):
            return self.connection.execute(query, values).fetchall()


def index_path(home: Home) -> Path:
    """Where a home's index lies."""
    return home.state / FILE


@contextmanager
def opened(home: Home) -> Iterator[Database]:
    """The home's index, made if it is not there and of the newest version.

    A damaged file is put aside, what can still be read of it is saved, and a notice says so. Raises
    EngineError: CANT_WRITE, or BAD_ARGUMENT for the file of a later version.
    """
    make_home(home)
    path = index_path(home)
    try:
        database = _open(path)
    except sqlite3.DatabaseError as error:
        check_damage(error)
        database = _anew(path)
    with contextlib.closing(database.connection):
        yield database


def mend(database: Database) -> None:
    """Replace a file that turned out to be damaged; ``database`` is of the new one afterwards."""
    database.connection.close()
    anew = _anew(database.path)
    database.connection = anew.connection
    database.notices += anew.notices


@contextmanager
def saying_why(path: Path) -> Iterator[None]:
    """What keeps SQLite from its file, as EngineError(CANT_WRITE); damage is let through."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if _is_busy(error):
            sentence = f"Another program holds the index of takes, {path}; try again when it is done."
        else:
            sentence = (
                f"The index of takes, {path}, can't be used ({error}); look at the disk and its rights."
            )
        raise EngineError(ErrorCode.CANT_WRITE, sentence) from error


def check_damage(error: sqlite3.Error) -> None:
    """Raise what does not say that the file is damaged: it is a defect of ours."""
    if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        raise error


def _open(path: Path) -> Database:
    with saying_why(path):
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        with saying_why(path):
            _bring_up_to_date(connection, path)
        path.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return Database(path, connection)


def _is_busy(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    write_ahead(connection.execute, _is_busy, BUSY_SECONDS)
    connection.execute("PRAGMA synchronous = NORMAL")
    if _version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN EXCLUSIVE")
    try:
        version = _version(connection)  # another process may have been faster
        if version > len(MIGRATIONS):
            raise EngineError(
                ErrorCode.BAD_ARGUMENT,
                f"The index of takes, {path}, was made by a later Punch-In; update this one.",
            )
        for migrate in MIGRATIONS[version:]:
            migrate(connection)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _anew(path: Path) -> Database:
    """A new file in place of a damaged one, with every row of that which can be read."""
    aside = _put_aside(path)
    database = _open(path)
    saved = _save_rows(aside, database)
    database.notices.append(
        f"The index of takes was damaged and lies in {aside} now; a new one has {saved} of its takes "
        "and what is in the take folder."
    )
    return database


def _put_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}")
    for companion in _COMPANIONS:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + companion).replace(aside.with_name(aside.name + companion))
    return aside


def _save_rows(damaged: Path, database: Database) -> int:
    """Copies rows until the damage is reached; a row that is not whole is left."""
    saved = 0
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(damaged)) as old:
        old.row_factory = sqlite3.Row
        old.text_factory = lambda data: data.decode("utf-8", "replace")
        for row in old.execute("SELECT * FROM takes"):
            names = [name for name in row.keys() if name.isidentifier()]  # noqa: SIM118 - of a Row, not a dict
            places = ", ".join("?" * len(names))
            with contextlib.suppress(sqlite3.Error):
                database.connection.execute(
                    f"INSERT OR IGNORE INTO takes ({', '.join(names)}) VALUES ({places})", tuple(row)
                )
                saved += 1
    return saved
