"""The reverse processes on data whose exact denoiser is known."""

from functools import partial
from itertools import islice, pairwise

import numpy as np
import pytest

from engine.diffusion.samplers import SAMPLERS, ddim, ddpm, dpm, sampler
from engine.diffusion.schedule import steps
from engine.protocol.requests import Sampler

EVERY = {
    "ddim": ddim,
    "ddim, eta 0.5": partial(ddim, eta=0.5),
    "ddim, eta 1": partial(ddim, eta=1.0),
    "ddpm": ddpm,
    "dpm": dpm,
    "dpm, eta 0.5": partial(dpm, eta=0.5),
    "dpm, eta 1": partial(dpm, eta=1.0),
}
every_sampler = pytest.mark.parametrize("sample", EVERY.values(), ids=EVERY.keys())
# What no number of steps removes: the last training timestep still holds 1.2 % of the data, and the
# latents start from pure noise.
FLOOR = 0.025
SILENT = np.random.default_rng(0)  # for samplers that draw nothing


class CountingNoise:
    """A generator that counts its draws."""

    def __init__(self, seed=0):
        self.draws = 0
        self._generator = np.random.default_rng(seed)

    def standard_normal(self, size, dtype):
        self.draws += 1
        return self._generator.standard_normal(size, dtype=dtype)


def last(values):
    """The last of an iterator."""
    *_, final = values
    return final


def start(toy, count, seed=0):
    """``count`` starting latents."""
    shape = (count, 1, toy.frames, 1)
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def path_error(toy, sample, num_steps, **grid):
    """The exact distance of a deterministic sampler's result to the truth."""
    chain = steps(toy.parameters, num_steps, **grid)
    return toy.distance_of_path(lambda latents: last(sample(toy.denoise, latents, chain, SILENT)))


def sampled_error(toy, sample, num_steps, **grid):
    """The same for any sampler, from 8000 samples."""
    chain = steps(toy.parameters, num_steps, **grid)
    rng = np.random.default_rng(1)
    return toy.distance_of_samples(last(sample(toy.denoise, start(toy, 8000), chain, rng)))


@pytest.mark.parametrize("sample", [ddim, dpm])
@pytest.mark.parametrize("spacing", ["trailing", "leading", "linspace", "log_snr"])
def test_more_steps_come_closer(toy, sample, spacing):
    """Deterministic samplers: the distance falls with every doubling, to little."""
    errors = [path_error(toy, sample, num_steps, spacing=spacing) for num_steps in (10, 20, 40, 80, 160, 320)]
    assert all(coarse > fine for coarse, fine in pairwise(errors) if coarse > FLOOR)
    assert errors[-1] < 2.0 * FLOOR


@every_sampler
def test_every_sampler_reaches_the_right_mean_and_spread(toy, sample):
    """With many steps the samples have the data's mean and covariance (which are 3.0 from nothing)."""
    assert sampled_error(toy, sample, 200, spacing="log_snr") < 0.1


@pytest.mark.parametrize("spacing", ["trailing", "leading", "linspace", "log_snr"])
@pytest.mark.parametrize("num_steps", [6, 10, 20, 50])
def test_the_second_order_solver_beats_ddim_at_equal_steps(toy, num_steps, spacing):
    """The same number of estimates, less error."""
    error_of_dpm = path_error(toy, dpm, num_steps, spacing=spacing)
    assert error_of_dpm < 0.75 * path_error(toy, ddim, num_steps, spacing=spacing)


def test_equal_log_snr_suits_the_second_order_solver(toy):
    """Its expansion is in log SNR: with ten estimates it is three times closer on that grid."""
    assert path_error(toy, dpm, 10, spacing="log_snr") < path_error(toy, dpm, 10) / 3.0


@pytest.mark.parametrize("spacing", ["trailing", "leading", "linspace", "log_snr"])
def test_ddim_with_eta_one_is_ddpm(toy, spacing):
    """Same grid, same noise: the same latents at every step."""
    chain = steps(toy.parameters, 23, spacing=spacing)
    left = ddim(toy.denoise, start(toy, 4), chain, np.random.default_rng(7), eta=1.0)
    right = ddpm(toy.denoise, start(toy, 4), chain, np.random.default_rng(7))
    for from_ddim, from_ddpm in zip(left, right, strict=True):
        np.testing.assert_allclose(from_ddpm, from_ddim, atol=2e-5)


@pytest.mark.parametrize(("eta", "first_order"), [(0.0, ddim), (1.0, ddpm)])
def test_the_solver_without_history_is_first_order(toy, eta, first_order):
    """Of two steps the first has no history and the last is first order: DDIM, or with noise DDPM."""
    chain = steps(toy.parameters, 2)
    left = dpm(toy.denoise, start(toy, 4), chain, np.random.default_rng(7), eta=eta)
    right = first_order(toy.denoise, start(toy, 4), chain, np.random.default_rng(7))
    for from_dpm, from_other in zip(left, right, strict=True):
        np.testing.assert_allclose(from_other, from_dpm, atol=2e-5)


