"""How loud a sound is over time, at any rate and in any blocks."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.audio.envelope import Envelope, correlation, decibels, hop_start, hops_in, smoothed

RATES = (8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 192_000)


def powers(sound: np.ndarray, rate: int, cuts: list[int] | None = None) -> np.ndarray:
    """Of all hops."""
    envelope = Envelope(rate)
    return np.concatenate(
        [*(envelope.push(piece) for piece in np.split(sound, cuts or [])), envelope.finish()]
    )


@pytest.mark.parametrize("rate", RATES)
def test_hops_are_a_hundredth_of_a_second_at_every_rate(rate: int) -> None:
    """A pulse is heard in the hop in which it is, and a sound has as many hops as it lasts."""
    sound = np.zeros(rate + 1, np.float32)
    sound[round(0.375 * rate)] = 1.0
    heard = powers(sound, rate)
    assert 37 == np.argmax(heard)
    assert 101 == len(heard) == hops_in(len(sound), rate)
    assert hop_start(100, rate) == rate


@given(st.sampled_from(RATES), st.lists(st.integers(0, 9_000), max_size=4), st.integers(0, 9_000))
@example(8_000, [3_000, 6_000], 9_000)
@settings(deadline=None)
def test_the_blocks_change_nothing(rate: int, cuts: list[int], frames: int) -> None:
    """Wherever they are cut."""
    sound = np.random.default_rng(0).standard_normal(frames).astype(np.float32)
    assert np.array_equal(powers(sound, rate), powers(sound, rate, sorted(cuts)))


def test_levels_are_decibels_of_the_mean_square() -> None:
    """Silence has one, too, and nothing has none."""
    steady = powers(np.full(16_000, 0.1, np.float32), 16_000)
    assert decibels(steady) == pytest.approx(-20.0, abs=1e-4)
    assert decibels(np.zeros(3)).tolist() == [-120.0] * 3
    assert not decibels(np.zeros(0)).size


def test_smoothing_keeps_what_is_constant_and_a_mean() -> None:
    """Also at the ends."""
    assert smoothed(np.full(5, 3.0), 10) == pytest.approx(3.0)
    pulse = np.zeros(41)
    pulse[20] = 1.0
    assert smoothed(pulse, 10).sum() == pytest.approx(1.0)
    assert np.count_nonzero(smoothed(pulse, 10)) == 21


def test_envelopes_are_compared_as_far_as_both_go() -> None:
    """What does not move is like nothing."""
    rising = np.arange(10.0)
    assert correlation(rising, 2.0 * rising[:5] + 1.0) == pytest.approx(1.0)
    assert correlation(rising, -rising) == pytest.approx(-1.0)
    assert correlation(rising, np.ones(10)) == 0.0 == correlation(rising, np.zeros(0))
