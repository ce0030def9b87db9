"""What is exported computes what was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("onnxscript", reason="needs the extra train")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore"),  # the tracer and the quantizer warn about their own future
]

import onnxruntime  # noqa: E402 - after the skips


def run(path: Path, **inputs: np.ndarray) -> np.ndarray:
    """The only output of a graph."""
    result: np.ndarray = onnxruntime.InferenceSession(path).run(None, inputs)[0]
    return result


def randomised(module: torch.nn.Module) -> torch.nn.Module:
    """Weights that start at zero would hide half of the graph."""
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for parameter in module.parameters():
            if not parameter.any():
                parameter.copy_(0.05 * torch.randn(parameter.shape, generator=generator))
    return module.eval()


@pytest.mark.parametrize("latent_frames", [16, 40, 64])
def test_denoiser_is_the_same_in_onnx_at_any_length(tmp_path: Path, latent_frames: int) -> None:
    """A graph that baked in the traced length would fail or be wrong at others."""
    from engine.training.denoiser import Denoiser
    from engine.training.export import export_denoiser

    denoiser = randomised(Denoiser(width=64, depth=2, heads=2))
    assert isinstance(denoiser, Denoiser)
    export_denoiser(denoiser, tmp_path, quantize=False)
    generator = torch.Generator().manual_seed(5)
    inputs = {
        "latents": torch.randn(2, 8, latent_frames, 16, generator=generator),
        "timesteps": torch.tensor([990.0, 3.0]),
        "condition": torch.randn(2, 384, generator=generator) / 20,
        "sounding_seconds": torch.tensor([0.4, 2.56]),
    }
    with torch.inference_mode():
        expected = denoiser(*inputs.values()).numpy()
    found = run(tmp_path / "denoiser.onnx", **{name: value.numpy() for name, value in inputs.items()})
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_vae_graphs_centre_and_scale_the_latents(tmp_path: Path) -> None:
    """Encoding gives what training measured as mean 0 and deviation 1; decoding undoes it."""
    from engine.training.export import export_vae
    from engine.training.vae import Vae

    vae = randomised(Vae())
    assert isinstance(vae, Vae)
    mean, deviation = torch.full((1, 8, 1, 16), 0.5), torch.full((1, 8, 1, 16), 2.0)
    export_vae(vae, mean, deviation, tmp_path)
    mel = torch.randn(1, 1, 48, 64, generator=torch.Generator().manual_seed(6)) - 5
    with torch.inference_mode():
        plain, _ = vae.encode(mel)
        decoded = vae.decoder(plain).numpy()
    moments = run(tmp_path / "vae_encoder.onnx", mel=mel.numpy())
    np.testing.assert_allclose(moments[:, :8], ((plain - mean) / deviation).numpy(), atol=1e-4)
    found = run(tmp_path / "vae_decoder.onnx", latents=moments[:, :8])
    np.testing.assert_allclose(found, decoded, atol=1e-3)


def test_vocoder_is_the_same_in_onnx(tmp_path: Path) -> None:
    """Refinement included, at another length than the traced one."""
    from engine.training.export import export_vocoder
    from engine.training.phase import RefinedVocoder
    from engine.training.vocoder import NOISE_CHANNELS, Vocoder

    vocoder = RefinedVocoder(Vocoder(channels=32, blocks=2)).eval()
    randomised(vocoder.vocoder)
    export_vocoder(vocoder, tmp_path)
    generator = torch.Generator().manual_seed(7)
    mel = torch.randn(1, 50, 64, generator=generator) - 5
    noise = torch.randn(1, 50, NOISE_CHANNELS, generator=generator)
    with torch.inference_mode():
        expected = vocoder(mel, noise).numpy()
    found = run(tmp_path / "vocoder.onnx", mel=mel.numpy(), noise=noise.numpy())
    assert expected.shape == (1, 50 * 160)
    # Phases of nearly silent bins are chaotic; what is heard must agree.
    assert np.sqrt(np.mean((found - expected) ** 2)) < 0.02 * np.sqrt(np.mean(expected**2))
