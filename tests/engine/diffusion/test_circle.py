"""Windows around a circle of cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.cells import entering
from engine.diffusion.circle import Circle, PromptCircle, around, circled, drawn_around
from engine.diffusion.joining import Share, whole
from engine.diffusion.masks import Masks
from engine.diffusion.passage import Passage, network_calls
from engine.diffusion.samplers import turns, update_of
from engine.diffusion.schedule import steps
from engine.diffusion.windows import noise_for
from engine.models.interface import Float32, LatentGeometry, ScheduleParameters
from engine.protocol.requests import Joining, Method, Sampler

SHAPE = (3, 2)
CHOSEN = steps(ScheduleParameters(1000, 0.0015, 0.0195, "scaled_linear", "v_prediction"), 6)
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


def passage(layout: Circle, estimate: Callable[[Float32, int, int], Float32], masks: Masks) -> Passage:
    """All steps of the DPM sampler."""

    def fresh(number: int, start: int, stop: int) -> Float32:
        return noise_for(7, start, stop, SHAPE, number)

    plain = Passage(
        turns(CHOSEN), update_of(Sampler.DPM), Method.NOISE, masks, estimate, estimate, fresh, fresh,
        layout.shares, False,
    )  # fmt: skip
    return around(plain, layout.cells)


def begun(cells: int) -> Float32:
    """Noise of every cell of the circle."""
    return noise_for(1, 0, cells, SHAPE)


def local(latents: Float32, _timestep: int, _start: int) -> Float32:
    """An estimate that hears two cells on each side, and nothing beyond the window."""
    padded = np.pad(latents, ((0, 0), (0, 0), (2, 2), (0, 0)))
    frames = latents.shape[2]
    return 0.15 * sum(padded[:, :, shift : shift + frames] for shift in range(5))


def finished(passing: Iterator[Float32 | None]) -> Float32:
    """The latents at the end."""
    (latents,) = [item for item in passing if item is not None]
    return latents


class TestCircled:
    """The steps of a circle."""

    @pytest.mark.parametrize("cells", [3, 11, 26, 77])
    def test_there_is_no_joint_anywhere(self, cells: int) -> None:
        """Where no window cuts off what an estimate hears, it is as if the whole circle were one window."""
        layout = circle(cells, shortest=16)
        masks = Masks(np.zeros((cells, 1), np.float32), np.zeros(cells, int), len(CHOSEN))
        if cells > WINDOW:  # borders cut: only a circle that knows no more than itself has none
            pytest.importorskip("numpy")
        nothing = np.zeros_like(begun(cells))

        def unrolled(latents: Float32, timestep: int, start: int) -> Float32:
            return local(latents, timestep, start)

        made = finished(
            circled(
                entering(0, nothing, begun(cells)), passage(layout, unrolled, masks.around(layout.total))
            )
        )
        expected = begun(cells)
        before: Float32 | None = None
        for turn in turns(CHOSEN):
            denoised = 0.15 * sum(np.roll(expected, shift, axis=2) for shift in range(-2, 3))
            expected = update_of(Sampler.DPM)(expected, denoised, before, turn, lambda: nothing)
            before = denoised
        assert np.allclose(expected, made, atol=1e-4)
