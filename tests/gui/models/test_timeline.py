"""Where things are on the screen is where they are in time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.models.timeline import MIN_FRAMES_PER_PIXEL, Span, Viewport, joined, ticks, timecode, without

views = st.builds(
    lambda frames, width, factor, x: Viewport(frames, width).fitted().zoomed(factor, x * width),
    st.integers(100, 10**9),
    st.integers(50, 3000),
    st.floats(1, 1e6),
    st.floats(0, 1),
)
spans = st.builds(
    lambda start, length: Span(start, start + length), st.integers(0, 1000), st.integers(1, 200)
)


@given(views, st.floats(0.01, 100), st.floats(0, 1))
def test_zooming_keeps_what_is_under_the_mouse(view: Viewport, factor: float, share: float) -> None:
    """Unless the end of the recording or the closest zoom is in the way."""
    x = share * view.width
    after = view.zoomed(factor, x)
    free = 0 < after.start and after.end < after.frames
    if free:
        assert after.frame_at(x) == pytest.approx(view.frame_at(x), rel=1e-6, abs=1e-3)
    assert after.start >= 0
    assert MIN_FRAMES_PER_PIXEL <= after.frames_per_pixel <= after.widest


@given(views, st.floats(-1e9, 1e9))
def test_scrolling_stays_in_the_recording(view: Viewport, frames: float) -> None:
    """However far it goes."""
    after = view.scrolled(frames)
    assert 0 <= after.start <= max(0.0, after.frames * 1.06)
    assert after.frames_per_pixel == view.frames_per_pixel


@given(views)
def test_ticks_are_in_order_and_not_too_many(view: Viewport) -> None:
    """The ruler is legible at every zoom."""
    marks = list(ticks(view, 48_000, 25.0))
    labels = [mark for mark in marks if mark.label]
    assert [mark.frame for mark in marks] == sorted(mark.frame for mark in marks)
    assert len(labels) <= view.width / 80 + 3
    places = [view.x_of(mark.frame) for mark in labels]
    assert all(second - first > 80 for first, second in pairwise(places))


@pytest.mark.parametrize(
    ("seconds", "fps", "step", "expected"),
    [
        (0.0, 0.0, 1.0, "0:00"),
        (61.5, 0.0, 0.1, "1:01.5"),
        (3599.9996, 0.0, 0.0, "1:00:00.000"),
        (1.48, 25.0, 0.0, "0:00:01:12"),
        (3600.0, 23.976, 0.0, "0:59:56:10"),
    ],
)
def test_time_is_written_as_people_do(seconds: float, fps: float, step: float, expected: str) -> None:
    """Seconds with as many decimals as the ruler needs, or timecode."""
    assert expected == timecode(seconds, fps, step)


@given(st.lists(spans, max_size=8), st.lists(spans, max_size=8))
def test_masks_hold_what_was_painted_and_not_what_was_erased(painted: list[Span], erased: list[Span]) -> None:
    """Spans are kept apart and in order, whatever is painted over what."""
    masks: tuple[Span, ...] = ()
    for span in painted:
        masks = joined(masks, span)
    for span in erased:
        masks = without(masks, span)
    held = {frame for mask in masks for frame in range(mask.start, mask.end)}
    wanted = {frame for span in painted for frame in range(span.start, span.end)}
    wanted -= {frame for span in erased for frame in range(span.start, span.end)}
    assert wanted == held
    assert all(first.end < second.start for first, second in pairwise(masks))
