"""Where the seconds of a job went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import TypeVar

Item = TypeVar("Item")


class Stopwatch:
    """Seconds by stage. The clock is an argument, so that tests need not wait."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """Starts now."""
        self._clock = clock
        self._started = clock()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What happens inside counts as this stage."""
        begun = self._clock()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + self._clock() - begun

    def passing(self, name: str, items: Iterator[Item]) -> Iterator[Item]:
        """The same items; the time it takes to make each counts as this stage."""
        while True:
            with self.stage(name):
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item

    def around(self, name: str, manager: AbstractContextManager[Item]) -> AbstractContextManager[Item]:
        """The same manager; entering and leaving it counts as this stage, what happens inside does not."""
        return _Around(self, name, manager)

    def mark(self, name: str) -> None:
        """Keep the seconds since the start under this name, the first time it is called for it."""
        self._seconds.setdefault(name, self.elapsed())

    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._started

    def timings(self) -> tuple[tuple[str, float], ...]:
        """Everything kept so far, and the total."""
        return (*self._seconds.items(), ("total", self.elapsed()))


class _Around(AbstractContextManager[Item]):
    def __init__(self, watch: Stopwatch, name: str, manager: AbstractContextManager[Item]) -> None:
        self._watch = watch
        self._name = name
        self._manager = manager

    def __enter__(self) -> Item:
        with self._watch.stage(self._name):
            return self._manager.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        with self._watch.stage(self._name):
            return self._manager.__exit__(kind, error, trace)
