"""A frequency range in an original that stays what it is elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.band import BandPass, BandSplice
from engine.audio.stretch import held
from tests.engine.audio.listening import passed, power_spectrum, stream
from tests.engine.rendering import noise

RATE = 48_000


def banded(original: np.ndarray, generated: np.ndarray, low: float, high: float) -> np.ndarray:
    """The stage's output at once."""
    return passed(BandSplice(held(original), low, high, RATE), generated)


@pytest.mark.parametrize(("low", "high"), [(300.0, 3_000.0), (0.0, 1_000.0), (2_000.0, 0.0), (60.0, 120.0)])
def test_outside_the_range_the_spectrum_is_the_originals(low: float, high: float) -> None:
    """A real recording: outside, changes are 70 dB below what they could be; inside it is the other."""
    original, _ = stream()
    original = original[: 4 * RATE]
    generated = noise(len(original), amplitude=float(original.std()))
    after = banded(original, generated, low, high)
    changed = power_spectrum(after - original, 32_768)
    hz = np.fft.rfftfreq(32_768, 1 / RATE)
    there = power_spectrum(original - generated, 32_768)
    outside = (hz < low - 40) | (hz > (high or RATE) + 40)  # what the measure itself smears aside
    assert (10 * np.log10(changed[outside] / there[outside])).max() < -70.0
    inside = (hz > low * 1.15 + 24) & (hz < (high or RATE) * 0.85 - 24)
    if inside.any():
        left = power_spectrum(after - generated, 32_768)
        assert (10 * np.log10(left[inside] / there[inside])).max() < -60.0


def test_a_range_of_everything_is_the_generated() -> None:
    """And one above half the rate nothing but."""
    original, generated = noise(20_000, 2), noise(20_000, 2, seed=1)
    np.testing.assert_allclose(banded(original, generated, 0.0, 30_000.0), generated, atol=1e-6)


def test_a_sound_like_the_original_changes_nothing() -> None:
    """To the bit: there is no difference to filter."""
    original = noise(20_000, 2)
    np.testing.assert_array_equal(banded(original, original, 300.0, 3_000.0), original)


@given(cuts=st.lists(st.integers(0, 30_000), max_size=5))
@settings(deadline=None, max_examples=15)
def test_blocks_make_no_difference(cuts: list[int]) -> None:
    """Up to the last bits."""
    original, generated = noise(30_000, 2), noise(30_000, 2, seed=1)
    whole = banded(original, generated, 200.0, 2_000.0)
    cut = passed(BandSplice(held(original), 200.0, 2_000.0, RATE), generated, sorted(cuts))
    np.testing.assert_allclose(cut, whole, atol=1e-6)


@pytest.mark.parametrize(("low", "high"), [(300.0, 3_400.0), (0.0, 500.0), (2_000.0, 0.0)])
def test_of_a_band_by_itself_nothing_is_left_outside(low: float, high: float) -> None:
    """70 dB less there, and inside it is what it was, frame by frame."""
    sound = noise(4 * RATE)
    after = passed(BandPass(low, high, RATE, 1), sound, [1, 5_000, 70_000])
    hz = np.fft.rfftfreq(32_768, 1 / RATE)
    gain = 10 * np.log10(power_spectrum(after, 32_768) / power_spectrum(sound, 32_768))
    assert gain[(hz < low - 40) | (hz > (high or RATE) + 40)].max() < -70.0
    inside = (hz > low * 1.15 + 24) & (hz < (high or RATE) * 0.85 - 24)
    changed = power_spectrum(after - sound, 32_768) / power_spectrum(sound, 32_768)
    assert len(after) == len(sound) and (10 * np.log10(changed[inside])).max() < -60.0
