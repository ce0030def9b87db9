"""From a network's raw output to the guided estimate of z0."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.denoiser import (
    Denoiser,
    denoised_from_eps,
    denoised_from_output,
    eps_from_denoised,
    guided,
    with_spread_of,
)
from engine.diffusion.schedule import alphas_cumprod
from engine.errors import EngineError
from engine.models.interface import ScheduleParameters

SHAPE = (1, 2, 8, 4)
CONDITION = np.full((1, 3), 2.0, np.float32)
EMPTY = np.full((1, 3), -1.0, np.float32)


class FakeModel:
    """Its output is the mean of each row's condition; remembers what it was given."""

    def __init__(self):
        self.seen = []

    def denoise(self, latents, timesteps, condition, sounding_seconds):
        self.seen.append((latents.copy(), timesteps, condition, sounding_seconds))
        return np.broadcast_to(condition.mean(axis=1)[:, None, None, None], latents.shape).astype(np.float32)


def schedule(prediction="sample"):
    return ScheduleParameters(1000, 0.0015, 0.0195, "scaled_linear", prediction)


def normal(seed=0, shape=SHAPE):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


@given(st.floats(1e-4, 0.999))
def test_eps_and_denoised_are_inverse(alpha_bar):
    """z_t and eps give z0, z_t and z0 give eps back."""
    denoised, eps = normal(0), normal(1)
    latents = sqrt(alpha_bar) * denoised + sqrt(1.0 - alpha_bar) * eps
    rounding = 1e-5 / min(sqrt(alpha_bar), sqrt(1.0 - alpha_bar))
    np.testing.assert_allclose(denoised, denoised_from_eps(latents, eps, alpha_bar), atol=rounding)
    np.testing.assert_allclose(eps, eps_from_denoised(latents, denoised, alpha_bar), atol=rounding)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
def test_every_prediction_type_gives_the_same_z0(prediction):
    """The three parameterisations are three names of one thing."""
    alpha_bar = 0.3
    denoised, eps = normal(0), normal(1)
    signal, noise = sqrt(alpha_bar), sqrt(1.0 - alpha_bar)
    output = {"epsilon": eps, "v_prediction": signal * eps - noise * denoised, "sample": denoised}
    estimate = denoised_from_output(
        signal * denoised + noise * eps, output[prediction], alpha_bar, prediction
    )
    np.testing.assert_allclose(denoised, estimate, atol=2e-6)
    assert np.float32 == estimate.dtype


def test_guidance_is_one_batch_of_two():
    """Both halves see the same latents, timestep and length, and their own condition."""
    model, latents = FakeModel(), normal()
    denoise = Denoiser(model, schedule(), CONDITION, EMPTY, 2.5, 5.12)
    estimate = denoise(latents, 700)
    ((given_latents, given_timesteps, given_condition, given_seconds),) = model.seen
    np.testing.assert_array_equal(np.concatenate([latents, latents]), given_latents)
    np.testing.assert_array_equal(np.float32([700, 700]), given_timesteps)
    np.testing.assert_array_equal(np.concatenate([EMPTY, CONDITION]), given_condition)
    np.testing.assert_array_equal(np.float32([5.12, 5.12]), given_seconds)
    np.testing.assert_allclose(np.full(SHAPE, -1.0 + 2.5 * 3.0), estimate)
    assert estimate.shape == SHAPE
    assert np.float32 == estimate.dtype


def test_guidance_of_one_asks_for_the_condition_only():
    """Half the work where the unconditional half would cancel out."""
    model = FakeModel()
    estimate = Denoiser(model, schedule(), CONDITION, EMPTY, 1.0, 5.0)(normal(), 10)
    assert len(model.seen[0][0]) == 1
    np.testing.assert_array_equal(np.full(SHAPE, 2.0), estimate)


def test_a_negative_prompt_pushes_away():
    """Its embedding takes the place of the empty text's."""
    negative = np.full((1, 3), 5.0, np.float32)
    estimate = Denoiser(FakeModel(), schedule(), CONDITION, negative, 2.0, 5.0)(normal(), 10)
    np.testing.assert_allclose(np.full(SHAPE, 5.0 + 2.0 * (2.0 - 5.0)), estimate)


