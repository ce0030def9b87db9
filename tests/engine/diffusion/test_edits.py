"""Generate, transfer and inpaint on data whose exact denoiser is known."""

from functools import partial
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.diffusion.edits import (
    Observed,
    blended,
    generate,
    inpaint,
    noised,
    observation,
    span_mask,
    transfer,
)
from engine.diffusion.samplers import SAMPLERS, ddim, ddpm, dpm
from engine.diffusion.schedule import steps

every_sampler = pytest.mark.parametrize("sample", SAMPLERS.values(), ids=[str(name) for name in SAMPLERS])
FIRST_HALF = (np.arange(8) < 4).astype(np.float32).reshape(1, 1, 8, 1)
EVERY_SECOND = (np.arange(8) % 2 == 0).astype(np.float32).reshape(1, 1, 8, 1)


class NoNoise:
    """Draws noughts, so that only the signal's part of an observation is left."""

    def standard_normal(self, size, dtype):
        return np.zeros(size, dtype)


def last(values):
    """The last of an iterator."""
    *_, final = values
    return final


def normal(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def watched(toy, seen):
    """The toy's denoiser, which notes what it is given."""

    def denoise(latents, timestep):
        seen.append((timestep, latents.copy()))
        return toy.denoise(latents, timestep)

    return denoise


def completed(toy, sample, mask, num_steps, **grid):
    """Distance to the truth of true samples whose unmasked cells were made anew."""
    source = toy.drawn(20_000, seed=9)
    chain = steps(toy.parameters, num_steps, **grid)
    rng = np.random.default_rng(2)
    final = last(inpaint(sample, toy.denoise, source, mask, normal(source.shape), chain, rng))
    return toy.distance_of_samples(final)


def test_noised_has_the_level_asked_for():
    """Signal and noise by the square roots of their shares of power."""
    latents, noise = normal((1, 1, 4, 2), 0), normal((1, 1, 4, 2), 1)
    np.testing.assert_allclose(0.6 * latents + 0.8 * noise, noised(latents, 0.36, noise), rtol=1e-5)
    np.testing.assert_array_equal(latents, noised(latents, 1.0, noise))


@every_sampler
def test_generate_is_the_sampler(toy, sample):
    """Without an observation nothing is added."""
    chain, noise = steps(toy.parameters, 5), normal((1, 1, 8, 1))
    expected = list(sample(toy.denoise, noise, chain, np.random.default_rng(1)))
    np.testing.assert_array_equal(
        expected, list(generate(sample, toy.denoise, noise, chain, np.random.default_rng(1)))
    )


@every_sampler
def test_strength_nought_gives_the_source_back(toy, sample):
    """Once, untouched, without asking the model."""
    source, seen = toy.drawn(1, 0), []
    chain = steps(toy.parameters, 10, noise_strength=0.0)
    given_back = list(
        transfer(sample, watched(toy, seen), source, normal(source.shape), chain, np.random.default_rng(0))
    )
    assert seen == []
    assert len(given_back) == 1
    np.testing.assert_array_equal(source, given_back[0])


@every_sampler
@pytest.mark.parametrize("spacing", ["trailing", "leading", "linspace", "log_snr"])
@pytest.mark.parametrize("strength", [0.003, 0.25, 0.5, 1.0])
def test_noise_is_added_at_the_timestep_where_denoising_starts(toy, sample, spacing, strength):
    """The first latents the model sees are the source at exactly the level of the first timestep."""
    source, noise, seen = toy.drawn(1, 0), normal((1, 1, 8, 1)), []
    chain = steps(toy.parameters, 10, noise_strength=strength, spacing=spacing)
    last(transfer(sample, watched(toy, seen), source, noise, chain, np.random.default_rng(0)))
    assert [step.timestep for step in chain] == [timestep for timestep, _ in seen]
    np.testing.assert_array_equal(noised(source, chain[0].alpha_bar, noise), seen[0][1])


def test_a_stronger_transfer_goes_further_from_its_source(toy):
    """Strength is how much of the source is lost."""
    source = toy.drawn(500, 0)
    moved = []
    for strength in (0.05, 0.2, 0.5, 1.0):
        chain = steps(toy.parameters, 20, noise_strength=strength)
        rng = np.random.default_rng(0)
        final = last(transfer(dpm, toy.denoise, source, normal(source.shape), chain, rng))
        moved.append(np.square(final - source).mean())
    assert sorted(moved) == moved
    assert moved[0] < 0.2 < 1.0 < moved[-1]


@every_sampler
@pytest.mark.parametrize("num_steps", [1, 2, 12])
def test_inpainting_keeps_the_known_cells_exactly(toy, sample, num_steps):
    """Bit for bit in the end, and the others are new."""
    source = toy.drawn(3, 0)
    chain = steps(toy.parameters, num_steps)
    rng = np.random.default_rng(0)
    final = last(inpaint(sample, toy.denoise, source, FIRST_HALF, normal(source.shape), chain, rng))
    np.testing.assert_array_equal(source[:, :, :4], final[:, :, :4])
    assert (final[:, :, 4:] != source[:, :, 4:]).all()
    assert np.float32 == final.dtype


@every_sampler
def test_observations_are_at_the_latents_level_at_every_step(toy, sample):
    """With silent noise, what the model sees of the known cells is the source times the signal's share."""
    source, seen = toy.drawn(2, 0), []
    chain = steps(toy.parameters, 9)
    last(inpaint(sample, watched(toy, seen), source, FIRST_HALF, normal(source.shape), chain, NoNoise()))
    assert len(chain) == len(seen)
    for step, (timestep, latents) in zip(chain, seen, strict=True):
        assert step.timestep == timestep
        np.testing.assert_allclose(sqrt(step.alpha_bar) * source[:, :, :4], latents[:, :, :4], rtol=1e-6)


def test_observation_noise_is_fresh_at_every_call():
    """One draw a call, from the sampler's source or the observation's own."""
    latents = np.zeros((1, 1, 8, 1), np.float32)
    constrain = observation(Observed(latents, np.ones_like(latents)))
    rng = np.random.default_rng(0)
    assert not np.array_equal(constrain(latents, 0.5, rng), constrain(latents, 0.5, rng))
    own = observation(Observed(latents, np.ones_like(latents), noise=NoNoise()))
    np.testing.assert_array_equal(latents, own(latents, 0.5, rng))


@pytest.mark.parametrize("weight", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("alpha_bar", [0.01, 0.5, 0.99])
def test_soft_masks_keep_the_noise_level(weight, alpha_bar):
    """Two mixed noises have less power than either; the drawn one makes up for it."""
    shape = (20_000, 1, 1, 1)
    clean, observed = np.full(shape, 2.0, np.float32), np.full(shape, -1.0, np.float32)
    constrain = observation(Observed(observed, np.full((1, 1, 1, 1), weight, np.float32)))
    constrained = constrain(noised(clean, alpha_bar, normal(shape)), alpha_bar, np.random.default_rng(1))
    signal = sqrt(alpha_bar) * ((1.0 - weight) * 2.0 - weight)
    assert signal == pytest.approx(constrained.mean(), abs=0.03)
    assert sqrt(1.0 - alpha_bar) == pytest.approx(constrained.std(), rel=0.02)


@given(arrays.arrays(np.float32, (1, 1, 6, 2), elements=st.floats(0.0, 1.0, width=32)))
def test_blending_is_exact_at_both_ends(mask):
    """1 gives the observed latents bit for bit, 0 the sampler's, and between is between."""
    latents, known = normal((1, 3, 6, 2), 0), normal((1, 3, 6, 2), 1)
    mixed = blended(latents, Observed(known, mask))
    everywhere = np.broadcast_to(mask, mixed.shape)
    np.testing.assert_array_equal(known[everywhere == 1.0], mixed[everywhere == 1.0])
    np.testing.assert_array_equal(latents[everywhere == 0.0], mixed[everywhere == 0.0])
    assert (mixed >= np.minimum(latents, known) - 1e-6).all()
    assert (mixed <= np.maximum(latents, known) + 1e-6).all()


def test_a_mask_over_bands_broadcasts(toy):
    """(1, 1, 1, bands) observes some bands of every frame, as super-resolution does."""

    def denoise(latents, timestep):
        return latents * np.float32(timestep / 2000.0)

    source = normal((1, 1, 8, 2), 3)
    low_band = np.array([1.0, 0.0], np.float32).reshape(1, 1, 1, 2)
    chain, rng = steps(toy.parameters, 4), np.random.default_rng(0)
    final = last(inpaint(ddim, denoise, source, low_band, normal(source.shape), chain, rng))
    np.testing.assert_array_equal(source[..., 0], final[..., 0])
    assert (source[..., 1] != final[..., 1]).all()


@pytest.mark.parametrize(
    ("sample", "least"),
    [(ddim, 0.5), (dpm, 0.5), (ddpm, 0.7), (partial(dpm, eta=1.0), 0.7)],
    ids=["ddim", "dpm", "ddpm", "dpm, eta 1"],
)
def test_new_cells_continue_the_known_ones(toy, sample, least):
    """Across the mask's edge neighbours are correlated, more so where the sampler draws noise."""
    source = toy.drawn(4000, 9)
    chain, rng = steps(toy.parameters, 30), np.random.default_rng(0)
    final = last(inpaint(sample, toy.denoise, source, FIRST_HALF, normal(source.shape), chain, rng))
    edge = np.corrcoef(final[:, 0, 3, 0], final[:, 0, 4, 0])[0, 1]
    assert edge > least  # 0.9 in the data, 0 for strangers


@pytest.mark.parametrize("mask", [FIRST_HALF, EVERY_SECOND], ids=["first half", "every second"])
@pytest.mark.parametrize("num_steps", [10, 20])
def test_the_multistep_solver_keeps_its_history_over_observations(toy, mask, num_steps):
    """Measured: the stale estimate does no harm (closer than first order), and noise helps most."""
    first_order = completed(toy, ddim, mask, num_steps, spacing="log_snr")
    kept = completed(toy, dpm, mask, num_steps, spacing="log_snr")
    kept_with_noise = completed(toy, partial(dpm, eta=1.0), mask, num_steps, spacing="log_snr")
    assert kept < 0.95 * first_order
    assert kept_with_noise < 0.8 * kept


@every_sampler
def test_a_transfer_can_hold_observed_cells(toy, sample):
    """A weaker repair: start from the noised source, keep what is known."""
    source = toy.drawn(2, 0)
    chain = steps(toy.parameters, 8, noise_strength=0.4)
    observed = Observed(source, FIRST_HALF)
    rng = np.random.default_rng(0)
    final = last(transfer(sample, toy.denoise, source, normal(source.shape), chain, rng, observed))
    np.testing.assert_array_equal(source[:, :, :4], final[:, :, :4])
    assert (final[:, :, 4:] != source[:, :, 4:]).all()


@pytest.mark.parametrize(
    ("spans", "margin", "made_anew"),
    [
        ([], 2, []),
        ([(2, 4)], 0, [2, 3]),
        ([(2, 4)], 1, [1, 2, 3, 4]),
        ([(2.2, 2.8)], 0, [2]),
        ([(2.0, 3.1)], 0, [2, 3]),
        ([(0, 1), (9, 10)], 2, [0, 1, 2, 7, 8, 9]),
        ([(-5, -3)], 1, []),
        ([(-5, 40)], 3, list(range(10))),
    ],
)
def test_spans_become_masks(spans, margin, made_anew):
    """Every cell a span touches is made anew, and the margin around it, inside the region."""
    mask = span_mask(10, spans, margin)
    assert mask.shape == (1, 1, 10, 1)
    assert np.float32 == mask.dtype
    assert made_anew == np.flatnonzero(mask[0, 0, :, 0] == 0.0).tolist()
