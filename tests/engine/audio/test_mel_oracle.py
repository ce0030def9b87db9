"""The mel front end against librosa's filterbank and torch's transform, in both alignments."""

import numpy as np
import pytest
from numpy.typing import NDArray

librosa = pytest.importorskip("librosa", reason="needs librosa, from the oracle extra")
torch = pytest.importorskip("torch", reason="needs torch, from the oracle extra")

from engine.audio.mel import (  # noqa: E402 -- after the skips
    SILENCE,
    Alignment,
    MelParameters,
    log_mel,
    mel_matrix,
    published_log_mel,
)

# librosa compiles itself: one worker of the tests is enough.
pytestmark = [pytest.mark.torch, pytest.mark.xdist_group("librosa")]

Float32 = NDArray[np.float32]

PUBLISHED = MelParameters()
OF_48_KHZ = MelParameters(48_000, 2048, 2048, 480, 256, 20.0, 24_000.0)
# In nats: transforms in single precision, and a logarithm that is steep where a band is quiet.
TOLERANCE = 5e-6
SINGLE_PRECISION = 1e-4
ALIGNMENTS: tuple[Alignment, ...] = ("vocoder", "centred")


def sound(frames: int, seed: int = 3) -> Float32:
    """Noise and a tone, so that no band is quiet."""
    time = np.arange(frames) / 16_000
    noise = np.random.default_rng(seed).standard_normal(frames)
    return (0.1 * noise + 0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)


def by_librosa(waveform: Float32, parameters: MelParameters, alignment: Alignment) -> NDArray[np.float64]:
    """The definition in librosa's words and in double precision, (mel_frames, n_mels)."""
    p = parameters
    side = p.n_fft // 2 if alignment == "centred" else (p.n_fft - p.hop_length) // 2
    padded = np.pad(waveform.astype(np.float64), side, mode="reflect")
    spectrum = librosa.stft(
        padded, n_fft=p.n_fft, hop_length=p.hop_length, win_length=p.win_length, window="hann", center=False
    )
    filters = librosa.filters.mel(
        sr=p.sample_rate, n_fft=p.n_fft, n_mels=p.n_mels, fmin=p.f_min, fmax=p.f_max, htk=False, norm="slaney"
    )
    return np.log(np.maximum(filters @ np.abs(spectrum), 1e-5)).T


def by_torch(waveform: Float32, alignment: Alignment) -> Float32:
    """The same with torch's transform, in single precision, and our filters."""
    side = 512 if alignment == "centred" else 432
    padded = torch.nn.functional.pad(torch.from_numpy(waveform)[None], (side, side), mode="reflect")
    spectrum = torch.stft(padded, 1024, 160, 1024, torch.hann_window(1024), center=False, return_complex=True)
    energy = torch.from_numpy(np.array(mel_matrix(PUBLISHED))) @ spectrum.abs()[0]
    return torch.log(energy.clamp(min=1e-5)).T.numpy()


@pytest.mark.parametrize("parameters", [PUBLISHED, OF_48_KHZ], ids=["16 kHz", "48 kHz"])
def test_the_filters_are_librosas(parameters: MelParameters) -> None:
    """Slaney's scale with Slaney's area, at both geometries of the family."""
    p = parameters
    theirs = librosa.filters.mel(sr=p.sample_rate, n_fft=p.n_fft, n_mels=p.n_mels, fmin=p.f_min, fmax=p.f_max)
    np.testing.assert_allclose(theirs, mel_matrix(p), atol=1e-8)


@pytest.mark.parametrize("alignment", ALIGNMENTS)
@pytest.mark.parametrize("frames", [163_840, 16_079])
def test_log_mel_is_librosas(alignment: Alignment, frames: int) -> None:
    """Ten seconds and a length that is no whole number of hops."""
    waveform = sound(frames)
    expected = by_librosa(waveform, PUBLISHED, alignment)
    np.testing.assert_allclose(expected, log_mel(waveform, PUBLISHED, alignment), atol=SINGLE_PRECISION)


