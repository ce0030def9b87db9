"""How much work a take is worth: the model as a request wants it used.

A model may come with a student, a denoiser that was taught to make in a few steps, and without guidance, what
the model makes in many (``engine/training/distillation.py``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from engine.diffusion.schedule import jumps
from engine.models.interface import Defaults, Float32, Model, ModelSpecification
from engine.protocol.requests import Method, Quality, RenderRequest

# Of models without a student. On the embedded model four steps and more are recognised more often the more
# there are, up to 24 (RESULTS.md).
DRAFT_STEPS = 4
BEST_STEPS = 32


def model_for(request: RenderRequest, model: Model) -> Model:
    """The model, with the defaults and the denoiser that go with the request's quality."""
    specification, defaults = model.specification, model.specification.defaults
    match request.quality:
        case Quality.NORMAL:
            return model
        case Quality.BEST:
            many = replace(defaults, steps=max(BEST_STEPS, defaults.steps))
            return _Used(model, replace(specification, defaults=many))
        case Quality.DRAFT:
            student = _student(request, specification)
            few = student or replace(defaults, steps=min(DRAFT_STEPS, defaults.steps))
            return _Used(model, replace(specification, defaults=few), is_quick=student is not None)


def _student(request: RenderRequest, specification: ModelSpecification) -> Defaults | None:
    """Its defaults; None where there is none, or something is asked for that it was not taught.

    It knows one guidance and one sampler, no condition to push away from, and no estimates without guidance.
    An edit takes as many of the jumps that it was taught as the edit is deep.
    """
    student = specification.student
    if student is None or request.negative or request.method is not Method.NOISE:
        return None
    is_taught = request.guidance < 0.0 or request.guidance == student.guidance
    if not is_taught or request.sampler not in (None, student.sampler):
        return None
    return replace(student, steps=jumps(specification.schedule, student.steps, request.strongest))


class _Used:
    """A model with another specification, and perhaps with its student for a denoiser."""

    def __init__(self, model: Model, specification: ModelSpecification, is_quick: bool = False) -> None:
        self._model = model
        self.specification: ModelSpecification = specification
        self.denoise = model.denoise_quickly if is_quick else model.denoise
        self.denoise_quickly = model.denoise_quickly

    def encode_text(self, prompts: list[str]) -> Float32:
        """See Model."""
        return self._model.encode_text(prompts)

    def encode_sound(self, log_mel: Float32) -> Float32:
        """See Model."""
        return self._model.encode_sound(log_mel)

    def encode_mel(self, mel: Float32) -> Float32:
        """See Model."""
        return self._model.encode_mel(mel)

    def decode_latents(self, latents: Float32) -> Float32:
        """See Model."""
        return self._model.decode_latents(latents)

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int, lap: int = 0) -> Float32:
        """See Model."""
        return self._model.vocode(mel, noise_seed, first_frame, lap)

    def unload(self, keep: Collection[str] = ()) -> None:
        """See Model."""
        self._model.unload(keep)
