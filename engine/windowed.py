"""From a canvas to new latents, window by window."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Canvas, cell_samples, encode_cells
from engine.diffusion.denoiser import Denoiser
from engine.diffusion.edits import Observed, generate, transfer
from engine.diffusion.samplers import sampler
from engine.diffusion.schedule import Spacing, Steps, steps
from engine.diffusion.windows import (
    OVERLAP_SHARE,
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

# Steps at equal parts of log SNR: best on exact scores and on the embedded model (RESULTS.md).
SPACING: Spacing = "log_snr"


@dataclass(frozen=True)
class Recipe:
    """A request with the model's defaults filled in, and the windows it comes to."""

    mode: Mode
    sampler: Sampler
    eta: float  # below 0: as each window needs
    steps: Steps
    guidance_scale: float
    guidance_interval: tuple[float, float]
    condition: Float32  # (1, embedding)
    unconditional: Float32
    windows: tuple[Window, ...]
    total_steps: int  # of one candidate of a take, over all windows


def prepare(request: RenderRequest, canvas: Canvas, model: Model) -> Recipe:
    """Encode the text once for all takes, and choose steps and windows."""
    specification = model.specification
    defaults, latents = specification.defaults, specification.latents
    chosen = steps(
        specification.schedule,
        request.steps or defaults.steps,
        noise_strength=request.strength if request.mode is Mode.TRANSFER else 1.0,
        spacing=SPACING,
    )
    windows = plan(
        max(canvas.cells, latents.shortest_frames),
        latents.window_frames,
        int(latents.window_frames * OVERLAP_SHARE),
        latents.multiple,
    )
    condition, unconditional = np.split(model.encode_text([request.prompt, request.negative]), 2)
    return Recipe(
        mode=request.mode,
        sampler=request.sampler or Sampler(defaults.sampler),
        eta=request.eta,
        steps=chosen,
        guidance_scale=_or_default(request.guidance, defaults.guidance),
        guidance_interval=(_or_default(request.guidance_low, defaults.guidance_low), request.guidance_high),
        condition=condition,
        unconditional=unconditional,
        windows=windows,
        total_steps=len(chosen) * sum(not _known(canvas, window).all() for window in windows),
    )


def _or_default(asked: float, default: float) -> float:
    return asked if asked >= 0.0 else default


def new_latents(recipe: Recipe, canvas: Canvas, model: Model, seed: int) -> Iterator[Float32 | None]:
    """None after every denoising step, and after every window the latents it adds to the canvas.

    Latents are (1, channels, cells, bands); joined they are ``canvas.cells`` long. Deterministic in
    the recipe, the canvas and the seed.
    """
    latents: Float32 | None = None
    for window in recipe.windows:
        latents = yield from _denoise_window(recipe, canvas, model, window, latents, seed)
        yield added(latents, window, canvas.cells)


def _denoise_window(
    recipe: Recipe, canvas: Canvas, model: Model, window: Window, previous: Float32 | None, seed: int
) -> Generator[None, None, Float32]:
    """None after every step; returns the window's latents. ``previous`` are those of the one before.

    Where all is known there is nothing to do: with a second of context on each side of a second of
    region, that saves one of two windows.
    """
    source, mask = _source(recipe, canvas, model, window, previous), _known(canvas, window)
    if mask.all():
        return source
    observed = Observed(source, mask, FrameNoise(seed, window.start, stream=1)) if mask.any() else None
    denoise = Denoiser(
        model,
        model.specification.schedule,
        recipe.condition,
        recipe.unconditional,
        recipe.guidance_scale,
        _sounding_seconds(canvas, model, window),
        guidance_interval=recipe.guidance_interval,
    )
    noise = noise_for(seed, window.start, window.stop, (source.shape[1], source.shape[3]))
    rng = FrameNoise(seed, window.start)
    # Injected observations leave a bias that fresh noise heals; without any the plain path is better.
    needed = 1.0 if observed is not None else 0.0
    sample = sampler(recipe.sampler, recipe.eta if recipe.eta >= 0.0 else needed)
    passing = (
        transfer(sample, denoise, source, noise, recipe.steps, rng, observed)
        if recipe.mode is Mode.TRANSFER
        else generate(sample, denoise, noise, recipe.steps, rng, observed)
    )
    latents = source
    for after_step in passing:
        latents = after_step
        yield
    return latents


def _source(
    recipe: Recipe, canvas: Canvas, model: Model, window: Window, previous: Float32 | None
) -> Float32:
    """The latents a window starts from: of the window before where they overlap, else of the recording."""
    if recipe.mode is Mode.GENERATE:
        geometry = model.specification.latents
        bands = model.specification.mel.n_mels // geometry.band_factor
        source = np.zeros((1, geometry.channels, window.frames, bands), np.float32)
    else:
        source = encode_cells(canvas, model, window.start, window.stop)
    if previous is None:
        return source
    return np.where(overlap_mask(window) == 1.0, carried(previous, window), source)


def _known(canvas: Canvas, window: Window) -> Float32:
    """(1, 1, frames, 1): 1 where the recording stays or the window before has been, else 0."""
    known = canvas.known[window.start : window.stop]
    mask = np.pad(known, (0, window.frames - known.size)).reshape(1, 1, -1, 1)
    return np.maximum(mask, overlap_mask(window))


def _sounding_seconds(canvas: Canvas, model: Model, window: Window) -> float:
    """How long the window sounds: up to the end of the canvas."""
    cells = min(window.frames, canvas.cells - window.start)
    return cells * cell_samples(model.specification) / model.specification.mel.sample_rate
