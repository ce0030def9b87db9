"""How far a long piece of work is, and how long the rest will take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from engine.protocol.replies import Progress

Item = TypeVar("Item")


@dataclass(frozen=True)
class Stage:
    """A part of the work: so many pieces, each of which is thought to take so long."""

    name: str
    pieces: int
    guess_seconds: float


class Pace:
    """Measures stages as they pass; those to come are guessed, as wrongly as those before were."""

    def __init__(self, stages: Iterable[Stage], clock: Callable[[], float]) -> None:
        """Starts now."""
        self._stages = {stage.name: stage for stage in stages}
        self._done = dict.fromkeys(self._stages, 0)
        self._clock = clock
        self._started = clock()

    def passing(self, name: str, items: Iterable[Item]) -> Iterator[tuple[Progress, Item]]:
        """The pieces of a stage, each with the news to tell before it is done."""
        for item in items:
            yield self._news(name), item
            self._done[name] += 1

    def _news(self, name: str) -> Progress:
        stage = self._stages[name]
        return Progress("", name, self._done[name], stage.pieces, self._seconds_left())

    def _seconds_left(self) -> float:
        """Below 0 where nothing is known yet."""
        guessed = {
            name: (stage.guess_seconds * self._done[name], stage.guess_seconds * stage.pieces)
            for name, stage in self._stages.items()
        }
        done = sum(part for part, _ in guessed.values())
        whole = sum(all_ for _, all_ in guessed.values())
        if done <= 0.0:
            return -1.0
        return (self._clock() - self._started) / done * max(0.0, whole - done)
