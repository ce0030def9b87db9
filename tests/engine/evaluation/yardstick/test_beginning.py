"""When sounds begin, against sounds made to begin then."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.yardstick.beginning import LATE_SECONDS, begins, is_late


def burst(delay: float, rate: int, hiss: float = 0.0) -> np.ndarray:
    """A decaying noise that begins ``delay`` seconds into 3 s, in hiss of that level."""
    rng = np.random.default_rng(5)
    sound = hiss * rng.standard_normal(3 * rate)
    start = round(delay * rate)
    rest = sound.size - start
    sound[start:] += 0.3 * rng.standard_normal(rest) * np.exp(-np.arange(rest) / (0.2 * rate))
    return sound.astype(np.float32)


@given(delay=st.floats(0.0, 2.5), rate=st.sampled_from([16_000, 44_100]), hiss=st.sampled_from([0.0, 1e-3]))
def test_the_beginning_is_found(delay: float, rate: int, hiss: float) -> None:
    """To a hundredth of a second, whatever is far below it before."""
    assert begins(burst(delay, rate, hiss), rate) == pytest.approx(delay, abs=0.011)


def test_late_is_what_somebody_would_move() -> None:
    """Silence is not late: it is unusable, and counted there."""
    assert is_late(burst(LATE_SECONDS + 0.05, 16_000), 16_000)
    assert not is_late(burst(LATE_SECONDS - 0.05, 16_000), 16_000)
    assert not is_late(np.zeros(16_000, np.float32), 16_000)
    assert not is_late(np.ones(10, np.float32), 16_000)
