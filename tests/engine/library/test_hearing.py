"""What is heard of a file: all of it, once, in parts that say where they are."""

from __future__ import annotations

from collections.abc import Generator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.clap_mel import clap_log_mels
from engine.audio.resample import resample
from engine.errors import EngineError, ErrorCode
from engine.library.hearing import HeardSpan, hear

WINDOW = 2.0  # seconds that the tiny model hears


def heard(path: Path, model: Any) -> tuple[HeardSpan, ...]:
    """What ``hear`` comes to."""
    listening: Generator[None, None, tuple[HeardSpan, ...]] = hear(path, model)
    while True:
        try:
            next(listening)
        except StopIteration as stop:
            return stop.value


@settings(max_examples=12, deadline=None)
@given(
    seconds=st.floats(0.05, 9.0),
    rate=st.sampled_from([8_000, 44_100, 96_000]),
    channels=st.integers(1, 3),
)
def test_a_sound_of_any_length_rate_and_width_is_heard_whole(hearing_model, seconds, rate, channels):
    """The parts cover every frame in order, and none is longer than the model hears at once."""
    frames = round(seconds * rate)
    noise = np.random.default_rng(frames).normal(0.0, 0.1, (frames, channels))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "noise.wav"
        soundfile.write(path, noise, rate, subtype="FLOAT")
        spans = heard(path, hearing_model)

    assert (0, frames) == (spans[0].start, spans[-1].stop)
    assert all(after.start <= before.stop for before, after in pairwise(spans))
    assert all(0 < span.stop - span.start <= WINDOW * rate + 2 for span in spans)
    assert max(1, int(np.ceil(seconds / WINDOW - 1e-3))) <= len(spans) <= int(np.ceil(seconds / WINDOW)) + 1


def test_each_part_is_heard_as_if_it_were_alone(hearing_model, tmp_path):
    """Oracle: the stretch cut out of the whole sound, resampled at once, at the level of trained sounds."""
    rate, p = 44_100, hearing_model.specification.ranking
    wave = np.random.default_rng(3).normal(0.0, 0.05, (round(5.3 * rate), 1)).astype(np.float32)
    wave[rate : 2 * rate] *= 0.01
    soundfile.write(tmp_path / "noise.wav", wave, rate, subtype="FLOAT")
    whole = resample(wave, rate, p.sample_rate)[:, 0]
    starts = [0, p.frames, whole.size - p.frames]
    cuts = [whole[start : start + p.frames] for start in starts]
    mels = [clap_log_mels(cut * (0.5 / np.abs(cut).max()), p) for cut in cuts]
    expected = [hearing_model.encode_sound(mel)[0] for mel in mels]
    spans = heard(tmp_path / "noise.wav", hearing_model)

    assert 3 == len(spans)
    for span, vector, start in zip(spans, expected, starts, strict=True):
        assert np.allclose(vector, span.vector, atol=1e-4)
        assert abs(span.start - start * rate / p.sample_rate) < 1.0


def test_a_quiet_recording_is_heard_as_a_loud_one(hearing_model, tmp_path):
    """Level says nothing about what it is."""
    noise = np.random.default_rng(1).normal(0.0, 0.1, 16_000)
    soundfile.write(tmp_path / "loud.wav", noise, 16_000, subtype="FLOAT")
    soundfile.write(tmp_path / "quiet.wav", noise * 0.01, 16_000, subtype="FLOAT")
    loud, quiet = (heard(tmp_path / name, hearing_model)[0].vector for name in ("loud.wav", "quiet.wav"))

    assert np.allclose(loud, quiet, atol=1e-4)


def test_channels_that_cancel_are_heard(hearing_model, tmp_path):
    """A widened effect is no silence."""
    noise = np.random.default_rng(1).normal(0.0, 0.1, 16_000)
    soundfile.write(tmp_path / "wide.wav", np.stack([noise, -noise], axis=1), 16_000, subtype="FLOAT")

    assert 1 == len(heard(tmp_path / "wide.wav", hearing_model))


def test_silence_between_sounds_is_left_out(hearing_model, tmp_path):
    """A long recording with one event is one stretch."""
    wave = np.zeros(16_000 * 10)
    wave[16_000 * 9 // 2 : 16_000 * 11 // 2] = np.random.default_rng(1).normal(0.0, 0.1, 16_000)
    soundfile.write(tmp_path / "event.wav", wave, 16_000, subtype="FLOAT")
    (span,) = heard(tmp_path / "event.wav", hearing_model)

    assert (64_000, 96_000) == (span.start, span.stop)


@pytest.mark.parametrize("kind", ["silent", "short", "nan", "text"])
def test_what_can_not_be_heard_is_told(hearing_model, tmp_path, kind):
    """One sentence with the file in it."""
    path, wave = tmp_path / "bad.wav", np.zeros(16_000)
    if kind == "nan":
        wave[8_000:] = np.nan
    if kind == "text":
        path.write_text("not a sound")
    else:
        soundfile.write(path, wave[:10] + 0.5 if kind == "short" else wave, 16_000, subtype="FLOAT")
    with pytest.raises(EngineError) as caught:
        heard(path, hearing_model)

    assert ErrorCode.BAD_AUDIO == caught.value.code and "bad.wav" in caught.value.sentence
