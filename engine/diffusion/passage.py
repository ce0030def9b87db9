"""The steps that cells pass: what each does to a cell, and which windows it asks the network about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from engine.diffusion.cells import Cells, Row, Sketch
from engine.diffusion.denoiser import eps_from_denoised
from engine.diffusion.edits import Observed, blended, constrained, noised
from engine.diffusion.inversion import climbed, first_climbed, foreseen, surprise
from engine.diffusion.joining import Share
from engine.diffusion.masks import Masks
from engine.diffusion.samplers import Turn, Update
from engine.models.interface import Float32
from engine.protocol.requests import Method

# (latents (1, channels, cells, bands), timestep, first cell) -> z0's estimate.
Estimate = Callable[[Float32, int, int], Float32]
# (number of the draw, from 1 on, first cell, one past the last) -> normal noise (1, channels, cells, bands).
Draws = Callable[[int, int, int], Float32]

_NOUGHT = np.zeros((1, 1, 1, 1), np.float32)


@dataclass(frozen=True)
class Passage:
    """What all steps share.

    estimate: under the prompts. source_estimate: under what the source sounds like, for the inversions.
    fresh, observing: the sampler's noise and the observation's. shares: the windows of a step, from left to
    right. from_source: cells begin as the noised source, and not as noise alone. sketching: the step, from 0
    on, whose estimates are given out as sketches; below 0: none.
    """

    turns: tuple[Turn, ...]
    update: Update
    method: Method
    masks: Masks
    estimate: Estimate
    source_estimate: Estimate
    fresh: Draws
    observing: Draws
    shares: Callable[[int], Iterable[Share]]
    from_source: bool
    sketching: int = -1


class Stage(Protocol):
    """One step, up or down: cells enter, windows of them are estimated, cells leave."""

    @property
    def shares(self) -> Iterable[Share]:
        """Its windows, from left to right."""

    def enter(self, cells: Cells) -> Cells:
        """What arrives, made ready for estimates: the rows that will be summed up are 0."""

    def calls(self, share: Share) -> tuple[Row, ...]:
        """Which rows of this window the network has to tell; none where nothing is made anew."""

    def estimate(self, row: Row, cells: Cells) -> Float32:
        """Asks it."""

    def leave(self, cells: Cells) -> Cells:
        """The cells at the next level."""


def stages(passage: Passage) -> list[Stage]:
    """All of them in order. DDIM inversion first climbs up to the noise."""
    numbers = range(len(passage.turns))
    climbs: list[Stage] = [_Climb(passage, number) for number in reversed(numbers)]
    descents: list[Stage] = [_Descent(passage, number) for number in numbers]
    return climbs + descents if passage.method is Method.DDIM else descents


def network_calls(method: Method, masks: Masks, shares: Callable[[int], Iterable[Share]]) -> int:
    """How often the network will be called for all the steps; either inversion asks twice at each."""
    windows = ((number, share) for number in range(masks.steps) for share in shares(number))
    unsettled = sum(not masks.settled(share.start, share.stop, n, share.weight) for n, share in windows)
    return unsettled if method is Method.NOISE else 2 * unsettled


def kept(passage: Passage, cells: Cells) -> Float32:
    """Clean latents with what is known put back, (1, channels, cells, bands)."""
    mask = passage.masks.kept(cells.start, cells.stop)
    if not mask.any():
        return cells[Row.LATENTS]
    return blended(cells[Row.LATENTS], Observed(cells[Row.SOURCE], mask))


def is_sketched(passage: Passage, stage: Stage) -> bool:
    """Do sketches come from this stage?"""
    return isinstance(stage, _Descent) and stage.number == passage.sketching


def sketched(passage: Passage, cells: Cells) -> Sketch:
    """What the sketching step's estimate says of the cells that left it; the source, where it has no say."""
    mask = passage.masks.observed(cells.start, cells.stop, passage.sketching)
    return Sketch(cells.start, blended(cells[Row.BEFORE], Observed(cells[Row.SOURCE], mask)))


@dataclass(frozen=True)
class _Step:
    """What both directions share."""

    passage: Passage
    number: int

    @property
    def turn(self) -> Turn:
        """The step and its place."""
        return self.passage.turns[self.number]

    @property
    def shares(self) -> Iterable[Share]:
        """See Stage."""
        return self.passage.shares(self.number)

    def is_settled(self, share: Share) -> bool:
        """Whether nothing that counts in this window is made anew at this step."""
        return self.passage.masks.settled(share.start, share.stop, self.number, share.weight)


