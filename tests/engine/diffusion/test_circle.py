"""Windows around a circle of cells."""

from __future__ import annotations

from functools import partial
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.cells import entering
from engine.diffusion.circle import Circle, PromptCircle, around, circled, drawn_around
from engine.diffusion.joining import Share
from engine.diffusion.masks import Masks
from engine.diffusion.passage import Estimate, Passage, network_calls
from engine.diffusion.samplers import turns, update_of
from engine.diffusion.schedule import alphas_cumprod, steps
from engine.diffusion.windows import noise_for
from engine.models.interface import Float32, LatentGeometry, ScheduleParameters
from engine.protocol.requests import Joining, Method, Sampler

PARAMETERS = ScheduleParameters(1000, 0.0015, 0.0195, "scaled_linear", "v_prediction")
CHOSEN = steps(PARAMETERS, 6)
SHAPE = (3, 2)
WINDOW = 16


def circle(cells: int, shortest: int = 4, multiple: int = 2) -> Circle:
    """Of a model whose window is 16 cells."""
    geometry = LatentGeometry(3, 4, 4, multiple, WINDOW, shortest)
    return Circle(Joining.SHIFTED, cells, geometry, len(CHOSEN), (0, cells))


def counted(layout: Circle, share: Share) -> list[int]:
    """The cells a window counts for."""
    return [int(cell) % layout.cells for cell in np.arange(share.start, share.stop)[share.weight > 0.0]]


class TestShares:
    """Which window each cell belongs to."""

    @given(cells=st.integers(1, 200), shortest=st.sampled_from([2, 4, 16]), number=st.integers(0, 50))
    def test_every_cell_belongs_to_one_window(self, cells: int, shortest: int, number: int) -> None:
        """At every step; windows are as large as the model wants them, and start within the lap."""
        layout = circle(cells, shortest)
        shares = list(layout.shares(number))
        assert list(range(cells)) == sorted(cell for share in shares for cell in counted(layout, share))
        for share in shares:
            frames = share.stop - share.start
            assert 0 <= share.start < cells
            assert share.stop <= layout.total
            assert shortest <= frames <= WINDOW
            assert frames % 2 == 0

    @given(cells=st.integers(1, 200))
    def test_cells_lie_in_the_middle_of_their_window(self, cells: int) -> None:
        """There is as much around them on one side as on the other, to a cell."""
        layout = circle(cells)
        for share in layout.shares(3):
            inside = np.flatnonzero(share.weight)
            assert abs(int(inside[0]) - (len(share.weight) - 1 - int(inside[-1]))) <= 1

    @pytest.mark.parametrize("cells", [20, 64, 203])
    def test_no_border_stays(self, cells: int) -> None:
        """In six steps no cell is next to a border three times."""
        layout = circle(cells)
        borders = [counted(layout, share)[0] for number in range(6) for share in layout.shares(number)]
        assert np.bincount(borders).max() <= 2

    def test_a_short_circle_is_heard_with_a_part_of_itself(self) -> None:
        """A quarter of a window, as far as a window goes."""
        assert [10, 14, 16, 16] == [circle(cells).window for cells in (5, 10, 12, 40)]


def passage(
    layout: Circle, estimate: Estimate, *, eta: float = 0.0, shape: tuple[int, int] = SHAPE
) -> Passage:
    """All steps of the DPM sampler around a circle of which nothing is known."""

    def draws(number: int, start: int, stop: int) -> Float32:
        assert 0 <= start < stop <= layout.cells
        return noise_for(7, start, stop, shape, number)

    masks = Masks(np.zeros((layout.cells, 1), np.float32), np.zeros(layout.cells, int), len(CHOSEN))
    plain = Passage(
        turns=turns(CHOSEN),
        update=update_of(Sampler.DPM, eta),
        method=Method.NOISE,
        masks=masks.around(layout.total),
        estimate=estimate,
        source_estimate=estimate,
        fresh=draws,
        observing=draws,
        shares=layout.shares,
        from_source=False,
    )
    return around(plain, layout.cells)


def made(
    layout: Circle, estimate: Estimate, *, eta: float = 0.0, shape: tuple[int, int] = SHAPE
) -> tuple[Float32, int]:
    """The latents at the end, and the network's calls."""
    noise = noise_for(1, 0, layout.cells, shape)
    start = entering(0, np.zeros_like(noise), noise)
    *calls, latents = circled(start, passage(layout, estimate, eta=eta, shape=shape))
    assert latents is not None
    return latents, len(calls)


def pointwise(latents: Float32, timestep: int, _: int = 0) -> Float32:
    """A denoiser to which every cell is the world."""
    return np.tanh(latents) * np.float32(1.0 - timestep / 1200.0)


