"""What every model offers, whatever runs it: its graphs and the numbers that tie them together.

The embedded model and the published AudioLDM checkpoints are both this. Nothing else in the
engine knows which one it has.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.clap_mel import RankingParameters as RankingParameters  # the manifest's readers look here
from engine.audio.mel import MelParameters

Float32 = NDArray[np.float32]
Prediction = Literal["epsilon", "v_prediction", "sample"]


@dataclass(frozen=True)
class LatentGeometry:
    """How mel frames become latents: (batch, channels, mel_frames / time_factor, n_mels / band_factor)."""

    channels: int
    time_factor: int
    band_factor: int
    multiple: int  # latent frames given to the denoiser must be a multiple of this
    window_frames: int  # latent frames the denoiser was trained on: the longest it is given at once
    shortest_frames: int  # the fewest it is good at; a shorter region is rendered in a window of these


@dataclass(frozen=True)
class ScheduleParameters:
    """The forward process: ``train_steps`` betas from ``beta_start`` to ``beta_end``."""

    train_steps: int
    beta_start: float
    beta_end: float
    beta_schedule: Literal["linear", "scaled_linear"]
    prediction: Prediction


@dataclass(frozen=True)
class Defaults:
    """What a request leaves open."""

    sampler: str
    steps: int
    guidance: float
    guidance_low: float  # share of the noise below which there is no guidance


@dataclass(frozen=True)
class Lengths:
    """How long recordings of what a prompt says last: the logarithm of their seconds is about
    ``weights`` times the prompt's row of ``Model.encode_text``, plus ``offset``, give or take ``spread``."""

    weights: tuple[float, ...]
    offset: float
    spread: float


@dataclass(frozen=True)
class ModelSpecification:
    """The numbers of a bundle's manifest that the line from request to take needs."""

    name: str
    licence: str
    mel: MelParameters
    latents: LatentGeometry
    schedule: ScheduleParameters
    scale_factor: float
    defaults: Defaults
    vocoder_margin_frames: int  # mel frames on each side a vocoded frame depends on
    decoder_margin_frames: int  # latent frames on each side a decoded frame depends on
    ranking: RankingParameters | None = None  # None: the model can't hear its own takes
    lengths: Lengths | None = None  # None: every sound lasts as long as its region
    student: Defaults | None = None  # of the denoiser for drafts; None: the model has none
    digest: str = ""  # SHA-256 over the list of the bundle's files: which model this is, to the bit


class Model(Protocol):
    """A loaded model. All arrays are float32; ``batch`` is free everywhere."""

    @property
    def specification(self) -> ModelSpecification:
        """The manifest's numbers."""

    def encode_text(self, prompts: list[str]) -> Float32:
        """What steers the denoiser, a row for each prompt; of published AudioLDMs normalised text embeddings,
        (batch, embedding).

        What a row holds is the model's affair (``README.md``, "What comes next fits"): whoever has rows of
        one call may take them apart, repeat them and join them along the first axis, and no more.
        """

    def encode_sound(self, log_mel: Float32) -> Float32:
        """What ``engine/audio/clap_mel.py`` makes of a sound, (batch, 1, mel_frames, n_mels), -> normalised
        embeddings in the space of ``encode_text``, (batch, embedding).

        Only where ``ModelSpecification.ranking`` is not None.
        """

    def encode_mel(self, mel: Float32) -> Float32:
        """Log-mel (batch, mel_frames, n_mels) -> scaled latents, the posterior's mean,
        (batch, channels, mel_frames / time_factor, n_mels / band_factor)."""

    def denoise(
        self, latents: Float32, timesteps: Float32, condition: Float32, sounding_seconds: Float32
    ) -> Float32:
        """The network's raw output, shaped like ``latents``.

        timesteps: (batch,) on the training scale; condition: (batch, ...), rows of ``encode_text``;
        sounding_seconds: (batch,) how long the window sounds before silence. Models that were not
        trained with the last one ignore it.
        """

    def denoise_quickly(
        self, latents: Float32, timesteps: Float32, condition: Float32, sounding_seconds: Float32
    ) -> Float32:
        """The same of the student, which was taught to need few steps and no guidance.

        Only where ``ModelSpecification.student`` is not None, whose defaults are its.
        """

    def decode_latents(self, latents: Float32) -> Float32:
        """Scaled latents -> log-mel (batch, mel_frames, n_mels)."""

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int, lap: int = 0) -> Float32:
        """Log-mel (batch, mel_frames, n_mels) -> waveform (batch, mel_frames * hop_length), cropped exactly.

        A vocoder that takes noise gets it as a function of ``noise_seed`` and the absolute frame
        number (the first is ``first_frame``), so that overlapping pieces agree. Of a loop of ``lap`` frames
        (0: it is none) that number starts over with every lap.
        """

    def unload(self, keep: Collection[str] = ()) -> None:
        """Give the memory of every network back but those of ``keep`` (``GraphName``).

        What is needed again is opened again: nothing changes but the time it takes.
        """


class LoadedModel(Model, Protocol):
    """A model that tells where it runs (``PlacedModel`` in ``placement.py``)."""

    @property
    def device(self) -> str:
        """For people: "cuda", or "cuda (vae_decoder on cpu)"."""

    def take_notices(self) -> list[str]:
        """Sentences about what was not as asked for, each given once."""
