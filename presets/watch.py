"""What other programs do to the user's presets, seen by looking at the folder now and then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from presets.folder import ENDING

_Stamp = tuple[int, int, int]  # which file, when, how long


def changes(folder: Path, ticks: Iterable[object]) -> Iterator[frozenset[Path]]:
    """After each tick the files that came, changed or went since the one before; most often there are none.

    The caller owns the pace: a timer of the panel, or a loop that sleeps. A file takes its name when it is
    whole, so what is seen here can be read.
    """
    before = _stamps(folder)
    for _ in ticks:
        now = _stamps(folder)
        yield frozenset(path for path, _ in before.items() ^ now.items())
        before = now


def _stamps(folder: Path) -> dict[Path, _Stamp]:
    stamps: dict[Path, _Stamp] = {}
    try:
        for path in folder.glob(f"*{ENDING}"):
            facts = path.stat()
            stamps[path] = facts.st_ino, facts.st_mtime_ns, facts.st_size
    except OSError:
        pass  # it is being changed right now, and will be seen at the next tick
    return stamps
