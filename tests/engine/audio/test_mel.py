"""Log-mel spectrograms against a slow, independent one, and against published facts."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.audio.mel import LOG_FLOOR, SILENCE, MelParameters, log_mel, mel_matrix

PARAMETERS = MelParameters()
# Single-precision transforms of two kinds may differ by this, in nats.
TOLERANCE = 2e-3


def slaney_hz(mel: float) -> float:
    """One mel to Hz, from the definition: 200/3 Hz a mel up to 1 kHz, then 27 steps to 6.4 times that."""
    return mel * 200.0 / 3.0 if mel < 15.0 else 1000.0 * 6.4 ** ((mel - 15.0) / 27.0)


def triangle_matrix() -> NDArray[np.float64]:
    """64 filters between 0 and 8 kHz by interpolation between their three corners."""
    top = 15.0 + 27.0 * np.log(8.0) / np.log(6.4)
    corners = [slaney_hz(top * k / 65) for k in range(66)]
    bins = [16_000 * k / 1024 for k in range(513)]
    rows = []
    for low, middle, high in zip(corners, corners[1:], corners[2:], strict=False):
        rows.append(np.interp(bins, [low, middle, high], [0.0, 1.0, 0.0]) * 2.0 / (high - low))
    return np.array(rows)


def slow_log_mel(waveform: NDArray[np.float32], side: int, mel_frames: int) -> NDArray[np.float64]:
    """Frame by frame with an explicit Fourier matrix in double precision, (mel_frames, 64)."""
    padded = np.concatenate([waveform[side:0:-1], waveform, waveform[-2 : -side - 2 : -1]]).astype(float)
    time = np.arange(1024)
    fourier = np.exp(-2j * np.pi * np.outer(np.arange(513), time) / 1024)
    window = np.sin(np.pi * time / 1024) ** 2
    matrix = triangle_matrix()
    frames = [padded[k * 160 : k * 160 + 1024] * window for k in range(mel_frames)]
    return np.array([np.log(np.maximum(matrix @ np.abs(fourier @ frame), 1e-5)) for frame in frames])


def noise_and_tone(frames: int) -> NDArray[np.float32]:
    """Something in every band."""
    time = np.arange(frames) / 16_000
    noise = np.random.default_rng(3).standard_normal(frames)
    return (0.1 * noise + 0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)


def test_the_matrix_has_the_published_sum_and_maximum() -> None:
    """The released checkpoints' filters add up to 4.0959 and peak at 0.02133."""
    matrix = mel_matrix(PARAMETERS)
    assert matrix.shape == (64, 513)
    assert matrix.sum() == pytest.approx(4.0959, abs=5e-5)
    assert matrix.max() == pytest.approx(0.02133, abs=5e-6)


def test_the_matrix_is_that_of_triangles_drawn_by_hand() -> None:
    """Corner by corner interpolation gives the same filters."""
    np.testing.assert_allclose(mel_matrix(PARAMETERS), triangle_matrix(), atol=1e-7)


def test_the_shared_matrix_cannot_be_changed() -> None:
    """It is cached, so that a caller's slip must not reach the others."""
    with pytest.raises(ValueError, match="read-only"):
        mel_matrix(PARAMETERS)[0, 0] = 1.0


@pytest.mark.parametrize("frames", [16_000, 16_079, 4_321])
def test_the_vocoder_alignment_is_the_uncentred_spectrogram(frames: int) -> None:
    """432 reflected frames on each side, one mel frame for each whole hop."""
    waveform = noise_and_tone(frames)
    expected = slow_log_mel(waveform, 432, frames // 160)
    np.testing.assert_allclose(log_mel(waveform, PARAMETERS), expected, atol=TOLERANCE)


@pytest.mark.parametrize("frames", [16_000, 16_079, 4_321])
def test_the_centred_alignment_is_the_padded_spectrogram(frames: int) -> None:
    """512 reflected frames on each side, one mel frame more."""
    waveform = noise_and_tone(frames)
    expected = slow_log_mel(waveform, 512, 1 + frames // 160)
    np.testing.assert_allclose(log_mel(waveform, PARAMETERS, "centred"), expected, atol=TOLERANCE)


def test_silence_is_the_log_of_the_floor() -> None:
    """Digital silence is ln 1e-5 in every band, not 0."""
    mel = log_mel(np.zeros(16_000, np.float32), PARAMETERS)
    assert mel.dtype == np.float32
    assert np.log(1e-5) == pytest.approx(SILENCE)
    np.testing.assert_array_equal(mel, np.full((100, 64), np.log(np.float32(LOG_FLOOR)), np.float32))


@pytest.mark.parametrize(("frames", "mel_frames"), [(0, 0), (1, 0), (159, 0), (160, 1), (500, 3)])
def test_waveforms_shorter_than_the_window_work(frames: int, mel_frames: int) -> None:
    """Too short to be reflected is no reason to fail."""
    waveform = np.full(frames, 0.1, np.float32)
    assert log_mel(waveform, PARAMETERS).shape == (mel_frames, 64)
    assert log_mel(waveform, PARAMETERS, "centred").shape == (mel_frames + 1, 64)
