"""The noise schedule: which timesteps are visited, and how noisy the latents are at each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError, ErrorCode
from engine.models.interface import ScheduleParameters

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Spacing = Literal["trailing", "leading", "linspace"]
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
    return np.cumprod(1.0 - betas)


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


def timesteps(
    parameters: ScheduleParameters,
    num_steps: int,
    spacing: Spacing = "trailing",
    noise_strength: float = 1.0,
) -> Int64:
    """Distinct timesteps, falling, (num_steps,) of them; none at strength 0.

    A weaker edit gets all its steps over the shortened range, not the tail of the full grid: so
    strength is continuous at any number of steps (a grid of 10 has 10 strengths), a weak edit is
    not left with two steps, and ``num_steps`` is always the number of network calls. Only where the
    range holds fewer timesteps than asked are there fewer.

    trailing: from the range's last timestep down, the default, since it starts where the noise is.
    leading: the grid of the published AudioLDM schedulers, one above the multiples of a stride;
    it starts well below the last timestep. Where ``num_steps`` does not divide the range the stride
    is a fraction here, and not rounded down, which would leave most of the range out.
    linspace: equal parts between the last timestep and 0, without 0.
    """
    if not 1 <= num_steps <= parameters.train_steps:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"The number of steps is {num_steps}, but it must be between 1 and {parameters.train_steps}.",
        )
    span = noised_range(parameters.train_steps, noise_strength)
    count = min(num_steps, span)
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    return _grid(span, count, spacing)


def _grid(span: int, count: int, spacing: Spacing) -> Int64:
    """``count`` <= ``span`` distinct timesteps of 0 .. span - 1, falling."""
    if spacing == "trailing":
        return np.round(np.arange(count, 0, -1) * span / count).astype(np.int64) - 1
    if spacing == "leading":
        offset = 1 if count < span else 0  # a full grid has no room for it
        return np.arange(count - 1, -1, -1, dtype=np.int64) * span // count + offset
    # Without the end point; a full grid is only distinct with it.
    return np.round(np.linspace(span - 1, 0, count, endpoint=count == span)).astype(np.int64)


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
    return tuple(
        Step(int(timestep), level, following)
        for timestep, level, following in zip(visited, levels, levels[1:], strict=False)
    )
