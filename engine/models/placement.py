"""Which device a model runs on: the fastest that it fits on, and the next one when memory runs out there.

Every stage has a device of its own. What a stage takes and gives are arrays in the system's memory, so a
stage that has to move repeats its one step elsewhere, and the job goes on where it was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from engine.errors import EngineError, ErrorCode
from engine.models.bundle import Bundle
from engine.models.devices import AUTO, TORCH, check_device, pool, usable_devices
from engine.models.footprint import Footprint, footprint
from engine.models.interface import Float32, Model, ModelSpecification
from engine.models.manifest import GraphName
from engine.models.memory import OutOfMemory, free_bytes
from engine.models.speeds import fastest_first, read_speeds

Result = TypeVar("Result")
Open = Callable[[Bundle, str], Model]
logger = logging.getLogger(__name__)


def place_model(bundle: Bundle, wanted: str = AUTO) -> PlacedModel:
    """A bundle's model on the device ``wanted``, or with "auto" on the fastest that it fits on.

    A device that is named and can't be used is an error, not a slow surprise; only when its memory runs
    out does another one take over, and says so. Raises EngineError(NO_DEVICE).
    """
    manifest = bundle.manifest
    check_device(wanted, manifest)
    name, precision = manifest.specification.name, manifest.precision
    ranked = fastest_first(usable_devices(manifest), name, precision, read_speeds())
    if wanted != AUTO:
        others = (device for device in ranked if device != wanted)
        return PlacedModel(bundle, [wanted, *others], open_model)
    fitting, notices = _that_fit(bundle, ranked)
    model = PlacedModel(bundle, fitting, open_model, is_named=False, notices=notices)
    if len(fitting) > 1:  # whether a device works is known when something has run on it
        model.encode_text([""])
    return model


def open_model(bundle: Bundle, device: str) -> Model:
    """A bundle's model on one device, by the runtime that the device's name says. Raises EngineError."""
    if device.startswith(TORCH):
        from engine.models.torch_model import TorchModel

        return TorchModel(bundle, device)
    from engine.models.onnx_model import OnnxModel

    return OnnxModel(bundle, device)


class PlacedModel:
    """A model whose stages run where there is room for them (``Model`` in ``interface.py``).

    devices: where to try, the best first; the last is tried whatever the estimate says.
    """

    def __init__(
        self,
        bundle: Bundle,
        devices: Sequence[str],
        open_on: Open,
        is_named: bool = True,
        notices: Sequence[str] = (),
    ) -> None:
        self.bundle = bundle
        self._devices = list(devices)
        self._open_on = open_on
        self._is_named = is_named
        self._notices = list(notices)
        self._models: dict[str, Model] = {}
        self._places = dict.fromkeys(bundle.graphs, devices[0])
        self._take_turns = footprint(bundle, devices[0]).is_tight(free_bytes(devices[0]))

    @property
    def specification(self) -> ModelSpecification:
        """The manifest's numbers."""
        return self.bundle.specification

    @property
    def device(self) -> str:
        """Where the denoiser runs, and in brackets what runs elsewhere."""
        main = self._places[GraphName.DENOISER]
        others = [f"{stage} on {place}" for stage, place in self._places.items() if place != main]
        return f"{main} ({', '.join(others)})" if others else main

    def take_notices(self) -> list[str]:
        """Sentences about what was not as asked for, each given once."""
        notices, self._notices = self._notices, []
        return notices

    def unload(self, keep: Collection[str] = ()) -> None:
        """Give the memory of every network back but those of ``keep``."""
        for model in self._models.values():
            model.unload(keep)

    def encode_text(self, prompts: list[str]) -> Float32:
        """Normalised text embeddings, (batch, embedding)."""
        return self._run(GraphName.TEXT_ENCODER, lambda model: model.encode_text(prompts))

    def encode_sound(self, log_mel: Float32) -> Float32:
        """Log-mels of sounds -> normalised embeddings."""
        return self._run(GraphName.AUDIO_ENCODER, lambda model: model.encode_sound(log_mel))

    def encode_mel(self, mel: Float32) -> Float32:
        """Log-mel -> scaled latents."""
        return self._run(GraphName.VAE_ENCODER, lambda model: model.encode_mel(mel))

    def denoise(
        self, latents: Float32, timesteps: Float32, condition: Float32, sounding_seconds: Float32
    ) -> Float32:
        """The network's raw output, shaped like ``latents``."""
        return self._run(
            GraphName.DENOISER, lambda model: model.denoise(latents, timesteps, condition, sounding_seconds)
        )

    def denoise_quickly(
        self, latents: Float32, timesteps: Float32, condition: Float32, sounding_seconds: Float32
    ) -> Float32:
        """The same of the student."""
        return self._run(
            GraphName.STUDENT,
            lambda model: model.denoise_quickly(latents, timesteps, condition, sounding_seconds),
        )

    def decode_latents(self, latents: Float32) -> Float32:
        """Scaled latents -> log-mel."""
        return self._run(GraphName.VAE_DECODER, lambda model: model.decode_latents(latents))

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int, lap: int = 0) -> Float32:
        """Log-mel -> waveform."""
        return self._run(GraphName.VOCODER, lambda model: model.vocode(mel, noise_seed, first_frame, lap))

    def _run(self, stage: GraphName, step: Callable[[Model], Result]) -> Result:
        """One step of a stage: where it is; then there alone; then on the devices that come after."""
        alone = self._take_turns
        while True:
            device = self._places[stage]
            try:
                if alone:
                    self.unload(keep=(stage,))
                return step(self._model(device))
            except (OutOfMemory, MemoryError) as error:
                self.unload()  # this stage, too: what it has kept for later is memory
                if alone:
                    self._move(stage, device, error)
                # From now on the stages take turns: what ran out once would run out at every change of stage.
                alone = self._take_turns = True
            except EngineError as error:
                if error.code is not ErrorCode.NO_DEVICE or self._is_named:
                    raise
                self._give_up(device, error)

    def _model(self, device: str) -> Model:
        if device not in self._models:
            self._models[device] = self._open_on(self.bundle, device)
        return self._models[device]

    def _move(self, stage: GraphName, device: str, error: Exception) -> None:
        """Let a stage run on the next device with another memory. Raises ``error`` if there is none."""
        after = [other for other in self._after(device) if pool(other) != pool(device)]
        fitting, _ = _that_fit(self.bundle, after)
        if not fitting:
            raise error
        self._places[stage] = fitting[0]
        self._notices.append(
            f"The memory of {device} is not enough for the {stage.replace('_', ' ')} of "
            f"{self.specification.name}, which runs on {fitting[0]} from here on."
        )

    def _give_up(self, device: str, error: EngineError) -> None:
        """Leave a device that does not work; who asked for any is served by the next. Raises ``error``."""
        after = self._after(device)
        if not after:
            raise error
        logger.warning("%s %s is tried instead", error.sentence, after[0])
        self._models.pop(device, None)
        for stage in self._stages_on(device):
            self._places[stage] = after[0]

    def _after(self, device: str) -> list[str]:
        return self._devices[self._devices.index(device) + 1 :]

    def _stages_on(self, device: str) -> list[GraphName]:
        return [stage for stage, place in self._places.items() if place == device]


def _that_fit(bundle: Bundle, devices: Sequence[str]) -> tuple[list[str], list[str]]:
    """The devices with enough memory, the last one in any case, and a sentence for each of the others."""
    fitting, notices = [], []
    for device in devices:
        size, free = footprint(bundle, device), free_bytes(device)
        if size.fits(free) or device == devices[-1]:
            fitting.append(device)
        else:
            notices.append(_too_small(bundle.specification.name, device, size, free or 0))
    return fitting, notices


def _too_small(name: str, device: str, size: Footprint, free: int) -> str:
    return (
        f"{name} does not run on {device}: it needs about {size.least / 1e9:.1f} GB there, "
        f"and {free / 1e9:.1f} GB are free."
    )
