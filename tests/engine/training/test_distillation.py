"""A student jumps to where its teacher walked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")
pytestmark = pytest.mark.torch

from engine.diffusion.denoiser import denoised_from_output  # noqa: E402 - after the skip
from engine.diffusion.samplers import ddim_update, turns  # noqa: E402
from engine.diffusion.schedule import Step  # noqa: E402
from engine.models.interface import ScheduleParameters  # noqa: E402
from engine.training.denoiser import Denoiser  # noqa: E402
from engine.training.distillation import (  # noqa: E402
    KEPT_BLOCKS,
    STRIDE,
    STUDENT,
    WALKED,
    JumpBatches,
    Walk,
    WalkCache,
    grid,
    jump_velocity,
    student_of,
)

SCHEDULE = ScheduleParameters(1000, 0.0015, 0.0195, "scaled_linear", "v_prediction")


def walk(seed: int) -> Walk:
    """Latents that mean nothing."""
    rng = np.random.default_rng(seed)
    latents = rng.standard_normal((WALKED + 1, 8, 64, 16), dtype=np.float32)
    return Walk(latents, rng.standard_normal(384).astype(np.float32), 1.5)


@pytest.mark.parametrize("start", range(0, WALKED, 2))
def test_a_ddim_step_with_what_is_learnt_lands_where_the_teacher_did(start: int) -> None:
    """The sampler's own step is the judge."""
    visited = grid(SCHEDULE)
    levels = [step.alpha_bar for step in visited] + [visited[-1].next_alpha_bar]
    stop = min(start + STRIDE, WALKED)
    before, after = walk(1).latents[[start]], walk(2).latents[[stop]]
    velocity = jump_velocity(before, after, np.array([levels[start]]), np.array([levels[stop]]))
    denoised = denoised_from_output(before, velocity, levels[start], "v_prediction")
    (turn,) = turns((Step(visited[start].timestep, levels[start], levels[stop]),))
    landed = ddim_update(before, denoised, None, turn, lambda: before)
    np.testing.assert_allclose(landed, after, atol=2e-4)


def test_four_jumps_visit_every_third_step() -> None:
    """The engine's own grid of as many steps as the manifest says is what was learnt on."""
    from engine.diffusion.schedule import steps

    few = steps(SCHEDULE, int(STUDENT["steps"]), noise_strength=1.0, spacing="log_snr")
    assert [step.timestep for step in grid(SCHEDULE)[::STRIDE]] == [step.timestep for step in few]


def test_what_was_recorded_comes_back(tmp_path: Path) -> None:
    """Also after the recording was stopped and went on."""
    WalkCache(tmp_path).add(walk(1))
    again = WalkCache(tmp_path)
    again.add(walk(2))
    latents, told = WalkCache(tmp_path).read()
    np.testing.assert_allclose(latents, np.stack([walk(1).latents, walk(2).latents]), atol=2e-3)
    np.testing.assert_array_equal(told[:, :-1], np.stack([walk(1).condition, walk(2).condition]))
    assert [1.5, 1.5] == told[:, -1].tolist()


def test_half_a_walk_does_not_count(tmp_path: Path) -> None:
    """A recording may be killed at any moment; the next walk takes the place of what was cut off."""
    WalkCache(tmp_path).add(walk(1))
    for name in ("walks.f16", "told.f32"):
        with (tmp_path / name).open("ab") as file:
            file.write(b"x" * 999)
    cut_off = WalkCache(tmp_path)
    assert 1 == cut_off.count
    cut_off.add(walk(2))
    latents, _ = WalkCache(tmp_path).read()
    np.testing.assert_allclose(latents[1], walk(2).latents, atol=2e-3)


def test_a_student_is_its_teacher_without_blocks_that_do_nothing() -> None:
    """It has the weights of the others, in their order."""
    torch.manual_seed(0)
    teacher = Denoiser(width=64, depth=8, heads=1)
    for number, block in enumerate(teacher.blocks):
        if number in KEPT_BLOCKS:
            torch.nn.init.normal_(block.steer.weight, std=0.1)
    torch.nn.init.normal_(teacher.leave.weight, std=0.1)
    inputs = torch.randn(1, 8, 16, 16), torch.tensor([400.0]), torch.randn(1, 384) / 20, torch.tensor([0.5])
    with torch.inference_mode():
        expected, found = teacher(*inputs), student_of(teacher)(*inputs)
    assert len(KEPT_BLOCKS) == len(student_of(teacher).blocks)
    assert float(expected.std()) > 0.1
    torch.testing.assert_close(found, expected)


def test_it_learns(tmp_path: Path) -> None:
    """The loss on one walk falls to a fraction."""
    torch.manual_seed(0)
    # The path that a denoiser takes which always means the same sound.
    visited, sound, noise = grid(SCHEDULE), walk(1).latents[0], walk(2).latents[0]
    levels = np.array([step.alpha_bar for step in visited] + [1.0])[:, None, None, None]
    latents = np.sqrt(levels) * sound + np.sqrt(1.0 - levels) * noise
    cache = WalkCache(tmp_path)
    cache.add(replace(walk(1), latents=latents.astype(np.float32)))
    batches, student = JumpBatches(cache, visited, 8), Denoiser(width=64, depth=2, heads=1)
    optimiser = torch.optim.Adam(student.parameters(), 3e-3)
    losses = []
    for step in range(150):
        loss = batches.losses(student, np.random.default_rng(step))["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:10])
