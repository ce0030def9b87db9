"""Any sound file becomes mono pieces at the model's rate, and none is read whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.errors import EngineError
from engine.training.sound_files import (
    MOST_PIECES,
    PIECE_SECONDS,
    find_sounds,
    read_pieces,
    sound_seconds,
)

RATE = 16_000


def tone(seconds: float, rate: int) -> np.ndarray:
    """500 Hz at half of full scale."""
    return (0.5 * np.sin(2 * np.pi * 500 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def frequency(piece: np.ndarray) -> float:
    """Where most of the energy is, in Hz."""
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(piece.size)))
    return float(spectrum.argmax() * RATE / piece.size)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "aiff"])
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (44_100, 2), (96_000, 6)])
def test_every_format_rate_and_width_sounds_the_same(
    tmp_path: Path, suffix: str, rate: int, channels: int
) -> None:
    """A tone stays where it is and as loud as it is."""
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, np.repeat(tone(1.0, rate)[:, None], channels, 1), rate)
    (piece,) = read_pieces(path, RATE)
    assert piece.dtype == np.float32
    assert piece.size == pytest.approx(RATE, abs=2)
    assert frequency(piece) == pytest.approx(500, abs=2)
    assert np.abs(piece[2000:-2000]).max() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("rate", [2_000, 384_000])
def test_rates_beyond_the_engines_are_read_as_well(tmp_path: Path, rate: int) -> None:
    """A library may hold what no session is recorded at."""
    path = tmp_path / "odd.wav"
    soundfile.write(path, tone(0.5, rate), rate)
    assert frequency(next(read_pieces(path, RATE))) == pytest.approx(500, abs=3)


@pytest.mark.parametrize("suffix", ["wav", "ogg"])
def test_long_files_come_in_a_few_pieces_spread_over_them(tmp_path: Path, suffix: str) -> None:
    """The pitch rises along the file; the last piece is from its end, where seeking is not exact as well."""
    path, rate, seconds = tmp_path / f"long.{suffix}", 8_000, 200.0
    times = np.arange(round(seconds * rate)) / rate
    rising = 0.5 * np.sin(2 * np.pi * (200 * times + 0.5 * 10 * times**2))
    soundfile.write(path, rising.astype(np.float32), rate)
    pieces = list(read_pieces(path, RATE))
    assert len(pieces) == MOST_PIECES
    assert sum(piece.size for piece in pieces) <= MOST_PIECES * (PIECE_SECONDS * RATE + 1)
    middle = [frequency(piece[80_000:82_000]) for piece in pieces]
    starts = np.linspace(0, seconds - PIECE_SECONDS, MOST_PIECES)
    np.testing.assert_allclose(middle, [200 + 10 * (start + 5.06) for start in starts], atol=10)


def test_channels_that_cancel_each_other_are_heard(tmp_path: Path) -> None:
    """A stereo file with one side turned over is not silent."""
    path = tmp_path / "turned.wav"
    side = tone(0.5, RATE)
    soundfile.write(path, np.stack([side, -side], 1), RATE)
    assert np.abs(next(read_pieces(path, RATE))).max() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound at all" * 100])
def test_what_is_no_sound_is_refused_with_a_reason(tmp_path: Path, content: bytes) -> None:
    """The sentence names the file."""
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    assert sound_seconds(path) == 0.0
    with pytest.raises(EngineError, match=r"broken\.wav"):
        list(read_pieces(path, RATE))


def test_not_a_number_is_refused(tmp_path: Path) -> None:
    """One such sample would spoil every weight."""
    path = tmp_path / "nan.wav"
    sound = tone(0.5, RATE)
    sound[100] = np.nan
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    with pytest.raises(EngineError, match="not a number"):
        list(read_pieces(path, RATE))


def test_hidden_files_and_other_files_are_no_sounds(tmp_path: Path) -> None:
    """What macOS leaves behind ("._a.wav") and what is no sound is passed over; folders are looked into."""
    for name in ("b.wav", "sub/a.WAV", "._b.wav", ".hidden/c.wav", "notes.txt", "sub/deep/d.flac"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [str(path) for path in find_sounds(tmp_path)] == ["b.wav", "sub/a.WAV", "sub/deep/d.flac"]
