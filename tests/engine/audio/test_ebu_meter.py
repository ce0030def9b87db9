"""What EBU R 128 measures: the standard's own signals, ffmpeg as a second meter, and short sounds."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st
from pyebur128 import MeasurementMode, R128State, get_true_peak

from engine.audio.ebu_meter import EbuMeter
from engine.takes.bext import Loudness
from tests.engine.rendering import noise

RATE = 16_000


def tone(db: float, seconds: float, hertz: float = 1_000.0, degrees: float = 0.0) -> np.ndarray:
    """A stereo tone whose amplitude is that below full scale, (frames, 2)."""
    phase = 2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE + np.radians(degrees)
    return np.repeat((10 ** (db / 20) * np.sin(phase)).astype(np.float32)[:, None], 2, axis=1)


def silence(seconds: float) -> np.ndarray:
    return np.zeros((round(seconds * RATE), 2), np.float32)


def heard(*sounds: np.ndarray, rate: int = RATE, block: int = 5_000) -> Loudness:
    """All of them in a row, as they come: in blocks."""
    sound = np.concatenate(sounds)
    meter = EbuMeter(rate, sound.shape[1])
    for start in range(0, len(sound), block):
        meter.push(sound[start : start + block])
    return meter.loudness()


@pytest.mark.parametrize(
    ("levels", "lufs"),
    [
        ([(-23, 20)], -23.0),
        ([(-33, 20)], -33.0),
        ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
    ],
)
def test_integrated_loudness(levels: list[tuple[float, float]], lufs: float) -> None:
    """EBU Tech 3341, cases 1 to 5, within the 0.1 LU that it allows."""
    assert lufs == pytest.approx(heard(*(tone(*level) for level in levels)).integrated, abs=0.1)


@pytest.mark.parametrize(
    ("levels", "range_lu"),
    [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20), ((-50, -35, -20, -35, -50), 15)],
)
def test_loudness_range(levels: tuple[float, ...], range_lu: float) -> None:
    """EBU Tech 3342, cases 1 to 4: 20 s of each level; it allows 1 LU, and a tenth is kept."""
    assert range_lu == pytest.approx(heard(*(tone(level, 20) for level in levels)).range, abs=0.1)


@pytest.mark.parametrize("number", range(20))
def test_the_loudest_window_is_found_wherever_it_begins(number: int) -> None:
    """EBU Tech 3341, cases 10 and 13: a tone as long as the window after some silence, within 0.1 LU."""
    after = heard(silence(number * 0.15), tone(-23, 3), silence(1))
    assert -23.0 == pytest.approx(after.short_term, abs=0.1)
    after = heard(silence(number * 0.02), tone(-23, 0.4), silence(1))
    assert -23.0 == pytest.approx(after.momentary, abs=0.1)


@pytest.mark.parametrize(
    ("part", "degrees", "amplitude", "dbtp"),
    [(4, 0, 0.5, -6), (4, 45, 0.5, -6), (6, 60, 0.5, -6), (8, 67.5, 0.5, -6), (4, 45, 1.41, 3)],
)
def test_true_peaks(part: int, degrees: float, amplitude: float, dbtp: float) -> None:
    """EBU Tech 3341, cases 15 to 19: peaks between samples, within its -0.4 and +0.2 dB."""
    sound = tone(20 * np.log10(amplitude), 1, RATE / part, degrees)
    ramp = np.minimum(1, np.minimum(np.arange(len(sound)), np.arange(len(sound))[::-1]) / 480)
    peak = heard((sound * ramp[:, None]).astype(np.float32)).true_peak
    assert peak is not None and dbtp - 0.4 <= peak <= dbtp + 0.2


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rate=st.sampled_from([16_000, 44_100, 96_000, 192_000]),
    loud=st.lists(st.tuples(st.integers(0, 29_999), st.floats(0.01, 1.0)), min_size=1, max_size=6),
)
def test_what_is_passed_over_has_no_peak(seed: int, rate: int, loud: list[tuple[int, float]]) -> None:
    """With and without oversampling everything, the highest true peak is the same."""
    sound = np.random.default_rng(seed).uniform(-0.3, 0.3, (30_001, 2)).astype(np.float32)
    for place, size in loud:
        sound[place : place + 2, place % 2] = (size, -size) if place % 3 else (size, size)
    whole = R128State(2, rate, MeasurementMode.MODE_TRUE_PEAK)
    padded = np.concatenate([sound, np.zeros((100, 2), np.float32)])
    whole.add_frames(padded.reshape(-1), len(padded))
    expected = 20 * np.log10(max(get_true_peak(whole, 0), get_true_peak(whole, 1)))
    assert expected == pytest.approx(heard(sound, rate=rate).true_peak, abs=1e-6)


@pytest.mark.parametrize("seconds", [0.1, 0.39, 0.4, 2.99, 3.0])
def test_a_short_sound_has_what_it_is_long_enough_for(seconds: float) -> None:
    """Nothing is made up: less than a window has no loudness of that window, but always a peak."""
    loudness = heard(tone(-20, seconds))
    assert (loudness.integrated is not None, loudness.momentary is not None) == (seconds >= 0.4,) * 2
    assert (loudness.short_term is not None, loudness.range is not None) == (seconds >= 3.0,) * 2
    assert loudness.true_peak == pytest.approx(-20.0, abs=0.1)


def test_silence_has_no_loudness() -> None:
    """Not even a peak; and noise below the standard's gate has a peak alone."""
    assert heard(silence(4)) == Loudness()
    quiet = heard(noise(4 * RATE, 2) * np.float32(1e-6))
    assert quiet.true_peak is not None and quiet == Loudness(true_peak=quiet.true_peak)


