"""Generated sound brought into phase at its seams."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.align import Alignment, seams
from engine.audio.splice import splice
from engine.audio.stretch import held
from tests.engine.audio.listening import passed, stream

RATE, FRAMES, SEAM, LEAD, TAIL = 48_000, 96_000, 960, 1_920, 336
MASK = ((10_000, 80_000),)


def aligned(original: np.ndarray, generated: np.ndarray, cuts: list[int] | None = None) -> np.ndarray:
    """The region of it; ``generated`` has a lead and a tail."""
    joints = tuple(seams(MASK, FRAMES, SEAM, SEAM, False, False))
    stage = Alignment(held(original), joints, LEAD, RATE)
    return passed(stage, generated, cuts)


def tone(shift: float, hz: float = 180.0) -> np.ndarray:
    """The region's tone with lead and tail, so many frames late."""
    at = np.arange(-LEAD, FRAMES + TAIL) - shift
    return (0.3 * np.sin(2 * np.pi * hz * at / RATE) + 0.1 * np.sin(2 * np.pi * 3.1 * hz * at / RATE))[
        :, None
    ].astype(np.float32)


def region(sound: np.ndarray) -> np.ndarray:
    """Without lead and tail."""
    return sound[LEAD : LEAD + FRAMES]


def dip_db(original: np.ndarray, generated: np.ndarray) -> float:
    """How much the first seam is below the sound around it."""
    sound = splice(original, generated, MASK, SEAM)
    seam = np.sqrt(np.mean(sound[10_000 + SEAM // 4 : 10_000 + SEAM * 3 // 4] ** 2))
    return float(20 * np.log10(seam / np.sqrt(np.mean(sound[:10_000] ** 2))))


@pytest.mark.parametrize("shift", [-120, -37, 60, 133])
def test_a_sound_that_is_late_comes_in_phase(shift: int) -> None:
    """At both seams, to the sample; half-way between them it is where it was."""
    original = region(tone(0.0))
    after = aligned(original, tone(shift))
    assert len(after) == len(tone(0.0))
    for seam in (slice(10_000, 10_000 + SEAM), slice(80_000 - SEAM, 80_000)):
        np.testing.assert_allclose(region(after)[seam], original[seam], atol=1e-4)
    middle = slice(40_000, 50_000)
    np.testing.assert_array_equal(region(after)[middle], region(tone(shift))[middle])


def test_opposed_sounds_do_not_cancel_any_more() -> None:
    """The seam of a tone and its opposite is a hole; in phase there is none."""
    original, opposed = region(tone(0.0, 200.0)), tone(120.0, 200.0)
    assert dip_db(original, region(opposed)) < -3.0
    assert dip_db(original, region(aligned(original, opposed))) > -0.5


def test_the_way_back_moves_no_pitch_by_more_than_a_quarter_tone() -> None:
    """Instantaneous frequency of a tone, read from its zero crossings."""
    at = np.arange(-LEAD, FRAMES + TAIL)
    late, pure = (np.sin(2 * np.pi * 180 * (at - shift) / RATE).astype(np.float32) for shift in (133, 0))
    after = region(aligned(region(pure[:, None]), late[:, None]))[10_000:40_000, 0]
    before = np.flatnonzero((after[:-1] < 0) & (after[1:] >= 0))
    periods = np.diff(before + after[before] / (after[before] - after[before + 1]))
    assert np.abs(np.log2(periods * 180 / RATE)).max() < 1 / 24


def test_unlike_sounds_stay_where_they_are() -> None:
    """Noise has no phase to come into."""
    random = np.random.default_rng(0)
    original = random.standard_normal((FRAMES, 1)).astype(np.float32)
    other = random.standard_normal((LEAD + FRAMES + TAIL, 1)).astype(np.float32)
    np.testing.assert_array_equal(aligned(original, other), other)


def test_a_real_recording_that_is_late_is_found() -> None:
    """A brook, 1.7 ms late."""
    sound, rate = stream()
    assert rate == RATE
    original = sound[LEAD : LEAD + FRAMES]
    late = np.roll(sound, 82, axis=0)[: LEAD + FRAMES + TAIL]
    after = region(aligned(original, late))
    np.testing.assert_allclose(after[10_000 : 10_000 + SEAM], original[10_000 : 10_000 + SEAM], atol=1e-6)


@given(cuts=st.lists(st.integers(0, FRAMES), max_size=6), shift=st.integers(-200, 200))
@settings(deadline=None, max_examples=20)
def test_blocks_make_no_difference(cuts: list[int], shift: int) -> None:
    """To the bit."""
    original = region(tone(0.0))
    whole = aligned(original, tone(shift))
    np.testing.assert_array_equal(whole, aligned(original, tone(shift), sorted(cuts)))


def test_seams_are_where_the_splicer_has_them() -> None:
    """Not where nothing is beside them, and never longer than half a span."""
    found = list(seams(((0, 1_000), (2_000, 2_100), (5_000, 9_000)), 9_000, 300, 200, True, True))
    assert [(700 + 100, 1_000), (2_000, 2_050), (2_050, 2_100), (5_000, 5_300)] == [
        (seam.start, seam.end) for seam in found
    ]
