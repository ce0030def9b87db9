"""The published implementation as the benchmark's other side: diffusers' pipeline, whole and by stages."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.evaluation.stages import PROMPT, Stage

# What the pipeline does where nothing is said.
STEPS = 10
GUIDANCE = 2.5
SEED = 0
TIMESTEP = 501


class Published:
    """diffusers' ``AudioLDMPipeline`` on one device, and each of its stages alone on inputs of its own.

    seconds: of sound. device, dtype: torch's names; fp16 is what people run on a GPU.
    """

    name = "diffusers"

    def __init__(self, folder: Path, seconds: float, device: str = "cpu", dtype: str = "float32") -> None:
        with _quietly():
            pipelines = _library("diffusers").AudioLDMPipeline
            pipeline = pipelines.from_pretrained(str(folder), torch_dtype=getattr(torch, dtype))
        self.pipeline: Any = pipeline.to(device)
        self.pipeline.set_progress_bar_config(disable=True)
        self._device = device
        self._seconds = seconds
        self._like = {"device": device, "dtype": getattr(torch, dtype)}

    def stages(self) -> dict[Stage, Callable[[], object]]:
        """Each stage, ready to be timed."""
        latents = self._latents()
        with torch.no_grad():
            mel = self._settled(self.pipeline.decode_latents(latents))
            condition = self._settled(self._encode())
        return {
            Stage.STEP: lambda: self._run(lambda: self._step(torch.cat([latents, latents]), condition)),
            Stage.DECODE: lambda: self._run(lambda: self.pipeline.decode_latents(latents)),
            Stage.VOCODE: lambda: self._run(lambda: self.pipeline.mel_spectrogram_to_waveform(mel)),
            Stage.TEXT: lambda: self._run(self._encode),
        }

    def generate(
        self, steps: int | None = None, seconds: float | None = None
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Text to audio with the pipeline's own defaults, but for ``steps`` if they are given."""
        generator = torch.Generator(self._device).manual_seed(SEED)
        with _quietly():
            made = self.pipeline(
                PROMPT,
                audio_length_in_s=seconds or self._seconds,
                num_inference_steps=steps or STEPS,
                generator=generator,
            )
        audio: np.ndarray[Any, np.dtype[np.float32]] = made.audios[0]
        return audio

    def _latents(self) -> Any:
        """(1, channels, latent_frames, bands) of noise."""
        vocoder, vae = self.pipeline.vocoder.config, self.pipeline.vae_scale_factor
        hop = int(np.prod(vocoder.upsample_rates))
        frames = int(self._seconds * vocoder.sampling_rate / hop) // vae
        shape = (1, self.pipeline.unet.config.in_channels, frames, vocoder.model_in_dim // vae)
        return torch.randn(shape, generator=torch.Generator().manual_seed(SEED)).to(**self._like)

    def _encode(self) -> Any:
        """(2, embedding): the empty text's and the prompt's, as the pipeline makes them."""
        return self.pipeline._encode_prompt(PROMPT, self._device, 1, True)

    def _step(self, latents: Any, condition: Any) -> Any:
        timestep = torch.tensor(TIMESTEP, device=self._device)
        return self.pipeline.unet(
            latents, timestep, encoder_hidden_states=None, class_labels=condition
        ).sample

    def _run(self, work: Callable[[], Any]) -> Any:
        with torch.no_grad():
            return self._settled(work())

    def _settled(self, value: Any) -> Any:
        """The value, once a GPU has really computed it."""
        if self._device == "cuda":
            torch.cuda.synchronize()
        return value


def _library(name: str) -> Any:
    """An oracle, needed here and in tests alone; it is typed in parts, which does not help."""
    return import_module(name)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what the libraries have to say about their own past and future."""
    of_diffusers, of_transformers = (
        _library("diffusers.utils.logging"),
        _library("transformers.utils.logging"),
    )
    levels = of_diffusers.get_verbosity(), of_transformers.get_verbosity()
    of_diffusers.set_verbosity_error()
    of_transformers.set_verbosity_error()
    of_diffusers.disable_progress_bar()
    of_transformers.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        of_diffusers.set_verbosity(levels[0])
        of_transformers.set_verbosity(levels[1])
