"""The noise schedule: which timesteps are visited, and how noisy the latents are at each of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError, ErrorCode
from engine.models.interface import ScheduleParameters

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Spacing = Literal["trailing", "leading", "linspace", "log_snr"]
Final = Literal["clean", "first"]


@dataclass(frozen=True)
class Step:
    """One move of the reverse process; both levels are alpha-bar, the share of signal power.

    Python floats, not numpy scalars: those would turn float32 latents into float64.
    """

    timestep: int
    alpha_bar: float
    next_alpha_bar: float


Steps = tuple[Step, ...]


def alphas_cumprod(parameters: ScheduleParameters) -> Float64:
    """Alpha-bar of every training timestep, shape (train_steps,), falling."""
    start, end, count = parameters.beta_start, parameters.beta_end, parameters.train_steps
    if parameters.beta_schedule == "linear":
        betas: Float64 = np.linspace(start, end, count, dtype=np.float64)
    else:  # linear in the square root; the first latent-diffusion code calls this one "linear"
        betas = np.square(np.linspace(start**0.5, end**0.5, count, dtype=np.float64))
    return np.cumprod(1.0 - betas, dtype=np.float64)


def noised_range(train_steps: int, noise_strength: float) -> int:
    """How many of the lowest timesteps an edit of this strength runs through: 0 for 0, all of them for 1.

    The noise is added at the highest of them and denoising starts at that same one.
    """
    if not 0.0 <= noise_strength <= 1.0:  # NaN fails this too
        raise EngineError(
            ErrorCode.BAD_ARGUMENT, f"The strength is {noise_strength}, but it must be between 0 and 1."
        )
    if noise_strength == 0.0:
        return 0
    return max(1, round(noise_strength * train_steps))


def jumps(parameters: ScheduleParameters, whole: int, noise_strength: float) -> int:
    """How many steps, none longer than each of ``whole`` for a new sound, an edit of this strength takes.

    Length is of log SNR. At least one.
    """
    span = noised_range(parameters.train_steps, noise_strength)
    if span < 2:
        return 1
    table = alphas_cumprod(parameters)[[0, span - 1, -1]]
    quiet, edited, all_new = np.log(table / (1.0 - table))
    return max(1, math.ceil(float(whole * (quiet - edited) / (quiet - all_new)) - 1e-9))


def timesteps(
    parameters: ScheduleParameters,
    num_steps: int,
    spacing: Spacing = "trailing",
    noise_strength: float = 1.0,
) -> Int64:
    """Distinct timesteps, falling, (num_steps,) of them; none at strength 0.

    A weaker edit gets all its steps over the shortened range, not the tail of the full grid: so
    strength is continuous at any number of steps (the tail of a grid of 10 has 10 strengths), a weak
    edit is not left with two steps, and ``num_steps`` is always the number of estimates. Only where
    the range holds fewer timesteps than asked are there fewer.

    trailing: equal parts from the range's last timestep down.
    leading: the grid of the published AudioLDM schedulers, one above the multiples of a stride; it
    starts well below the last timestep. Where ``num_steps`` does not divide the range, the stride is
    a fraction here and not rounded down, which would leave much of the range out.
    linspace: equal parts between the last timestep and 0, without 0.
    log_snr: equal parts of the logarithm of the signal-to-noise ratio, without timestep 0; many more
    steps at the quiet end than the others.
    """
    if not 1 <= num_steps <= parameters.train_steps:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"The number of steps is {num_steps}, but it must be between 1 and {parameters.train_steps}.",
        )
    span = noised_range(parameters.train_steps, noise_strength)
    count = min(num_steps, span)
    if spacing == "log_snr":
        return _distinct(_equal_log_snr(alphas_cumprod(parameters)[:span], count), span)
    return _distinct(_equal_parts(span, count, spacing), span)


def _equal_parts(span: int, count: int, spacing: Spacing) -> Float64:
    """``count`` positions in 0 .. span - 1, rising, before rounding."""
    if spacing == "trailing":
        return np.arange(1, count + 1) * span / max(count, 1) - 1.0
    if spacing == "leading":
        return np.floor(np.arange(count) * span / max(count, 1)) + 1.0
    return np.linspace(0.0, span - 1.0, count + 1)[1:]


def _equal_log_snr(table: Float64, count: int) -> Float64:
    """``count`` positions in ``table``, rising, between which the log SNR falls by equal parts."""
    if count == 0:
        return np.zeros(0)
    log_snr = np.log(table / (1.0 - table))
    wanted = np.linspace(log_snr[-1], log_snr[0], count, endpoint=False)[::-1]
    # np.interp wants rising abscissas; log SNR falls with the timestep.
    return np.interp(-wanted, -log_snr, np.arange(len(table), dtype=np.float64))


def _distinct(positions: Float64, span: int) -> Int64:
    """Rising positions rounded to distinct timesteps of 0 .. span - 1, falling.

    Where rounding makes two equal, the later ones move up, and those pushed out come back down.
    """
    places = np.arange(len(positions))
    rounded = np.round(positions).astype(np.int64)
    spread = np.maximum.accumulate(rounded - places)
    falling: Int64 = (np.minimum(spread, span - len(positions)) + places)[::-1]
    return falling


def steps(
    parameters: ScheduleParameters,
    num_steps: int,
    *,
    noise_strength: float = 1.0,
    spacing: Spacing = "trailing",
    final: Final = "clean",
) -> Steps:
    """The moves from the first timestep's level down to the final one; () at strength 0.

    final: "clean" ends at alpha-bar 1, so the last latents are the last estimate of z0; "first" ends
    at the level of timestep 0, as the released AudioLDM and its published schedulers do, and leaves
    that much predicted noise (3.9 % there) in the latents. "clean" is the default because the
    decoder was trained on latents without noise.
    """
    table = alphas_cumprod(parameters)
    visited = timesteps(parameters, num_steps, spacing, noise_strength)
    levels = [float(table[timestep]) for timestep in visited]
    levels.append(1.0 if final == "clean" else float(table[0]))
    moves = zip(visited, pairwise(levels), strict=True)
    return tuple(Step(int(timestep), level, following) for timestep, (level, following) in moves)