def test_channels_that_may_be_anything_have_a_peak_only() -> None:
    """Six may be a room or six microphones, and weigh otherwise; one weighs as much as the left of two."""
    assert heard(np.repeat(tone(-20, 4), 3, axis=1)).integrated is None
    assert heard(np.repeat(tone(-20, 4), 3, axis=1)).true_peak == pytest.approx(-20.0, abs=0.1)
    assert heard(tone(-20, 4)[:, :1]).integrated == pytest.approx(-23.0, abs=0.1)


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, RATE * 2), max_size=8))
def test_blocks_of_any_length_are_the_same_sound(cuts: list[int]) -> None:
    """Wherever it is cut."""
    sound = noise(RATE * 2, 2)
    meter = EbuMeter(RATE, 2)
    for block in np.split(sound, sorted(cuts)):
        meter.push(block)
        meter.loudness()  # asking changes nothing
    assert meter.loudness() == heard(sound)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg (Debian: ffmpeg)")
@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_ffmpeg_hears_the_same(rate: int, channels: int, tmp_path: Path) -> None:
    """Its ebur128 filter, over hits, a swell and a pause; its windows begin at tenths of a second only."""
    at = np.arange(12 * rate) / rate
    shape = np.exp(-np.mod(at, 1.3) * 6) * np.where(at < 6, 1.0, (at - 6) / 12) * (np.mod(at, 5) < 4.4)
    sound = (noise(12 * rate, channels) * shape[:, None]).astype(np.float32)
    path = tmp_path / "sound.wav"
    sf.write(path, sound, rate, "FLOAT")
    command = (
        "ffmpeg",
        "-hide_banner",
        "-nostats",
        "-i",
        path,
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    )
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    lines, summary = said.split("Summary:")
    found = heard(sound, rate=rate)
    for mark, value, tolerance in (
        ("I", found.integrated, 0.1),
        ("LRA", found.range, 0.2),
        ("Peak", found.true_peak, 0.3),  # its filter is another
    ):
        assert float(re.findall(rf"{mark}:\s+(\S+)", summary)[0]) == pytest.approx(value, abs=tolerance)
    for mark, value in (("M", found.momentary), ("S", found.short_term)):
        highest = max(float(text) for text in re.findall(rf" {mark}:\s*(\S+)", lines))
        assert value is not None and highest - 0.1 <= value <= highest + 0.6
