"""The same walks as diffusers takes, step by step."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, from the oracle extra")
diffusers = pytest.importorskip("diffusers", reason="needs diffusers, from the oracle extra")

from engine.diffusion.denoiser import denoised_from_output  # noqa: E402 -- after the skip
from engine.diffusion.samplers import ddim, ddpm, dpm  # noqa: E402
from engine.diffusion.schedule import alphas_cumprod, steps, timesteps  # noqa: E402
from engine.evaluation.checkpoint_configs import SCHEDULER  # noqa: E402
from engine.models.interface import ScheduleParameters  # noqa: E402

pytestmark = [
    pytest.mark.torch,
    # Theirs hands torch tensors to numpy 2 in the old way; nothing we can change.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

SHAPE = (2, 4, 8, 4)
# Of the latents' size. Both sides keep latents in float32, diffusers its constants as well; the largest
# difference seen is 4.2e-6, after 200 steps.
TOLERANCE = 1e-5
PUBLISHED = {
    "num_train_timesteps": 1000,
    "beta_start": 0.0015,
    "beta_end": 0.0195,
    "beta_schedule": "scaled_linear",
}
DIVISORS = [1, 5, 10, 20, 50, 200]


def parameters(prediction="epsilon"):
    return ScheduleParameters(1000, 0.0015, 0.0195, "scaled_linear", prediction)


def network(latents, timestep):
    """Some smooth raw output; the same for both sides."""
    return np.tanh(latents) * np.float32(0.5 + timestep / 2000.0) + np.float32(0.1)


def walk_ours(sample, chain, prediction="epsilon", seed=0):
    """The latents after every step of ours."""
    levels = {step.timestep: step.alpha_bar for step in chain}

    def denoise(latents, timestep):
        output = network(latents, timestep)
        return denoised_from_output(latents, output, levels[timestep], prediction)

    return list(sample(denoise, start(), chain, RepeatedNoise(seed)))


class RepeatedNoise:
    """Noise that torch draws from the same generator on the other side."""

    def __init__(self, seed):
        self._generator = torch.Generator().manual_seed(seed)

    def standard_normal(self, size, dtype):
        return torch.randn(size, generator=self._generator).numpy().astype(dtype)


def start():
    return np.random.default_rng(11).standard_normal(SHAPE, dtype=np.float32)


def walk_theirs(scheduler, num_steps, draws=False, visited=None, **arguments):
    """The latents after every step of theirs, with the timesteps visited: their own grid or ``visited``."""
    if visited is None:
        scheduler.set_timesteps(num_steps)
    else:
        scheduler.set_timesteps(timesteps=visited)
    generator = torch.Generator().manual_seed(0)
    latents, walk = torch.from_numpy(start()), []
    for timestep in scheduler.timesteps:
        output = torch.from_numpy(network(latents.numpy(), int(timestep)))
        if draws:
            arguments = {**arguments, "variance_noise": torch.randn(SHAPE, generator=generator)}
        latents = scheduler.step(output, timestep, latents, **arguments).prev_sample
        walk.append(latents.numpy())
    return [int(timestep) for timestep in scheduler.timesteps], walk


def assert_same(theirs, ours):
    """Every latents of both walks, within the tolerance times their size."""
    assert len(theirs) == len(ours)
    for expected, actual in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(expected, actual, atol=TOLERANCE * max(1.0, np.abs(expected).max()))


def ddim_of_diffusers(final, spacing, prediction):
    return diffusers.DDIMScheduler(
        **PUBLISHED,
        clip_sample=False,
        set_alpha_to_one=final == "clean",
        steps_offset=1 if spacing == "leading" else 0,
        timestep_spacing=spacing,
        prediction_type=prediction,
    )


def test_levels():
    """Alpha-bar of every timestep."""
    theirs = diffusers.DDIMScheduler(**PUBLISHED).alphas_cumprod.numpy()
    np.testing.assert_allclose(theirs, alphas_cumprod(parameters()), rtol=2e-4)


@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("final", ["clean", "first"])
@pytest.mark.parametrize("spacing", ["trailing", "leading"])
@pytest.mark.parametrize("num_steps", DIVISORS)
def test_ddim(num_steps, spacing, final, eta):
    """Both final levels, deterministic and with noise."""
    scheduler = ddim_of_diffusers(final, spacing, "epsilon")
    visited, theirs = walk_theirs(scheduler, num_steps, draws=eta > 0.0, eta=eta)
    chain = steps(parameters(), num_steps, spacing=spacing, final=final)
    assert visited == [step.timestep for step in chain]

    def sample(*arguments):
        return ddim(*arguments, eta=eta)

    assert_same(theirs, walk_ours(sample, chain))


@pytest.mark.parametrize("prediction", ["v_prediction", "sample"])
def test_prediction_types(prediction):
    """The other two things a network may say."""
    visited, theirs = walk_theirs(ddim_of_diffusers("first", "leading", prediction), 20)
    chain = steps(parameters(prediction), 20, spacing="leading", final="first")
    assert visited == [step.timestep for step in chain]
    assert_same(theirs, walk_ours(ddim, chain, prediction))


@pytest.mark.parametrize("num_steps", DIVISORS)
@pytest.mark.parametrize("spacing", ["trailing", "leading"])
def test_ddpm(num_steps, spacing):
    """Ancestral sampling with the posterior's variance."""
    scheduler = diffusers.DDPMScheduler(
        **PUBLISHED,
        clip_sample=False,
        timestep_spacing=spacing,
        steps_offset=1 if spacing == "leading" else 0,
        variance_type="fixed_small",
    )
    visited, theirs = walk_theirs(scheduler, num_steps, generator=torch.Generator().manual_seed(0))
    chain = steps(parameters(), num_steps, spacing=spacing)
    assert visited == [step.timestep for step in chain]
    assert_same(theirs, walk_ours(ddpm, chain))


