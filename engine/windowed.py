"""From a canvas to new latents: what the request comes to, and the cells on their way through its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Canvas, cell_samples, encode_cells
from engine.conditions import Condition, conditions
from engine.diffusion.bands import anew_bands
from engine.diffusion.cascade import denoised
from engine.diffusion.cells import Sketch, Stream, entering
from engine.diffusion.circle import Circle, PromptCircle, around, circled
from engine.diffusion.curve import first_steps, strengths
from engine.diffusion.denoiser import Denoiser
from engine.diffusion.following import Following
from engine.diffusion.joining import Layout, Share, whole
from engine.diffusion.masks import Masks
from engine.diffusion.passage import Passage, network_calls
from engine.diffusion.prompt_weights import PromptPath
from engine.diffusion.samplers import Update, turns, update_of
from engine.diffusion.schedule import Spacing, Steps, steps
from engine.diffusion.variation import ChannelNoise, NoiseSource
from engine.diffusion.windows import Window, added, carried, final_frames, overlap_mask
from engine.guide import Guide, following
from engine.lasting import lasting_seconds
from engine.loop import encode_circle
from engine.models.interface import Model, ModelSpecification
from engine.protocol.requests import Joining, Method, Mode, RenderRequest, Sampler

Float32 = NDArray[np.float32]

# Steps at equal parts of log SNR: best on exact scores and on the embedded model (RESULTS.md).
SPACING: Spacing = "log_snr"
# Joint windows agree with their prompt far more often, and these are the fewest and soonest (RESULTS.md).
DEFAULT_JOINING = Joining.SHIFTED
# Draws of the observation's noise are numbered from here, those of the sampler's from 0.
OBSERVING = 1 << 32
# Sketches are what the steps estimate after this share of them: earlier, they are too blurred (RESULTS.md).
SKETCHED_SHARE = 0.5


@dataclass(frozen=True)
class Recipe:
    """A request with the model's defaults filled in, and the windows it comes to."""

    mode: Mode
    method: Method
    sampler: Sampler
    eta: float  # below 0: as the task needs
    steps: Steps
    guidance_scale: float
    guidance_interval: tuple[float, float]
    conditions: tuple[Condition, ...]  # of each take
    lasting: tuple[float, ...]  # seconds that each take sounds before silence; inf: all of the canvas
    prompt_starts: tuple[float, ...]  # in cells, where each prompt of a take begins
    prompt_fade: float  # in cells
    masks: Masks
    layout: Layout
    total_steps: int  # network calls of one candidate of a take
    following: Following | None = None  # of a guide

    @property
    def condition(self) -> Float32:
        """Of the prompt with which the first take begins, (1, embedding)."""
        return self.conditions[0].prompts[:1]

    @property
    def windows(self) -> tuple[Window, ...]:
        """Where windows that are denoised one after the other lie."""
        return self.layout.windows


def prepare(request: RenderRequest, canvas: Canvas, model: Model, guide: Guide | None = None) -> Recipe:
    """Encode the texts once for all takes, and choose steps and windows."""
    specification = model.specification
    defaults = specification.defaults
    chosen = steps(
        specification.schedule,
        request.steps or defaults.steps,
        noise_strength=request.strongest,
        spacing=SPACING,
    )
    method = request.method if request.mode is Mode.TRANSFER else Method.NOISE
    masks = _masks(request, canvas, specification, chosen)
    joining = request.windows or DEFAULT_JOINING
    kind = Circle if request.loop else Layout
    layout = kind(joining, canvas.cells, specification.latents, len(chosen), masks.anew)
    masks = masks.around(layout.total) if request.loop else masks.padded(layout.total)
    cell = _cell_seconds(specification)
    steering = conditions(request, model)
    return Recipe(
        mode=request.mode,
        method=method,
        sampler=request.sampler or Sampler(defaults.sampler),
        eta=request.eta,
        steps=chosen,
        guidance_scale=_or_default(request.guidance, defaults.guidance),
        guidance_interval=(_or_default(request.guidance_low, defaults.guidance_low), request.guidance_high),
        conditions=steering,
        lasting=tuple(
            lasting_seconds(request, specification, condition, take, canvas.cells * cell)
            for take, condition in enumerate(steering)
        ),
        prompt_starts=(-np.inf, *(canvas.region_cell + seconds / cell for seconds, _ in request.along)),
        prompt_fade=request.along_fade_seconds / cell,
        masks=masks,
        layout=layout,
        total_steps=sum(network_calls(method, *part) for part in _parts(layout, masks)),
        following=None
        if guide is None
        else following(guide, canvas, chosen, specification, is_circle=request.loop),
    )


