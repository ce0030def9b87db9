"""A new index that several processes open at once gets its write-ahead log."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from engine.journal import write_ahead


class BusyError(Exception):
    """What a stand-in for SQLite says."""


def is_busy(error: Exception) -> bool:
    """Whether it said so."""
    return isinstance(error, BusyError)


def test_who_is_told_that_it_is_busy_tries_again() -> None:
    """Until it is not; once it went well, no more."""
    told = []

    def execute(statement: str) -> None:
        told.append(statement)
        if len(told) < 3:
            raise BusyError

    write_ahead(execute, is_busy, 10.0)
    assert told == ["PRAGMA journal_mode = WAL"] * 3


def test_it_does_not_wait_for_ever() -> None:
    """A program that never lets go is named by whoever asked."""

    def execute(_: str) -> None:
        raise BusyError

    with pytest.raises(BusyError):
        write_ahead(execute, is_busy, 0.05)


def test_other_errors_are_not_waited_for() -> None:
    """A full disk is full at once."""
    told = []

    def execute(statement: str) -> None:
        told.append(statement)
        raise OSError

    with pytest.raises(OSError):
        write_ahead(execute, is_busy, 10.0)
    assert len(told) == 1


def test_a_file_that_is_being_read_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself refuses the switch at once while somebody reads the file."""
    path = tmp_path / "index.db"
    reader, writer = (sqlite3.connect(path, timeout=10.0, check_same_thread=False) for _ in range(2))
    reader.execute("CREATE TABLE rows (row)")
    reader.execute("INSERT INTO rows VALUES (1)")
    reader.commit()
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM rows").fetchall()

    def locked(error: Exception) -> bool:
        return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        write_ahead(writer.execute, locked, 0.0)
    release = threading.Timer(0.1, reader.rollback)
    release.start()
    write_ahead(writer.execute, locked, 10.0)
    release.join()
    assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    reader.close()
    writer.close()