def dpm_of_diffusers(final, spacing, algorithm):
    return diffusers.DPMSolverMultistepScheduler(
        **PUBLISHED,
        algorithm_type=algorithm,
        solver_order=2,
        solver_type="midpoint",
        timestep_spacing=spacing,
        steps_offset=1 if spacing == "leading" else 0,
        final_sigmas_type="zero" if final == "clean" else "sigma_min",
        euler_at_final=True,
    )


@pytest.mark.parametrize(("algorithm", "eta"), [("dpmsolver++", 0.0), ("sde-dpmsolver++", 1.0)])
@pytest.mark.parametrize("final", ["clean", "first"])
@pytest.mark.parametrize("spacing", ["trailing", "linspace"])
@pytest.mark.parametrize("num_steps", [2, 5, 10, 20, 50])
def test_dpm(num_steps, spacing, final, algorithm, eta):
    """DPM-Solver++(2M) of the ODE and of the SDE, to both final levels."""
    scheduler = dpm_of_diffusers(final, spacing, algorithm)
    visited, theirs = walk_theirs(scheduler, num_steps, draws=eta > 0.0)
    chain = steps(parameters(), num_steps, spacing=spacing, final=final)
    assert visited == [step.timestep for step in chain]

    def sample(*arguments):
        return dpm(*arguments, eta=eta)

    assert_same(theirs, walk_ours(sample, chain))


@pytest.mark.parametrize(("algorithm", "eta"), [("dpmsolver++", 0.0), ("sde-dpmsolver++", 1.0)])
@pytest.mark.parametrize("final", ["clean", "first"])
@pytest.mark.parametrize("num_steps", [2, 5, 10, 20, 50])
def test_dpm_on_the_published_grid(num_steps, final, algorithm, eta):
    """The timesteps of the hub's DDIM scheduler, which diffusers' solver has to be told."""
    chain = steps(parameters(), num_steps, spacing="leading", final=final)
    published = [step.timestep for step in chain]
    scheduler = dpm_of_diffusers(final, "trailing", algorithm)
    visited, theirs = walk_theirs(scheduler, num_steps, draws=eta > 0.0, visited=published)
    assert published == visited

    def sample(*arguments):
        return dpm(*arguments, eta=eta)

    assert_same(theirs, walk_ours(sample, chain))


@pytest.mark.parametrize("num_steps", DIVISORS)
def test_the_published_scheduler_is_the_leading_grid_to_the_first_level(num_steps):
    """Its file in the hub says nothing of spacing, an offset of 1 and no clean end: walked as it stands."""
    scheduler = diffusers.DDIMScheduler.from_config(SCHEDULER)
    visited, theirs = walk_theirs(scheduler, num_steps)
    chain = steps(parameters(), num_steps, spacing="leading", final="first")
    assert visited == [step.timestep for step in chain]
    assert_same(theirs, walk_ours(ddim, chain))


@pytest.mark.parametrize("num_steps", DIVISORS)
def test_linspace_is_the_solvers(num_steps):
    """That spacing is the one of diffusers' solver, which leaves timestep 0 out."""
    scheduler = dpm_of_diffusers("clean", "linspace", "dpmsolver++")
    scheduler.set_timesteps(num_steps)
    assert scheduler.timesteps.tolist() == timesteps(parameters(), num_steps, "linspace").tolist()
