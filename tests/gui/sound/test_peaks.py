"""Peaks show every sample's extremes at any zoom, however they were read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from gui.sound.peaks import BASE_FRAMES, BLOCK_FRAMES, FACTOR, PICTURES, Peaks, columns_of, extremes, grown
from gui.sound.peaks_cache import PeaksCache
from gui.sound.recording import look_at, read_peaks


def noise(frames: int, channels: int = 2, seed: int = 1) -> np.ndarray:
    """Reproducible noise, (frames, channels), within -1 and 1."""
    return np.random.default_rng(seed).uniform(-1, 1, (frames, channels)).astype(np.float32)


@given(st.integers(1, 5 * BASE_FRAMES), st.integers(1, 3))
def test_extremes_are_those_of_every_bin(frames: int, channels: int) -> None:
    """The finest level is the minimum and maximum of each 256 frames, the last of them shorter."""
    samples = noise(frames, channels, frames)
    bins = extremes(samples)
    for number, start in enumerate(range(0, frames, BASE_FRAMES)):
        part = samples[start : start + BASE_FRAMES]
        assert np.allclose(bins[number, :, 0] / 32767, part.min(axis=0), atol=1e-4)
        assert np.allclose(bins[number, :, 1] / 32767, part.max(axis=0), atol=1e-4)


def test_extremes_of_a_whole_block_are_those_of_its_bins() -> None:
    """Which is more than is looked at in one go; a bin that is forgotten would be zero or another's."""
    samples = noise(BLOCK_FRAMES, 1)
    parts = samples.reshape(-1, BASE_FRAMES)
    expected = np.stack([parts.min(axis=1), parts.max(axis=1)], axis=-1)
    assert np.allclose(extremes(samples)[:, 0] / 32767, expected, atol=1e-4)


def test_a_long_recording_is_not_drawn_after_every_block() -> None:
    """Some two dozen times, and once all of it is known."""
    blocks = 100
    silence = np.zeros((BLOCK_FRAMES, 1), np.int16)
    known = [peaks.known_frames for peaks in grown(Peaks(blocks * BLOCK_FRAMES, 1), iter([silence] * blocks))]
    assert 10 < len(known) <= PICTURES
    assert blocks * BLOCK_FRAMES == known[-1]


@given(st.floats(BASE_FRAMES, 60_000), st.floats(0, 0.9))
def test_no_sample_is_lost_between_columns(scale: float, share: float) -> None:
    """A single loud sample is seen at every zoom, in the column where it is."""
    samples = np.zeros((200_000, 1), np.float32)
    loud = int(share * 200_000)
    samples[loud] = 0.8
    peaks = Peaks(len(samples), 1)
    peaks.add(samples)
    columns = peaks.columns(0.0, scale, int(200_000 / scale) + 1)
    seen = np.flatnonzero(columns.high[:, 0] > 0.7)
    # A bin that lies across two columns is seen in both, or in the one before.
    assert len(seen) >= 1
    assert abs(int(seen[0]) - loud / scale) <= 1 + FACTOR


def test_what_is_not_read_yet_is_not_shown() -> None:
    """Columns past what is known have nothing in them, neither have those outside of the recording."""
    peaks = Peaks(3 * BLOCK_FRAMES, 1)
    peaks.add(noise(BLOCK_FRAMES, 1))
    columns = peaks.columns(-BLOCK_FRAMES, BLOCK_FRAMES, 6)
    shown = (columns.low <= columns.high)[:, 0].tolist()
    assert shown == [False, True, False, False, False, False]


def test_a_long_recording_is_sketched_at_once(tmp_path: Path) -> None:
    """Before anything is read exactly, loud and silent parts are where they are; then the peaks take over."""
    frames = 6 * BLOCK_FRAMES
    loud = np.where(np.arange(frames) // 1000 % 2 == 0, 0.5, -0.5).astype(np.float32)
    loud[frames // 2 :] = 0.0
    path = tmp_path / "long.wav"
    soundfile.write(path, loud, 48_000)
    seen = [
        (peaks.known_frames, peaks.columns(0, frames / 100, 100))
        for peaks in read_peaks(look_at(str(path)), PeaksCache(tmp_path / "cache"))
    ]
    known, sketched = seen[1]
    _, exact = seen[-1]
    assert known == 0
    assert (sketched.low <= sketched.high).all()
    assert np.allclose(exact.high, sketched.high, atol=1e-3)
    assert np.allclose(exact.low, sketched.low, atol=1e-3)
    assert sketched.high[60:].max() == 0.0


def test_close_up_the_samples_themselves_are_shown() -> None:
    """Below a bin each column has the samples that fall into it, and joins the next."""
    samples = np.array([[0.0], [0.5], [-0.5], [0.25]], np.float32)
    columns = columns_of(samples, 10, 10.0, 1.0, 4)
    assert columns.high[:, 0].tolist() == [0.5, 0.5, 0.25, 0.25]
    assert columns.low[:, 0].tolist() == [0.0, -0.5, -0.5, 0.25]


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_file_is_read_piece_by_piece_and_then_from_the_cache(tmp_path: Path, subtype: str) -> None:
    """The second time all peaks are there at once, and they are the same."""
    samples = noise(BLOCK_FRAMES + 1234)
    path = tmp_path / "long.wav"
    soundfile.write(path, samples, 48_000, subtype=subtype)
    cache, recording = PeaksCache(tmp_path / "cache"), look_at(str(path))
    *_, read = read_peaks(recording, cache)
    first, *more = read_peaks(recording, cache)
    assert read.is_complete
    assert first.is_complete
    assert more == []
    assert np.array_equal(read.base, first.base)
    assert np.allclose(read.base / 32767, extremes(samples) / 32767, atol=2e-4)


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    """The cache knows a file by its size and time, not by its name."""
    path, cache = tmp_path / "take.wav", PeaksCache(tmp_path / "cache")
    for level in (0.25, 0.75):
        soundfile.write(path, np.full((5000 + int(level * 100), 1), level), 48_000)
        *_, peaks = read_peaks(look_at(str(path)), cache)
        assert peaks.base.max() / 32767 == pytest.approx(level, abs=1e-3)


def test_a_damaged_cache_is_no_cache(tmp_path: Path) -> None:
    """Whatever lies in the cache's folder, the recording is shown."""
    path, cache = tmp_path / "take.wav", PeaksCache(tmp_path / "cache")
    soundfile.write(path, noise(5000), 48_000)
    list(read_peaks(look_at(str(path)), cache))
    for file in (tmp_path / "cache").iterdir():
        file.write_bytes(b"\x93NUMPY nonsense")
    *_, peaks = read_peaks(look_at(str(path)), cache)
    assert peaks.is_complete
    assert peaks.base.max() > 30_000
