"""KL and inception score against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluation.yardstick.divergence import divergence, inception_score, mean_divergence, softmax


def rows(seed: int, count: int = 5, classes: int = 7) -> np.ndarray:
    """Probabilities."""
    return softmax(np.random.default_rng(seed).standard_normal((count, classes)) * 3.0)


def test_of_two_coins_it_is_what_paper_and_pencil_give() -> None:
    """A fair coin against one of nine to one."""
    expected = 0.5 * np.log(0.5 / 0.9) + 0.5 * np.log(0.5 / 0.1)

    assert divergence(np.array([[0.5, 0.5]]), np.array([0.9, 0.1])) == pytest.approx([expected], abs=1e-5)


def test_a_class_that_is_never_heard_costs_much_and_not_everything() -> None:
    """The published tool's 1e-6."""
    assert divergence(np.array([[1.0, 0.0]]), np.array([0.0, 1.0])) == pytest.approx([-np.log(1e-6)])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_it_is_least_for_equals_and_knows_no_order(seed: int) -> None:
    """Of sounds, and of prompts."""
    p, q = rows(seed), rows(seed + 1)
    rng = np.random.default_rng(seed)
    there = mean_divergence([(p, q), (q, p)])

    assert divergence(p[:1], p[0]) == pytest.approx([0.0], abs=1e-4)
    assert (divergence(p, q[0]) > -1e-5).all()
    assert there == pytest.approx(mean_divergence([(q, rng.permutation(p)), (rng.permutation(p), q)]))


def test_every_made_sound_is_held_against_every_real_one_of_its_prompt() -> None:
    """Pairs within a prompt, then prompts, each counting the same."""
    p, q = rows(1, 3), rows(2, 2)
    pairs = [float(divergence(p[i : i + 1], q[j])[0]) for i in range(3) for j in range(2)]

    assert mean_divergence([(p, q)]) == pytest.approx(np.mean(pairs))
    assert mean_divergence([(p, q), (p[:0], q)]) == pytest.approx(np.mean(pairs))
    assert mean_divergence([(p[:0], q)]) is None


def test_the_inception_score_counts_what_is_told_apart() -> None:
    """One for equals, the number of classes for sure and even ones, between for mixtures of both."""
    assert inception_score(np.full((8, 4), 0.25)) == pytest.approx(1.0)
    assert inception_score(np.tile(np.eye(4), (3, 1))) == pytest.approx(4.0)
    assert inception_score(np.tile([[1.0, 0.0, 0.0, 0.0]], (9, 1))) == pytest.approx(1.0)
    blurred = 0.5 * np.eye(4) + 0.125
    entropy = -(0.625 * np.log(0.625) + 3 * 0.125 * np.log(0.125))
    assert inception_score(blurred) == pytest.approx(np.exp(np.log(4.0) - entropy))


def test_softmax_sums_to_one_however_large() -> None:
    """Without overflow."""
    assert softmax(np.array([1000.0, 1000.0])) == pytest.approx([0.5, 0.5])
    assert softmax(np.array([-2000.0, 0.0])) == pytest.approx([0.0, 1.0])
