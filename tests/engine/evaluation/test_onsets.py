"""When something begins in a sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.stretch import held
from engine.evaluation.onsets import TOLERANCE_SECONDS, f_measure, onsets
from tests.engine.rendering import outcome

TIMES = [0.2, 0.5, 0.9, 1.4, 1.55]
times = st.lists(st.integers(0, 100), unique=True, max_size=20).map(
    lambda them: np.array(sorted(them)) / 20.0
)


def hits(rate: int = 16_000, seconds: float = 2.0, tail: float = 0.02) -> np.ndarray:
    """Bursts of noise at ``TIMES``, (frames,)."""
    rng = np.random.default_rng(1)
    sound = rng.standard_normal(round(seconds * rate)) * 1e-4
    for start in TIMES:
        first = round(start * rate)
        length = min(round(0.2 * rate), len(sound) - first)
        decay = np.exp(-np.arange(length) / (tail * rate))
        sound[first : first + length] += 0.2 * rng.standard_normal(length) * decay
    return sound.astype(np.float32)


def found(sound: np.ndarray, rate: int = 16_000) -> np.ndarray:
    """Onsets of (frames,)."""
    return outcome(onsets(held(sound[:, None]), rate))


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("gain", [1.0, 0.1])
def test_hits_are_found_where_they_are(rate: int, gain: float) -> None:
    """To a frame and a half, at any rate and level."""
    assert np.abs(found(hits(rate) * np.float32(gain), rate) - TIMES).max() <= 0.02


def test_long_sounds_are_heard_in_pieces() -> None:
    """A hit that sounds over a border, after a minute, is found once."""
    late = np.concatenate([np.zeros(round(16_000 * 59.72), np.float32), hits(tail=0.1)])
    assert np.abs(found(late) - np.array(TIMES) - 59.72).max() <= 0.02


@pytest.mark.parametrize("kind", ["nothing", "silence", "tone", "swell"])
def test_what_does_not_begin_is_no_onset(kind: str) -> None:
    """Neither is a tone that is there from the start, but for that."""
    time = np.arange(16_000) / 16_000
    sounds = {
        "nothing": np.zeros(0),
        "silence": np.zeros(16_000),
        "tone": np.sin(2 * np.pi * 440 * time),
        "swell": np.sin(2 * np.pi * 440 * time) * np.exp(4.0 * time - 4.0),
    }
    later = found(sounds[kind].astype(np.float32))
    assert not later[later > 0.05].size


@given(times)
def test_all_found_is_one_and_none_is_nought(them: np.ndarray) -> None:
    """And late by less than the tolerance is as good."""
    assert f_measure(them, them) == 1.0
    assert f_measure(them, them + 0.9 * TOLERANCE_SECONDS) == 1.0 if len(them) < 2 else True
    if them.size:
        assert f_measure(them, np.zeros(0)) == 0.0 == f_measure(np.zeros(0), them)


@given(times, times)
def test_it_does_not_matter_which_one_is_expected(one: np.ndarray, other: np.ndarray) -> None:
    """F is symmetric."""
    assert f_measure(one, other + 0.01) == f_measure(other + 0.01, one)


def test_each_onset_matches_one() -> None:
    """Two near one are one hit and one too many."""
    assert f_measure(np.array([1.0]), np.array([0.98, 1.02])) == pytest.approx(2 / 3)
    assert f_measure(np.array([1.0, 2.0]), np.array([1.2, 2.0])) == 0.5


@pytest.mark.torch
@pytest.mark.xdist_group("librosa")  # which compiles itself: once is enough
def test_librosa_finds_the_same() -> None:
    """On hits, whose onsets are beyond doubt."""
    librosa = pytest.importorskip("librosa", reason="needs librosa, from the oracle extra")
    sound = hits(seconds=2.5)
    theirs = librosa.onset.onset_detect(y=sound, sr=16_000, hop_length=160, units="time")
    assert f_measure(np.sort(theirs), found(sound), 0.03) == 1.0
