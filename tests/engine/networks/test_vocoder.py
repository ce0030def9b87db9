"""The vocoder against transformers' with the same weights."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from engine.networks.architecture import VocoderConfig  # noqa: E402
from engine.networks.torch_operations import TorchOperations  # noqa: E402
from engine.networks.vocoder import vocoder  # noqa: E402
from tests.checkpoints import N_MELS, hub_config, make_vocoder  # noqa: E402

TOLERANCE = 1e-5
HOP = 160
SURPLUS = 32  # the first stage's kernel minus its rate is odd: one frame more, 32 after the other rates


@pytest.mark.parametrize("mel_frames", [1, 33])
@pytest.mark.parametrize("normalize_before", [False, True])
@torch.inference_mode()
def test_equals_transformers(mel_frames: int, normalize_before: bool) -> None:
    """The same sound, with its surplus frames, whether or not the checkpoint standardises log-mels."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        module = make_vocoder(normalize_before)
        mel = torch.randn(2, mel_frames, N_MELS) * 3 - 6
    config = VocoderConfig.from_hub(hub_config(module))
    found = vocoder(TorchOperations(module.state_dict()), config, mel)
    assert (2, HOP * mel_frames + SURPLUS) == found.shape
    torch.testing.assert_close(found, module(mel), rtol=0, atol=TOLERANCE)


@torch.inference_mode()
def test_standardising_is_heard() -> None:
    """The mean and scale are used, and only where the config asks for it."""
    module = make_vocoder(normalize_before=True)
    config = VocoderConfig.from_hub(hub_config(module))
    plain = replace(config, normalize_before=False)
    mel = torch.randn(1, 20, N_MELS) * 3 - 6
    ops = TorchOperations(module.state_dict())
    assert (vocoder(ops, config, mel) - vocoder(ops, plain, mel)).abs().max() > 1e-2
