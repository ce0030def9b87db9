"""True peaks, as two independent meters find them."""

from __future__ import annotations

import numpy as np
import pytest
from pyebur128 import MeasurementMode, R128State, get_true_peak

from engine.audio.limiter import Limiter, true_peaks
from engine.audio.resample import resample
from tests.engine.audio.listening import passed, stream
from tests.engine.rendering import noise

RATE = 48_000


def libebur128_peak_db(sound: np.ndarray) -> float:
    """By the library that many broadcasters use."""
    state = R128State(sound.shape[1], RATE, MeasurementMode.MODE_TRUE_PEAK)
    state.add_frames(np.ascontiguousarray(sound, np.float32).reshape(-1), len(sound))
    return max(20 * np.log10(get_true_peak(state, channel)) for channel in range(sound.shape[1]))


def oversampled_peak_db(sound: np.ndarray) -> float:
    """At eight times the rate."""
    inner = np.pad(sound, ((2_000, 2_000), (0, 0)))
    return float(20 * np.log10(np.abs(resample(inner, RATE, 8 * RATE)).max()))


def sine(hz: float, phase: float) -> np.ndarray:
    """Faded, so that its beginning has no peaks of its own."""
    shape = np.minimum(1.0, np.minimum(np.arange(RATE), np.arange(RATE)[::-1]) / 4_800)
    return (1.2 * shape * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE + phase)).astype(np.float32)[:, None]


@pytest.mark.parametrize("ceiling_db", [-1.0, -3.0, -9.0])
@pytest.mark.parametrize("name", ["between samples", "high", "noise", "brook"])
def test_no_true_peak_is_above_the_ceiling(name: str, ceiling_db: float) -> None:
    """Both meters agree within what they differ by themselves."""
    sounds = {
        "between samples": sine(RATE / 4, np.pi / 4),
        "high": sine(17_003.7, 0.0),
        "noise": noise(RATE, 2, 0.4),
        "brook": stream()[0] * 8,
    }
    after = passed(Limiter(RATE, sounds[name].shape[1], 10 ** (ceiling_db / 20)), sounds[name])
    assert libebur128_peak_db(after) <= ceiling_db
    assert oversampled_peak_db(after) <= ceiling_db + 0.3
    assert libebur128_peak_db(after) > ceiling_db - 0.6  # and no more is taken than needed


def test_peaks_between_samples_are_found() -> None:
    """A quarter of the rate, sampled 45 degrees off its peaks: 3 dB more than any sample."""
    sound = sine(RATE / 4, np.pi / 4)
    assert 1.2 == pytest.approx(true_peaks(sound).max(), rel=0.01)
    assert 0.849 == pytest.approx(np.abs(sound).max(), rel=0.01)
