"""Variations: where their noise comes from, how far it is, and that it stays noise."""

from __future__ import annotations

from math import cos, pi

import numpy as np
import pytest

from engine.diffusion.variation import MAX_SEED, NoiseSource, candidate_noise
from engine.diffusion.windows import noise_for
from engine.models.interface import Float32

SHAPE = (8, 16)
CELLS = 256


def noise_of(number: int, vary: float) -> Float32:
    """What candidate ``number`` of seed 7 starts from."""
    return candidate_noise(7, number, vary)(0, CELLS, SHAPE)


def cosine(one: Float32, other: Float32) -> float:
    """Between two noises as vectors."""
    return float(np.vdot(one, other) / np.linalg.norm(one) / np.linalg.norm(other))


def test_without_vary_each_candidate_has_its_own_seed() -> None:
    """As ever; the largest is followed by the smallest."""
    expected = [NoiseSource(MAX_SEED - 2), NoiseSource(MAX_SEED - 1), NoiseSource(0)]

    assert expected == [candidate_noise(MAX_SEED - 2, number, 0.0) for number in range(3)]


def test_without_vary_the_first_take_is_the_seed_itself() -> None:
    """Bit for bit, in every draw."""
    for draw in (0, 3, 1 << 32):
        expected = noise_for(7, 0, CELLS, SHAPE, draw)
        assert np.array_equal(expected, candidate_noise(7, 0, 0.0)(0, CELLS, SHAPE, draw))


@pytest.mark.parametrize("vary", [0.1, 0.3, 0.5, 0.8, 1.0])
def test_variations_are_noise_at_the_chosen_angle_to_the_seed(vary: float) -> None:
    """Of unit variance at every distance, 32768 values; a share of the quarter circle away from the seed."""
    varied = noise_of(2, vary)

    assert varied.dtype == np.float32
    assert abs(float(varied.std()) - 1.0) < 0.02
    assert abs(cosine(noise_of(0, 0.0), varied) - cos(vary * pi / 2.0)) < 0.02


def test_the_further_the_knob_the_further_the_noise() -> None:
    """From the seed, take by take."""
    for number in range(3):
        near = [cosine(noise_of(0, 0.0), noise_of(number, vary)) for vary in (0.05, 0.2, 0.4, 0.6, 0.8, 1.0)]
        assert sorted(near, reverse=True) == near


def test_variations_of_one_seed_are_unlike_each_other() -> None:
    """Each turns into a direction of its own: the cosine of two is that of each with the seed, squared."""
    takes = [noise_of(number, 0.5) for number in range(4)]

    for one in range(4):
        for other in range(one):
            assert abs(cosine(takes[one], takes[other]) - 0.5) < 0.02


def test_at_the_end_of_the_way_stands_the_next_seed() -> None:
    """So every variation lies between two takes that can be asked for by themselves, bit for bit."""
    assert np.array_equal(noise_for(10, 0, CELLS, SHAPE), noise_of(2, 1.0))


def test_a_span_of_a_variation_does_not_depend_on_how_the_region_is_cut() -> None:
    """Every cell is turned by itself."""
    source = candidate_noise(7, 1, 0.4)
    pieces = [source(0, 100, SHAPE, 5), source(100, CELLS, SHAPE, 5)]

    assert np.array_equal(source(0, CELLS, SHAPE, 5), np.concatenate(pieces, axis=2))
