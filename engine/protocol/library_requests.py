"""What is asked of the library of the user's own sounds."""

from __future__ import annotations

from dataclasses import dataclass

# A search is over in a moment and somebody waits for it; an index may take an hour and gives way to all else.
SEARCH_PRIORITY, INDEX_PRIORITY = 100, -100
MAX_HITS = 200  # more of them nobody listens to


@dataclass(frozen=True)
class IndexRequest:
    """Take in every sound of a folder and of the folders in it: what is new there, changed, moved or gone.

    Asked again it goes on where it was stopped. It gives way to every other kind of job.
    """

    job_id: str
    folder: str
    model: str = ""  # "": the engine's default

    @property
    def priority(self) -> int:
        """Where it stands in line."""
        return INDEX_PRIORITY

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file or folder the request names."""
        return (self.folder,)


@dataclass(frozen=True)
class SearchRequest:
    """Which indexed sounds are nearest to a prompt, to another sound, or to both. One of them is not ""."""

    job_id: str
    prompt: str = ""
    like: str = ""  # path of a sound
    model: str = ""  # "": the engine's default
    folder: str = ""  # only sounds in it and in the folders in it; "": all
    limit: int = 20
    min_seconds: float = 0.0  # of the whole file
    max_seconds: float = 0.0  # 0: no limit

    @property
    def priority(self) -> int:
        """Where it stands in line."""
        return SEARCH_PRIORITY

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file or folder the request names."""
        return tuple(path for path in (self.like, self.folder) if path)


LibraryRequest = IndexRequest | SearchRequest