def exact(latents: Float32, timestep: int, _: int = 0) -> Float32:
    """The exact one for Gaussian cells of which neighbours are correlated by 0.8."""
    level, cells = float(alphas_cumprod(PARAMETERS)[timestep]), np.arange(latents.shape[2])
    covariance = 0.8 ** np.abs(np.subtract.outer(cells, cells))
    gain = sqrt(level) * covariance @ np.linalg.inv(level * covariance + (1.0 - level) * np.eye(len(cells)))
    return np.einsum("ij,bcjk->bcik", gain, latents).astype(np.float32)


class TestCircled:
    """The steps of a circle."""

    @pytest.mark.parametrize("cells", [1, 3, 26, 77])
    @pytest.mark.parametrize("eta", [0.0, 1.0])
    def test_every_cell_passes_every_step_once(self, cells: int, eta: float) -> None:
        """Cells that do not hear each other end up as the plain sampler has them, with the same draws."""
        latents, calls = made(circle(cells), pointwise, eta=eta)
        expected, before = noise_for(1, 0, cells, SHAPE), None
        for number, turn in enumerate(turns(CHOSEN), 1):
            denoised = pointwise(expected, turn.step.timestep)
            draw = partial(noise_for, 7, 0, cells, SHAPE, number)
            expected, before = update_of(Sampler.DPM, eta)(expected, denoised, before, turn, draw), denoised
        assert np.allclose(expected, latents, atol=1e-5)
        layout = circle(cells)
        masks = Masks(np.zeros((layout.total, 1), np.float32), np.zeros(layout.total, int), len(CHOSEN))
        assert network_calls(Method.NOISE, masks, layout.shares) == calls

    @pytest.mark.parametrize("cells", [12, 40, 75])
    def test_the_last_cell_goes_with_the_first_as_any_two_neighbours(self, cells: int) -> None:
        """Of correlated data; there are 2000 samples of each cell, side by side."""
        latents, _ = made(circle(cells), exact, shape=(500, 4))
        rows = latents[0].transpose(1, 0, 2).reshape(cells, -1)
        pairs = [float(np.corrcoef(rows[cell], rows[cell - 1])[0, 1]) for cell in range(cells)]
        wrap, others = pairs[0], pairs[1:]
        assert wrap > min(others) - 0.05
        assert np.mean(others) > 0.7

    def test_windows_hear_what_comes_round(self) -> None:
        """The cells of every window, whichever lap they are counted in, are those of the circle."""
        layout, heard = circle(26), []

        def listening(latents: Float32, timestep: int, start: int) -> Float32:
            heard.append((start, latents.copy()))
            return pointwise(latents, timestep)

        made(layout, listening)
        first = noise_for(1, 0, 26, SHAPE)
        for (start, latents), share in zip(heard, layout.shares(0), strict=False):
            places = np.arange(share.start, share.stop)
            assert share.start == start
            assert np.array_equal(np.take(first, places, axis=2, mode="wrap"), latents)


def test_noise_is_the_same_in_every_lap() -> None:
    """It is a function of the cell of the circle, asked for in any span."""

    def draws(number: int, start: int, stop: int) -> Float32:
        return noise_for(3, start, stop, SHAPE, number)

    laps = np.concatenate([draws(2, 0, 7)] * 4, axis=2)
    assert np.array_equal(laps[:, :, 5:25], drawn_around(draws, 7)(2, 5, 25))


class TestPromptCircle:
    """Prompts around a circle."""

    STARTS = (-np.inf, 10.0, 20.0)

    def weights(self, cells: int, fade: float) -> Float32:
        """Of the first lap, (prompts, cells)."""
        conditions = np.eye(3, dtype=np.float32)
        rows, weights = PromptCircle(conditions, self.STARTS, fade, cells).at(0, cells)
        return rows.T @ weights

    def test_the_last_fades_into_the_first(self) -> None:
        """Half on each side of where the circle comes round, as anywhere else."""
        weights = self.weights(32, 4.0)
        assert np.allclose(1.0, weights.sum(axis=0))
        assert np.allclose([0.125, 0.375, 0.625, 0.875], np.roll(weights[0], 2)[:4])
        assert np.allclose(np.roll(weights[2], 2)[:4], 1.0 - np.roll(weights[0], 2)[:4])
        assert np.allclose(weights[1, 8:12], [0.125, 0.375, 0.625, 0.875])

    def test_every_lap_is_the_same(self) -> None:
        """Windows may be counted on through the laps."""
        path = PromptCircle(np.eye(3, dtype=np.float32), self.STARTS, 4.0, 32)
        rows, weights = path.at(70, 90)
        assert np.allclose(np.roll(self.weights(32, 4.0), -6, axis=1)[:, :20], rows.T @ weights)

    def test_one_prompt_is_everywhere(self) -> None:
        """There is nothing to fade."""
        path = PromptCircle(np.ones((1, 3), np.float32), (-np.inf,), 4.0, 12)
        rows, weights = path.at(5, 30)
        assert (1, 25) == weights.shape
        assert np.allclose(1.0, weights)
        assert (1, 3) == rows.shape
