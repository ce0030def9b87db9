"""What every runtime does alike around a model's graphs: tokens, scale, padding, cutting, shapes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError, ErrorCode
from engine.models.interface import Float32, ModelSpecification
from engine.models.manifest import GraphName
from engine.models.noise import frame_noise
from engine.models.tokenizer import PromptTokenizer

OUTPUTS = {
    GraphName.TEXT_ENCODER: "text_embeds",
    GraphName.VAE_ENCODER: "moments",
    GraphName.VAE_DECODER: "mel",
    GraphName.DENOISER: "prediction",
    GraphName.VOCODER: "waveform",
    GraphName.AUDIO_ENCODER: "audio_embeds",
    GraphName.STUDENT: "prediction",
}
# Keeps a vector of zeros from dividing by zero.
SHORTEST = np.float32(1e-12)
Inputs = dict[str, NDArray[Any]]


def normalise(vectors: Float32) -> Float32:
    """(batch, embedding), each row divided by its length."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    normalised: Float32 = vectors / np.maximum(length, SHORTEST)
    return normalised


class GraphModel(ABC):
    """The graphs of ``README.md`` behind ``Model`` (``interface.py``); a runtime says how to run one.

    takes_seconds: whether the denoiser has the input ``sounding_seconds``; noise_channels: how many
    numbers of noise the vocoder takes for each mel frame, 0 if it takes none.
    """

    def __init__(
        self,
        specification: ModelSpecification,
        tokenizer: PromptTokenizer,
        *,
        takes_seconds: bool = False,
        noise_channels: int = 0,
    ) -> None:
        self._specification = specification
        self._tokenizer = tokenizer
        self._takes_seconds = takes_seconds
        self._noise_channels = noise_channels

    @abstractmethod
    def _run(self, graph: GraphName, inputs: Inputs) -> Float32:
        """The one output of a graph. Raises EngineError: BAD_BUNDLE or OutOfMemory."""

    @abstractmethod
    def _file(self, graph: GraphName) -> object:
        """Where a graph comes from, for people."""

    @property
    def specification(self) -> ModelSpecification:
        """The manifest's numbers."""
        return self._specification

    def encode_text(self, prompts: list[str]) -> Float32:
        """Normalised text embeddings, (batch, embedding)."""
        input_ids, attention_mask = self._tokenizer(prompts)
        return normalise(
            self._run(GraphName.TEXT_ENCODER, {"input_ids": input_ids, "attention_mask": attention_mask})
        )

    def encode_sound(self, log_mel: Float32) -> Float32:
        """Log-mels of sounds (batch, 1, mel_frames, n_mels) -> normalised embeddings, (batch, embedding)."""
        return normalise(self._run(GraphName.AUDIO_ENCODER, {"log_mel": log_mel}))

    def encode_mel(self, mel: Float32) -> Float32:
        """Log-mel (batch, mel_frames, n_mels) -> scaled latents, the posterior's mean,
        (batch, channels, mel_frames / time_factor, n_mels / band_factor)."""
        latents = self.specification.latents
        batch, mel_frames, n_mels = mel.shape
        if mel_frames % latents.time_factor:
            raise ValueError(f"{mel_frames} mel frames are not a multiple of {latents.time_factor}.")
        moments = self._run(GraphName.VAE_ENCODER, {"mel": mel[:, None]})
        bands = n_mels // latents.band_factor
        shape = (batch, 2 * latents.channels, mel_frames // latents.time_factor, bands)
        self._check_shape(GraphName.VAE_ENCODER, moments, shape)
        scaled: Float32 = moments[:, : latents.channels] * np.float32(self.specification.scale_factor)
        return scaled

    def denoise(
        self, latents: Float32, timesteps: Float32, condition: Float32, sounding_seconds: Float32
    ) -> Float32:
        """The network's raw output, shaped like ``latents``."""
        return self._denoised(GraphName.DENOISER, latents, timesteps, condition, sounding_seconds)

    def denoise_quickly(
        self, latents: Float32, timesteps: Float32, condition: Float32, sounding_seconds: Float32
    ) -> Float32:
        """The same of the student."""
        return self._denoised(GraphName.STUDENT, latents, timesteps, condition, sounding_seconds)

    def _denoised(
        self,
        graph: GraphName,
        latents: Float32,
        timesteps: Float32,
        condition: Float32,
        sounding_seconds: Float32,
    ) -> Float32:
        """What one of the denoisers makes of noisy latents.

        The network gets a multiple of ``LatentGeometry.multiple`` frames. What is missing is mirrored
        at the end and cut off again: a mirror image has the noise level of the rest, which zeros have not.
        """
        frames = latents.shape[2]
        missing = -frames % self.specification.latents.multiple
        padded = np.pad(latents, ((0, 0), (0, 0), (0, missing), (0, 0)), mode="symmetric")
        inputs = {"latents": padded, "timesteps": timesteps, "condition": condition}
        if self._takes_seconds:
            inputs["sounding_seconds"] = sounding_seconds
        prediction = self._run(graph, inputs)
        self._check_shape(graph, prediction, padded.shape)
        return prediction[:, :, :frames]

    def decode_latents(self, latents: Float32) -> Float32:
        """Scaled latents -> log-mel (batch, mel_frames, n_mels)."""
        geometry = self.specification.latents
        plain = latents / np.float32(self.specification.scale_factor)
        mel = self._run(GraphName.VAE_DECODER, {"latents": plain})
        batch, _, latent_frames, _ = latents.shape
        shape = (batch, 1, latent_frames * geometry.time_factor, self.specification.mel.n_mels)
        self._check_shape(GraphName.VAE_DECODER, mel, shape)
        return mel[:, 0]

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int, lap: int = 0) -> Float32:
        """Log-mel (batch, mel_frames, n_mels) -> waveform (batch, mel_frames * hop_length), cropped exactly.

        Every sound of the batch gets the same noise, so that it doesn't matter what it is batched with.
        """
        batch, mel_frames, _ = mel.shape
        inputs = {"mel": mel}
        if self._noise_channels:
            noise = frame_noise(noise_seed, first_frame, mel_frames, self._noise_channels, lap)
            inputs["noise"] = np.broadcast_to(noise, (batch, *noise.shape))
        waveform = self._run(GraphName.VOCODER, inputs)
        frames = mel_frames * self.specification.mel.hop_length
        cropped = waveform[:, :frames]
        self._check_shape(GraphName.VOCODER, cropped, (batch, frames))
        return cropped

    def _check_shape(self, graph: GraphName, array: Float32, shape: tuple[int, ...]) -> None:
        if array.shape != shape:
            raise EngineError(
                ErrorCode.BAD_BUNDLE,
                f"The model's file {self._file(graph)} gave {array.shape} instead of {shape}.",
            )
