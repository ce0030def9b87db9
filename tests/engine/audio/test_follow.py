"""A sound with another one's loudness over time."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.audio.envelope import Envelope, correlation, decibels
from engine.audio.follow import MAX_BOOST_DB, MAX_CUT_DB, Follower
from tests.engine.audio.listening import passed

RATE = 16_000


def noise(frames: int, db: float = -20.0, seed: int = 0) -> np.ndarray:
    """White, (frames, 1)."""
    samples = np.random.default_rng(seed).standard_normal((frames, 1))
    return (10.0 ** (db / 20.0) * samples).astype(np.float32)


def level_db(sound: np.ndarray, rate: int = RATE) -> np.ndarray:
    """Of each hop."""
    envelope = Envelope(rate)
    return decibels(np.concatenate([envelope.push(sound[:, 0]), envelope.finish()]))


def beats(hops: int, apart: int = 40) -> np.ndarray:
    """A level that rises at once and decays by 30 dB, over and over, as it is heard."""
    return decibels(10.0 ** (-1.0 - 3.0 * (np.arange(hops) % apart) / apart))


@pytest.mark.parametrize("rate", [11_025, 16_000, 44_100])
def test_a_steady_sound_gets_the_beats(rate: int) -> None:
    """At their places, whatever the rate: the level is the target's within 1 dB but for the attacks."""
    target = beats(200)
    heard = level_db(passed(Follower(target, rate), noise(2 * rate)), rate)
    assert correlation(target, heard) > 0.95
    assert np.quantile(np.abs(heard - target), 0.9) < 1.0


@given(st.lists(st.integers(0, 40_000), max_size=5), st.integers(0, 40_000))
@example([15_000, 30_000], 40_000)
@settings(max_examples=30, deadline=None)
def test_the_blocks_change_nothing(cuts: list[int], frames: int) -> None:
    """As many frames come out as went in."""
    sound = noise(frames)
    whole = passed(Follower(beats(250), RATE, onsets=0.3), sound)
    assert whole.shape == sound.shape
    assert whole == pytest.approx(
        passed(Follower(beats(250), RATE, onsets=0.3), sound, sorted(cuts)), abs=1e-6
    )


def test_little_is_held_back() -> None:
    """An eighth of a second, however long the sound."""
    follower, given = Follower(beats(6_000), RATE), 0
    for second in range(60):
        given += len(follower.push(noise(RATE, seed=second)))
        assert 0.87 * RATE <= given - second * RATE <= RATE
        assert len(follower._powers) < 100


def test_a_sound_like_its_target_stays_as_it_is() -> None:
    """To the last bit but rounding."""
    sound = noise(RATE)
    assert passed(Follower(level_db(sound), RATE), sound) == pytest.approx(sound, rel=1e-5)


def test_gains_are_bounded() -> None:
    """On both sides, with room for what lies between two hops."""
    sound = noise(RATE, -30.0)
    for target, bound in ((30.0, MAX_BOOST_DB), (-120.0, -MAX_CUT_DB)):
        made = passed(Follower(np.full(100, target), RATE), sound)
        assert 20 * np.log10(np.abs(made / sound)) == pytest.approx(bound, abs=0.01)


def test_noise_below_the_sound_is_not_lifted() -> None:
    """Nor is silence."""
    for sound in (noise(RATE, -75.0), np.zeros((RATE, 1), np.float32)):
        assert np.array_equal(sound, passed(Follower(np.full(100, -10.0), RATE), sound))


def test_levels_follow_the_recordings() -> None:
    """What passes louder than the model makes it is followed at that level."""
    sound, target = noise(RATE), beats(100)
    louder = passed(Follower(target, RATE, gain_db=20.0), sound * np.float32(10.0))
    assert louder == pytest.approx(passed(Follower(target, RATE), sound) * 10.0, rel=1e-4)


def test_shares_part_slow_from_fast() -> None:
    """The envelope's share moves the mean level, the onsets' share leaves it."""
    sound, target = noise(4 * RATE), np.repeat([-10.0, -30.0], 200) + np.tile([0.0] + [-6.0] * 19, 20)
    slow = level_db(passed(Follower(target, RATE, onsets=0.0), sound))
    fast = level_db(passed(Follower(target, RATE, envelope=0.0), sound))
    assert 17.0 < slow[20:180].mean() - slow[220:380].mean() < 23.0
    assert abs(fast[20:180].mean() - fast[220:380].mean()) < 2.0
    attacks = np.arange(20, 180) % 20 == 0
    assert fast[20:180][attacks].mean() - fast[20:180][~attacks].mean() > 2.0
    assert np.array_equal(sound, passed(Follower(target, RATE, envelope=0.0, onsets=0.0), sound))


def test_a_lap_comes_round_again() -> None:
    """Wherever the sound begins in it, and if it has no whole number of hops."""
    lap, lead = 7_777, 3_000
    target = -20.0 + 10.0 * np.sin(2 * np.pi * (np.arange(49) + 0.5) * 160 / lap)
    follower = Follower(target, RATE, first_frame=-lead, lap_frames=lap)
    heard = level_db(passed(follower, noise(lead + 3 * lap)))
    centres = (np.arange(len(heard)) + 0.5) * 160 - lead
    assert correlation(np.sin(2 * np.pi * centres / lap), heard) > 0.97