@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_log_mel_is_librosas_at_48_khz(alignment: Alignment) -> None:
    """256 bands, a hop of 480."""
    waveform = sound(48_000)
    expected = by_librosa(waveform, OF_48_KHZ, alignment)
    np.testing.assert_allclose(expected, log_mel(waveform, OF_48_KHZ, alignment), atol=SINGLE_PRECISION)


@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_log_mel_is_torchs(alignment: Alignment) -> None:
    """Within what two single-precision transforms may differ by."""
    waveform = sound(163_840)
    ours = log_mel(waveform, PUBLISHED, alignment)
    np.testing.assert_allclose(by_torch(waveform, alignment), ours, atol=TOLERANCE)


def test_the_two_alignments_differ_by_the_published_amount() -> None:
    """0.074 mean nats on a tone with noise were measured; the same order here."""
    waveform = sound(163_840)
    apart = np.abs(log_mel(waveform, PUBLISHED) - log_mel(waveform, PUBLISHED, "centred")[:1024]).mean()
    assert 0.02 < apart < 0.3


def test_the_alignments_are_half_a_hop_apart_and_nothing_else() -> None:
    """The centred mel of a sound that comes half a hop earlier is the vocoder's mel, but for the edges."""
    waveform = sound(32_000)
    ours = log_mel(waveform, PUBLISHED)
    centred = log_mel(waveform[80:], PUBLISHED, "centred")
    # Four frames see the reflected edges.
    np.testing.assert_allclose(centred[4:195], ours[4:195], atol=TOLERANCE)


def test_a_click_in_the_middle_of_a_hop_is_in_the_middle_of_its_mel_frame() -> None:
    """So sound comes back where it was: frames on both sides of hop 50 are each other's mirror image."""
    waveform = np.zeros(16_000, np.float32)
    waveform[50 * 160 + 80] = 1.0
    mel = log_mel(waveform, PUBLISHED)
    np.testing.assert_allclose(mel[50:47:-1], mel[50:53], atol=SINGLE_PRECISION)
    assert 50 == mel.sum(axis=1).argmax()


def test_a_click_at_a_hops_start_is_in_the_middle_of_the_centred_frame() -> None:
    """What half a hop means: the released inference script's frames lie on the borders of ours."""
    waveform = np.zeros(16_000, np.float32)
    waveform[50 * 160] = 1.0
    mel = log_mel(waveform, PUBLISHED, "centred")
    np.testing.assert_allclose(mel[50:47:-1], mel[50:53], atol=SINGLE_PRECISION)


def by_the_released_steps(waveform: Float32, mel_frames: int) -> NDArray[np.float64]:
    """Mean, peak, padding, peak once more, and the centred mel: one after the other as published."""
    centred = waveform.astype(np.float64) - waveform.mean(dtype=np.float64)
    halved = 0.5 * centred / (np.abs(centred).max() + 1e-8)
    padded = np.pad(halved, (0, max(0, mel_frames * 160 - halved.size)))
    again = np.clip(0.5 * padded / np.abs(padded).max(), -1.0, 1.0)
    return by_librosa(again.astype(np.float32), PUBLISHED, "centred")[:mel_frames]


@pytest.mark.parametrize("frames", [40_000, 81_920, 100_000])
def test_published_log_mel_is_the_released_scripts(frames: int) -> None:
    """Shorter than asked, as long, and longer: then the peak may be in what is cut."""
    waveform = sound(frames) + np.float32(0.05)
    waveform[-100] = 0.9
    expected = by_the_released_steps(waveform, 512)
    actual = published_log_mel(waveform, 512, PUBLISHED)
    assert (512, 64) == actual.shape
    loud = expected > -9.0  # next to digital silence, single precision shows
    np.testing.assert_allclose(expected[loud], actual[loud], atol=1e-3)
    np.testing.assert_allclose(expected, actual, atol=0.05)


@pytest.mark.parametrize("frames", [0, 1, 16_000])
def test_published_log_mel_of_silence_is_silence(frames: int) -> None:
    """Where the released script divides by zero."""
    expected = np.full((100, 64), np.float32(SILENCE))
    np.testing.assert_allclose(expected, published_log_mel(np.zeros(frames, np.float32), 100, PUBLISHED))
