"""The whole path from a prompt to sound against diffusers' AudioLDMPipeline, from one checkpoint's files.

Same weights, same noise, same steps: the published scheduler's (DDIM, eta 0, "leading", steps_offset 1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("transformers")

from engine.diffusion.denoiser import Denoiser  # noqa: E402
from engine.diffusion.samplers import ddim  # noqa: E402
from engine.diffusion.schedule import steps  # noqa: E402
from engine.install.hub_layout import read_hub_folder  # noqa: E402
from engine.networks.architecture import HeadReading  # noqa: E402
from tests.originals import open_original  # noqa: E402

PROMPT = "a dog barks twice in a stone stairwell"
NUM_STEPS = 10
GUIDANCE = 2.5
LATENT_FRAMES = 16
MEL_FRAMES = 4 * LATENT_FRAMES
SECONDS = MEL_FRAMES * 160 / 16000
# Of latents of about 1, as trained denoisers leave them. A random one lets them grow to 50 as the signal's
# share does, and what is off grows with them: tolerances are in units of their deviation.
TOLERANCE = 1e-4
# Log-mels and samples of them.
DECODED_TOLERANCE = 1e-3
UNLIKE = 0.1

HubCheckpoint = Callable[..., Path]


def noise() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(1, 8, LATENT_FRAMES, 16)).astype(np.float32)


def theirs(folder: Path, unet=None):
    """Latents after every step, and the sound."""
    from diffusers import AudioLDMPipeline

    pipeline = AudioLDMPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    if unet is not None:
        pipeline.unet = unet
    passed = []
    (sound,) = pipeline(
        PROMPT,
        audio_length_in_s=SECONDS,
        num_inference_steps=NUM_STEPS,
        guidance_scale=GUIDANCE,
        eta=0.0,
        latents=torch.from_numpy(noise()),
        callback=lambda _, __, latents: passed.append(latents.numpy().copy()),
        return_dict=False,
    )
    return passed, sound


def ours(folder: Path, heads: HeadReading = "diffusers"):
    """The same by the engine's own denoiser, sampler, decoder and vocoder."""
    model = open_original(read_hub_folder(folder, heads=heads))
    condition, unconditional = np.split(model.encode_text([PROMPT, ""]), 2)
    schedule = model.specification.schedule
    denoise = Denoiser(model, schedule, condition, unconditional, GUIDANCE, SECONDS)
    moves = steps(schedule, NUM_STEPS, spacing="leading", final="first")
    passed = list(ddim(denoise, noise(), moves, np.random.default_rng(0)))
    return passed, model.vocode(model.decode_latents(passed[-1]), 0, 0)


def distance(found: np.ndarray, wanted: np.ndarray) -> float:
    """The largest difference, in standard deviations of what is wanted."""
    return float(np.abs(found - wanted).max() / wanted.std())


@pytest.mark.parametrize("levels", [2, 4])
def test_equals_the_pipeline(hub_checkpoint: HubCheckpoint, levels: int) -> None:
    """Prompt, guidance and ten steps give its latents after each step, and decoding gives its sound."""
    folder = hub_checkpoint(levels=levels)
    (their_latents, their_sound), (our_latents, our_sound) = theirs(folder), ours(folder)
    assert NUM_STEPS == len(their_latents) == len(our_latents)
    for found, wanted in zip(our_latents, their_latents, strict=True):
        assert distance(found, wanted) < TOLERANCE
    np.testing.assert_allclose(our_sound, their_sound, rtol=0, atol=DECODED_TOLERANCE)
    assert np.abs(their_sound).max() > UNLIKE  # what is compared is no silence


def test_bin_files_are_the_same_checkpoint(hub_checkpoint: HubCheckpoint) -> None:
    """What torch.save wrote gives the very latents of the safetensors files."""
    found, wanted = (ours(hub_checkpoint(safetensors=safe))[0][-1] for safe in (False, True))
    np.testing.assert_array_equal(found, wanted)


def test_original_heads_are_the_original_class(hub_checkpoint: HubCheckpoint) -> None:
    """The reading "original" of a published config is diffusers' network with heads of a fixed width."""
    folder = hub_checkpoint(levels=4, heads=8)
    intended = _with_heads(folder, (1, 2, 3, 5))
    (found, _), (as_published, _) = ours(folder, "original"), ours(folder, "diffusers")
    assert distance(found[-1], theirs(folder, intended)[0][-1]) < TOLERANCE
    assert distance(as_published[-1], theirs(folder)[0][-1]) < TOLERANCE
    assert distance(found[-1], as_published[-1]) > UNLIKE


def _with_heads(folder: Path, heads: tuple[int, ...]):
    """The UNet of a folder, whatever its config says about heads."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel.from_pretrained(folder / "unet", attention_head_dim=heads).eval()


@pytest.mark.parametrize("frames", [1, 8, 13])
def test_lengths_between_the_multiples(hub_checkpoint: HubCheckpoint, frames: int) -> None:
    """Four levels need a multiple of 8 frames: what is missing is mirrored for the network, then cut off."""
    folder = hub_checkpoint(levels=4)
    model = open_original(read_hub_folder(folder))
    latents, condition = noise()[:, :, :frames], model.encode_text([PROMPT])
    found = model.denoise(latents, np.array([501], np.float32), condition, np.ones(1, np.float32))
    mirrored = np.concatenate([latents, latents[:, :, ::-1]], axis=2)
    while mirrored.shape[2] < -(-frames // 8) * 8:
        mirrored = np.concatenate([mirrored, mirrored[:, :, ::-1]], axis=2)
    mirrored = mirrored[:, :, : -(-frames // 8) * 8]
    unet = _with_heads(folder, (2, 4, 3, 5))
    with torch.inference_mode():
        wanted = unet(
            torch.from_numpy(np.ascontiguousarray(mirrored)),
            501,
            encoder_hidden_states=None,
            class_labels=torch.from_numpy(condition),
        ).sample.numpy()
    np.testing.assert_allclose(found, wanted[:, :, :frames], rtol=0, atol=TOLERANCE)


def test_real_sound_is_encoded_as_diffusers_does(hub_checkpoint: HubCheckpoint) -> None:
    """Latents of a log-mel are the posterior's mean times the checkpoint's own scale factor."""
    from diffusers import AutoencoderKL

    folder = hub_checkpoint()
    mel = np.random.default_rng(5).normal(-6.0, 3.0, (2, MEL_FRAMES, 64)).astype(np.float32)
    vae = AutoencoderKL.from_pretrained(folder / "vae").eval()
    with torch.inference_mode():
        mean = vae.encode(torch.from_numpy(mel[:, None])).latent_dist.mode()
        wanted = (mean * vae.config.scaling_factor).numpy()
    found = open_original(read_hub_folder(folder)).encode_mel(mel)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=TOLERANCE)


def test_a_missing_weight_is_named(hub_checkpoint: HubCheckpoint) -> None:
    """A checkpoint that lacks a weight is refused with the weight's name, not with a KeyError."""
    from engine.errors import EngineError, ErrorCode

    checkpoint = read_hub_folder(hub_checkpoint())
    weights = {
        network: {name: weight for name, weight in of.items() if name != "conv_in.weight"}
        for network, of in checkpoint.weights.items()
    }
    model = open_original(replace(checkpoint, weights=weights))
    with pytest.raises(EngineError, match=r"lacks the weight conv_in\.weight") as caught:
        model.denoise(noise(), np.zeros(1, np.float32), np.zeros((1, 32), np.float32), np.ones(1, np.float32))
    assert ErrorCode.BAD_BUNDLE == caught.value.code
