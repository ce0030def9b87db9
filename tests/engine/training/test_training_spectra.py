"""The differentiable spectra are the ones the engine uses."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
pytestmark = pytest.mark.torch


def test_mel_of_training_is_the_mel_of_the_engine() -> None:
    """A model trained on one and run on the other would be a little wrong everywhere."""
    from engine.audio.mel import MelParameters
    from engine.audio.mel import log_mel as engine_log_mel
    from engine.training.spectra import log_mel

    waveform = (0.1 * np.random.default_rng(0).standard_normal(16_000)).astype(np.float32)
    expected = engine_log_mel(waveform, MelParameters())
    np.testing.assert_allclose(log_mel(torch.from_numpy(waveform)[None])[0].numpy(), expected, atol=1e-4)


def test_refinement_agrees_better_with_the_mel_than_what_it_starts_from() -> None:
    """From a vocoder that only gives noise, it comes near to the mel it was asked for."""
    from engine.training.phase import RefinedVocoder
    from engine.training.spectra import log_mel

    class Noise(torch.nn.Module):
        def forward(self, _mel: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
            return noise[:, :, 0].repeat_interleave(160, dim=1) * 0.1

    time = torch.arange(16_000) / 16_000
    sound = 0.3 * torch.sin(2 * torch.pi * 440 * time)[None] * torch.exp(-3 * time)
    mel = log_mel(sound)
    noise = torch.randn(1, mel.shape[1], 1, generator=torch.Generator().manual_seed(2))

    def error(waveform: torch.Tensor) -> float:
        return float((log_mel(waveform) - mel)[:, 10:-10].abs().mean())

    started = Noise()(mel, noise)
    found = RefinedVocoder(Noise(), 3)(mel, noise)  # type: ignore[arg-type]
    assert found.shape == started.shape
    assert error(found) < 0.25 * error(started)


def test_energy_distance_prefers_the_true_spread_to_its_average() -> None:
    """Draws as varied as the real ones score better than one dull answer: why there is a noise input."""
    from engine.training.vocoder import distance, features

    generator = torch.Generator().manual_seed(3)
    real, one, other = (0.1 * torch.randn(64, 4096, generator=generator) for _ in range(3))
    flat = 0.1 * torch.ones(64, 4096) * torch.sign(torch.sin(torch.arange(4096) * 0.7))

    def score(a: torch.Tensor, b: torch.Tensor) -> float:
        near = distance(features(a), features(real)) + distance(features(b), features(real))
        return float((near - distance(features(a), features(b))).mean())

    assert score(one, other) < score(flat, flat)
