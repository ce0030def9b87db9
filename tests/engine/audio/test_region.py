"""Regions and masks in frames."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.region import Region, curve_spans, mask_spans, resolve_region
from engine.errors import EngineError, ErrorCode
from engine.protocol.sources import Position, frames, seconds


def region_code(start: Position, end: Position, length: int, rate: int = 48_000) -> ErrorCode:
    """How resolving a region fails."""
    with pytest.raises(EngineError) as caught:
        resolve_region(start, end, length, rate)
    return caught.value.code


def test_positions_are_frames_or_seconds() -> None:
    """Both name the same region; seconds go to the nearest frame."""
    expected = Region(4_410, 13_230)
    for start, end in [
        (frames(4_410), frames(13_230)),
        (seconds(0.1), seconds(0.3)),
        (seconds(0.100009), frames(13_230)),
    ]:
        assert resolve_region(start, end, 44_100, 44_100) == expected
    assert expected.frames == 8_820


def test_an_end_in_seconds_may_miss_the_recordings_by_a_hair() -> None:
    """Single precision cannot say 7199.98765 s; the whole file must still be selectable."""
    length = 48_000 * 30 + 17
    assert resolve_region(seconds(29.0), seconds(30.0009), length, 48_000) == Region(29 * 48_000, length)
    assert region_code(seconds(29.0), seconds(30.01), length) == ErrorCode.BAD_REGION
    assert region_code(seconds(29.0), frames(length + 1), length) == ErrorCode.BAD_REGION


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (frames(9_600), frames(4_800)),
        (frames(4_800), frames(4_800)),
        (frames(-1), frames(9_600)),
        (frames(0), frames(480_001)),
        (frames(500_000), frames(600_000)),
        (seconds(0.0), seconds(0.098)),
        (seconds(float("nan")), seconds(1.0)),
        (seconds(0.0), seconds(float("inf"))),
        (seconds(-1e300), seconds(1e300)),
    ],
)
def test_regions_that_make_no_sense_are_refused(start: Position, end: Position) -> None:
    """Reversed, empty, outside, too short, or not a number."""
    assert region_code(start, end, 480_000) == ErrorCode.BAD_REGION


def test_the_shortest_and_longest_regions_are_taken() -> None:
    """A tenth of a second to a minute, and a minute and a bit no more."""
    hour = 48_000 * 3600
    assert resolve_region(seconds(3599.9), seconds(3600.0), hour, 48_000).frames == 4_800
    assert resolve_region(seconds(1.0), seconds(1801.0), hour, 48_000).frames == 48_000 * 1_800
    assert region_code(seconds(1.0), seconds(1801.1), hour) == ErrorCode.BAD_REGION
    assert region_code(frames(0), frames(1), 1) == ErrorCode.BAD_REGION


@given(st.integers(8_000, 192_000), st.integers(0, 10**6), st.integers(0, 10**6))
def test_any_frames_give_that_region_or_the_documented_error(rate: int, start: int, end: int) -> None:
    """No pair of numbers leads anywhere else."""
    try:
        assert resolve_region(frames(start), frames(end), 600_000, rate) == Region(start, end)
    except EngineError as error:
        assert error.code == ErrorCode.BAD_REGION


def test_masks_come_in_order_and_merged() -> None:
    """Overlapping and touching spans are one; none at all is everything."""
    spans = [(0.5, 0.75), (0.0, 0.25), (0.7, 1.0), (0.25, 0.3)]
    assert mask_spans(spans, 1_000, 1_000) == ((0, 300), (500, 1_000))
    assert mask_spans([], 1_000, 1_000) == ((0, 1_000),)


@pytest.mark.parametrize("span", [(0.2, 0.1), (0.1, 0.1), (-0.1, 0.2), (0.9, 1.1), (float("nan"), 0.5)])
def test_masks_that_make_no_sense_are_refused(span: tuple[float, float]) -> None:
    """Reversed, empty, outside, not numbers."""
    with pytest.raises(EngineError) as caught:
        mask_spans([span], 1_000, 1_000)
    assert caught.value.code == ErrorCode.BAD_REGION


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.sampled_from([0.0, 0.0, 0.3, 1.0])),
        min_size=1,
        max_size=8,
        unique_by=lambda point: point[0],
    )
)
def test_where_a_curve_is_above_nothing(points: list[tuple[int, float]]) -> None:
    """As it is frame by frame; a frame on which it only touches nothing belongs to what is beside it."""
    curve = sorted(points)
    spans = curve_spans([(place / 10.0, height) for place, height in curve], 40, 10)
    within = np.zeros(40, bool)
    for start, end in spans:
        within[start:end] = True
    heights = np.interp(np.arange(40) + 0.5, *zip(*curve, strict=True))
    assert np.array_equal(heights > 0.0, within)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
