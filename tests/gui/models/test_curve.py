"""A drawn curve is what was drawn, in few points."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gui.models.curve import MAX_POINTS, Curve

places = st.tuples(st.floats(0, 100_000), st.floats(-0.5, 1.5))


@given(st.lists(st.tuples(places, places), min_size=1, max_size=60))
def test_a_curve_stays_in_order_and_in_its_limits(strokes: list[tuple[tuple[float, float], ...]]) -> None:
    """Whatever is drawn over what."""
    curve = Curve()
    for start, end in strokes:
        curve = curve.drawn(start, end)
    times = [point[0] for point in curve.points]
    assert times == sorted(set(times))
    assert all(0.0 <= strength <= 1.0 for _, strength in curve.points)
    assert len(curve.between(10, 99_990)) <= MAX_POINTS


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 10_000))
def test_a_line_is_that_line(first: float, last: float, frame: int) -> None:
    """Between its ends the strength goes straight, beyond them it stays."""
    curve = Curve().drawn((1000.0, first), (9000.0, last))
    share = min(1.0, max(0.0, (frame - 1000) / 8000))
    assert abs(curve.at(frame, 0.5) - (first + (last - first) * share)) <= 0.011


def test_a_long_scribble_is_made_few_points() -> None:
    """A thousand notches of the mouse along a line are its two ends."""
    curve = Curve()
    for step in range(1000):
        curve = curve.drawn((step, step / 1000), (step + 1, (step + 1) / 1000))
    assert len(curve.points) <= 4
