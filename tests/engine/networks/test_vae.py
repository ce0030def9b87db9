"""The autoencoder against diffusers' with the same weights."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from engine.networks.architecture import VaeConfig  # noqa: E402
from engine.networks.torch_operations import TorchOperations  # noqa: E402
from engine.networks.vae import vae_decoder, vae_encoder  # noqa: E402
from tests.checkpoints import LATENT_CHANNELS, N_MELS, SCALING_FACTOR, hub_config, make_vae  # noqa: E402

# Of outputs of about 0.6, in fp32.
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def vae():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return make_vae()


def config_of(vae) -> VaeConfig:
    return VaeConfig.from_hub(hub_config(vae))


def normal(*shape: int):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(6))


@pytest.mark.parametrize("mel_frames", [4, 40, 100])
@torch.inference_mode()
def test_encoder_equals_diffusers(vae, mel_frames: int) -> None:
    """Mean and log-variance are those of diffusers, before the scale factor and without its clamp."""
    mel = normal(2, 1, mel_frames, N_MELS) * 3 - 6
    found = vae_encoder(TorchOperations(vae.state_dict()), config_of(vae), mel)
    wanted = vae.encode(mel).latent_dist.parameters
    assert (2, 2 * LATENT_CHANNELS, mel_frames // 4, N_MELS // 4) == found.shape
    torch.testing.assert_close(found, wanted, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("latent_frames", [1, 10, 25])
@torch.inference_mode()
def test_decoder_equals_diffusers(vae, latent_frames: int) -> None:
    """Log-mels are those of diffusers for latents that are divided by the scale factor already."""
    latents = normal(2, LATENT_CHANNELS, latent_frames, N_MELS // 4)
    found = vae_decoder(TorchOperations(vae.state_dict()), config_of(vae), latents)
    assert (2, 1, 4 * latent_frames, N_MELS) == found.shape
    torch.testing.assert_close(found, vae.decode(latents).sample, rtol=0, atol=TOLERANCE)


def test_scale_factor_is_the_checkpoints(vae) -> None:
    """It differs from checkpoint to checkpoint, so it is read and not known."""
    assert SCALING_FACTOR == config_of(vae).scaling_factor
