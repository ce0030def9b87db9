"""The loop every training run shares: step, average, log, checkpoint, resume.

A run is a folder with ``state.pt`` (weights, optimiser, average, step, random state), ``log.jsonl`` and,
where the package tensorboard is installed, its event files. It may be killed at any moment: the checkpoint
is replaced atomically, and the next start continues from it.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

Losses = dict[str, Tensor]


@cache
def computing_type() -> torch.dtype:
    """bfloat16 where this processor multiplies it faster than float32; elsewhere it is up to 28 times slower.

    Measured, for no public call tells it.
    """
    factors = torch.ones(512, 512)
    seconds = {dtype: _product_seconds(factors.to(dtype)) for dtype in (torch.bfloat16, torch.float32)}
    return min(seconds, key=lambda dtype: seconds[dtype])


def _product_seconds(factors: Tensor) -> float:
    taken = []
    for _ in range(4):
        started = time.perf_counter()
        factors @ factors
        taken.append(time.perf_counter() - started)
    return min(taken)


def computing(device: str = "cpu") -> torch.autocast:
    """The context that forward passes run in; a graphics card multiplies bfloat16 faster, always."""
    is_halved = device != "cpu" or computing_type() is torch.bfloat16
    return torch.autocast(device, dtype=torch.bfloat16, enabled=is_halved)


@dataclass(frozen=True)
class RunSettings:
    """How long and how fast. ``learning_rate`` falls along a cosine from the warm-up to the last step.

    Unless ``decays``, it stays after the warm-up, for runs whose last step nobody knows: the average of the
    weights settles without it.
    """

    steps: int
    learning_rate: float
    warmup_steps: int = 200
    weight_decay: float = 0.01
    average_decay: float = 0.999
    save_seconds: float = 120.0
    log_steps: int = 50
    seed: int = 1
    decays: bool = True


def learning_rate_at(step: int, settings: RunSettings) -> float:
    """Linear warm-up, then half a cosine down to 2 % of the peak, or the peak."""
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    if not settings.decays:
        return settings.learning_rate
    span = max(1, settings.steps - settings.warmup_steps)
    progress = min(1.0, (step - settings.warmup_steps) / span)
    return settings.learning_rate * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * progress)))


def _update_average(average: nn.Module, model: nn.Module, step: int, decay: float) -> None:
    warm = min(decay, (1.0 + step) / (10.0 + step))
    with torch.no_grad():
        for kept, new in zip(average.parameters(), model.parameters(), strict=True):
            kept.lerp_(new, 1.0 - warm)


def save_atomically(state: object, path: Path) -> None:
    """``torch.save`` beside the target, then rename: a killed run never leaves half a checkpoint."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def load_average(run: Path, model: nn.Module) -> nn.Module:
    """The averaged weights of a run, in evaluation mode."""
    state = torch.load(run / "state.pt", map_location="cpu", weights_only=True)
    model.load_state_dict(state["average"])
    return model.eval()


class _Log:
    """``log.jsonl`` and TensorBoard's events: the means of every few steps."""

    def __init__(self, run: Path, every: int, step: int) -> None:
        self._file = (run / "log.jsonl").open("a")
        self._events = event_writer(run, step)
        self._every = every
        self._sums: dict[str, Tensor] = {}
        self._summed = 0
        self._started = time.monotonic()
        self._steps = 0

    def add(self, step: int, losses: Losses) -> None:
        """The losses of a step."""
        # Not as numbers: asking a graphics card for one at each step would have it wait for the next.
        for name, value in losses.items():
            self._sums[name] = value.detach() + self._sums[name] if name in self._sums else value.detach()
        self._summed += 1
        self._steps += 1
        if step % self._every == 0:
            self._write(step)

    def _write(self, step: int) -> None:
        means = {name: round(float(total) / self._summed, 5) for name, total in self._sums.items()}
        speed = round(self._steps / (time.monotonic() - self._started), 3)
        self._file.write(json.dumps({"step": step, "steps_per_second": speed, **means}) + "\n")
        self._file.flush()
        if self._events is not None:
            for name, value in {**means, "steps_per_second": speed}.items():
                self._events.add_scalar(name, value, step)
            self._events.flush()
        self._sums.clear()
        self._summed = 0

    def close(self) -> None:
        """No more steps."""
        self._file.close()
        if self._events is not None:
            self._events.close()


