"""Strength as a curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.curve import first_steps, strengths
from engine.diffusion.masks import Masks
from engine.diffusion.schedule import steps
from engine.models.interface import ScheduleParameters

PARAMETERS = ScheduleParameters(1000, 0.0015, 0.0195, "scaled_linear", "epsilon")


def test_a_curve_is_straight_between_its_points_and_level_beyond() -> None:
    """Also where two points are a jump."""
    curve = ((0.5, 0.2), (1.5, 1.0))
    heard = strengths(curve, np.array([-1.0, 0.5, 1.0, 1.5, 9.0]))
    np.testing.assert_allclose([0.2, 0.2, 0.6, 1.0, 1.0], heard, atol=1e-6)
    np.testing.assert_allclose([0.3, 0.3], strengths(((0.0, 0.3),), np.array([0.0, 5.0])), atol=1e-6)


@given(st.floats(0.001, 1.0), st.integers(1, 60))
def test_the_strongest_cells_begin_first_and_without_strength_never(most: float, count: int) -> None:
    """A weaker cell never begins before a stronger one, and each near its share of the noise."""
    chain = steps(PARAMETERS, count, noise_strength=most, spacing="log_snr")
    strength = np.linspace(0.0, most, 50).astype(np.float32)
    first = first_steps(strength, chain, 1000)
    assert 0 == first[-1]
    assert len(chain) == first[0]
    assert (np.diff(first) <= 0).all()
    visited = np.array([*(step.timestep + 1 for step in chain), 0])
    widest = np.abs(np.diff(visited)).max()
    assert (np.abs(visited[first] - strength * 1000.0) <= widest / 2.0 + 1.5).all()


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_cell_is_observed_until_it_begins(number: int) -> None:
    """Known cells and bands always are; what never begins is kept."""
    known = np.zeros((4, 2), np.float32)
    known[0, 1] = 1.0
    masks = Masks(known, np.array([0, 1, 2, 3]), 3)
    expected = (np.array([0, 1, 2, 3]) > number).astype(np.float32)[:, None].repeat(2, axis=1)
    expected[0, 1] = 1.0
    np.testing.assert_array_equal(expected, masks.observed(0, 4, number)[0, 0])
    np.testing.assert_array_equal(np.arange(4) == number, masks.beginning(0, 4, number)[0, 0, :, 0])
    np.testing.assert_array_equal([[0, 1], [0, 0], [0, 0], [1, 1]], masks.kept(0, 4)[0, 0])


def test_a_window_is_settled_where_nothing_that_counts_is_new() -> None:
    """Cells without weight don't matter."""
    masks = Masks(np.array([[1.0], [1.0], [0.0]], np.float32), np.zeros(3, np.int64), 4)
    assert masks.settled(0, 3, 0, np.array([1.0, 1.0, 0.0], np.float32))
    assert not masks.settled(0, 3, 0, np.array([1.0, 1.0, 0.1], np.float32))
    assert masks.knowing(2, 3).settled(0, 3, 0, np.ones(3, np.float32))
    assert masks.any_known(0, 1)
    assert not masks.any_known(2, 3)
