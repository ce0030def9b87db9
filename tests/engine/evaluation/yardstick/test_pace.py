"""The time left, by a clock that tests move."""

from __future__ import annotations

import pytest

from engine.evaluation.yardstick.pace import Pace, Stage


def test_stages_to_come_are_guessed_from_those_that_passed() -> None:
    """A machine half as fast as thought will be so to the end."""
    now = [0.0]
    pace = Pace([Stage("short", 2, 1.0), Stage("long", 4, 10.0)], lambda: now[0])
    told = []
    for name, pieces, seconds in (("short", "ab", 2.0), ("long", "cdef", 20.0)):
        for news, _ in pace.passing(name, pieces):
            told.append((news.stage, news.step, news.total, news.seconds_left))
            now[0] += seconds

    assert told[0] == ("short", 0, 2, -1.0)
    assert told[1] == ("short", 1, 2, pytest.approx(82.0))
    assert told[2] == ("long", 0, 4, pytest.approx(80.0))
    assert told[-1] == ("long", 3, 4, pytest.approx(20.0))


def test_the_pieces_come_through_in_order() -> None:
    """Each with its news."""
    pace = Pace([Stage("stage", 3, 1.0)], lambda: 0.0)

    assert [("a", 0), ("b", 1), ("c", 2)] == [
        (item, news.step) for news, item in pace.passing("stage", "abc")
    ]
