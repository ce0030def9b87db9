"""Where the windows of a step lie, and what each counts for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.joining import Layout, Share
from engine.models.interface import LatentGeometry
from engine.protocol.requests import Joining

JOINT = [Joining.AVERAGED, Joining.SWAPPED, Joining.SHIFTED]


def geometry(window: int = 64, multiple: int = 1, shortest: int = 1) -> LatentGeometry:
    return LatentGeometry(8, 4, 4, multiple, window, shortest)


@st.composite
def layouts(draw: st.DrawFn) -> tuple[Layout, int]:
    """A layout as a bundle and a region could give it, and one of its steps."""
    multiple = draw(st.sampled_from([1, 2, 8]))
    window = multiple * draw(st.integers(8, 40))
    steps = draw(st.integers(1, 40))
    cells = draw(st.integers(1, 12 * window))
    anew = draw(st.tuples(st.integers(0, cells), st.integers(0, cells)).map(sorted).map(tuple))
    layout = Layout(draw(st.sampled_from(JOINT)), cells, geometry(window, multiple), steps, anew)
    return layout, draw(st.integers(0, steps - 1))


@given(layouts())
def test_every_cell_counts_once(chosen: tuple[Layout, int]) -> None:
    """The weights add up to one everywhere, and nobody gives a window that the denoiser doesn't take."""
    layout, number = chosen
    total = np.zeros(layout.total)
    for share in layout.shares(number):
        assert 0 <= share.start < share.stop <= layout.total
        assert (share.stop - share.start) % layout.geometry.multiple == 0
        assert share.stop - share.start == min(layout.total, layout.geometry.window_frames)
        total[share.start : share.stop] += share.weight
    np.testing.assert_allclose(np.ones(layout.total), total, atol=1e-6)


@given(layouts())
def test_windows_come_from_left_to_right(chosen: tuple[Layout, int]) -> None:
    """So that what lies before the next one is final."""
    layout, number = chosen
    starts = [share.start for share in layout.shares(number)]
    assert sorted(starts) == starts


@pytest.mark.parametrize("joining", JOINT)
@pytest.mark.parametrize(("cells", "shortest", "total"), [(1, 1, 8), (20, 64, 64), (30, 8, 32), (64, 1, 64)])
def test_a_region_of_one_window_has_one(joining: Joining, cells: int, shortest: int, total: int) -> None:
    """All of which counts, padding included."""
    layout = Layout(joining, cells, geometry(64, 8, shortest), 12, (0, cells))
    for number in range(12):
        (share,) = layout.shares(number)
        assert (0, total) == (share.start, share.stop)
        assert share.weight.all()


def zone(joining: Joining, number: int) -> np.ndarray:
    """The first window's weights where it overlaps the second one, of 112 cells."""
    first, _ = Layout(joining, 112, geometry(), 12, (0, 112)).shares(number)
    return first.weight[48:]


def test_averaged_windows_fade_into_each_other() -> None:
    """In equal steps over their overlap, the same in every step."""
    np.testing.assert_allclose(1.0 - (np.arange(16) + 0.5) / 16, zone(Joining.AVERAGED, 0), atol=1e-6)
    np.testing.assert_array_equal(zone(Joining.AVERAGED, 0), zone(Joining.AVERAGED, 7))


def test_swapped_windows_take_turns() -> None:
    """Cell by cell, and the other way round in the next step."""
    even, odd = zone(Joining.SWAPPED, 0), zone(Joining.SWAPPED, 1)
    assert {0.0, 1.0} == set(even.tolist())
    assert (np.diff(even) != 0.0).all()
    np.testing.assert_array_equal(1.0 - even, odd)


def borders(layout: Layout, number: int) -> list[int]:
    """Where one window's cells end and the next one's begin."""
    stops = [share.start + int(np.flatnonzero(share.weight)[-1]) + 1 for share in layout.shares(number)]
    return stops[:-1]


@pytest.mark.parametrize("cells", [65, 100, 128, 250, 1000])
@pytest.mark.parametrize("steps", [1, 4, 12, 50])
def test_shifted_windows_drift_to_the_left(cells: int, steps: int) -> None:
    """By no more than a window in all, so that no border stays where it is when there are enough steps."""
    layout = Layout(Joining.SHIFTED, cells, geometry(), steps, (0, cells))
    places = [borders(layout, number)[0] for number in range(steps)]
    places[-1] -= 64  # the last step's is back where it would have begun
    assert 0 == places[-1]
    assert all(before > after for before, after in pairwise(places))
    assert all(before - after <= 64 // steps + 1 for before, after in pairwise(places))


@given(st.sampled_from(JOINT), st.integers(65, 300), st.data())
def test_what_one_window_has_room_for_is_made_in_one(
    joining: Joining, cells: int, data: st.DataObject
) -> None:
    """The same at every step, with as much to see on both sides as there is."""
    start = data.draw(st.integers(0, cells - 1))
    stop = data.draw(st.integers(start + 1, min(cells, start + 64)))
    layout = Layout(joining, cells, geometry(), 12, (start, stop))
    for number in range(12):
        touched = [
            share for share in layout.shares(number) if share.weight[_inside(share, start, stop)].any()
        ]
        (share,) = touched
        assert share.start <= start < stop <= share.stop
        if 0 < share.start and share.stop < cells:
            assert abs((start - share.start) - (share.stop - stop)) <= 1


def _inside(share: Share, start: int, stop: int) -> np.ndarray:
    cells = np.arange(share.start, share.stop)
    return (start <= cells) & (cells < stop)
