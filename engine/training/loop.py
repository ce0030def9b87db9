"""The loop every training run shares: step, average, log, checkpoint, resume.

A run is a folder with ``state.pt`` (weights, optimiser, average, step, random state) and
``log.jsonl``. It may be killed at any moment: the checkpoint is replaced atomically, and the next
start continues from it.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

Losses = dict[str, Tensor]


@dataclass(frozen=True)
class RunSettings:
    """How long and how fast. ``learning_rate`` falls along a cosine from the warm-up to the last step."""

    steps: int
    learning_rate: float
    warmup_steps: int = 200
    weight_decay: float = 0.01
    average_decay: float = 0.999
    save_seconds: float = 120.0
    log_steps: int = 50
    seed: int = 1


def learning_rate_at(step: int, settings: RunSettings) -> float:
    """Linear warm-up, then half a cosine down to 2 % of the peak."""
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
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


def train(
    run: Path,
    model: nn.Module,
    losses_of: Callable[[nn.Module, np.random.Generator], Losses],
    settings: RunSettings,
) -> nn.Module:
    """Minimise ``losses_of(model, rng)["loss"]``, resuming ``run`` if it exists; returns the average."""
    run.mkdir(parents=True, exist_ok=True)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=settings.weight_decay
    )
    average = copy.deepcopy(model)
    step = 0
    if (run / "state.pt").exists():
        state = torch.load(run / "state.pt", map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step = int(state["step"])

    def checkpoint() -> None:
        save_atomically(
            {
                "model": model.state_dict(),
                "average": average.state_dict(),
                "optimiser": optimiser.state_dict(),
                "step": step,
            },
            run / "state.pt",
        )

    sums: dict[str, float] = {}
    summed = 0
    started = saved = time.monotonic()
    started_step = step
    with (run / "log.jsonl").open("a") as log:
        while step < settings.steps:
            # Seeded by step, so that a resumed run draws what an unbroken one would have drawn.
            rng = np.random.default_rng((settings.seed, step))
            torch.manual_seed(settings.seed * 1_000_003 + step)
            for group in optimiser.param_groups:
                group["lr"] = learning_rate_at(step, settings)
            losses = losses_of(model, rng)
            optimiser.zero_grad(set_to_none=True)
            losses["loss"].backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            step += 1
            _update_average(average, model, step, settings.average_decay)
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach())
            summed += 1
            if step % settings.log_steps == 0:
                means = {name: round(total / summed, 5) for name, total in sums.items()}
                speed = (step - started_step) / (time.monotonic() - started)
                log.write(json.dumps({"step": step, "steps_per_second": round(speed, 3), **means}) + "\n")
                log.flush()
                sums.clear()
                summed = 0
            if time.monotonic() - saved > settings.save_seconds:
                checkpoint()
                saved = time.monotonic()
    checkpoint()
    return average.eval()
