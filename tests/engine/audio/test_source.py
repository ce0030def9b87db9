"""Recordings as they lie on disk: limits, spans, and one sentence for everything wrong."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from engine.audio.source import (
    MAX_CHANNELS,
    SourceInfo,
    inspect_recording,
    read_span,
)
from engine.errors import EngineError, ErrorCode


def noise(count: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    """White noise at -20 dB, (count, channels)."""
    return (0.1 * np.random.default_rng(seed).standard_normal((count, channels))).astype(np.float32)


def code_of(path: Path) -> ErrorCode:
    """How looking at ``path`` fails."""
    with pytest.raises(EngineError) as caught:
        inspect_recording(path)
    assert str(path) in caught.value.sentence
    return caught.value.code


def test_a_recording_is_described_in_full(tmp_path: Path) -> None:
    """Rate, channels, length, container, encoding and byte order."""
    path = tmp_path / "a.aiff"
    sf.write(path, noise(9600, 3), 96_000, subtype="PCM_24")
    assert inspect_recording(path) == SourceInfo(path, 96_000, 3, 9600, "AIFF", "PCM_24", "FILE")
    assert inspect_recording(path).duration_seconds == 0.1


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6, MAX_CHANNELS])
def test_usual_rates_and_channels_are_taken(tmp_path: Path, rate: int, channels: int) -> None:
    """From telephone to converters, from mono to ambisonics."""
    path = tmp_path / "a.wav"
    sf.write(path, np.zeros((100, channels)), rate)
    assert (inspect_recording(path).sample_rate, inspect_recording(path).channels) == (rate, channels)


@pytest.mark.parametrize(("rate", "channels"), [(7_999, 1), (192_001, 1), (48_000, MAX_CHANNELS + 1)])
def test_rates_and_channels_beyond_the_limits_are_refused(tmp_path: Path, rate: int, channels: int) -> None:
    """The sentence names the file and the limit."""
    path = tmp_path / "a.wav"
    sf.write(path, np.zeros((100, channels)), rate)
    assert code_of(path) == ErrorCode.BAD_AUDIO


def test_what_is_no_recording_is_named(tmp_path: Path) -> None:
    """Missing, empty, a folder, a text, a header without sound, and samples without a header."""
    (tmp_path / "empty.wav").touch()
    (tmp_path / "letter.wav").write_text("Dear engine, this is no sound at all. " * 9)
    (tmp_path / "bare.raw").write_bytes(bytes(1000))
    sf.write(tmp_path / "nothing.wav", np.zeros((0, 1)), 48_000)
    assert code_of(tmp_path / "missing.wav") == ErrorCode.NOT_FOUND
    assert code_of(tmp_path) == ErrorCode.BAD_AUDIO
    assert code_of(tmp_path / "empty.wav") == ErrorCode.BAD_AUDIO
    assert code_of(tmp_path / "letter.wav") == ErrorCode.BAD_AUDIO
    assert code_of(tmp_path / "bare.raw") == ErrorCode.BAD_AUDIO
    assert code_of(tmp_path / "nothing.wav") == ErrorCode.BAD_AUDIO
    assert code_of(tmp_path / ("long" * 500)) == ErrorCode.BAD_AUDIO


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_does_not_hold_the_job(tmp_path: Path) -> None:
    """Opening one would wait for ever for a writer."""
    os.mkfifo(tmp_path / "pipe.wav")
    assert code_of(tmp_path / "pipe.wav") == ErrorCode.BAD_AUDIO


def test_twenty_bit_apple_lossless_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    """libsndfile's decoder of it writes past its buffers."""
    path = tmp_path / "a.caf"
    sf.write(path, np.zeros((100, 2)), 48_000, subtype="ALAC_20")
    assert code_of(path) == ErrorCode.BAD_AUDIO


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
def test_a_span_is_the_files_own_samples(tmp_path: Path, subtype: str) -> None:
    """Up to 24 bits nothing is rounded."""
    path = tmp_path / "a.wav"
    sf.write(path, noise(10_000, 2), 48_000, subtype=subtype)
    whole, _ = sf.read(path, dtype="float64")
    span = read_span(path, 1_234, 5_678)
    assert span.dtype == np.float32
    np.testing.assert_array_equal(span.astype(np.float64), whole[1_234:5_678])


