"""A bundle held against the checkpoint it was made from: the same inputs through both, in numbers.

Everything runs through the ``Model`` that the engine itself uses, and through the engine's own samplers,
so that what is measured is what a take will be made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.audio.clap_mel import clap_log_mels
from engine.audio.mel import log_mel
from engine.diffusion.denoiser import Denoiser
from engine.diffusion.edits import generate
from engine.diffusion.samplers import sampler
from engine.diffusion.schedule import steps
from engine.diffusion.windows import FrameNoise, noise_for
from engine.errors import EngineError, ErrorCode
from engine.install.progress import Work, timed
from engine.models.interface import Float32, Model
from engine.models.manifest import Precision
from engine.protocol.requests import Sampler

PROMPTS = (
    "a dog barks twice in a stone stairwell",
    "heavy rain on a tin roof with distant thunder",
    "Footsteps on gravel, close, slow",
    "",
)
SEED = 20
# Where the single step is measured: in the middle of the schedule, where a denoiser decides most.
STEP = 0.5
# Above these a bundle is refused. Relative errors are mean |a - b| / mean |b|, of log-mels, whose zero means
# nothing, over the mean distance from their mean; cosines are the lowest of all prompts, as 1 - cosine.
# fp32 differs by the order of sums, fp16 by its 11 bits and what a sampler makes of them. int8 is measured,
# not judged, here: a defect of the conversion shows as 1 and more, random weights, which are the hardest, as
# 0.05 to 0.2, and what was published for diffusion models is 0.03 (all operators of a UNet).
LIMITS: Mapping[Precision, Mapping[str, float]] = {
    "fp32": {
        "text_cosine": 1e-5,
        "sound_cosine": 1e-5,
        "unet_step": 1e-3,
        "vae_encode": 1e-3,
        "vae_decode": 1e-3,
        "vocoder_log_mel": 1e-2,
        "final_mel": 1e-2,
    },
    "fp16": {
        "text_cosine": 1e-3,
        "sound_cosine": 1e-3,
        "unet_step": 2e-2,
        "vae_encode": 1e-2,
        "vae_decode": 2e-2,
        "vocoder_log_mel": 5e-2,
        "final_mel": 5e-2,
    },
    "int8": {
        "text_cosine": 5e-2,
        "sound_cosine": 5e-2,
        "unet_step": 0.3,
        "vae_encode": 0.2,
        "vae_decode": 0.3,
        "vocoder_log_mel": 0.3,
        "final_mel": 0.4,
    },
}
MEANINGS = {
    "text_cosine": "text embedding, 1 - cosine",
    "sound_cosine": "embedding of a sound, 1 - cosine",
    "unet_step": "one guided denoising step",
    "vae_encode": "latents of a sound",
    "vae_decode": "log-mel of latents",
    "vocoder_log_mel": "log-mel of the vocoded sound",
    "final_mel": "log-mel after the default steps",
}


@dataclass(frozen=True)
class _Case:
    """The same inputs for both."""

    mel: Float32  # (1, mel_frames, n_mels)
    noise: Float32  # (1, channels, latent_frames, bands)


def measure(bundle: Model, original: Model) -> Work[dict[str, float]]:
    """How far ``bundle`` is from ``original``, by the names of ``MEANINGS``; (done, total) on the way."""
    case = _case(original)
    measures: dict[str, Callable[[], float]] = {
        "text_cosine": lambda: _text(bundle, original),
        "unet_step": lambda: _relative(*(_guided_step(m, original, case) for m in (bundle, original))),
        "vae_encode": lambda: _relative(*(m.encode_mel(case.mel) for m in (bundle, original))),
        "vae_decode": lambda: _decoded(bundle, original, case),
        "vocoder_log_mel": lambda: _vocoded(bundle, original, case),
        "final_mel": lambda: _of_spread(*(_final_mel(m, original, case) for m in (bundle, original))),
    }
    if original.specification.ranking is not None:
        measures["sound_cosine"] = lambda: _heard(bundle, original)
    measured: dict[str, float] = {}

    def counts() -> Iterator[tuple[int, int]]:
        for name, take in measures.items():
            yield len(measured), len(measures)
            measured[name] = take()
        yield len(measured), len(measures)

    yield from timed("verifying", counts())
    return measured


def check(measured: Mapping[str, float], precision: Precision) -> None:
    """Raises EngineError(BAD_BUNDLE) that names what is too far from the original."""
    limits = LIMITS[precision]
    far = [name for name, limit in limits.items() if not measured.get(name, 0.0) <= limit]
    if far:
        told = "; ".join(f"{MEANINGS[name]} {measured[name]:.3g}, at most {limits[name]:g}" for name in far)
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"The converted model is too far from the original in {precision} ({told}); "
            "try --precision fp32, or report this checkpoint.",
        )


def _case(model: Model) -> _Case:
    """A sound that has something in every band, and the noise of the shortest window."""
    specification = model.specification
    latents, mel = specification.latents, specification.mel
    mel_frames = latents.shortest_frames * latents.time_factor
    sound = _sound(mel_frames * mel.hop_length, mel.sample_rate)
    noise = noise_for(SEED, 0, latents.shortest_frames, (latents.channels, mel.n_mels // latents.band_factor))
    return _Case(log_mel(sound, mel)[None], noise)


def _sound(frames: int, sample_rate: int) -> Float32:
    """(frames,): a rising tone with overtones, over noise in bursts, with silence in between."""
    seconds = np.arange(frames) / sample_rate
    sweep = 2 * np.pi * (100.0 * seconds + 400.0 * seconds**2)
    tone = sum(np.sin(k * sweep) / k for k in range(1, 6))
    bursts = (np.sin(2 * np.pi * 2.0 * seconds) > 0.0) * np.exp(-4.0 * (seconds * 2.0 % 1.0))
    noise = np.random.default_rng(SEED).normal(size=frames) * bursts
    sound: Float32 = (0.2 * tone * (seconds % 1.0 < 0.7) + 0.2 * noise).astype(np.float32)
    return sound


def _text(bundle: Model, original: Model) -> float:
    """1 - the lowest cosine; prompt by prompt, because padding must not matter."""
    apart = [_apart(*(model.encode_text([p])[0] for model in (bundle, original))) for p in PROMPTS]
    return float(np.max(apart))


def _heard(bundle: Model, original: Model) -> float:
    """The same of a sound that what ranks takes hears."""
    ranking = original.specification.ranking
    assert ranking is not None
    mels = clap_log_mels(_sound(ranking.frames, ranking.sample_rate), ranking)
    return _apart(*(model.encode_sound(mels)[0] for model in (bundle, original)))


def _apart(found: Float32, wanted: Float32) -> float:
    """1 - the cosine of two vectors."""
    lengths = float(np.linalg.norm(found) * np.linalg.norm(wanted))
    # numpy's maximum: Python's would take a NaN for the smaller one.
    return float(np.maximum(0.0, 1.0 - float(found @ wanted) / max(lengths, 1e-12)))


def _guided_step(model: Model, original: Model, case: _Case) -> Float32:
    """The raw outputs under a prompt and under none, guided, for both on the original's condition."""
    unconditional, condition = np.split(original.encode_text(["", PROMPTS[0]]), 2)
    guidance = np.float32(model.specification.defaults.guidance)
    timestep = np.full(1, round(STEP * model.specification.schedule.train_steps), np.float32)
    seconds = np.full(1, _seconds(model), np.float32)
    without, under = (model.denoise(case.noise, timestep, c, seconds) for c in (unconditional, condition))
    return without + guidance * (under - without)


