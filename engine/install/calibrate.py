"""The original networks run on real prompts and sounds, to see which numbers their int8 graphs must hold.

The sounds are the package's recording and two that it is not like, all the way from log-mel to latents and
back, the denoiser at many levels of noise and along a whole guided rendering: a network is calibrated on
what it will really be given. Banner et al. 2019 and Shang et al. 2023 (PTQ4DM, section 4.2): a diffusion
model's ranges change from step to step, so all of them must be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import as_file, files

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from engine.audio.clap_mel import clap_log_mels
from engine.audio.mel import log_mel
from engine.audio.resample import resample
from engine.diffusion.denoiser import denoised_from_output, eps_from_denoised, guided
from engine.diffusion.schedule import Steps, alphas_cumprod, steps
from engine.install.checkpoint import Checkpoint, Network
from engine.install.geometry import DEFAULTS, latent_geometry, mel_parameters, ranking_parameters
from engine.install.progress import Work, timed
from engine.install.range_recorder import RangeRecorder
from engine.install.ranges import Ranges
from engine.networks.clap_audio import audio_encoder
from engine.networks.clap_text import text_encoder
from engine.networks.unet import denoiser
from engine.networks.vae import vae_decoder, vae_encoder
from engine.networks.vocoder import vocoder

Float32 = NDArray[np.float32]

PROMPTS = (
    "a dog barks twice in a stone stairwell",
    "heavy rain on a tin roof with distant thunder",
    "Footsteps on gravel, slow",
    "sci-fi laser burst, 80s arcade",
    "a crowd cheers while somebody plays the guitar; birds; wind",
    "",
)
SEED = 3
# Of each sound. Half of what the denoiser was trained on: longer ones take longer and show the same values.
SECONDS = 5.12
# Levels at which real latents are noised, as shares of the schedule.
NOISED = (0.02, 0.1, 0.25, 0.4, 0.6, 0.8)
RECORDING = "demo/stream.flac"


def calibrate(checkpoint: Checkpoint, seconds: float = SECONDS) -> Work[Ranges]:
    """What the layers of every network are given; takes about a minute for a published checkpoint.

    seconds: of each of three sounds. Deterministic; who stops listening stops it.
    Raises EngineError(BAD_BUNDLE) for a checkpoint that lacks a weight or has a geometry that is not known.
    """
    run = _Calibration(checkpoint, seconds)
    passes = list(run.passes())

    def counts() -> Iterator[tuple[int, int]]:
        for done, one in enumerate(passes):
            yield done, len(passes)
            with torch.inference_mode():
                one()
        yield len(passes), len(passes)

    yield from timed("calibrating", counts())
    return run.ranges


@dataclass
class _Calibration:
    """The networks under watch, and what one pass leaves for the next."""

    checkpoint: Checkpoint
    seconds: float
    conditions: list[Tensor] = field(default_factory=list)
    latents: list[Tensor] = field(default_factory=list)  # scaled, as the denoiser has them
    mels: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        checkpoint = self.checkpoint
        self.recorders = {
            network: RangeRecorder(checkpoint.weights[network])
            for network in Network
            if network is not Network.AUDIO_ENCODER or checkpoint.audio is not None
        }
        self.mel = mel_parameters(checkpoint.vocoder)
        self.geometry = latent_geometry(checkpoint.unet, checkpoint.vae, self.mel)
        self.rng = np.random.default_rng(SEED)

    @property
    def ranges(self) -> Ranges:
        return Ranges({network: recorder.ranges for network, recorder in self.recorders.items()})

    def passes(self) -> Iterator[Callable[[], None]]:
        """One after the other: each takes up what those before it left."""
        sounds = list(_sounds(self.mel.sample_rate, self._frames()))
        yield from (partial(self._encode_text, prompt) for prompt in PROMPTS)
        if self.checkpoint.audio is not None:
            yield from (partial(self._encode_sound, sound) for sound in sounds)
        yield from (partial(self._encode_mel, sound) for sound in sounds)
        yield from (partial(self._noised, number, share) for number, share in enumerate(NOISED))
        rendering = steps(self.checkpoint.schedule, DEFAULTS.steps, spacing="log_snr")
        noise = self._noise()
        yield partial(self.latents.append, noise)
        yield from (partial(self._step, rendering, number) for number in range(len(rendering)))
        yield from (partial(self._decode, number) for number in range(len(sounds) + 1))
        yield from (partial(self._vocode, number) for number in range(2 * len(sounds) + 1))

    def _frames(self) -> int:
        """Of sound: as many as make a multiple of what the denoiser takes."""
        cell = self.geometry["time_factor"] * self.geometry["multiple"] * self.mel.hop_length
        return max(1, round(self.seconds * self.mel.sample_rate / cell)) * cell

    def _noise(self) -> Tensor:
        cells = self._frames() // self.mel.hop_length // self.geometry["time_factor"]
        bands = self.mel.n_mels // self.geometry["band_factor"]
        shape = (1, self.geometry["channels"], cells, bands)
        return torch.from_numpy(self.rng.standard_normal(shape).astype(np.float32))

    def _encode_text(self, prompt: str) -> None:
        tokenizer = Tokenizer.from_str(self.checkpoint.tokenizer)
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.checkpoint.max_tokens)
        ids = torch.tensor([tokenizer.encode(prompt).ids])
        recorder = self.recorders[Network.TEXT_ENCODER]
        vector = text_encoder(recorder, self.checkpoint.text, ids, torch.ones_like(ids))
        self.conditions.append(torch.nn.functional.normalize(vector, dim=1))

    def _encode_sound(self, sound: Float32) -> None:
        assert self.checkpoint.audio is not None
        ranking = ranking_parameters(self.checkpoint)
        heard = resample(sound[:, None], self.mel.sample_rate, ranking.sample_rate)[:, 0]
        mels = torch.from_numpy(clap_log_mels(heard, ranking)[:1])
        audio_encoder(self.recorders[Network.AUDIO_ENCODER], self.checkpoint.audio, mels, mels.shape[2])

    def _encode_mel(self, sound: Float32) -> None:
        vae, mel = self.checkpoint.vae, torch.from_numpy(log_mel(sound, self.mel))[None]
        moments = vae_encoder(self.recorders[Network.VAE], vae, mel[:, None])
        self.mels.append(mel)
        self.latents.append(moments[:, : vae.latent_channels] * vae.scaling_factor)

    def _noised(self, number: int, share: float) -> None:
        """One of the sounds' latents with as much noise as there is at this part of the schedule."""
        schedule = self.checkpoint.schedule
        timestep = round(share * (schedule.train_steps - 1))
        alpha_bar = float(alphas_cumprod(schedule)[timestep])
        signal = self.latents[number % len(self.latents)]
        noisy = alpha_bar**0.5 * signal + (1.0 - alpha_bar) ** 0.5 * self._noise()
        self._denoise(noisy, timestep, self.conditions[number % len(self.conditions)])

    def _step(self, rendering: Steps, number: int) -> None:
        """One step of DDIM (Song et al. 2021) of the last latents, which start as noise."""
        step, latents = rendering[number], self.latents[-1]
        conditional, unconditional = self._denoise(latents, step.timestep, self.conditions[0])
        output = guided(conditional.numpy(), unconditional.numpy(), DEFAULTS.guidance)[None]
        array = latents.numpy()
        schedule = self.checkpoint.schedule
        denoised = denoised_from_output(array, output, step.alpha_bar, schedule.prediction)
        eps = eps_from_denoised(array, denoised, step.alpha_bar)
        level = step.next_alpha_bar
        self.latents[-1] = torch.from_numpy(level**0.5 * denoised + (1.0 - level) ** 0.5 * eps)

    def _denoise(self, latents: Tensor, timestep: int, condition: Tensor) -> Tensor:
        """With and without the prompt, in this order: (2, ...)."""
        both = torch.cat([condition, self.conditions[-1]])
        times = torch.full((2,), float(timestep))
        recorder = self.recorders[Network.UNET]
        return denoiser(recorder, self.checkpoint.unet, latents.repeat(2, 1, 1, 1), times, both)

    def _decode(self, number: int) -> None:
        vae = self.checkpoint.vae
        plain = self.latents[number] / vae.scaling_factor
        self.mels.append(vae_decoder(self.recorders[Network.VAE], vae, plain)[:, 0])

    def _vocode(self, number: int) -> None:
        vocoder(self.recorders[Network.VOCODER], self.checkpoint.vocoder, self.mels[number])


def _sounds(sample_rate: int, frames: int) -> Iterator[Float32]:
    """(frames,): a recording, a loud rising tone with bursts of noise, and near silence."""
    yield _recording(sample_rate, frames)
    rng = np.random.default_rng(SEED)
    seconds = np.arange(frames) / sample_rate
    noise = rng.standard_normal(frames)
    tone = np.sin(2 * np.pi * (80.0 * seconds + 300.0 * seconds**2)) * (seconds % 1.0 < 0.6)
    bursts = noise * np.exp(-8.0 * (seconds * 3.0 % 1.0))
    yield (0.4 * tone + 0.2 * bursts).clip(-1.0, 1.0).astype(np.float32)
    yield (1e-3 * noise * np.linspace(0.0, 1.0, frames)).astype(np.float32)


def _recording(sample_rate: int, frames: int) -> Float32:
    """The package's own, again and again where it is too short."""
    with as_file(files("engine.commands") / RECORDING) as path:
        recorded, rate = soundfile.read(path, dtype="float32", always_2d=True)
    sound: Float32 = np.resize(resample(recorded[:, :1], rate, sample_rate)[:, 0], frames)
    return sound
