"""An installed model as the benchmark's side: its stages, and whole takes through the engine's own line."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.evaluation.stages import PROMPT, Stage
from engine.models.bundle import Bundle, load_bundle
from engine.models.interface import Model
from engine.models.placement import open_model
from engine.protocol.replies import Chunk
from engine.protocol.requests import Mode, NewSource, RenderRequest
from engine.render import render

SEED = 0
TIMESTEP = 501
JOB = "bench"


@dataclass(frozen=True)
class Guidance:
    """How a take is guided; what is not said is as the model has it."""

    scale: float = -1.0
    low: float = -1.0
    high: float = 1.0


@dataclass(frozen=True)
class TakeTime:
    """Seconds to the first chunk of a take, and to its end."""

    first_chunk: float
    total: float


class Installed:
    """A bundle on one device.

    seconds: of sound. home: where takes are written. recorded: whether torch records the denoiser's
    kernels as CUDA graphs. Raises EngineError.
    """

    def __init__(
        self, folder: Path, device: str, seconds: float, home: Home, *, recorded: bool = False
    ) -> None:
        bundle = load_bundle(folder)
        self.name = f"{bundle.manifest.precision} on {device}"
        self.model: Model = _recording(bundle, device) if recorded else open_model(bundle, device)
        self._seconds = seconds
        self._home = home

    def stages(self) -> dict[Stage, Callable[[], object]]:
        """Each stage, ready to be timed."""
        model, specification = self.model, self.model.specification
        latents, mel = specification.latents, specification.mel
        frames = int(self._seconds / mel.frame_seconds) // latents.time_factor
        bands = mel.n_mels // latents.band_factor
        noise = np.random.default_rng(SEED).standard_normal(
            (1, latents.channels, frames, bands), dtype=np.float32
        )
        both = np.concatenate([noise, noise])
        timesteps = np.full(2, TIMESTEP, np.float32)
        sounding = np.full(2, self._seconds, np.float32)
        condition = model.encode_text(["", PROMPT])
        log_mel = model.decode_latents(noise)
        return {
            Stage.STEP: lambda: model.denoise(both, timesteps, condition, sounding),
            Stage.DECODE: lambda: model.decode_latents(noise),
            Stage.VOCODE: lambda: model.vocode(log_mel, SEED, 0),
            Stage.TEXT: lambda: model.encode_text(["", PROMPT]),
        }

    def generate(
        self, steps: int | None = None, guidance: Guidance | None = None, seconds: float | None = None
    ) -> TakeTime:
        """Text to a written take, from the request to ``Done``. Raises EngineError."""
        request = self._request(steps or 0, guidance or Guidance(), seconds or self._seconds)
        began = time.perf_counter()
        first_chunk = None
        for reply in render(request, self.model, self._home):
            if isinstance(reply, Chunk) and first_chunk is None:
                first_chunk = time.perf_counter() - began
        total = time.perf_counter() - began
        return TakeTime(total if first_chunk is None else first_chunk, total)

    def _request(self, steps: int, guidance: Guidance, seconds: float) -> RenderRequest:
        rate = self.model.specification.mel.sample_rate
        return RenderRequest(
            JOB,
            NewSource(rate, 1, round(seconds * rate)),
            PROMPT,
            Mode.GENERATE,
            seed=SEED,
            steps=steps,
            guidance=guidance.scale,
            guidance_low=guidance.low,
            guidance_high=guidance.high,
            retries=0,  # a random model's takes have defects, and one take is what is timed
            output=str(self._home.state / "take.wav"),
            overwrite=True,
        )


def _recording(bundle: Bundle, device: str) -> Model:
    """Raises EngineError(NO_DEVICE) where calls can't be recorded."""
    from engine.models.torch_model import TorchModel

    if device != "torch-cuda":
        raise EngineError(ErrorCode.NO_DEVICE, f"Only CUDA records its calls, {device} does not.")
    return TorchModel(bundle, device, recorded=True)
