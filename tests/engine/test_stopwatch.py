"""Where the seconds went, by a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.stopwatch import Stopwatch


class Clock:
    """Time passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def items(self, *durations: float) -> Iterator[float]:
        """Each takes as long as it says."""
        for seconds in durations:
            self.now += seconds
            yield seconds

    @contextmanager
    def managing(self, entering: float, leaving: float) -> Iterator[str]:
        """Takes its time at both ends."""
        self.now += entering
        try:
            yield "managed"
        finally:
            self.now += leaving


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def watch(clock: Clock) -> Stopwatch:
    """Started on that clock."""
    return Stopwatch(clock)


def test_stages_add_up(watch: Stopwatch, clock: Clock) -> None:
    """A stage that is entered twice has both times; what is outside of all counts in the total."""
    for seconds in (1.0, 2.0):
        with watch.stage("read"):
            clock.now += seconds
        clock.now += 10.0
    assert (("read", 3.0), ("total", 23.0)) == watch.timings()


def test_a_failed_stage_counts(watch: Stopwatch, clock: Clock) -> None:
    """The time is gone all the same, and so is nothing of the error."""
    with pytest.raises(ValueError, match="no"), watch.stage("read"):
        clock.now += 1.0
        raise ValueError("no")
    assert ("read", 1.0) in watch.timings()


def test_passing_counts_what_it_takes_to_make_items(watch: Stopwatch, clock: Clock) -> None:
    """And not what the one who takes them does between."""
    passed = []
    for item in watch.passing("denoise", clock.items(1.0, 2.0, 3.0)):
        clock.now += 50.0
        passed.append(item)
    assert [1.0, 2.0, 3.0] == passed
    assert ("denoise", 6.0) in watch.timings()


def test_around_counts_both_ends(watch: Stopwatch, clock: Clock) -> None:
    """And not what happens inside."""
    with watch.around("write", clock.managing(1.0, 2.0)) as managed:
        clock.now += 50.0
    assert "managed" == managed
    assert (("write", 3.0), ("total", 53.0)) == watch.timings()


def test_around_lets_errors_through(watch: Stopwatch, clock: Clock) -> None:
    """The manager sees them and decides."""
    with pytest.raises(ValueError, match="no"), watch.around("write", clock.managing(1.0, 2.0)):
        raise ValueError("no")
    assert ("write", 3.0) in watch.timings()


def test_a_mark_is_set_once(watch: Stopwatch, clock: Clock) -> None:
    """The seconds from the start to the first call."""
    for _ in range(3):
        clock.now += 1.0
        watch.mark("first_chunk")
    assert (("first_chunk", 1.0), ("total", 3.0)) == watch.timings()
    assert 3.0 == watch.elapsed()
