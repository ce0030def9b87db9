"""The file in which the user's own sounds are indexed: opened, and put aside when it is damaged.

Vectors are compared inside SQLite by sqlite-vec. Python's own sqlite3 is often built without the right to
load extensions (pyenv's and Apple's are), so SQLite comes with apsw here. Several engines and command
lines write the file at the same time, each in short transactions; what was committed outlives them.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import sqlite_vec

from engine.config import Home, make_home
from engine.errors import EngineError, ErrorCode
from engine.journal import write_ahead

FILE = "library.sqlite"
# Longer than any transaction of ours by far; who waits this long waits for a process that hangs.
BUSY_SECONDS = 10.0
# What SQLite keeps beside its file.
_COMPANIONS = ("", "-wal", "-shm", "-journal")
DAMAGE = (apsw.CorruptError, apsw.NotADBError)
VERSION = 1
# A file is a place; what sounds is known by its content: moved files and copies are heard once. The vectors
# of a model hang on its digest. What a folder has ``heard``, ``moved`` and ``gone`` is of a run
# that did not come to its end. ``start`` and ``stop`` are frames of the file.
_SCHEMA = """
CREATE TABLE folders (
    path TEXT PRIMARY KEY,
    finished REAL,
    heard INTEGER NOT NULL DEFAULT 0,
    moved INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE models (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE sounds (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    sample_rate INTEGER NOT NULL,
    channels INTEGER NOT NULL,
    frames INTEGER NOT NULL,
    problem TEXT NOT NULL
);
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    sound INTEGER NOT NULL REFERENCES sounds (id)
);
CREATE INDEX files_by_sound ON files (sound);
CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE said (
    path TEXT NOT NULL REFERENCES files (path) ON DELETE CASCADE,
    text INTEGER NOT NULL REFERENCES texts (id),
    PRIMARY KEY (path, text)
) WITHOUT ROWID;
CREATE INDEX said_by_text ON said (text);
CREATE TABLE text_vectors (
    model INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    text INTEGER NOT NULL REFERENCES texts (id) ON DELETE CASCADE,
    vector BLOB NOT NULL,
    PRIMARY KEY (model, text)
);
CREATE INDEX text_vectors_by_text ON text_vectors (text);
CREATE TABLE heard (
    model INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    sound INTEGER NOT NULL REFERENCES sounds (id) ON DELETE CASCADE,
    PRIMARY KEY (model, sound)
) WITHOUT ROWID;
CREATE INDEX heard_by_sound ON heard (sound);
CREATE TABLE spans (
    id INTEGER PRIMARY KEY,
    model INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    sound INTEGER NOT NULL REFERENCES sounds (id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX spans_by_model ON spans (model, sound);
CREATE INDEX spans_by_sound ON spans (sound);
"""

Row = tuple[Any, ...]


@dataclass
class Database:
    """An open index. ``notices`` say what happened to it on the way."""

    path: Path
    connection: apsw.Connection
    notices: list[str] = field(default_factory=list)

    @contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """A transaction: all of the block, or nothing of it. Raises EngineError(CANT_WRITE)."""
        with saying_why(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(apsw.Error):
                    self.connection.execute("ROLLBACK")
                raise

    def rows(self, query: str, *values: Any) -> list[Row]:
        """All rows of a query. Raises EngineError(CANT_WRITE), or what is in ``DAMAGE``."""
        with saying_why(self.path):
            return self.connection.execute(query, values).fetchall()


def index_path(home: Home) -> Path:
    """Where a home's index lies."""
    return home.state / FILE


@contextmanager
def opened(home: Home) -> Iterator[Database]:
    """The home's index, made if it is not there.

    A damaged file is put aside, whenever it shows: at once, with a new one and a notice, or on the way with
    EngineError(NOT_FOUND) that says so. Raises EngineError: CANT_WRITE, or BAD_ARGUMENT for the file of a
    later version.
    """
    make_home(home)
    path = index_path(home)
    try:
        database = _open(path)
    except DAMAGE:
        notice = _farewell(_put_aside(path))
        database = _open(path)
        database.notices.append(notice)
    try:
        yield database
    except DAMAGE as error:
        database.connection.close()
        raise EngineError(ErrorCode.NOT_FOUND, _farewell(_put_aside(path))) from error
    finally:
        database.connection.close()


@contextmanager
def saying_why(path: Path) -> Iterator[None]:
    """What keeps SQLite from its file, as EngineError(CANT_WRITE); damage is let through."""
    try:
        yield
    except (apsw.BusyError, apsw.LockedError) as error:
        raise EngineError(
            ErrorCode.CANT_WRITE,
            f"Another program holds the index of your sounds, {path}; try again when it is done.",
        ) from error
    except (
        apsw.FullError,
        apsw.IOError,
        apsw.CantOpenError,
        apsw.ReadOnlyError,
        apsw.PermissionsError,
    ) as error:
        raise EngineError(
            ErrorCode.CANT_WRITE,
            f"The index of your sounds, {path}, can't be used ({error}); look at the disk and its rights.",
        ) from error


def _open(path: Path) -> Database:
    with saying_why(path):
        connection = apsw.Connection(str(path))
        try:
            connection.set_busy_timeout(round(BUSY_SECONDS * 1000))
            _load_vectors(connection)
            _bring_up_to_date(connection, path)
            path.chmod(0o600)
        except BaseException:
            connection.close()
            raise
    return Database(path, connection)


def _load_vectors(connection: apsw.Connection) -> None:
    connection.enable_load_extension(True)
    try:
        connection.load_extension(sqlite_vec.loadable_path())
    except apsw.Error as error:
        raise EngineError(
            ErrorCode.INTERNAL, f"SQLite can't load sqlite-vec ({error}); install Punch-In again."
        ) from error
    finally:
        connection.enable_load_extension(False)


def _bring_up_to_date(connection: apsw.Connection, path: Path) -> None:
    write_ahead(connection.execute, lambda error: isinstance(error, apsw.BusyError), BUSY_SECONDS)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    if _version(connection) == VERSION:
        return
    with connection:  # another process may be making it, too: who is second finds it made
        connection.execute("CREATE TABLE IF NOT EXISTS made (once INTEGER)")
        version = _version(connection)
        if version > VERSION:
            raise EngineError(
                ErrorCode.BAD_ARGUMENT,
                f"The index of your sounds, {path}, was made by a later Punch-In; update this one.",
            )
        if version < VERSION:
            connection.execute(f"{_SCHEMA} PRAGMA user_version = {VERSION}")


def _version(connection: apsw.Connection) -> int:
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    assert isinstance(version, int)
    return version


def _put_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}")
    for companion in _COMPANIONS:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + companion).replace(aside.with_name(aside.name + companion))
    return aside


def _farewell(aside: Path) -> str:
    return (
        f"The index of your sounds was damaged and lies in {aside} now; no sound was touched. "
        "Index your folders again: punchin library index FOLDER."
    )
