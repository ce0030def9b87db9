"""The second embedding: its front end and its network, against librosa and torch."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from engine.errors import EngineError, ErrorCode
from engine.evaluation.sound_effects import (
    FULL_SCALE,
    SAMPLE_RATE,
    WIDTHS,
    SoundEffects,
    _folded,
    _weights_file,
    blocks,
    log_spectrogram,
)

is_there = importlib.util.find_spec("aisfx") is not None
needs_aisfx = pytest.mark.skipif(not is_there, reason="needs aiSFX: pip install --no-deps aisfx==0.1.2")


def sound(seconds: float = 3.0, rate: int = SAMPLE_RATE) -> np.ndarray:
    """A tone in noise, quieter in its second half."""
    time = np.arange(round(seconds * rate)) / rate
    made = np.sin(2.0 * np.pi * 700.0 * time) + np.random.default_rng(3).standard_normal(time.size)
    made[time.size // 2 :] *= 0.05
    return (0.1 * made).astype(np.float32)


@pytest.mark.skipif(is_there, reason="aisfx is installed")
def test_without_the_package_it_says_what_to_install() -> None:
    """It is not part of any installation."""
    with pytest.raises(EngineError) as caught:
        SoundEffects()

    assert (ErrorCode.NOT_FOUND, True) == (caught.value.code, "aisfx" in caught.value.sentence)


@pytest.mark.torch
@pytest.mark.xdist_group("librosa")  # which compiles itself: once is enough
def test_the_front_end_is_librosas_as_the_package_calls_it() -> None:
    """HTK triangles that sum to one, power, log10(1 + 10,000 x)."""
    librosa = pytest.importorskip("librosa", reason="the oracle needs librosa")
    heard = sound() / np.abs(sound()).max()
    expected = librosa.feature.melspectrogram(
        y=heard,
        sr=SAMPLE_RATE,
        n_fft=2048,
        hop_length=1024,
        n_mels=96,
        fmin=0.0,
        fmax=22_050.0,
        htk=True,
        norm=1.0,
    )
    expected = np.log10(1.0 + 1e4 * expected.T) / FULL_SCALE

    assert np.abs(log_spectrogram(sound(), SAMPLE_RATE) - expected)[2:-3].max() < 2e-3


def test_level_makes_no_difference_and_short_sounds_are_followed_by_silence() -> None:
    """Blocks of 2.3 s, every 1.2 s."""
    assert np.allclose(
        log_spectrogram(sound(), SAMPLE_RATE), log_spectrogram(sound() * 0.01, SAMPLE_RATE), atol=1e-4
    )
    assert (1, 1, 100, 96) == blocks(sound(0.2), SAMPLE_RATE).shape
    assert 0.0 == blocks(sound(0.2), SAMPLE_RATE)[0, 0, 20:].max()
    assert (2, 1, 100, 96) == blocks(sound(4.0), SAMPLE_RATE).shape
    assert 0.0 == np.abs(blocks(np.zeros(100, np.float32), SAMPLE_RATE)).max()


@needs_aisfx
def test_the_network_is_that_of_torch() -> None:
    """Convolutions with their normalisations, largest values of squares, mean over bands, most over time."""
    torch = pytest.importorskip("torch", reason="the oracle needs torch")
    import zipfile

    value = torch.from_numpy(blocks(sound(), SAMPLE_RATE))
    given = blocks(sound(), SAMPLE_RATE)
    with zipfile.ZipFile(_weights_file()) as archive:
        for number, width in enumerate(WIDTHS):
            for layer in range(2):
                weight, bias = (torch.from_numpy(part) for part in _folded(archive, number, layer, width))
                value = torch.relu(torch.nn.functional.conv2d(value, weight, bias, padding=1))
            if number < 3:
                value = torch.nn.functional.max_pool2d(value, 2)
    expected = value.mean(dim=3).amax(dim=2).numpy()

    assert np.abs(SoundEffects()._session.run(None, {"blocks": given})[0] - expected).max() < 1e-3


@needs_aisfx
def test_like_sounds_lie_together() -> None:
    """Two noises nearer to each other than to a tone."""
    listener = SoundEffects()
    rng = np.random.default_rng(0)
    noises = [rng.standard_normal(48_000).astype(np.float32) for _ in range(2)]
    tone = np.sin(2.0 * np.pi * 440.0 * np.arange(48_000) / 16_000).astype(np.float32)
    one, other, third = (listener.listen(heard)[0] for heard in (*noises, tone))

    assert np.linalg.norm(one - other) < 0.2 * np.linalg.norm(one - third)
