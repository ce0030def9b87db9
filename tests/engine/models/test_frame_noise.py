"""Noise as a pure function of seed and place."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.noise import frame_noise

SEEDS = st.integers(0, 2**31 - 1)
PLACES = st.integers(-(2**31), 2**31)


@settings(deadline=None)
@given(seed=SEEDS, first=PLACES, frames=st.integers(1, 40), channels=st.integers(1, 20), data=st.data())
def test_pieces_agree_with_the_whole(
    seed: int, first: int, frames: int, channels: int, data: st.DataObject
) -> None:
    """Any span of frames has the noise that the same span of a longer piece has."""
    start = data.draw(st.integers(0, frames - 1))
    end = data.draw(st.integers(start + 1, frames))
    whole = frame_noise(seed, first, frames, channels)
    piece = frame_noise(seed, first + start, end - start, channels)
    assert whole[start:end].tolist() == piece.tolist()


def test_noise_across_the_start_of_the_sound() -> None:
    """Frames before the first one have noise of their own, and the others keep theirs."""
    whole = frame_noise(5, -3, 6, 3)
    assert whole[3:].tolist() == frame_noise(5, 0, 3, 3).tolist()
    assert len(np.unique(whole)) == whole.size


def test_noise_is_standard_normal() -> None:
    """Mean, deviation, tails and neighbours are those of independent normal numbers."""
    noise = frame_noise(1, 0, 20_000, 10)
    assert noise.dtype == np.float32
    assert np.isfinite(noise).all()
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 1.0) < 0.01
    assert abs((np.abs(noise) > 2.0).mean() - 0.0455) < 0.002
    assert np.abs(np.corrcoef(noise.T) - np.eye(10)).max() < 0.03
    assert abs((noise[1:] * noise[:-1]).mean()) < 0.01


def test_another_seed_gives_other_noise() -> None:
    """Seeds that differ by one have nothing in common."""
    one, other = frame_noise(1, 0, 1000, 8), frame_noise(2, 0, 1000, 8)
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.05


def test_no_frames_are_no_noise() -> None:
    """Nothing asked, nothing given."""
    assert frame_noise(1, 0, 0, 4).shape == (0, 4)
    assert frame_noise(1, 9, 0, 4, lap=5).shape == (0, 4)


def test_a_lap_starts_over() -> None:
    """Before, within and after the first one, and however much of it is asked for."""
    laps = np.concatenate([frame_noise(3, 0, 7, 5)] * 4)
    assert np.array_equal(laps, frame_noise(3, -7, 28, 5, lap=7))
    assert np.array_equal(laps[2:5], frame_noise(3, 9, 3, 5, lap=7))
    assert np.array_equal(laps[5:9], frame_noise(3, -2, 4, 5, lap=7))