def event_writer(run: Path, step: int) -> SummaryWriter | None:
    """TensorBoard's, going on after ``step``; None where the package tensorboard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError:
        return None
    return SummaryWriter(str(run), purge_step=step + 1)


@dataclass
class _State:
    """All that a checkpoint holds."""

    model: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    step: int = 0

    def load(self, path: Path) -> None:
        """Go on from a checkpoint, if there is one."""
        if not path.exists():
            return
        state = torch.load(path, map_location="cpu", weights_only=True)
        for name in ("model", "average", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.step = int(state["step"])

    def save(self, path: Path) -> None:
        """Write the checkpoint."""
        parts = {name: getattr(self, name).state_dict() for name in ("model", "average", "optimiser")}
        save_atomically({**parts, "step": self.step}, path)


def _take_step(
    state: _State, losses_of: Callable[[nn.Module, np.random.Generator], Losses], settings: RunSettings
) -> Losses:
    """One step, seeded by its number: a resumed run draws what an unbroken one would have drawn."""
    rng = np.random.default_rng((settings.seed, state.step))
    torch.manual_seed(settings.seed * 1_000_003 + state.step)
    for group in state.optimiser.param_groups:
        group["lr"] = learning_rate_at(state.step, settings)
    losses = losses_of(state.model, rng)
    state.optimiser.zero_grad(set_to_none=True)
    losses["loss"].backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    nn.utils.clip_grad_norm_(state.model.parameters(), 1.0)
    state.optimiser.step()
    state.step += 1
    _update_average(state.average, state.model, state.step, settings.average_decay)
    return losses


def begin(run: Path, model: nn.Module, settings: RunSettings) -> None:
    """A run at its step 0 with the weights of ``model``; one that is there already stays as it is."""
    if (run / "state.pt").exists():
        return
    run.mkdir(parents=True, exist_ok=True)
    _State(model, copy.deepcopy(model), _optimiser(model, settings)).save(run / "state.pt")


def steps_done(run: Path) -> int:
    """How far the checkpoint of a run is; 0 where there is none."""
    path = run / "state.pt"
    return int(torch.load(path, map_location="cpu", weights_only=True)["step"]) if path.exists() else 0


def _optimiser(model: nn.Module, settings: RunSettings) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        model.parameters(),
        lr=settings.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=settings.weight_decay,
    )


@dataclass(frozen=True)
class StepDone:
    """News of a run: how many steps there were, what the last one cost, and the averaged weights by now."""

    step: int
    losses: Losses
    average: nn.Module


def training(
    run: Path,
    model: nn.Module,
    losses_of: Callable[[nn.Module, np.random.Generator], Losses],
    settings: RunSettings,
) -> Generator[StepDone, None, nn.Module]:
    """Minimise ``losses_of(model, rng)["loss"]``, resuming ``run`` if it exists; returns the average.

    Who stops listening stops it after a whole step, which is kept.
    """
    run.mkdir(parents=True, exist_ok=True)
    state = _State(model, copy.deepcopy(model), _optimiser(model, settings))
    state.load(run / "state.pt")
    saved = time.monotonic()
    with closing(_Log(run, settings.log_steps, state.step)) as log:
        while state.step < settings.steps:
            losses = _take_step(state, losses_of, settings)
            log.add(state.step, losses)
            if time.monotonic() - saved > settings.save_seconds:
                state.save(run / "state.pt")
                saved = time.monotonic()
            try:
                yield StepDone(state.step, losses, state.average)
            except GeneratorExit:
                state.save(run / "state.pt")
                raise
    state.save(run / "state.pt")
    return state.average.eval()


def train(
    run: Path,
    model: nn.Module,
    losses_of: Callable[[nn.Module, np.random.Generator], Losses],
    settings: RunSettings,
) -> nn.Module:
    """All of ``training`` at one go."""
    steps = training(run, model, losses_of, settings)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            average: nn.Module = end.value
            return average
