"""A bundle run by ONNX Runtime."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NoReturn

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.errors import EngineError, ErrorCode
from engine.models.bundle import Bundle
from engine.models.devices import AUTO, RUNTIME_FAILURES, candidate_devices, first_line, open_session
from engine.models.interface import Float32, ModelSpecification
from engine.models.manifest import TOKENIZER, GraphName
from engine.models.noise import frame_noise
from engine.models.tokenizer import PromptTokenizer

OUTPUTS = {
    GraphName.TEXT_ENCODER: "text_embeds",
    GraphName.VAE_ENCODER: "moments",
    GraphName.VAE_DECODER: "mel",
    GraphName.DENOISER: "prediction",
    GraphName.VOCODER: "waveform",
}
# Keeps a text vector of zeros from dividing by zero.
SHORTEST = np.float32(1e-12)


class OnnxModel:
    """The five graphs of a bundle, each opened when it is first needed (``Model`` in ``interface.py``).

    device: "cpu", "cuda", "directml", "coreml", or "auto" for the first of them that works here.
    """

    def __init__(self, bundle: Bundle, device: str = AUTO) -> None:
        self.bundle = bundle
        self._sessions: dict[GraphName, onnxruntime.InferenceSession] = {}
        self._tokenizer = PromptTokenizer(bundle.folder / TOKENIZER, bundle.manifest.text)
        self.device = self._first_working(candidate_devices(device))

    @property
    def specification(self) -> ModelSpecification:
        """The manifest's numbers."""
        return self.bundle.specification

    def open_all(self) -> None:
        """Open what is still closed, so that the first request needn't wait. Raises EngineError."""
        for graph in GraphName:
            self._session(graph)

    def encode_text(self, prompts: list[str]) -> Float32:
        """Normalised text embeddings, (batch, embedding)."""
        input_ids, attention_mask = self._tokenizer(prompts)
        embeddings = self._run(
            GraphName.TEXT_ENCODER, {"input_ids": input_ids, "attention_mask": attention_mask}
        )
        length = np.linalg.norm(embeddings, axis=1, keepdims=True)
        normalised: Float32 = embeddings / np.maximum(length, SHORTEST)
        return normalised

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
        """The network's raw output, shaped like ``latents``.

        The network gets a multiple of ``LatentGeometry.multiple`` frames. What is missing is mirrored
        at the end and cut off again: a mirror image has the noise level of the rest, which zeros have not.
        """
        frames = latents.shape[2]
        missing = -frames % self.specification.latents.multiple
        padded = np.pad(latents, ((0, 0), (0, 0), (0, missing), (0, 0)), mode="symmetric")
        inputs = {"latents": padded, "timesteps": timesteps, "condition": condition}
        if "sounding_seconds" in self.bundle.graphs[GraphName.DENOISER].inputs:
            inputs["sounding_seconds"] = sounding_seconds
        prediction = self._run(GraphName.DENOISER, inputs)
        self._check_shape(GraphName.DENOISER, prediction, padded.shape)
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

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int) -> Float32:
        """Log-mel (batch, mel_frames, n_mels) -> waveform (batch, mel_frames * hop_length), cropped exactly.

        Every sound of the batch gets the same noise, so that it doesn't matter what it is batched with.
        """
        batch, mel_frames, _ = mel.shape
        inputs = {"mel": mel}
        channels = self._noise_channels
        if channels:
            noise = frame_noise(noise_seed, first_frame, mel_frames, channels)
            inputs["noise"] = np.broadcast_to(noise, (batch, *noise.shape))
        waveform = self._run(GraphName.VOCODER, inputs)
        frames = mel_frames * self.specification.mel.hop_length
        cropped = waveform[:, :frames]
        self._check_shape(GraphName.VOCODER, cropped, (batch, frames))
        return cropped

    @cached_property
    def _noise_channels(self) -> int:
        """How many numbers of noise the vocoder takes for each mel frame; 0 if it takes none."""
        noise = self.bundle.graphs[GraphName.VOCODER].inputs.get("noise")
        return int(noise.shape[2]) if noise and noise.shape else 0

    def _first_working(self, devices: list[str]) -> str:
        """The first device that opens the text encoder; the last one is not tried before it is needed."""
        encoder = self.bundle.path(GraphName.TEXT_ENCODER)
        for device in devices[:-1]:
            try:
                self._sessions[GraphName.TEXT_ENCODER] = open_session(encoder, device)
            except EngineError as error:
                if error.code is not ErrorCode.NO_DEVICE:
                    raise
            else:
                return device
        return devices[-1]

    def _session(self, graph: GraphName) -> onnxruntime.InferenceSession:
        if graph not in self._sessions:
            self._sessions[graph] = open_session(self.bundle.path(graph), self.device)
        return self._sessions[graph]

    def _run(self, graph: GraphName, inputs: dict[str, NDArray[Any]]) -> Float32:
        """The one output of a graph. Raises EngineError(BAD_BUNDLE or TOO_MUCH)."""
        session = self._session(graph)
        try:
            (output,) = session.run([OUTPUTS[graph]], inputs)
        except RUNTIME_FAILURES as error:
            self._refuse_run(graph, error)
        result: Float32 = output
        return result

    def _refuse_run(self, graph: GraphName, error: Exception) -> NoReturn:
        said = first_line(error)
        if "alloc" in said.lower() or "out of memory" in said.lower():
            raise EngineError(
                ErrorCode.TOO_MUCH,
                f"The memory of {self.device} is not enough for this; use a shorter region.",
            ) from error
        raise EngineError(
            ErrorCode.BAD_BUNDLE, f"The model's file {self.bundle.path(graph)} can't be run: {said}"
        ) from error

    def _check_shape(self, graph: GraphName, array: Float32, shape: tuple[int, ...]) -> None:
        if array.shape != shape:
            raise EngineError(
                ErrorCode.BAD_BUNDLE,
                f"The model's file {self.bundle.path(graph)} gave {array.shape} instead of {shape}.",
            )
