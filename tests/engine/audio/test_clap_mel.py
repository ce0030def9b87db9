"""CLAP's log-mels: one length whatever comes, the same each time, nothing left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.clap_mel import Float32, RankingParameters, clap_log_mels

# CLAP's own, and the same for a tenth of a second, where length is what a test is about.
CLAP = RankingParameters(48_000, 1024, 480, 64, 50.0, 14_000.0, 10.0)
SHORT = RankingParameters(48_000, 1024, 480, 64, 50.0, 14_000.0, 0.1)


def sound(frames: int, seed: int = 0, amplitude: float = 0.1) -> Float32:
    """White noise."""
    return (np.random.default_rng(seed).standard_normal(frames) * amplitude).astype(np.float32)


@given(st.integers(0, 40_000))
@settings(max_examples=60, deadline=None)
def test_every_sound_makes_crops_of_one_shape(frames: int) -> None:
    """One if it fits; of a longer one as many as cover it."""
    log_mels = clap_log_mels(sound(frames), SHORT)
    assert (max(1, -(-frames // 4800)), 1, 11, 64) == log_mels.shape
    assert np.isfinite(log_mels).all()
    assert np.float32 == log_mels.dtype


def test_silence_is_the_floor() -> None:
    """A hundred decibels down, and no number that is none."""
    assert {-100.0} == set(clap_log_mels(np.zeros(300, np.float32), SHORT).reshape(-1).tolist())


def test_decibels_follow_the_level() -> None:
    """Ten times the amplitude is 20 dB more."""
    quiet, loud = (clap_log_mels(sound(4800, amplitude=level), SHORT) for level in (0.01, 0.1))
    assert loud - quiet == pytest.approx(np.full_like(loud, 20.0), abs=1e-3)


def test_a_tone_is_in_its_band() -> None:
    """And higher ones are in higher bands."""
    time = np.arange(4800) / 48_000
    bands = [
        int(clap_log_mels(np.sin(2 * np.pi * hz * time).astype(np.float32), SHORT)[0, 0, 5].argmax())
        for hz in (200, 1000, 4000, 10_000)
    ]
    assert sorted(bands) == bands
    assert 4 == len(set(bands))


def test_a_short_sound_is_said_again_as_often_as_it_fits_whole() -> None:
    """What is left over is silence at the end, as the published front end has it."""
    short = sound(1400)
    expected = np.concatenate([np.tile(short, 3), np.zeros(600, np.float32)])
    assert np.array_equal(clap_log_mels(expected, SHORT), clap_log_mels(short, SHORT))


def test_crops_cover_a_long_sound_from_end_to_end() -> None:
    """The first starts where the sound does, the last ends where it ends."""
    long = sound(10_000)
    first, middle, last = clap_log_mels(long, SHORT)
    assert np.array_equal(clap_log_mels(long[:4800], SHORT)[0], first)
    assert np.array_equal(clap_log_mels(long[2600:7400], SHORT)[0], middle)
    assert np.array_equal(clap_log_mels(long[-4800:], SHORT)[0], last)


def test_the_same_sound_gives_the_same_crops() -> None:
    """Where the published front end draws one at random."""
    assert np.array_equal(clap_log_mels(sound(9000), SHORT), clap_log_mels(sound(9000), SHORT))


TIME = np.arange(480_000) / 48_000
SOUNDS = {
    "noise": sound(480_000),
    "a tone far above the rest": (0.9 * np.sin(2 * np.pi * 440 * TIME)).astype(np.float32),
    "nearly silent": sound(479_999, amplitude=1e-4),
    "a third": sound(160_000),
    "a bit more than half": sound(240_001),
    "a tenth of a second": sound(4_800),
    "a click": np.eye(1, 100_000, 500, dtype=np.float32)[0],
    "silence": np.zeros(5_000, np.float32),
}


@pytest.fixture(scope="module")
def published() -> Any:
    """transformers' own front end with the settings of the unfused checkpoints."""
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    return transformers.ClapFeatureExtractor(
        truncation="rand_trunc", padding="repeatpad", frequency_min=50, frequency_max=14_000
    )


@pytest.mark.torch
@pytest.mark.parametrize("name", SOUNDS)
def test_it_is_the_published_front_end(name: str, published: Any) -> None:
    """In every band of every frame."""
    expected = published(SOUNDS[name], sampling_rate=48_000)["input_features"]
    assert np.asarray(expected) == pytest.approx(clap_log_mels(SOUNDS[name], CLAP), abs=1e-4)


@pytest.mark.torch
def test_crops_of_a_long_sound_are_what_the_published_one_makes_of_each(published: Any) -> None:
    """Twelve seconds: the first ten and the last ten."""
    long = sound(576_000)
    expected = [published(long[start:][:480_000], sampling_rate=48_000) for start in (0, 96_000)]
    stacked = np.concatenate([np.asarray(one["input_features"]) for one in expected])
    assert stacked == pytest.approx(clap_log_mels(long, CLAP), abs=1e-4)


@pytest.mark.torch
@pytest.mark.parametrize("name", SOUNDS)
def test_the_bands_of_fused_checkpoints_are_others(name: str, published: Any) -> None:
    """HTK's, of height one; the four pieces that the published one makes of a short sound are the same."""
    fused = np.asarray(published(SOUNDS[name], truncation="fusion", sampling_rate=48_000)["input_features"])
    own = clap_log_mels(SOUNDS[name], replace(CLAP, mel_scale="htk"))
    assert np.repeat(own, 4, axis=1) == pytest.approx(fused, abs=1e-4)
    if name == "noise":
        assert np.abs(own - clap_log_mels(SOUNDS[name], CLAP)).mean() > 10.0