def _decoded(bundle: Model, original: Model, case: _Case) -> float:
    latents = original.encode_mel(case.mel)
    return _of_spread(*(model.decode_latents(latents) for model in (bundle, original)))


def _vocoded(bundle: Model, original: Model, case: _Case) -> float:
    """As heard: the log-mel of what the vocoders make of one log-mel."""
    parameters = original.specification.mel
    sounds = (model.vocode(case.mel, SEED, 0)[0] for model in (bundle, original))
    return _of_spread(*(log_mel(sound, parameters) for sound in sounds))


def _final_mel(model: Model, original: Model, case: _Case) -> Float32:
    """The log-mel of a prompt after the default sampler's default steps."""
    specification = model.specification
    defaults = specification.defaults
    condition, unconditional = np.split(model.encode_text([PROMPTS[0], ""]), 2)
    denoise = Denoiser(
        model, specification.schedule, condition, unconditional, defaults.guidance, _seconds(original)
    )
    chosen = steps(specification.schedule, defaults.steps, noise_strength=1.0, spacing="log_snr")
    passing = generate(
        sampler(Sampler(defaults.sampler), 0.0), denoise, case.noise, chosen, FrameNoise(SEED, 0), None
    )
    latents = case.noise
    for after_step in passing:
        latents = after_step
    return model.decode_latents(latents)


def _seconds(model: Model) -> float:
    """How long the window sounds: all of it."""
    latents, mel = model.specification.latents, model.specification.mel
    return latents.shortest_frames * latents.time_factor * mel.frame_seconds


def _relative(found: Float32, wanted: Float32) -> float:
    """Mean absolute error over mean absolute value."""
    return float(np.abs(found - wanted).mean() / max(float(np.abs(wanted).mean()), 1e-12))


def _of_spread(found: Float32, wanted: Float32) -> float:
    """The same of log-mels: over the mean distance from the mean."""
    return _relative(found - wanted.mean(), wanted - wanted.mean())
