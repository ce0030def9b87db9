"""Which timesteps are visited, and at which level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.schedule import alphas_cumprod, jumps, noised_range, steps, timesteps
from engine.errors import EngineError, ErrorCode
from engine.models.interface import ScheduleParameters

PUBLISHED = ScheduleParameters(1000, 0.0015, 0.0195, "scaled_linear", "epsilon")
SPACINGS = ("trailing", "leading", "linspace", "log_snr")
any_spacing = st.sampled_from(SPACINGS)
any_strength = st.floats(0.0, 1.0)


def test_levels_are_those_of_the_published_schedule():
    """Alpha-bar at the first, middle and last timestep is what the checkpoints were trained with."""
    levels = alphas_cumprod(PUBLISHED)
    assert np.float64 == levels.dtype
    np.testing.assert_allclose([0.9985, 0.1158, 1.423e-4], levels[[0, 499, 999]], rtol=4e-4)


def test_linear_betas_are_not_the_scaled_ones():
    """``linear`` means linear in beta."""
    linear = ScheduleParameters(4, 0.1, 0.4, "linear", "epsilon")
    expected = np.cumprod([0.9, 0.8, 0.7, 0.6])
    np.testing.assert_allclose(expected, alphas_cumprod(linear))


@pytest.mark.parametrize("spacing", SPACINGS)
def test_every_number_of_steps_gives_distinct_timesteps_inside_the_table(spacing):
    """1 to 1000 steps, also those that do not divide 1000."""
    for num_steps in range(1, 1001):
        visited = timesteps(PUBLISHED, num_steps, spacing)
        assert num_steps == len(visited)
        assert np.int64 == visited.dtype
        assert (np.diff(visited) < 0).all()
        assert visited[-1] >= 0
        assert visited[0] <= 999


@given(st.integers(1, 60), st.data())
def test_short_tables_and_weak_edits_stay_distinct(train_steps, data):
    """The same for any table and any strength."""
    table = ScheduleParameters(train_steps, 0.001, 0.02, "linear", "epsilon")
    strength = data.draw(any_strength)
    num_steps = data.draw(st.integers(1, train_steps))
    visited = timesteps(table, num_steps, data.draw(any_spacing), strength)
    span = noised_range(train_steps, strength)
    assert min(num_steps, span) == len(visited)
    assert (np.diff(visited) < 0).all()
    assert all(0 <= timestep < span for timestep in visited)


def test_grids_of_ten():
    """What the four spacings look like."""
    assert timesteps(PUBLISHED, 10).tolist() == [999, 899, 799, 699, 599, 499, 399, 299, 199, 99]
    assert timesteps(PUBLISHED, 10, "leading").tolist() == [901, 801, 701, 601, 501, 401, 301, 201, 101, 1]
    assert timesteps(PUBLISHED, 10, "linspace").tolist() == [999, 899, 799, 699, 599, 500, 400, 300, 200, 100]
    ratios = alphas_cumprod(PUBLISHED)[timesteps(PUBLISHED, 10, "log_snr")]
    moves = np.diff(np.log(ratios / (1.0 - ratios)))
    np.testing.assert_allclose(np.full(9, moves.mean()), moves, rtol=0.15)


@pytest.mark.parametrize("spacing", ["trailing", "linspace", "log_snr"])
@pytest.mark.parametrize(
    ("strength", "highest"), [(1.0, 999), (0.5, 499), (0.25, 249), (0.001, 0), (1e-9, 0)]
)
def test_strength_starts_at_a_definite_timestep(spacing, strength, highest):
    """The highest timestep depends on the strength alone, not on the number of steps."""
    for num_steps in (1, 7, 10, 200, 300, 999, 1000):
        assert highest == timesteps(PUBLISHED, num_steps, spacing, strength)[0]


def test_a_weak_edit_keeps_its_number_of_steps():
    """The grid is spread over the shortened range, and only cut where that holds fewer timesteps."""
    assert len(steps(PUBLISHED, 10, noise_strength=0.2)) == 10
    assert len(steps(PUBLISHED, 10, noise_strength=0.003)) == 3


def test_strength_nought_has_no_steps():
    """Nothing to do leaves nothing changed."""
    for spacing in SPACINGS:
        assert steps(PUBLISHED, 10, noise_strength=0.0, spacing=spacing) == ()


@given(st.integers(1, 1000), any_spacing, st.floats(0.001, 1.0), st.sampled_from(["clean", "first"]))
def test_steps_are_a_chain_of_levels(num_steps, spacing, strength, final):
    """Each step begins at its own timestep's level and ends where the next one begins."""
    table = alphas_cumprod(PUBLISHED)
    chain = steps(PUBLISHED, num_steps, noise_strength=strength, spacing=spacing, final=final)
    assert [float(table[step.timestep]) for step in chain] == [step.alpha_bar for step in chain]
    assert [step.next_alpha_bar for step in chain[:-1]] == [step.alpha_bar for step in chain[1:]]
    assert (1.0 if final == "clean" else float(table[0])) == chain[-1].next_alpha_bar
    assert all(type(step.alpha_bar) is float for step in chain)


@pytest.mark.parametrize("num_steps", [0, -1, 1001])
def test_an_impossible_number_of_steps_is_refused(num_steps):
    """The sentence names the number and the range."""
    with pytest.raises(EngineError, match=f"{num_steps}.*between 1 and 1000") as refused:
        timesteps(PUBLISHED, num_steps)
    assert refused.value.code == ErrorCode.BAD_ARGUMENT


@pytest.mark.parametrize("strength", [7.0, -0.1, 1.0000001, float("nan"), float("inf")])
def test_an_impossible_strength_is_refused(strength):
    """Strength 7 and NaN are answered, not clipped."""
    with pytest.raises(EngineError, match="between 0 and 1") as refused:
        steps(PUBLISHED, 10, noise_strength=strength)
    assert refused.value.code == ErrorCode.BAD_ARGUMENT


@pytest.mark.parametrize("whole", [1, 4, 12])
def test_jumps_are_no_longer_than_those_of_a_new_sound(whole):
    """In log SNR; one fewer would be too few."""
    table = alphas_cumprod(PUBLISHED)
    log_snr = np.log(table / (1.0 - table))
    longest = (log_snr[0] - log_snr[-1]) / whole
    for strength in np.linspace(0.01, 1.0, 34):
        depth = log_snr[0] - log_snr[noised_range(PUBLISHED.train_steps, float(strength)) - 1]
        count = jumps(PUBLISHED, whole, float(strength))
        assert depth <= count * longest * (1.0 + 1e-6)
        assert count == 1 or depth > (count - 1) * longest
    assert jumps(PUBLISHED, whole, 1.0) == whole
    assert jumps(PUBLISHED, whole, 0.0) == 1
