"""Training may be killed at any moment and goes on as if it had not been."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
pytestmark = pytest.mark.torch


def losses(model: torch.nn.Module, rng: np.random.Generator) -> dict[str, torch.Tensor]:
    """A noisy regression, drawn from the step's own generator."""
    x = torch.from_numpy(rng.standard_normal((16, 4)).astype(np.float32))
    loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
    return {"loss": loss}


def fresh() -> torch.nn.Module:
    """The same small model every time."""
    torch.manual_seed(0)
    return torch.nn.Linear(4, 1)


def test_a_resumed_run_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    """Optimiser, average, step and random state are all in the checkpoint."""
    from engine.training.loop import RunSettings, train

    whole = RunSettings(steps=40, learning_rate=0.05, warmup_steps=5, save_seconds=0.0)
    unbroken = train(tmp_path / "unbroken", fresh(), losses, whole)

    class KilledError(Exception):
        """Stands for the power cut."""

    seen = 0

    def interrupted(model: torch.nn.Module, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        nonlocal seen
        seen += 1
        if seen == 25:
            raise KilledError
        return losses(model, rng)

    with pytest.raises(KilledError):
        train(tmp_path / "broken", fresh(), interrupted, whole)
    resumed = train(tmp_path / "broken", fresh(), losses, whole)
    for expected, found in zip(unbroken.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(expected, found)


def test_learning_rate_rises_then_falls() -> None:
    """Linear warm-up, half a cosine down to a fiftieth."""
    from engine.training.loop import RunSettings, learning_rate_at

    settings = RunSettings(steps=1000, learning_rate=1.0, warmup_steps=100)
    rates = [learning_rate_at(step, settings) for step in range(1000)]
    assert rates.index(max(rates)) in (99, 100)
    assert rates[:100] == sorted(rates[:100])
    assert rates[100:] == sorted(rates[100:], reverse=True)
    assert rates[-1] == pytest.approx(0.02, abs=1e-3)
