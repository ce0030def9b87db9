"""From host rate to model rate and back: the same length, at the same place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.resample import StreamResampler, resample, resampled_frames

MODEL_RATE = 16_000
HOST_RATES = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 47_999, 48_000, 88_200, 96_000, 176_400, 192_000]
# How far, in seconds, a pulse may move: a thousandth of a sample at 48 kHz.
MAX_SHIFT_SECONDS = 2e-8


def pulse(rate: int, centre_seconds: float, frames: int) -> np.ndarray:
    """A smooth pulse of about 1 ms, band-limited far below 4 kHz, (frames, 1)."""
    time = np.arange(frames) / rate - centre_seconds
    return np.exp(-0.5 * (time / 3e-4) ** 2).astype(np.float32)[:, None]


def centre_seconds(waveform: np.ndarray, rate: int) -> float:
    """Where the energy of a pulse is."""
    power = waveform[:, 0].astype(np.float64) ** 2
    return float(np.sum(power * np.arange(len(power))) / np.sum(power) / rate)


@pytest.mark.parametrize("rate", HOST_RATES)
@pytest.mark.parametrize("centre", [0.05, 0.1234567, 0.26])
def test_a_pulse_stays_where_it_is_both_ways(rate: int, centre: float) -> None:
    """No delay to the model's rate, none back."""
    frames = round(0.31 * rate)
    original = pulse(rate, centre, frames)
    there = resample(original, rate, MODEL_RATE)
    back = resample(there, MODEL_RATE, rate, frames)
    assert abs(centre_seconds(there, MODEL_RATE) - centre) < MAX_SHIFT_SECONDS
    assert abs(centre_seconds(back, rate) - centre) < MAX_SHIFT_SECONDS
    assert np.abs(back - original).max() < 1e-5


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_a_sweep_comes_back_sample_for_sample(rate: int) -> None:
    """Below the model's 7 kHz the round trip is the identity, phase included."""
    time = np.arange(rate) / rate
    fade = np.sin(np.pi * time) ** 2
    sweep = (0.5 * fade * np.sin(2 * np.pi * (50 * time + 3_200 * time**2))).astype(np.float32)[:, None]
    back = resample(resample(sweep, rate, MODEL_RATE), MODEL_RATE, rate, rate)
    assert np.abs(back - sweep).max() < 1e-4


@given(st.sampled_from(HOST_RATES), st.integers(0, 30_000))
@settings(deadline=None)
def test_the_round_trip_has_exactly_the_regions_frames(rate: int, frames: int) -> None:
    """For any rate and any length."""
    there = resample(np.ones((frames, 1), np.float32), rate, MODEL_RATE)
    back = resample(there, MODEL_RATE, rate, frames)
    assert len(there) == resampled_frames(frames, rate, MODEL_RATE)
    assert (len(there) - 1) / MODEL_RATE < frames / rate <= len(there) / MODEL_RATE
    assert back.shape == (frames, 1)
    assert back.dtype == np.float32


def test_past_its_end_a_sound_is_silent() -> None:
    """More frames than there are get silence, fewer get a part."""
    ones = np.ones((1_600, 2), np.float32)
    longer = resample(ones, MODEL_RATE, 48_000, 9_600)
    np.testing.assert_array_equal(longer[:, 0], longer[:, 1])
    assert np.abs(longer[5_300:]).max() < 1e-3
    np.testing.assert_array_equal(resample(ones, MODEL_RATE, 48_000, 100), longer[:100])


def test_the_same_rate_changes_nothing() -> None:
    """Not even the last bit."""
    noise = np.random.default_rng(0).standard_normal((1_000, 3)).astype(np.float32)
    np.testing.assert_array_equal(resample(noise, 48_000, 48_000), noise)


@given(
    st.sampled_from(HOST_RATES),
    st.sampled_from([1, 2, 5]),
    st.lists(st.integers(0, 4_000), max_size=12),
    st.integers(-300, 300),
)
@settings(deadline=None)
def test_block_sizes_never_change_the_joined_output(
    rate: int, channels: int, sizes: list[int], extra: int
) -> None:
    """A stream cut anywhere is the one-shot result, to the bit."""
    frames = sum(sizes)
    wanted = max(0, resampled_frames(frames, MODEL_RATE, rate) + extra)
    noise = np.random.default_rng(frames).standard_normal((frames, channels)).astype(np.float32)
    resampler = StreamResampler(MODEL_RATE, rate, channels, wanted)
    cuts = np.split(noise, np.cumsum(sizes))
    joined = np.concatenate([*(resampler.push(cut) for cut in cuts), resampler.finish()])
    np.testing.assert_array_equal(joined, resample(noise, MODEL_RATE, rate, wanted))


def test_a_stream_gives_early_what_it_can() -> None:
    """The first audio must not wait for the whole take."""
    resampler = StreamResampler(MODEL_RATE, 48_000, 1, 480_000)
    assert len(resampler.push(np.zeros((16_000, 1), np.float32))) > 33_600
