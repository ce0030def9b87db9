"""From a canvas to new latents, window by window, and from latents to sound as soon as they are final."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Canvas, cell_samples, encode_cells
from engine.diffusion.denoiser import Denoiser
from engine.diffusion.edits import Observed, generate, transfer
from engine.diffusion.samplers import SAMPLERS, Sample, ddim
from engine.diffusion.schedule import Steps, steps
from engine.diffusion.windows import (
    FrameNoise,
    Window,
    added,
    carried,
    noise_for,
    overlap_mask,
    plan,
)
from engine.models.interface import Model
from engine.protocol.requests import Mode, RenderRequest, Sampler

Float32 = NDArray[np.float32]

# A window shows its successor this part of itself. A quarter of AudioLDM's window is 2.5 s, of the
# embedded one's 0.6 s: enough to hear what is going on, and three quarters of each window are new.
OVERLAP_SHARE = 0.25


@dataclass(frozen=True)
class Recipe:
    """A request with the model's defaults filled in, and the windows it comes to."""

    mode: Mode
    sample: Sample
    steps: Steps
    guidance_scale: float
    condition: Float32  # (1, embedding)
    unconditional: Float32
    windows: tuple[Window, ...]

    @property
    def total_steps(self) -> int:
        """Denoising steps of one take."""
        return len(self.windows) * len(self.steps)


def prepare(request: RenderRequest, canvas: Canvas, model: Model) -> Recipe:
    """Encode the text once for all takes, and choose steps and windows."""
    specification = model.specification
    defaults, latents = specification.defaults, specification.latents
    sampler = request.sampler or Sampler(defaults.sampler)
    sample = partial(ddim, eta=request.eta) if sampler is Sampler.DDIM else SAMPLERS[sampler]
    condition, unconditional = np.split(model.encode_text([request.prompt, request.negative]), 2)
    return Recipe(
        mode=request.mode,
        sample=sample,
        steps=steps(
            specification.schedule,
            request.steps or defaults.steps,
            noise_strength=request.strength if request.mode is Mode.TRANSFER else 1.0,
        ),
        guidance_scale=request.guidance if request.guidance >= 0.0 else defaults.guidance,
        condition=condition,
        unconditional=unconditional,
        windows=plan(
            max(canvas.cells, latents.shortest_frames),
            latents.window_frames,
            int(latents.window_frames * OVERLAP_SHARE),
            latents.multiple,
        ),
    )


def new_latents(recipe: Recipe, canvas: Canvas, model: Model, seed: int) -> Iterator[Float32 | None]:
    """None after every denoising step, and after every window the latents it adds to the canvas.

    Latents are (1, channels, cells, bands); joined they are ``canvas.cells`` long. Deterministic in
    the recipe, the canvas and the seed.
    """
    total = max(canvas.cells, recipe.windows[-1].stop)
    latents: Float32 | None = None
    for window in recipe.windows:
        source, observed = _window_source(recipe, canvas, model, window, latents, seed)
        denoise = Denoiser(
            model,
            model.specification.schedule,
            recipe.condition,
            recipe.unconditional,
            recipe.guidance_scale,
            _sounding_seconds(canvas, model, window),
        )
        noise = noise_for(seed, window.start, window.stop, (source.shape[1], source.shape[3]))
        rng = FrameNoise(seed, window.start)
        if recipe.mode is Mode.TRANSFER:
            passing = transfer(recipe.sample, denoise, source, noise, recipe.steps, rng, observed)
        else:
            passing = generate(recipe.sample, denoise, noise, recipe.steps, rng, observed)
        for latents in passing:
            yield None
        assert latents is not None  # every sampler yields at least once
        new = added(latents, window, total)
        yield new[:, :, : max(0, canvas.cells - window.start - window.overlap)]


def _window_source(
    recipe: Recipe, canvas: Canvas, model: Model, window: Window, previous: Float32 | None, seed: int
) -> tuple[Float32, Observed | None]:
    """The recording's latents in a window, and which of them, or of the window before, are known."""
    if recipe.mode is Mode.GENERATE:
        geometry = model.specification.latents
        bands = model.specification.mel.n_mels // geometry.band_factor
        source = np.zeros((1, geometry.channels, window.frames, bands), np.float32)
    else:
        source = encode_cells(canvas, model, window.start, window.stop)
    known = np.zeros(window.frames, np.float32)
    visible = canvas.known[window.start : window.stop]
    known[: visible.size] = visible
    mask = known.reshape(1, 1, -1, 1)
    if previous is not None:
        overlap = overlap_mask(window)
        source = np.where(overlap == 1.0, carried(previous, window), source)
        mask = np.maximum(mask, overlap)
    if not mask.any():
        return source, None
    return source, Observed(source, mask, FrameNoise(seed, window.start, stream=1))


def _sounding_seconds(canvas: Canvas, model: Model, window: Window) -> float:
    """How long the window sounds: up to the end of the canvas."""
    cells = min(window.frames, canvas.cells - window.start)
    return cells * cell_samples(model.specification) / model.specification.mel.sample_rate


class Decoder:
    """Latents in order in, sound in order out; what is joined does not depend on the pieces.

    The networks look around: a piece is decoded with the cells next to it, and sound is given out
    once those are there.
    """

    def __init__(self, model: Model, first_cell: int, last_cell: int, noise_seed: int) -> None:
        """Sound of cells [first_cell, last_cell) is wanted."""
        specification = model.specification
        self._model = model
        self._cell_frames = specification.latents.time_factor
        self._cell_samples = cell_samples(specification)
        self._margin = specification.decoder_margin_frames - (
            -specification.vocoder_margin_frames // self._cell_frames
        )
        self._first, self._last, self._seed = first_cell, last_cell, noise_seed
        self._latents: Float32 | None = None
        self._start = 0  # cell of the first latents kept
        self._done = first_cell

    def push(self, latents: Float32) -> Float32:
        """Take the next cells, (1, channels, cells, bands); give (frames,) at the model's rate."""
        kept = latents if self._latents is None else np.concatenate([self._latents, latents], axis=2)
        stop = self._start + kept.shape[2]
        ready = self._last if stop >= self._last + self._margin else stop - self._margin
        return self._decode(kept, min(ready, self._last))

    def finish(self) -> Float32:
        """The rest, up to the last cell wanted."""
        return self._decode(self._latents, self._last) if self._latents is not None else np.zeros(0, np.float32)

    def _decode(self, kept: Float32, ready: int) -> Float32:
        """Decode cells from where we are up to ``ready``, and forget what is no longer needed."""
        sound = np.zeros(0, np.float32)
        if ready > self._done:
            first = max(self._start, self._done - self._margin)
            piece = kept[:, :, first - self._start : ready + self._margin - self._start]
            mel = self._model.decode_latents(piece)
            waveform = self._model.vocode(mel, self._seed, first * self._cell_frames)[0]
            sound = waveform[(self._done - first) * self._cell_samples :][
                : (ready - self._done) * self._cell_samples
            ]
            self._done = ready
        oldest = max(self._start, self._done - self._margin)
        self._latents = kept[:, :, oldest - self._start :]
        self._start = oldest
        return sound