@dataclass(frozen=True)
class _Descent(_Step):
    """Denoising: observe, estimate, move."""

    def enter(self, cells: Cells) -> Cells:
        """Cells that begin here get their source or nothing but noise; those that are known, their source."""
        masks, span = self.passage.masks, (cells.start, cells.stop)
        latents = cells[Row.LATENTS]
        begins = masks.beginning(*span, self.number)
        if begins.any():
            latents = np.where(begins == 1.0, self._beginning(cells), latents)
        mask = masks.observed(*span, self.number)
        if mask.any():
            alpha_bar, noise = self.turn.step.alpha_bar, self._observing(cells)
            latents = constrained(latents, cells[Row.SOURCE], mask, alpha_bar, noise)
        return cells.changed({Row.LATENTS: latents, Row.DENOISED: _NOUGHT, Row.COPY_DENOISED: _NOUGHT})

    def calls(self, share: Share) -> tuple[Row, ...]:
        """See Stage."""
        if self.is_settled(share):
            return ()
        if self.passage.method is Method.DDPM:
            return Row.DENOISED, Row.COPY_DENOISED
        return (Row.DENOISED,)

    def estimate(self, row: Row, cells: Cells) -> Float32:
        """See Stage."""
        timestep = self.turn.step.timestep
        if row is Row.DENOISED:
            return self.passage.estimate(cells[Row.LATENTS], timestep, cells.start)
        return self.passage.source_estimate(self._copy(cells), timestep, cells.start)

    def leave(self, cells: Cells) -> Cells:
        """See Stage. A cell that begins has no estimate from before: with its own, the step is plain."""
        begins = self.passage.masks.beginning(cells.start, cells.stop, self.number)
        before = np.where(begins == 1.0, cells[Row.DENOISED], cells[Row.BEFORE])
        moved = self._moved(cells, before)
        return cells.changed({
            Row.LATENTS: moved,
            Row.BEFORE: cells[Row.DENOISED],
            Row.COPY_BEFORE: cells[Row.COPY_DENOISED],
        })  # fmt: skip

    def _moved(self, cells: Cells, before: Float32) -> Float32:
        """The latents at the next level."""
        latents, denoised = cells[Row.LATENTS], cells[Row.DENOISED]
        if self.passage.method is not Method.DDPM:
            draw = partial(self.passage.fresh, self.number + 1, cells.start, cells.stop)
            return self.passage.update(latents, denoised, before, self.turn, draw)
        following = noised(
            cells[Row.SOURCE],
            self.turn.step.next_alpha_bar,
            self.passage.observing(self.number + 2, cells.start, cells.stop),
        )
        expected = foreseen(self.passage.update, latents, denoised, before, self.turn)
        return expected + surprise(
            self.passage.update,
            self._copy(cells),
            following,
            cells[Row.COPY_DENOISED],
            cells[Row.COPY_BEFORE],
            self.turn,
        )

    def _beginning(self, cells: Cells) -> Float32:
        if self.passage.method is Method.DDPM:
            return self._copy(cells)
        if not self.passage.from_source:
            return cells[Row.NOISE]
        return noised(cells[Row.SOURCE], self.turn.step.alpha_bar, cells[Row.NOISE])

    def _copy(self, cells: Cells) -> Float32:
        """The source at this level."""
        return noised(cells[Row.SOURCE], self.turn.step.alpha_bar, self._observing(cells))

    def _observing(self, cells: Cells) -> Float32:
        """The noise of what is observed: along an inverted path the path's own, else new at every step."""
        if self.passage.method is Method.DDIM:
            return cells[Row.NOISE]
        return self.passage.observing(self.number + 1, cells.start, cells.stop)


@dataclass(frozen=True)
class _Climb(_Step):
    """DDIM inversion, one step up: go by the estimate of the step below, ask at the place, correct."""

    def enter(self, cells: Cells) -> Cells:
        """See Stage."""
        below = cells[Row.LATENTS]
        guess = below if self.turn.is_last else climbed(below, cells[Row.BEFORE], self.turn.step)
        return cells.changed({Row.LATENTS: guess, Row.BELOW: below, Row.DENOISED: _NOUGHT})

    def calls(self, share: Share) -> tuple[Row, ...]:
        """See Stage."""
        return () if self.is_settled(share) else (Row.DENOISED,)

    def estimate(self, row: Row, cells: Cells) -> Float32:  # noqa: ARG002 -- there is only one
        """See Stage."""
        return self.passage.source_estimate(cells[Row.LATENTS], self.turn.step.timestep, cells.start)

    def leave(self, cells: Cells) -> Cells:
        """See Stage. At the top the noise within the latents is what the cells begin with."""
        correct = first_climbed if self.turn.is_last else climbed
        latents = correct(cells[Row.BELOW], cells[Row.DENOISED], self.turn.step)
        changes = {Row.LATENTS: latents, Row.BEFORE: cells[Row.DENOISED]}
        if self.number == 0:
            changes[Row.NOISE] = eps_from_denoised(latents, cells[Row.SOURCE], self.turn.step.alpha_bar)
        return cells.changed(changes)
