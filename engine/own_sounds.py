"""The folders of the user's own sounds, for clients that show them: which are indexed, and forgotten.

What ``punchin library list`` and ``forget`` do with the index, in a few plain calls, as ``engine.history``
does for takes. Nothing here needs a running engine. Every call opens the index, and may wait for another
process.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.config import Home


@dataclass(frozen=True)
class OwnFolder:
    """A folder that was indexed. ``finished``: when, in seconds since 1970; None: never to its end."""

    path: str
    sounds: int  # files that can be found
    seconds: float  # of all of them together
    finished: float | None
    skipped: tuple[tuple[str, str], ...]  # files that can't be found, and why


def indexed_folders(home: Home) -> list[str]:
    """Where they are, read from the index; none where there is no index. Raises EngineError(CANT_WRITE)."""
    from engine.library import shelf
    from engine.library.database import index_path, opened

    if not index_path(home).exists():
        return []
    with opened(home) as database:
        return shelf.folder_paths(database)


def own_folders(home: Home) -> tuple[OwnFolder, ...]:
    """Every folder, by name; none where there is no index. Raises EngineError(CANT_WRITE)."""
    from engine.library import shelf
    from engine.library.database import index_path, opened

    if not index_path(home).exists():
        return ()
    with opened(home) as database:
        return tuple(
            OwnFolder(
                folder.path,
                folder.files - folder.problems,
                folder.seconds,
                folder.finished,
                tuple(shelf.problems(database, folder.path)),
            )
            for folder in shelf.folders(database)
        )


def announce(home: Home, folder: str) -> None:
    """Notes a folder that is to be indexed, which lets the next engine read it. Raises EngineError."""
    from engine.library import shelf
    from engine.library.database import opened

    with opened(home) as database:
        shelf.begin_folder(database, shelf.path_of_folder(folder))


def forget(home: Home, folder: str) -> int:
    """Takes a folder out of the index; files forgotten. They stay where they are. Raises EngineError."""
    from engine.library import shelf
    from engine.library.database import opened

    with opened(home) as database:
        return shelf.forget(database, folder)
