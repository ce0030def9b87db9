"""What the index knows of files, sounds and texts, and how that changes: short transactions, no model.

A file is put on the shelf when its sound was heard, so that a run that is stopped has left whole things only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.source import SourceInfo
from engine.library.database import Database
from engine.library.folder import FoundFile
from engine.library.hearing import HeardSpan

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Known:
    """What is on the shelf of one file."""

    size: int
    changed: int
    problem: str  # why its sound can't be found; "": it can
    heard: bool  # by this model


@dataclass(frozen=True)
class Sound:
    """A file's content."""

    id: int
    problem: str
    heard: bool


@dataclass
class Counts:
    """What a run came to so far."""

    heard: int = 0
    moved: int = 0
    gone: int = 0


@dataclass(frozen=True)
class Folder:
    """A folder that was indexed. ``finished``: when, in seconds since 1970; None: never to its end."""

    path: str
    finished: float | None
    files: int
    problems: int
    seconds: float
    heard: tuple[tuple[str, int], ...]  # the models' names, and how many of the files each has heard


def below(folder: str) -> tuple[str, str]:
    """Bounds for a path's text: what lies in a folder or in one in it is at least this, and below that."""
    start = folder.rstrip(os.sep) + os.sep
    return start, start[:-1] + chr(ord(os.sep) + 1)


def known_files(database: Database, folder: str, model: int) -> dict[str, Known]:
    """All files of a folder, by path."""
    rows = database.rows(
        """SELECT path, size, changed, problem, heard.sound IS NOT NULL FROM files
        JOIN sounds ON sounds.id = files.sound
        LEFT JOIN heard ON heard.sound = files.sound AND heard.model = ?
        WHERE path >= ? AND path < ?""",
        model,
        *below(folder),
    )
    return {path: Known(size, changed, problem, bool(heard)) for path, size, changed, problem, heard in rows}


def find_sound(database: Database, digest: str, model: int) -> Sound | None:
    """The sound with this content, if it is known."""
    rows = database.rows(
        """SELECT id, problem, EXISTS (SELECT 1 FROM heard WHERE sound = id AND model = ?)
        FROM sounds WHERE digest = ?""",
        model,
        digest,
    )
    return Sound(rows[0][0], rows[0][1], bool(rows[0][2])) if rows else None


def put_sound(
    database: Database,
    digest: str,
    info: SourceInfo | None,
    problem: str,
    model: int,
    spans: Sequence[HeardSpan] | None,
) -> int:
    """Note a sound and what a model heard of it (None: it did not listen); its number."""
    rate, channels, frames = (info.sample_rate, info.channels, info.frames) if info else (0, 0, 0)
    with database.writing() as connection:
        connection.execute(
            """INSERT INTO sounds (digest, sample_rate, channels, frames, problem) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (digest) DO UPDATE SET problem = excluded.problem""",
            (digest, rate, channels, frames, problem),
        )
        ((number,),) = connection.execute("SELECT id FROM sounds WHERE digest = ?", (digest,)).fetchall()
        assert isinstance(number, int)
        if spans is not None:  # another process may have listened, too
            connection.execute("DELETE FROM spans WHERE model = ? AND sound = ?", (model, number))
            connection.executemany(
                "INSERT INTO spans (model, sound, start, stop, vector) VALUES (?, ?, ?, ?, ?)",
                [(model, number, span.start, span.stop, blob(span.vector)) for span in spans],
            )
            connection.execute("INSERT OR IGNORE INTO heard VALUES (?, ?)", (model, number))
    return number


def put_file(database: Database, file: FoundFile, sound: int, texts: Iterable[str]) -> None:
    """Note a file, the sound in it and what it says."""
    with database.writing() as connection:
        connection.execute(
            """INSERT INTO files VALUES (?, ?, ?, ?) ON CONFLICT (path) DO UPDATE
            SET size = excluded.size, changed = excluded.changed, sound = excluded.sound""",
            (file.path, file.size, file.changed, sound),
        )
        connection.execute("DELETE FROM said WHERE path = ?", (file.path,))
        for text in texts:
            connection.execute("INSERT OR IGNORE INTO texts (text) VALUES (?)", (text,))
            connection.execute(
                "INSERT OR IGNORE INTO said SELECT ?, id FROM texts WHERE text = ?", (file.path, text)
            )


def remove_files(database: Database, paths: Iterable[str]) -> None:
    """Forget files; their sounds stay, for when they turn up elsewhere."""
    with database.writing() as connection:
        connection.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in paths])


