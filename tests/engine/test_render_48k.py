"""The geometry of the 48 kHz checkpoints through the whole line: other numbers, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.config import Home
from engine.models.bundle import load_bundle
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk, Done, TakeDone
from engine.protocol.requests import Mode, NewSource
from tests.bundles import make_tiny_bundle
from tests.engine.rendering import ask, heard, joined, noise, only, raw, record, rendered

RATE = 48_000
# As ``engine/models/README.md`` has it.
MEL = {
    "sample_rate": RATE,
    "n_fft": 2048,
    "win_length": 2048,
    "hop_length": 480,
    "n_mels": 256,
    "f_min": 20.0,
    "f_max": 24_000.0,
}
LATENTS = {
    "channels": 16,
    "time_factor": 8,
    "band_factor": 8,
    "multiple": 8,
    "window_frames": 128,
    "shortest_frames": 32,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    """A model of 256 bands, 16 channels and 48 kHz."""
    folder = make_tiny_bundle(
        tmp_path_factory.mktemp("tiny48"), name="tiny-48k", sample_rate=RATE, mel=MEL, latents=LATENTS
    )
    return OnnxModel(load_bundle(folder), "cpu")


def share_above(sound: np.ndarray, frequency: float) -> float:
    """The part of the energy above a frequency in Hz."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float(power[np.fft.rfftfreq(len(sound), 1.0 / RATE) > frequency].sum() / power.sum())


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two seconds of stereo noise."""
    return record(tmp_path / "in.wav", noise(2 * RATE, 2), RATE)


@pytest.mark.parametrize("mode", [Mode.TRANSFER, Mode.INPAINT])
def test_a_region_is_made_anew(mode: Mode, recording: Path, model: OnnxModel, home: Home) -> None:
    """Edits leave everything else as it was, to the bit, and have sound above what 16 kHz can hold."""
    output = recording.with_name("out.wav")
    start, end = RATE // 2, RATE * 3 // 2
    request = ask(recording, start, end, mode=mode, strength=0.8, output=str(output), context_seconds=0.3)
    replies = rendered(request, model, home)
    assert (1, 1) == (len(only(TakeDone, replies)), len(only(Done, replies)))
    before, after = raw(recording), raw(output)
    assert before.shape == after.shape
    assert np.array_equal(before[:start], after[:start])
    assert np.array_equal(before[end:], after[end:])
    assert (before[start:end] != after[start:end]).mean() > 0.5
    assert share_above(heard(output)[start:end, 0], 9_000.0) > 0.01


def test_a_new_sound_goes_through_many_windows(model: OnnxModel, home: Home) -> None:
    """Twelve seconds are more than its window of 10.24."""
    request = ask(None, source=NewSource(RATE, 1, 12 * RATE), mode=Mode.GENERATE)
    sound = joined(only(Chunk, rendered(request, model, home)))
    assert (12 * RATE, 1) == sound.shape
    assert np.abs(sound).max() > 1e-3


def test_a_latent_is_eight_frames_of_eight_bands(model: OnnxModel) -> None:
    """What goes in is 10 ms frames of 256 bands, what comes back is as long."""
    mel = np.zeros((1, 64, 256), np.float32)
    latents = model.encode_mel(mel)
    assert (1, 16, 8, 32) == latents.shape
    np.testing.assert_allclose(mel, model.decode_latents(latents), atol=1e-5)