@pytest.mark.parametrize(
    ("name", "subtype"),
    [("a.ogg", "VORBIS"), ("a.mp3", "MPEG_LAYER_III"), ("a.flac", "PCM_24"), ("a.caf", "ALAC_24")],
)
def test_a_span_of_a_compressed_file_is_where_playing_it_would_be(
    tmp_path: Path, name: str, subtype: str
) -> None:
    """libsndfile's own seeking in Vorbis and MP3 lands elsewhere; ours must not."""
    path = tmp_path / name
    burst = noise(300_000, 2) * (np.arange(300_000) % 20_000 < 9_000)[:, None].astype(np.float32)
    with sf.SoundFile(path, "w", 44_100, 2, subtype) as sound:
        for start in range(0, len(burst), 4_096):
            sound.write(burst[start : start + 4_096])
    whole, _ = sf.read(path, dtype="float32")
    for start in (0, 1, 4_096, 50_001, 137_137, 290_000):
        np.testing.assert_array_equal(read_span(path, start, start + 5_000), whole[start : start + 5_000])


def test_only_the_span_of_an_hour_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sparse hour-long file; what soundfile is asked for is the span and no more."""
    path = tmp_path / "hour.wav"
    sf.write(path, np.zeros((1, 1), np.int16), 8_000, subtype="PCM_16")
    frame_count = 3600 * 8_000
    with path.open("r+b") as file:
        header = file.read(44)
        file.write(bytes(0))
        file.seek(4)
        file.write((36 + 2 * frame_count).to_bytes(4, "little"))
        file.seek(40)
        file.write((2 * frame_count).to_bytes(4, "little"))
        file.truncate(len(header) + 2 * frame_count)
    asked: list[int] = []
    plain_read = sf.SoundFile.read

    def counting_read(sound: sf.SoundFile, count: int = -1, **options: object) -> np.ndarray:
        asked.append(count)
        return plain_read(sound, count, **options)

    monkeypatch.setattr(sf.SoundFile, "read", counting_read)
    assert inspect_recording(path).frames == frame_count
    assert read_span(path, 3599 * 8_000, 3600 * 8_000).shape == (8_000, 1)
    assert asked == [8_000]


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf, 1e300])
def test_what_is_not_a_number_is_placed_in_seconds(tmp_path: Path, poison: float) -> None:
    """Only when it lies in the span that is read."""
    path = tmp_path / "a.wav"
    samples = noise(48_000, 2).astype(np.float64)
    samples[36_000, 1] = poison
    sf.write(path, samples, 48_000, subtype="DOUBLE")
    assert read_span(path, 0, 36_000).shape == (36_000, 2)
    with pytest.raises(EngineError) as caught:
        read_span(path, 24_000, 48_000)
    assert caught.value.code == ErrorCode.BAD_AUDIO
    assert "0.7500 s" in caught.value.sentence


def test_a_truncated_file_is_damaged(tmp_path: Path) -> None:
    """A FLAC cut in the middle promises more than it holds."""
    path = tmp_path / "a.flac"
    sf.write(path, noise(200_000), 48_000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(EngineError) as caught:
        read_span(path, 150_000, 199_000)
    assert caught.value.code == ErrorCode.BAD_AUDIO


def test_silence_and_a_single_sample_can_be_read(tmp_path: Path) -> None:
    """They are odd, not wrong."""
    sf.write(tmp_path / "one.wav", np.full((1, 1), 0.5), 48_000)
    sf.write(tmp_path / "silent.wav", np.zeros((9_600, 2)), 48_000)
    np.testing.assert_array_equal(read_span(tmp_path / "one.wav", 0, 1), [[0.5]])
    assert not read_span(tmp_path / "silent.wav", 0, 9_600).any()
