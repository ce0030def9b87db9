"""A guide's loudness in estimates of z0, with a VAE that loses nothing."""

from pathlib import Path

import numpy as np
import pytest

from engine.audio.mel import SILENCE
from engine.diffusion.following import (
    MAX_BOOST,
    MAX_CUT,
    Following,
    followed_timesteps,
    frame_levels,
)
from engine.diffusion.schedule import steps
from engine.models.bundle import load_bundle
from engine.models.interface import Float32, Model
from engine.models.onnx_model import OnnxModel
from tests.bundles import make_tiny_bundle
from tests.engine.rendering import Spy

CELLS = 16
FRAMES = 4 * CELLS
AT = frozenset({7})


class _Off(Spy):
    """A model whose encoder does not undo its decoder."""

    def encode_mel(self, mel: Float32) -> Float32:
        return super().encode_mel(mel) + np.float32(0.3)


def estimate(model: Model, level: float = -5.0) -> Float32:
    """Latents of a mel with some texture around a level."""
    mel = level + np.random.default_rng(0).uniform(-1, 1, (1, FRAMES, 64))
    return model.encode_mel(mel.astype(np.float32))


def wanted(low: float = -6.0, high: float = -4.0) -> Float32:
    """A level that steps up halfway."""
    return np.repeat([low, high], FRAMES // 2).astype(np.float32)


def levels(latents: Float32, model: Model) -> Float32:
    """Of each frame."""
    return frame_levels(model.decode_latents(latents)[0])


def test_estimates_get_the_guides_levels(tiny_model: OnnxModel) -> None:
    """Every frame, and the spectrum stays."""
    before = estimate(tiny_model)
    after = Following(wanted(), 1.0, 1.0, AT).moved(before, 7, 0, tiny_model)
    assert levels(after, tiny_model) == pytest.approx(wanted(), abs=1e-4)
    shift = tiny_model.decode_latents(after) - tiny_model.decode_latents(before)
    assert np.ptp(shift, axis=2).max() < 1e-4


def test_other_steps_are_left_alone(tiny_model: OnnxModel) -> None:
    """At no cost, as are windows in which nothing is followed."""
    spy, before = Spy(tiny_model), estimate(tiny_model)
    assert before is Following(wanted(), 1.0, 1.0, AT).moved(before, 8, 0, spy)
    assert before is Following(wanted(), 1.0, 1.0, AT).moved(before, 7, 1_000, spy)
    assert [] == spy.calls


def test_a_window_begins_anywhere(tiny_model: OnnxModel) -> None:
    """Its levels are those from there on; what lies behind the guide stays as it is."""
    before = estimate(tiny_model)
    after = Following(wanted(), 1.0, 1.0, AT).moved(before, 7, CELLS // 2, tiny_model)
    heard, was = levels(after, tiny_model), levels(before, tiny_model)
    assert heard[: FRAMES // 2] == pytest.approx(-4.0, abs=1e-4)
    assert heard[FRAMES // 2 :] == pytest.approx(was[FRAMES // 2 :], abs=1e-4)


def test_a_circle_goes_on(tiny_model: OnnxModel) -> None:
    """Behind its end comes its start."""
    circle = Following(wanted(), 1.0, 1.0, AT, is_circle=True)
    after = circle.moved(estimate(tiny_model), 7, CELLS // 2, tiny_model)
    assert levels(after, tiny_model) == pytest.approx(np.roll(wanted(), FRAMES // 2), abs=1e-4)


def test_what_is_not_followed_stays(tiny_model: OnnxModel) -> None:
    """Frames without a level."""
    some = wanted()
    some[: FRAMES // 2] = np.nan
    before = estimate(tiny_model)
    heard = levels(Following(some, 1.0, 1.0, AT).moved(before, 7, 0, tiny_model), tiny_model)
    assert heard[: FRAMES // 2] == pytest.approx(levels(before, tiny_model)[: FRAMES // 2], abs=1e-4)
    assert heard[FRAMES // 2 :] == pytest.approx(-4.0, abs=1e-4)


def test_moves_are_bounded(tiny_model: OnnxModel) -> None:
    """And nothing gets below the mel's silence."""
    before = estimate(tiny_model)
    after = Following(wanted(-100.0, 100.0), 1.0, 1.0, AT).moved(before, 7, 0, tiny_model)
    moved = levels(after, tiny_model) - levels(before, tiny_model)
    assert moved[: FRAMES // 2] == pytest.approx(-MAX_CUT, abs=1e-3)
    assert moved[FRAMES // 2 :] == pytest.approx(MAX_BOOST, abs=1e-3)
    quiet = Following(wanted(-100.0, -100.0), 1.0, 1.0, AT).moved(
        estimate(tiny_model, -9.0), 7, 0, tiny_model
    )
    assert tiny_model.decode_latents(quiet).min() >= SILENCE - 1e-3


def test_half_is_half_the_way(tiny_model: OnnxModel) -> None:
    """In decibels."""
    before = estimate(tiny_model)
    half = levels(Following(wanted(), 0.5, 0.5, AT).moved(before, 7, 0, tiny_model), tiny_model)
    assert half == pytest.approx((levels(before, tiny_model) + wanted()) / 2, abs=1e-4)


def test_what_an_encoder_loses_cancels_out(tmp_path: Path) -> None:
    """One that is off, and keeps a mean of every four values: what is as it should be stays as it was."""
    model = _Off(OnnxModel(load_bundle(make_tiny_bundle(tmp_path / "lossy", latents={"channels": 4})), "cpu"))
    before = estimate(model)
    assert np.abs(model.encode_mel(model.decode_latents(before)) - before).min() > 0.2
    still = Following(levels(before, model), 1.0, 1.0, AT).moved(before, 7, 0, model)
    assert still == pytest.approx(before, abs=1e-4)
    after = Following(wanted(), 1.0, 1.0, AT).moved(before, 7, 0, model)
    assert levels(after, model).reshape(CELLS, 4).mean(axis=1) == pytest.approx(wanted()[::4], abs=0.2)


@pytest.mark.parametrize("count", [1, 2, 4, 12, 50])
def test_a_few_steps_are_followed(count: int, tiny_model: OnnxModel) -> None:
    """At most four, whatever their number; none of none."""
    chosen = steps(tiny_model.specification.schedule, count)
    followed = followed_timesteps(chosen)
    assert 1 <= len(followed) <= min(4, count)
    assert followed <= {step.timestep for step in chosen}
    assert frozenset() == followed_timesteps(())
