"""Integrated loudness, and takes brought to it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.audio.loudness import LoudnessFit, LoudnessMeter, gated_level_db
from engine.audio.lufs import IntegratedLoudness, integrated_lufs, per_channel
from tests.engine.audio.listening import passed, stream
from tests.engine.rendering import noise

RATE = 48_000


def tone(db: float, seconds: float) -> np.ndarray:
    """997 Hz whose amplitude is that below full scale, (frames, 1)."""
    at = np.arange(round(seconds * RATE))
    return (10 ** (db / 20) * np.sin(2 * np.pi * 997 * at / RATE)).astype(np.float32)[:, None]


def test_the_standards_own_example() -> None:
    """EBU Tech 3341, cases 1 and 2: a stereo tone of -23 dBFS reads -23 LUFS, one of -33 reads -33."""
    for db in (-23.0, -33.0):
        assert db == pytest.approx(integrated_lufs(np.repeat(tone(db, 20), 2, axis=1), RATE), abs=0.1)


def test_quiet_stretches_do_not_count() -> None:
    """EBU Tech 3341, case 3: 10 s at -36, 60 at -23 and 10 at -36 dBFS read -23 LUFS."""
    sound = np.concatenate([tone(-36.0, 10), tone(-23.0, 60), tone(-36.0, 10)])
    meter = IntegratedLoudness(RATE, 2)
    for block in np.array_split(np.repeat(sound, 2, axis=1), 37):
        meter.push(block)
    assert -23.0 == pytest.approx(meter.lufs(), abs=0.1)


def test_what_is_short_has_none_and_a_level_all_the_same() -> None:
    """A tenth of a second, and silence."""
    assert integrated_lufs(noise(4_800), RATE) == -math.inf
    assert integrated_lufs(np.zeros((RATE, 1), np.float32), RATE) == -math.inf
    meter = LoudnessMeter(RATE)
    meter.push(noise(4_800))
    assert gated_level_db(noise(4_800), RATE) == meter.loudness_db() > -math.inf


@pytest.mark.parametrize("channels", [1, 2, 8])
def test_channels_of_any_number_count_alike(channels: int) -> None:
    """Twice as many are 3 dB louder; of one channel all have the same."""
    sound = noise(2 * RATE, channels)
    lufs = integrated_lufs(sound, RATE)
    assert per_channel(lufs, channels) == pytest.approx(integrated_lufs(sound[:, :1], RATE), abs=0.15)


@pytest.mark.parametrize("target", [-35.0, -23.0, -16.0])
def test_a_real_recording_is_brought_to_a_loudness(target: float) -> None:
    """Within 0.1 LU, at once or in the pieces it is decoded in, within 0.5."""
    sound, _ = stream()
    assert target == pytest.approx(
        integrated_lufs(passed(LoudnessFit(target, RATE, 1), sound), RATE), abs=0.1
    )
    pieces = passed(LoudnessFit(target, RATE, 1), sound, [100_000, 200_000, 300_000])
    assert target == pytest.approx(integrated_lufs(pieces, RATE), abs=0.5)
