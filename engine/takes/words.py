"""The words of takes, to be searched: SQLite's full-text index, or each row in turn without it.

The full-text index is made again by the first search after a change: a tenth of a second for 10,000 takes.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

_FRESH = "words"  # in the table of states: whether the full-text index knows every row
_COLUMNS = "prompt, negative, notes, category, model"
# A prompt has no more; a hostile query is not worth more.
MAX_WORDS = 64


def has_full_text(database: sqlite3.Connection) -> bool:
    """Whether this SQLite was built with FTS5."""
    options = {row[0] for row in database.execute("PRAGMA compile_options")}
    return "ENABLE_FTS5" in options


def stale(database: sqlite3.Connection) -> None:
    """Rows have changed; the next search makes the full-text index again."""
    database.execute("DELETE FROM state WHERE name = ?", (_FRESH,))


def refresh(database: sqlite3.Connection) -> None:
    """Bring the full-text index up to date, where it is not."""
    if database.execute("SELECT 1 FROM state WHERE name = ?", (_FRESH,)).fetchone():
        return
    database.execute("DROP TABLE IF EXISTS words")
    database.execute(f"CREATE VIRTUAL TABLE words USING fts5({_COLUMNS})")
    database.execute(f"INSERT INTO words (rowid, {_COLUMNS}) SELECT id, {_COLUMNS} FROM takes")
    database.execute("INSERT INTO state VALUES (?, 'whole')", (_FRESH,))


def words_of(query: str) -> list[str]:
    """What is searched for; each word may go on."""
    return re.findall(r"\w+", query.lower())[:MAX_WORDS]


def full_text_condition(words: Sequence[str]) -> tuple[str, list[str]]:
    """An SQL condition on ``takes``, and its values."""
    query = " ".join(f'"{word}"*' for word in words)
    return "id IN (SELECT rowid FROM words WHERE words MATCH ?)", [query]


def plain_condition(words: Sequence[str]) -> tuple[str, list[str]]:
    """The same without a full-text index: every word stands somewhere in the row."""
    text = " || ' ' || ".join(_COLUMNS.split(", "))
    patterns = [f"%{word.replace('_', '!_')}%" for word in words]
    return " AND ".join(f"({text}) LIKE ? ESCAPE '!'" for _ in words), patterns
