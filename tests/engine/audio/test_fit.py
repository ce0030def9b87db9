"""Takes fitted to their surroundings: tilt, noise floor, fades."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.fades import Fades
from engine.audio.floor import NoiseFloor, Quantile, floor_db
from engine.audio.profile import profile
from engine.audio.spectral import SpectralStage
from engine.audio.stages import Stage
from engine.audio.stretch import held, silence
from engine.audio.tilt import MAX_GAIN_DB, Tilt
from tests.engine.audio.listening import bands_db, passed, stream
from tests.engine.rendering import noise, outcome

RATE = 48_000
OCTAVES = 250.0 * 2.0 ** np.arange(6)
ONE = np.ones(1, np.float32)


def tilted(take: np.ndarray, around: np.ndarray, amount: float) -> Stage:
    """The stage for a take."""
    found = outcome(profile([held(around)], ONE, RATE))
    assert found is not None
    return SpectralStage(Tilt(found, amount, RATE), silence(len(take), 1), RATE, 1, 1)


def floored(take: np.ndarray, around: np.ndarray) -> Stage:
    """The stage for a take."""
    goal = outcome(floor_db([held(around)], RATE))
    assert goal is not None
    return SpectralStage(NoiseFloor(goal, RATE, 0), silence(len(take), 1), RATE, 1, 1)


def dulled(sound: np.ndarray, db_per_octave: float) -> np.ndarray:
    """Falling so much faster above 250 Hz."""
    spectrum = np.fft.rfft(sound, axis=0)
    octaves = np.maximum(np.log2(np.maximum(np.fft.rfftfreq(len(sound), 1 / RATE), 1) / 250), 0)
    return np.fft.irfft(spectrum * 10 ** (db_per_octave * octaves / 20)[:, None], len(sound), axis=0).astype(
        np.float32
    )


def colour(sound: np.ndarray) -> np.ndarray:
    """Octaves relative to their mean."""
    levels = bands_db(sound, RATE, OCTAVES, 1.0)
    return levels - levels.mean()


@pytest.mark.parametrize("slope", [-3.0, 3.0])
def test_a_take_gets_the_colour_of_its_surroundings(slope: float) -> None:
    """A brook made dull or bright is brought from up to 7.5 dB away to within 1.5; by half to half of it."""
    sound, _ = stream()
    take, goal = dulled(sound, slope), colour(sound)
    before = np.abs(colour(take) - goal).max()
    assert before > 5.0
    assert np.abs(colour(passed(tilted(take, sound, 1.0), take)) - goal).max() < 1.5
    half = np.abs(colour(passed(tilted(take, sound, 0.5), take)) - goal).max()
    assert 0.3 * before < half < 0.7 * before


def test_tilt_has_limits() -> None:
    """What is missing altogether is not made of noise."""
    sound, _ = stream()
    take = dulled(sound, -9.0)
    gain = bands_db(passed(tilted(take, sound, 1.0), take), RATE, OCTAVES) - bands_db(take, RATE, OCTAVES)
    assert gain.max() <= MAX_GAIN_DB + 0.5


def test_a_silent_floor_is_filled_with_the_recordings() -> None:
    """A hit in silence gets the quietest of a brook, within 2 dB in third octaves, and keeps itself."""
    sound, _ = stream()
    take = np.zeros((4 * RATE, 1), np.float32)
    take[RATE : RATE + 9_600] = noise(9_600, amplitude=0.4)
    after = passed(floored(take, sound * 0.1), take)
    made, goal = (outcome(floor_db([held(part)], RATE)) for part in (after[2 * RATE :], sound * 0.1))
    assert made is not None
    assert goal is not None
    assert np.abs(made - goal)[:, 3:-2].max() < 2.0
    hit = slice(RATE, RATE + 9_600)
    assert np.sqrt(np.mean(after[hit] ** 2) / np.mean(take[hit] ** 2)) == pytest.approx(1.0, abs=0.02)


def test_a_noisy_floor_is_turned_down_between_hits() -> None:
    """By no more than 12 dB, and hits stay as they were."""
    take = noise(4 * RATE, amplitude=0.02)
    take[2 * RATE : 2 * RATE + 9_600] = noise(9_600, amplitude=0.5, seed=1)
    after = passed(floored(take, noise(4 * RATE, amplitude=0.006, seed=2)), take)
    quiet, hit = slice(3 * RATE, 4 * RATE), slice(2 * RATE + 1_000, 2 * RATE + 9_000)
    down = 20 * np.log10(after[quiet].std() / take[quiet].std())
    assert -12.5 < down < -7.0
    assert after[hit].std() / take[hit].std() == pytest.approx(1.0, abs=0.03)


def test_a_floor_that_fits_is_left_alone() -> None:
    """Within half a decibel."""
    take = noise(4 * RATE, amplitude=0.02)
    after = passed(floored(take, noise(4 * RATE, amplitude=0.02, seed=2)), take)
    assert 20 * np.log10(after.std() / take.std()) == pytest.approx(0.0, abs=0.5)


@given(cuts=st.lists(st.integers(0, 90_000), max_size=5))
@settings(deadline=None, max_examples=10)
def test_blocks_make_no_difference(cuts: list[int]) -> None:
    """For stages that hear ahead, too."""
    take, around = noise(90_000, amplitude=0.05), noise(90_000, seed=1)
    for stage in (lambda: tilted(take, around, 1.0), lambda: floored(take, around)):
        np.testing.assert_allclose(passed(stage(), take, sorted(cuts)), passed(stage(), take), atol=1e-5)


@pytest.mark.parametrize("frames", [1, 500, 30_000])
def test_short_takes_come_out_whole(frames: int) -> None:
    """Shorter than what is heard ahead."""
    take = noise(frames)
    for stage in (tilted(take, noise(RATE), 1.0), floored(take, noise(RATE))):
        assert take.shape == passed(stage, take).shape


@given(st.lists(st.floats(-100, 20), min_size=1, max_size=50))
def test_the_running_quantile_is_the_quantile(values: list[float]) -> None:
    """Within its step of a decibel, at each moment."""
    rows = np.array(values, np.float32)[:, None]
    running = Quantile((1,)).push(rows)[:, 0]
    for count in range(1, len(values) + 1):
        expected = np.sort(rows[:count, 0])[int(0.1 * count)]
        assert running[count - 1] == pytest.approx(expected, abs=0.51)


@given(st.integers(0, 400), st.integers(0, 400), st.lists(st.integers(0, 500), max_size=4))
def test_fades_rise_and_fall_inside_their_span(fade_in: int, fade_out: int, cuts: list[int]) -> None:
    """Monotonic, silent outside, untouched between, whatever the blocks."""
    ones = np.ones((500, 2), np.float32)
    shape = passed(Fades((50, 450), fade_in, fade_out, 2), ones, sorted(cuts))[:, 0]
    assert not shape[:50].any()
    assert not shape[450:].any()
    top = int(np.argmax(shape))
    assert (np.diff(shape[50 : top + 1]) >= 0).all()
    assert (np.diff(shape[top:450]) <= 0).all()
    if fade_in + fade_out < 390:
        assert (shape[50 + fade_in + 1 : 450 - fade_out - 1] == 1.0).all()
