"""Several prompts along one region."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.prompt_weights import PromptPath


def path(starts: list[float], fade: float) -> PromptPath:
    """Prompt k's row is k."""
    rows = np.arange(len(starts) + 1, dtype=np.float32)[:, None]
    return PromptPath(rows, (-np.inf, *starts), fade)


@given(st.lists(st.floats(-20.0, 80.0), max_size=6, unique=True), st.floats(0.0, 40.0), st.integers(0, 50))
def test_at_every_cell_the_prompts_share_one_voice(starts: list[float], fade: float, start: int) -> None:
    """Weights add up to 1, and only prompts that say something are given, in order."""
    rows, weights = path(sorted(starts), fade).at(start, start + 16)
    assert len(rows) == len(weights) >= 1
    assert weights.any(axis=1).all()
    assert (weights >= -1e-6).all()
    assert (np.diff(rows[:, 0]) > 0).all()
    np.testing.assert_allclose(np.ones(16), weights.sum(axis=0), atol=1e-5)


def test_a_fade_lies_around_its_start() -> None:
    """Half of it on each side, in equal steps."""
    _, weights = path([10.0], 4.0).at(6, 14)
    np.testing.assert_allclose([0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1], weights[1], atol=1e-6)


def test_without_a_fade_prompts_change_at_once() -> None:
    """The cell whose middle lies behind the start is the next prompt's."""
    _, weights = path([2.4], 0.0).at(0, 4)
    np.testing.assert_array_equal([0, 0, 1, 1], weights[1])


def test_far_from_any_change_there_is_one_prompt() -> None:
    """So a window costs nothing more."""
    rows, weights = path([10.0, 100.0], 4.0).at(20, 60)
    assert [[1.0]] == rows.tolist()
    np.testing.assert_array_equal(np.ones((1, 40)), weights)


def test_close_changes_shorten_their_fades() -> None:
    """Each prompt gets to say something alone."""
    _, weights = path([10.0, 14.0], 30.0).at(0, 24)
    assert weights[1].max() > 0.8
    assert 1.0 == weights[0, 0] == weights[2, -1]
