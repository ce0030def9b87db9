"""What a step computes lies all on one device: on torch's "meta", which computes nothing and mixes with none.

No graphics card is needed, and none is proven: kernels, speed and precision are not.
"""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
pytestmark = pytest.mark.torch

from engine.models.bundle import load_bundle  # noqa: E402 - after the skip
from engine.models.catalogue import EMBEDDED  # noqa: E402
from engine.training import denoiser as denoisers  # noqa: E402
from engine.training import finetune_batches  # noqa: E402
from engine.training.adapters import adapted, merged  # noqa: E402
from engine.training.denoiser import Conditions, Denoiser, DenoiserBatches  # noqa: E402
from engine.training.finetune_batches import Diffusion, FinetuneBatches, HeldOut, drift  # noqa: E402
from engine.training.latents import TextVariants, WindowSampler  # noqa: E402
from engine.training.loop import RunSettings, _optimiser, _State, _take_step  # noqa: E402
from engine.training.replay import Memory  # noqa: E402
from engine.training.steering import Steering  # noqa: E402

ELSEWHERE = "meta"
SETTINGS = RunSettings(steps=2, learning_rate=1e-3)
GEOMETRY = load_bundle(EMBEDDED).specification.latents


@pytest.fixture(autouse=True)
def precisions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The devices that a lower precision was asked for; "meta" has none."""
    asked: list[str] = []

    def computing(device: str = "cpu") -> AbstractContextManager[None]:
        asked.append(device)
        return nullcontext()

    for module in (denoisers, finetune_batches):
        monkeypatch.setattr(module, "computing", computing)
    return asked


@pytest.fixture
def network() -> torch.nn.Module:
    """A small one, there."""
    return Denoiser(64, 1, 1).to(ELSEWHERE)


@pytest.fixture
def windows(latents: Path) -> WindowSampler:
    """Of latents on disk."""
    return WindowSampler(latents)


def take_two_steps(network: torch.nn.Module, losses: object) -> None:
    """With gradients, optimiser and average."""
    state = _State(network, copy.deepcopy(network), _optimiser(network, SETTINGS))
    for _ in range(2):
        found = _take_step(state, losses, SETTINGS)  # type: ignore[arg-type]
        assert {value.device.type for value in found.values()} == {ELSEWHERE}


def test_a_lease_steps_where_it_is_told(
    network: torch.nn.Module, windows: WindowSampler, texts: TextVariants, precisions: list[str]
) -> None:
    """Latents, noise, conditions and rotary positions are there, and so is the precision asked for."""
    conditions = Conditions(texts, None, denoisers.Steering.TEXT)
    take_two_steps(network, DenoiserBatches(windows, conditions, 4, ELSEWHERE).losses)
    assert set(precisions) == {ELSEWHERE}


@pytest.fixture
def memory() -> Memory:
    """Two takes of nothing."""
    shape = (2, GEOMETRY.channels, GEOMETRY.window_frames, 16)
    own = np.eye(2, 384, dtype=np.float32)
    return Memory(np.zeros(shape, np.float32), own, own, own[0])


@pytest.fixture
def steering(windows: WindowSampler) -> Steering:
    """A vector for every clip."""
    count = len(windows.clips)
    return Steering(range(count), [np.eye(1, 384, dtype=np.float32)] * count, None)


@pytest.mark.parametrize("rank", [0, 4])
def test_a_user_s_training_steps_where_it_is_told(
    network: torch.nn.Module,
    windows: WindowSampler,
    steering: Steering,
    memory: Memory,
    precisions: list[str],
    rank: int,
) -> None:
    """With adapters and without; they are merged there as well."""
    diffusion = Diffusion(ELSEWHERE)
    batches = FinetuneBatches(windows, steering, memory, network, GEOMETRY, diffusion)
    learning = adapted(network, rank) if rank else copy.deepcopy(network)
    take_two_steps(learning, batches.losses)
    assert set(precisions) == {ELSEWHERE}
    if rank:
        assert {value.device.type for value in merged(learning).state_dict().values()} == {ELSEWHERE}


def test_what_is_measured_is_computed_there(
    network: torch.nn.Module,
    windows: WindowSampler,
    steering: Steering,
    memory: Memory,
    precisions: list[str],
) -> None:
    """Up to the number itself, which "meta" does not have."""
    diffusion = Diffusion(ELSEWHERE)
    held_out = HeldOut(windows, steering, GEOMETRY, diffusion)
    with pytest.raises(RuntimeError, match=r"item\(\)"):
        held_out.loss(network)
    with pytest.raises(RuntimeError, match=r"item\(\)"):
        drift(network, network, memory, GEOMETRY.shortest_frames, diffusion)
    assert set(precisions) == {ELSEWHERE}


def test_a_tensor_that_lies_elsewhere_is_noticed(network: torch.nn.Module) -> None:
    """Or these tests would show nothing."""
    with pytest.raises(RuntimeError, match="device"):
        network(torch.zeros(2, 8, 64, 16), torch.zeros(2), torch.zeros(2, 384), torch.zeros(2))
