"""Strength as a curve: at which step each cell begins to be made anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.diffusion.schedule import Steps, noised_range
from engine.models.interface import Float32

Int64 = NDArray[np.int64]
# A point of a curve: seconds from the region's start, and the strength there.
Point = tuple[float, float]


def strengths(curve: Sequence[Point], seconds: NDArray[np.float64]) -> Float32:
    """The curve at these times: straight between its points, level before the first and after the last."""
    times, heights = np.array(curve, np.float64).T
    heard: Float32 = np.interp(seconds, times, heights).astype(np.float32)
    return heard


def first_steps(strength: Float32, steps: Steps, train_steps: int) -> Int64:
    """The step at which each cell begins, (cells,): the nearest one to its share of the noise.

    A cell nearer to no noise at all than to the last step never begins, which is ``len(steps)``. The
    largest strength, over whose range the steps are spread, begins at 0.
    """
    visited = np.array([*(step.timestep + 1 for step in steps), 0])
    wanted = np.array([noised_range(train_steps, float(each)) for each in strength])
    nearest: Int64 = np.abs(visited[None, :] - wanted[:, None]).argmin(axis=1)
    return nearest
