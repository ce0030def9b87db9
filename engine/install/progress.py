"""How an installation is going."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

Result = TypeVar("Result")
Clock = Callable[[], float]
# A generator that says how far it is and returns what it made: ``made = yield from work()``.
Work = Generator["Progress", None, Result]

UNKNOWN = -1.0


@dataclass(frozen=True)
class Progress:
    """News of one stage. ``done`` of ``total`` are bytes or steps; a ``total`` of 0 is not known yet."""

    stage: str  # "downloading", "reading", "calibrating", "converting", "verifying", "sealing"
    done: int
    total: int
    seconds_left: float  # of this stage; UNKNOWN where nobody knows


def timed(stage: str, counts: Iterable[tuple[int, int]], clock: Clock = monotonic) -> Iterator[Progress]:
    """News of (done, total), with the time left as what is done took it to be.

    What was done before the first count, as of a resumed download, took no time and counts for nothing.
    """
    start = clock()
    first: int | None = None
    for done, total in counts:
        first = done if first is None else first
        fresh = done - first
        left = (clock() - start) / fresh * (total - done) if fresh > 0 and total else UNKNOWN
        yield Progress(stage, done, total, left)