def _or_default(asked: float, default: float) -> float:
    return asked if asked >= 0.0 else default


def _masks(request: RenderRequest, canvas: Canvas, specification: ModelSpecification, chosen: Steps) -> Masks:
    """What is known of each cell of the canvas, and when it begins."""
    seconds = (np.arange(canvas.cells, dtype=np.float64) + 0.5 - canvas.region_cell) * _cell_seconds(
        specification
    )
    strength = strengths(request.curve, seconds)
    first = first_steps(strength, chosen, specification.schedule.train_steps)
    known = canvas.known[:, None]
    # What is made from nothing has no bands to keep: there the range is cut out of the sound.
    if request.mode is not Mode.GENERATE and (request.low_hz > 0.0 or request.high_hz > 0.0):
        factor = specification.latents.band_factor
        anew = anew_bands(request.low_hz, request.high_hz, specification.mel, factor)
        known = np.maximum(known, 1.0 - anew)
    return Masks(known, first, len(chosen))


def _cell_seconds(specification: ModelSpecification) -> float:
    return float(cell_samples(specification)) / specification.mel.sample_rate


def _parts(layout: Layout, masks: Masks) -> Iterator[tuple[Masks, Callable[[int], Iterable[Share]]]]:
    """What passes all the steps by itself: every window that continues the one before, or all jointly."""
    if layout.joining is not Joining.CONTINUED:
        yield masks, layout.shares
        return
    for window in layout.windows:
        yield masks.knowing(window.start, window.start + window.overlap), _alone(window)


def _alone(window: Window) -> Callable[[int], Iterable[Share]]:
    return lambda _: [whole(window.start, window.stop)]


def new_latents(
    recipe: Recipe,
    canvas: Canvas,
    model: Model,
    seed: int | NoiseSource | ChannelNoise,
    take: int = 0,
    *,
    sketches: bool = False,
) -> Iterator[Float32 | Sketch | None]:
    """None after every call of the network, and latents as they become final.

    Latents are (1, channels, cells, bands); joined they are ``canvas.cells`` long, and so are sketches,
    where they are asked for. Deterministic in the recipe, the canvas, the noise and the take, whose prompts
    may differ from other takes'.
    """
    noise = NoiseSource(seed) if isinstance(seed, int) else seed
    sketching = ceil(SKETCHED_SHARE * len(recipe.steps)) - 1 if sketches else -1
    made = _Take(recipe, recipe.conditions[take], recipe.lasting[take], canvas, model, noise, sketching)
    if isinstance(recipe.layout, Circle):
        return made.circular()
    return made.continued() if recipe.layout.joining is Joining.CONTINUED else made.joint()