@every_sampler
def test_one_estimate_and_one_yield_a_step(toy, sample):
    """Nothing runs ahead of the caller, who stops by not asking for more."""
    asked = []

    def denoise(latents, timestep):
        asked.append(timestep)
        return toy.denoise(latents, timestep)

    chain = steps(toy.parameters, 9)
    running = sample(denoise, start(toy, 1), chain, np.random.default_rng(0))
    assert asked == []
    assert len(list(islice(running, 3))) == 3
    assert [step.timestep for step in chain[:3]] == asked
    assert len(list(running)) == 6
    assert [step.timestep for step in chain] == asked


@every_sampler
def test_no_steps_yield_nothing(toy, sample):
    """There is nothing to do."""
    assert list(sample(toy.denoise, start(toy, 1), (), np.random.default_rng(0))) == []


@every_sampler
@pytest.mark.parametrize("spacing", ["trailing", "leading", "linspace", "log_snr"])
@pytest.mark.parametrize("final", ["clean", "first"])
@pytest.mark.parametrize("num_steps", [1, 2, 3, 37, 1000])
def test_any_grid_stays_finite_and_float32(toy, sample, spacing, final, num_steps):
    """From one step to all of them, to either end."""
    chain = steps(toy.parameters, num_steps, spacing=spacing, final=final)
    latents = last(sample(toy.denoise, start(toy, 1), chain, np.random.default_rng(0)))
    assert np.isfinite(latents).all()
    assert np.abs(latents).max() < 10.0
    assert np.float32 == latents.dtype


@every_sampler
def test_the_final_clean_level_is_the_last_estimate(toy, sample):
    """At alpha-bar 1 nothing but the estimate of z0 is left."""
    estimates = []

    def denoise(latents, timestep):
        estimates.append(toy.denoise(latents, timestep))
        return estimates[-1]

    final = last(sample(denoise, start(toy, 2), steps(toy.parameters, 12), np.random.default_rng(0)))
    np.testing.assert_allclose(estimates[-1], final, atol=1e-6)


@pytest.mark.parametrize(
    ("sample", "draws"),
    [(ddim, 0), (dpm, 0), (ddpm, 7), (partial(ddim, eta=1.0), 7), (partial(dpm, eta=1.0), 7)],
    ids=["ddim", "dpm", "ddpm", "ddim, eta 1", "dpm, eta 1"],
)
def test_noise_is_drawn_at_every_step_but_the_last(toy, sample, draws):
    """Deterministic samplers draw none."""
    noise = CountingNoise()
    last(sample(toy.denoise, start(toy, 1), steps(toy.parameters, 8), noise))
    assert draws == noise.draws


def test_ddpm_adds_no_noise_at_the_last_step_to_either_end(toy):
    """Also where the chain ends above alpha-bar 1."""
    noise = CountingNoise()
    last(ddpm(toy.denoise, start(toy, 1), steps(toy.parameters, 8, final="first"), noise))
    assert noise.draws == 7


@every_sampler
def test_the_same_seed_gives_the_same_samples(toy, sample):
    """Whatever the process has drawn elsewhere, and without touching the start."""
    chain, first = steps(toy.parameters, 8), start(toy, 2)
    before = first.copy()
    expected = last(sample(toy.denoise, first, chain, np.random.default_rng(5)))
    np.random.seed(99)
    state = np.random.get_state()[1].copy()
    again = last(sample(toy.denoise, first, chain, np.random.default_rng(5)))
    np.testing.assert_array_equal(expected, again)
    np.testing.assert_array_equal(before, first)
    np.testing.assert_array_equal(state, np.random.get_state()[1])


def test_the_table_has_every_sampler():
    """A request can name none that is not there."""
    assert set(Sampler) == set(SAMPLERS)


@pytest.mark.parametrize("name", Sampler)
def test_a_sampler_is_found_by_name_with_its_eta(toy, name):
    """Eta reaches the samplers that have one."""
    chain = steps(toy.parameters, 6)
    plain = last(SAMPLERS[name](toy.denoise, start(toy, 1), chain, np.random.default_rng(3)))
    named = last(sampler(name)(toy.denoise, start(toy, 1), chain, np.random.default_rng(3)))
    np.testing.assert_array_equal(plain, named)
    noisy = last(sampler(name, eta=1.0)(toy.denoise, start(toy, 1), chain, np.random.default_rng(3)))
    assert (name is Sampler.DDPM) == np.array_equal(plain, noisy)