def unread_texts(database: Database, model: int, limit: int) -> list[tuple[int, str]]:
    """Texts that a file has and the model has not read, the first of them."""
    rows = database.rows(
        """SELECT id, text FROM texts WHERE id NOT IN (SELECT text FROM text_vectors WHERE model = ?)
        AND EXISTS (SELECT 1 FROM said WHERE said.text = id) ORDER BY id LIMIT ?""",
        model,
        limit,
    )
    return [(number, text) for number, text in rows]


def put_texts(database: Database, model: int, numbers: Sequence[int], vectors: Float32) -> None:
    """Note where a model puts texts, (texts, embedding)."""
    with database.writing() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO text_vectors VALUES (?, ?, ?)",
            [(model, number, blob(vector)) for number, vector in zip(numbers, vectors, strict=True)],
        )


def begin_folder(database: Database, folder: str) -> Counts:
    """Note that a folder is being indexed; what the run came to so far that it goes on with."""
    with database.writing() as connection:
        connection.execute("INSERT OR IGNORE INTO folders (path) VALUES (?)", (folder,))
    ((heard, moved, gone),) = database.rows("SELECT heard, moved, gone FROM folders WHERE path = ?", folder)
    return Counts(heard, moved, gone)


def leave_folder(database: Database, folder: str, counts: Counts) -> None:
    """Note how far a run came that stops."""
    with database.writing() as connection:
        connection.execute(
            "UPDATE folders SET heard = ?, moved = ?, gone = ? WHERE path = ?",
            (counts.heard, counts.moved, counts.gone, folder),
        )


def finish_folder(database: Database, folder: str, now: float) -> None:
    """Note that a folder was indexed to its end, in seconds since 1970."""
    with database.writing() as connection:
        connection.execute(
            "UPDATE folders SET finished = ?, heard = 0, moved = 0, gone = 0 WHERE path = ?", (now, folder)
        )


def folders(database: Database) -> list[Folder]:
    """Every folder, by name."""
    rows = database.rows("SELECT path, finished FROM folders ORDER BY path")
    return [_folder(database, path, finished) for path, finished in rows]


def folder_paths(database: Database) -> list[str]:
    """Where they are."""
    return [path for (path,) in database.rows("SELECT path FROM folders ORDER BY path")]


def problems(database: Database, folder: str) -> list[tuple[str, str]]:
    """The files of a folder that can't be found, and why, by path."""
    rows = database.rows(
        """SELECT path, problem FROM files JOIN sounds ON sounds.id = files.sound
        WHERE problem <> '' AND path >= ? AND path < ? ORDER BY path""",
        *below(folder),
    )
    return [(path, problem) for path, problem in rows]


def forget(database: Database, folder: str) -> int:
    """Take a folder, those in it and their files out of the index, and what only they had; files forgotten.

    No file on the disk is touched.
    """
    bounds = below(folder)
    with database.writing() as connection:
        connection.execute(
            "DELETE FROM folders WHERE path = ? OR (path >= ? AND path < ?)", (folder, *bounds)
        )
        connection.execute("DELETE FROM files WHERE path >= ? AND path < ?", bounds)
        forgotten = connection.changes()
        connection.execute("DELETE FROM sounds WHERE id NOT IN (SELECT sound FROM files)")
        connection.execute("DELETE FROM texts WHERE id NOT IN (SELECT text FROM said)")
    return forgotten


def blob(vector: Float32) -> bytes:
    """A vector as sqlite-vec reads it: float32, little-endian."""
    return vector.astype("<f4").tobytes()


def _folder(database: Database, path: str, finished: float | None) -> Folder:
    bounds = below(path)
    where = "FROM files JOIN sounds ON sounds.id = files.sound WHERE path >= ? AND path < ?"
    ((files, problems, seconds),) = database.rows(
        f"SELECT count(*), total(problem <> ''), total(1.0 * frames / max(1, sample_rate)) {where}", *bounds
    )
    heard = database.rows(
        """SELECT name, count(*) FROM files JOIN heard ON heard.sound = files.sound
        JOIN models ON models.id = heard.model WHERE path >= ? AND path < ? GROUP BY name ORDER BY name""",
        *bounds,
    )
    return Folder(path, finished, files, int(problems), seconds, tuple(heard))


def path_of_folder(folder: str) -> str:
    """A folder as it is noted: from the root, without detours."""
    return os.path.normpath(Path(folder).absolute())
