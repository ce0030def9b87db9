"""What ships can be trained on: the torch modules of a bundle compute what its graphs do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("onnxscript", reason="needs the extra train")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]

import engine.models.embedded  # noqa: E402 - after the skips

BUNDLE = Path(engine.models.embedded.__path__[0])
# Bytes of activations, which the module has not.
DENOISER_DISTANCE = 0.04


def run(graph: str, **inputs: np.ndarray) -> np.ndarray:
    """The only output of one of the bundle's graphs."""
    found: np.ndarray = onnxruntime.InferenceSession(BUNDLE / graph).run(None, inputs)[0]
    return found


def test_the_denoiser_is_the_one_that_ships() -> None:
    """Its weights come out of bytes, so it is near, not equal; a matrix taken for another would be far."""
    from engine.training.recovered import recovered_denoiser

    rng = np.random.default_rng(1)
    condition = rng.standard_normal((2, 384)).astype(np.float32)
    inputs = {
        "latents": rng.standard_normal((2, 8, 64, 16)).astype(np.float32),
        "timesteps": np.array([900.0, 300.0], np.float32),
        "condition": condition / np.linalg.norm(condition, axis=1, keepdims=True),
        "sounding_seconds": np.array([0.5, 2.56], np.float32),
    }
    with torch.inference_mode():
        found = recovered_denoiser(BUNDLE)(*map(torch.from_numpy, inputs.values())).numpy()
    shipped = run("denoiser.onnx", **inputs)
    assert np.linalg.norm(found - shipped) < DENOISER_DISTANCE * np.linalg.norm(shipped)


def test_the_vae_is_the_one_that_ships() -> None:
    """Its graphs also centre and scale the latents, by numbers that come with it."""
    from engine.training.recovered import recovered_vae

    vae, mean, deviation = recovered_vae(BUNDLE)
    mel = (3.0 * np.random.default_rng(2).standard_normal((1, 1, 64, 64)) - 6.0).astype(np.float32)
    with torch.inference_mode():
        latents = (vae.encode(torch.from_numpy(mel))[0] - mean) / deviation
        decoded = vae.decoder(latents * deviation + mean).numpy()
    np.testing.assert_allclose(latents.numpy(), run("vae_encoder.onnx", mel=mel)[:, :8], atol=1e-4)
    np.testing.assert_allclose(decoded, run("vae_decoder.onnx", latents=latents.numpy()), atol=1e-3)


def test_the_vocoder_is_the_one_that_ships() -> None:
    """With the refinement behind it that its graph ends in."""
    from engine.training.phase import RefinedVocoder
    from engine.training.recovered import recovered_vocoder

    rng = np.random.default_rng(3)
    mel = (rng.standard_normal((1, 32, 64)) - 6.0).astype(np.float32)
    noise = rng.standard_normal((1, 32, 64)).astype(np.float32)
    with torch.inference_mode():
        wave = RefinedVocoder(recovered_vocoder(BUNDLE))(torch.from_numpy(mel), torch.from_numpy(noise))
    shipped = run("vocoder.onnx", mel=mel, noise=noise)
    np.testing.assert_allclose(wave.numpy(), shipped, atol=1e-4 * float(np.abs(shipped).max()))


def test_a_projected_text_encoder_is_itself_again_afterwards(tmp_path: Path) -> None:
    """The projection comes back whole, and the text encoder byte for byte as it computes."""
    from engine.training.export import project_text_encoder, unproject_text_encoder

    path = tmp_path / "text_encoder.onnx"
    shutil.copyfile(BUNDLE / "text_encoder.onnx", path)
    unproject_text_encoder(path)  # whichever it is that ships
    ids = np.array([[101, 4542, 102]], np.int64)
    inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    before = onnxruntime.InferenceSession(path).run(None, inputs)[0]
    projection = torch.randn(384, 384, generator=torch.Generator().manual_seed(4))
    project_text_encoder(tmp_path, projection)
    projected = onnxruntime.InferenceSession(path).run(None, inputs)[0]
    np.testing.assert_allclose(projected, before @ projection.numpy().T, rtol=1e-3, atol=1e-3)
    back = unproject_text_encoder(path)
    assert torch.equal(back, projection)
    np.testing.assert_array_equal(onnxruntime.InferenceSession(path).run(None, inputs)[0], before)
    assert torch.equal(unproject_text_encoder(path), torch.eye(384))


def test_a_denoiser_steered_through_a_projection_answers_the_same() -> None:
    """Training goes on in the shared space from where it was, but for the length of the vectors."""
    from engine.training.denoiser import Denoiser, steer_through

    generator = torch.Generator().manual_seed(5)
    denoiser = Denoiser(width=64, depth=1, heads=2).eval()
    for parameter in denoiser.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=generator)
    projection = torch.eye(384) + 0.01 * torch.randn(384, 384, generator=generator)
    latents, condition = (
        torch.randn(1, 8, 16, 16, generator=generator),
        torch.randn(1, 384, generator=generator),
    )
    with torch.inference_mode():
        before = denoiser(latents, torch.tensor([500.0]), condition, torch.ones(1))
    steer_through(denoiser, projection)
    with torch.inference_mode():
        after = denoiser(latents, torch.tensor([500.0]), condition @ projection.T, torch.ones(1))
    torch.testing.assert_close(after, before, atol=1e-4, rtol=1e-3)


def test_a_bundle_is_blended_with_a_run_halfway() -> None:
    """Each weight lies in the middle of the two; a second time it goes half of what is left."""
    from engine.training.denoiser import halfway
    from engine.training.recovered import recovered_denoiser

    shipped, trained = recovered_denoiser(BUNDLE), recovered_denoiser(BUNDLE)
    with torch.no_grad():
        for weight in trained.parameters():
            weight.add_(0.5)
    blend = halfway(trained, shipped)
    again = halfway(blend, shipped)

    for old, new in zip(shipped.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(new - old, torch.full_like(old, 0.125))
