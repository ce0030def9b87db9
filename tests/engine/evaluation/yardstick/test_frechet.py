"""Fréchet distances: against scipy's matrix root, closed forms, and where covariances lack rank."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluation.yardstick.frechet import (
    MOST_AXES,
    compare,
    frechet_distance,
    principal_axes,
    thinned,
)


def cloud(seed: int, count: int = 400, dimensions: int = 6, shift: float = 0.0) -> np.ndarray:
    """Vectors of a Gaussian with correlated axes."""
    rng = np.random.default_rng(seed)
    mix = rng.standard_normal((dimensions, dimensions))
    return rng.standard_normal((count, dimensions)) @ mix + shift


@pytest.mark.parametrize(("one", "other"), [(400, 300), (400, 20), (9, 12)])
def test_it_is_the_textbook_formula_with_scipys_matrix_root(one: int, other: int) -> None:
    """Where there are more vectors than dimensions, and, through a little noise on the diagonal, where there
    are fewer."""
    linalg = pytest.importorskip("scipy.linalg", reason="the oracle needs scipy")
    a, b = cloud(1, one, 16), cloud(2, other, 16, shift=0.5)
    tiny = 1e-12 * np.eye(16)
    covariances = np.cov(a.T) + tiny, np.cov(b.T) + tiny
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(covariances[0] + covariances[1] - 2.0 * root)

    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-4)


def test_of_shifted_and_scaled_copies_the_closed_form_holds() -> None:
    """A shift costs its square; a factor f costs (1 - f) squared of the variance."""
    a = cloud(3)
    variance = np.trace(np.cov(a.T))
    centred = a - a.mean(0)

    assert frechet_distance(a, a + 2.0) == pytest.approx(6 * 4.0)
    assert frechet_distance(centred, 3.0 * centred) == pytest.approx(4.0 * variance)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 30), st.integers(2, 30))
def test_it_is_a_distance_whatever_the_order(seed: int, one: int, other: int) -> None:
    """0 to itself, the same both ways, the same for any order of the vectors, of any rank."""
    a, b = cloud(seed, one, 12), cloud(seed + 1, other, 12)
    shuffled = np.random.default_rng(seed).permutation(a)

    assert frechet_distance(a, shuffled) == pytest.approx(0.0, abs=1e-6 * np.sum(a**2))
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, shuffled), rel=1e-6)
    assert frechet_distance(a, b) > 0.0


def test_principal_axes_keep_what_varies() -> None:
    """Of a plate in six dimensions, two axes hold everything."""
    plate = cloud(4, dimensions=2) @ np.eye(2, 6)
    axes, kept = principal_axes(plate, 2)

    assert kept == pytest.approx(1.0)
    assert axes.T @ axes == pytest.approx(np.eye(2))
    assert principal_axes(np.zeros((5, 3)), 1)[1] == 1.0


def test_sets_are_compared_at_one_size_along_axes_they_can_fill() -> None:
    """The smallest set decides; what is far is far."""
    sets = {"near": cloud(5, 300), "few": cloud(5, 40), "far": cloud(5, 300, shift=9.0)}
    found = compare(cloud(5, 500), sets)

    assert (40, 500, 6, 6) == (found.vectors, found.of_reference, found.axes, found.dimensions)
    assert found["far"].along_axes > 10 * found["near"].along_axes
    assert found["near"].along_all == pytest.approx(found["near"].along_axes)
    assert compare(cloud(5, 500, 200), {"few": cloud(6, 40, 200)}).axes == 10
    assert compare(cloud(5, 500, 200), {"many": cloud(6, 500, 200)}).axes == MOST_AXES


def test_a_small_sample_of_the_same_looks_far_along_all_axes_and_near_along_few() -> None:
    """Which is why the axes are few: this is no distance, it is the size of the sample."""
    rng = np.random.default_rng(7)
    reference, same = rng.standard_normal((600, 300)), rng.standard_normal((60, 300))
    found = compare(reference, {"same": same})

    assert found["same"].along_all > 10 * found["same"].along_axes


def test_one_vector_is_no_cloud() -> None:
    """And is refused rather than taken for a point."""
    with pytest.raises(ValueError, match="two vectors"):
        compare(cloud(1), {"one": cloud(2, 1)})


def test_thinning_is_even() -> None:
    """First and last stay."""
    assert [0, 3, 6, 9] == list(thinned(np.arange(10), 4))