def test_a_batch_of_takes_shares_one_condition():
    """One embedding serves every take, and guidance keeps the takes apart."""
    model, latents = FakeModel(), normal(shape=(3, 2, 8, 4))
    Denoiser(model, schedule("epsilon"), CONDITION, EMPTY, 3.0, 5.0)(latents, 10)
    assert model.seen[0][2].shape == (6, 3)
    assert model.seen[0][2][:, 0].tolist() == [-1.0, -1.0, -1.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_guiding_the_raw_output_is_guiding_z0(prediction):
    """z0 is affine in the output, so it does not matter which of them is guided."""
    latents, timestep = normal(), 600
    level = float(alphas_cumprod(schedule())[timestep])
    estimate = Denoiser(FakeModel(), schedule(prediction), CONDITION, EMPTY, 4.0, 5.0)(latents, timestep)
    raw = np.full(SHAPE, -1.0 + 4.0 * 3.0, np.float32)
    np.testing.assert_allclose(denoised_from_output(latents, raw, level, prediction), estimate, rtol=1e-4)


def test_guided_at_nought_and_one():
    """0 is the unconditional estimate, 1 the conditional one."""
    conditional, unconditional = normal(0), normal(1)
    np.testing.assert_array_equal(unconditional, guided(conditional, unconditional, 0.0))
    np.testing.assert_allclose(conditional, guided(conditional, unconditional, 1.0), atol=1e-6)


@pytest.mark.parametrize(("amount", "factor"), [(0.0, 1.0), (1.0, 0.25), (0.5, 0.625)])
def test_rescaling_moves_the_spread_of_each_take(amount, factor):
    """Each take on its own, by the share asked for."""
    reference = normal(shape=(2, 2, 8, 4))
    wide = 4.0 * reference
    np.testing.assert_allclose(factor * wide, with_spread_of(wide, reference, amount), rtol=1e-5)


def test_rescaling_curbs_strong_guidance():
    """With a rescale of 1 the guided estimate is as wide as the conditional one."""

    class Coloured(FakeModel):
        def denoise(self, latents, timesteps, condition, sounding_seconds):
            return latents * super().denoise(latents, timesteps, condition, sounding_seconds)

    latents = normal()
    burnt = Denoiser(Coloured(), schedule(), CONDITION, EMPTY, 8.0, 5.0)(latents, 10)
    curbed = Denoiser(Coloured(), schedule(), CONDITION, EMPTY, 8.0, 5.0, guidance_rescale=1.0)(latents, 10)
    np.testing.assert_allclose(2.0 * latents.std(), curbed.std(), rtol=1e-4)
    assert burnt.std() > 5.0 * curbed.std()


def test_rescaling_silence_stays_finite():
    """An estimate without any spread divides by nothing."""
    nought = np.zeros(SHAPE, np.float32)
    np.testing.assert_array_equal(nought, with_spread_of(nought, nought, 1.0))


def test_calls_are_counted():
    """One for each estimate, guided or not."""
    denoise = Denoiser(FakeModel(), schedule(), CONDITION, EMPTY, 2.5, 5.0)
    for _ in range(3):
        denoise(normal(), 10)
    assert denoise.calls == 3


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_values_that_are_not_finite_are_reported(broken):
    """A model that overflows fails the job; it never becomes audio."""

    class Overflowing(FakeModel):
        def denoise(self, latents, *_):
            return np.full_like(latents, broken)

    with pytest.raises(EngineError, match="not finite"):
        Denoiser(Overflowing(), schedule(), CONDITION, EMPTY, 2.5, 5.0)(normal(), 10)


@pytest.mark.parametrize(
    ("timestep", "rows"), [(0, 1), (299, 1), (300, 2), (600, 2), (900, 2), (901, 1), (999, 1)]
)
def test_outside_its_interval_guidance_costs_nothing(timestep, rows):
    """There the estimate is the conditional one, from a batch half the size."""
    model = FakeModel()
    denoiser = Denoiser(model, schedule(), CONDITION, EMPTY, 3.0, 2.56, guidance_interval=(0.3, 0.9))
    estimate = denoiser(normal(), timestep)
    assert rows == len(model.seen[0][0])
    expected = 2.0 if rows == 1 else -1.0 + 3.0 * 3.0
    np.testing.assert_allclose(estimate, np.full(SHAPE, expected), rtol=1e-6)
