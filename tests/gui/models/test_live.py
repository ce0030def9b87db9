"""Live mode never has more than one job in flight, and ends with what was wanted last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gui.models.live import SETTLE_SECONDS, Live, Move


@given(st.lists(st.sampled_from(["change", "tick", "end", "off", "on"]), max_size=60))
def test_one_job_in_flight_whatever_happens(events: list[str]) -> None:
    """Submitted only when nothing renders, cancelled only once for each job."""
    live, now, running, number, cancels = Live(), 0.0, "", 0, 0
    for event in ["on", *events]:
        now += SETTLE_SECONDS * 0.6
        match event:
            case "change":
                move = live.changed(now)
            case "tick":
                move = live.settled(now)
            case "end":
                ended, running = running, ""
                cancels = 0
                move = live.ended(ended, now) if ended else Move.NOTHING
            case _:
                move = live.switch(event == "on", now)
        if move is Move.SUBMIT:
            assert running == ""
            number += 1
            running, cancels = f"job{number}", 0
            live.submitted(running)
        if move is Move.CANCEL:
            assert running
            cancels += 1
            assert cancels == 1


def test_the_last_change_is_rendered() -> None:
    """A change while a draft renders cancels it, and its end submits the next."""
    live = Live()
    assert live.switch(True, 0.0) is Move.SUBMIT
    live.submitted("a")
    assert live.changed(1.0) is Move.WAIT
    assert live.settled(1.0 + SETTLE_SECONDS) is Move.CANCEL
    assert live.settled(2.0) is Move.NOTHING
    assert live.ended("other", 2.0) is Move.NOTHING
    assert live.ended("a", 2.0) is Move.SUBMIT


def test_nothing_is_rendered_while_a_slider_moves() -> None:
    """Changes that follow each other quickly are one."""
    live = Live(on=True)
    for step in range(10):
        live.changed(step * SETTLE_SECONDS / 2)
        assert live.settled(step * SETTLE_SECONDS / 2) is Move.WAIT
    assert live.settled(10 * SETTLE_SECONDS) is Move.SUBMIT