@dataclass(frozen=True)
class _Take:
    """One take on its way."""

    recipe: Recipe
    condition: Condition
    lasting: float  # seconds from the canvas's start
    canvas: Canvas
    model: Model
    noise: NoiseSource | ChannelNoise
    sketching: int

    @property
    def _shape(self) -> tuple[int, int]:
        """Channels and bands of the latents."""
        latents, mel = self.model.specification.latents, self.model.specification.mel
        return latents.channels, mel.n_mels // latents.band_factor

    def joint(self) -> Iterator[Float32 | Sketch | None]:
        """All windows step by step.

        What is final is given away in the same pieces as by ``continued``: decoders that see all of a piece
        need them to overlap as windows do.
        """
        layout = self.recipe.layout
        passage = self._passage(self.recipe.masks, layout.shares, 0, layout.total)
        stops = [final_frames(window, self.canvas.cells) for window in layout.windows]
        given, held = 0, self._nothing(0)
        for cells in denoised(self._stream(), passage):
            if cells is None:
                yield None
                continue
            if isinstance(cells, Sketch):
                yield Sketch(cells.start, cells.latents[:, :, : max(0, self.canvas.cells - cells.start)])
                continue
            held = np.concatenate([held, cells], axis=2)
            while stops and stops[0] <= given + held.shape[2]:
                stop = stops.pop(0)
                yield held[:, :, : stop - given]
                given, held = stop, held[:, :, stop - given :]

    def circular(self) -> Iterator[Float32 | Sketch | None]:
        """A loop: all windows around it step by step, and then all of it at once."""
        cells = self.canvas.cells
        source = self._nothing(cells)
        if self.recipe.mode is not Mode.GENERATE:
            source = encode_circle(self.canvas, self.model)
        passage = around(self._passage(self.recipe.masks, self.recipe.layout.shares, 0, cells), cells)
        yield from circled(entering(0, source, self._drawn(0, 0, cells)), passage)

    def _stream(self) -> Stream:
        """The canvas in pieces of a window."""
        piece, total = self.recipe.layout.geometry.window_frames, self.recipe.layout.total
        for start in range(0, total, piece):
            stop = min(start + piece, total)
            yield entering(start, self._source(start, stop), self._drawn(0, start, stop))

    def continued(self) -> Iterator[Float32 | Sketch | None]:
        """Window by window: each observes the end of the one before, which is final by then."""
        previous: Float32 | None = None
        parts = _parts(self.recipe.layout, self.recipe.masks)
        for window, (masks, shares) in zip(self.recipe.windows, parts, strict=True):
            source = self._source(window.start, window.stop)
            if previous is not None:
                source = np.where(overlap_mask(window) == 1.0, carried(previous, window), source)
            cells = entering(window.start, source, self._drawn(0, window.start, window.stop))
            passage = self._passage(masks, shares, window.start, window.stop)
            for latents in denoised(iter([cells]), passage):
                if latents is None:
                    yield None
                elif isinstance(latents, Sketch):
                    start, sketch = window.start, latents.latents
                    yield Sketch(start + window.overlap, added(sketch, window, self.canvas.cells))
                else:
                    previous = latents
                    yield added(latents, window, self.canvas.cells)

    def _source(self, start: int, stop: int) -> Float32:
        """Clean latents of the recording; of a new sound there are none."""
        if self.recipe.mode is not Mode.GENERATE:
            return encode_cells(self.canvas, self.model, start, stop)
        return self._nothing(stop - start)

    def _nothing(self, cells: int) -> Float32:
        """Latents of 0."""
        channels, bands = self._shape
        return np.zeros((1, channels, cells, bands), np.float32)

    def _drawn(self, draw: int, start: int, stop: int) -> Float32:
        """Noise of cells [start, stop)."""
        return self.noise(start, stop, self._shape, draw)

    def _passage(
        self, masks: Masks, shares: Callable[[int], Iterable[Share]], start: int, stop: int
    ) -> Passage:
        """The steps of cells [start, stop)."""
        recipe = self.recipe
        return Passage(
            turns=turns(recipe.steps),
            update=_update(recipe, masks.any_known(start, stop)),
            method=recipe.method,
            masks=masks,
            estimate=self._estimate,
            source_estimate=self._source_estimate,
            fresh=self._drawn,
            observing=lambda draw, first, last: self._drawn(OBSERVING + draw, first, last),
            shares=shares,
            from_source=recipe.mode is Mode.TRANSFER,
            sketching=self.sketching,
        )

    def _estimate(self, latents: Float32, timestep: int, start: int) -> Float32:
        """z0 of a window under the prompts that say something in it."""
        recipe = self.recipe
        rows, weights = self._prompts.at(start, start + latents.shape[2])
        denoised = Denoiser(
            self.model,
            self.model.specification.schedule,
            rows,
            self.condition.unconditional,
            recipe.guidance_scale,
            self._sounding_seconds(latents, start),
            guidance_interval=recipe.guidance_interval,
            weights=weights,
        )(latents, timestep)
        if recipe.following is None:
            return denoised
        return recipe.following.moved(denoised, timestep, start, self.model)

    @property
    def _prompts(self) -> PromptPath:
        path = self.condition.prompts, self.recipe.prompt_starts, self.recipe.prompt_fade
        if isinstance(self.recipe.layout, Circle):
            return PromptCircle(*path, cells=self.canvas.cells)
        return PromptPath(*path)

    def _source_estimate(self, latents: Float32, timestep: int, start: int) -> Float32:
        """z0 of a window under what the source sounds like, without guidance."""
        condition, seconds = self.condition.source, self._sounding_seconds(latents, start)
        schedule = self.model.specification.schedule
        return Denoiser(self.model, schedule, condition, condition, 1.0, seconds)(latents, timestep)

    def _sounding_seconds(self, latents: Float32, start: int) -> float:
        """How long a window sounds: to the end of the sound, or of the canvas; one cell at least."""
        cells = min(int(latents.shape[2]), self.recipe.layout.sounding - start)
        cell = _cell_seconds(self.model.specification)
        return max(cell, min(cells * cell, self.lasting - start * cell))


def _update(recipe: Recipe, observes: bool) -> Update:
    """The sampler's step. The way up of DDIM inversion is DDIM's, and DDPM inversion is about noise.

    Injected observations leave a bias that fresh noise heals; without any the plain path is better.
    """
    if recipe.method is Method.DDIM:
        return update_of(Sampler.DDIM)
    if recipe.method is Method.DDPM:
        return update_of(recipe.sampler, 1.0)
    needed = 1.0 if observes else 0.0
    return update_of(recipe.sampler, recipe.eta if recipe.eta >= 0.0 else needed)
