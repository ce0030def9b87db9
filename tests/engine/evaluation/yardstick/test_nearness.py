"""Diversity, and whether copies of training clips are found out."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation.yardstick.nearness import (
    Neighbour,
    by_package,
    diversity,
    library,
    nearness,
    neighbours,
)

RNG = np.random.default_rng(11)
KNOWN = RNG.standard_normal((200, 32)) + 5.0
NAMES = tuple(f"clip-{number}" for number in range(200))
PACKAGES = tuple(f"package-{number % 4}" for number in range(200))


def test_a_copy_is_found_with_its_name() -> None:
    """At no distance, however loud; what is unrelated lies far."""
    trained = library(KNOWN, NAMES, PACKAGES)
    copy, stranger = neighbours(np.stack([KNOWN[17], RNG.standard_normal(32) + 5.0]), trained)

    assert (pytest.approx(0.0, abs=1e-9), "clip-17", "package-1") == (copy.distance, copy.clip, copy.package)
    assert 0.2 < stranger.distance < 1.2


def test_of_another_package_means_that_its_own_does_not_count() -> None:
    """What independent recordings are like."""
    trained = library(KNOWN, NAMES, PACKAGES)
    found = neighbours(KNOWN[:8], trained, PACKAGES[:8])

    assert all(neighbour.distance > 0.1 for neighbour in found)
    assert all(neighbour.package != own for neighbour, own in zip(found, PACKAGES, strict=False))


def test_copies_stand_out_beside_held_out_recordings() -> None:
    """Half copies: half are nearer than 95 of 100 recordings that nobody trained on."""
    trained = library(KNOWN, NAMES, PACKAGES)
    held_out = neighbours(RNG.standard_normal((100, 32)) + 5.0, trained)
    honest = neighbours(RNG.standard_normal((100, 32)) + 5.0, trained)
    copied = neighbours(KNOWN[:50] + 0.01, trained)

    assert nearness(honest, held_out).suspicious < 0.2
    assert nearness((*honest[:50], *copied), held_out).suspicious == pytest.approx(0.5, abs=0.1)
    assert nearness(held_out, held_out).suspicious == pytest.approx(0.05, abs=0.01)
    assert nearness(honest).suspicious is None


def test_packages_are_counted_the_most_frequent_first() -> None:
    """With the nearest distance to each."""
    found = [Neighbour(0.5, "a", "x"), Neighbour(0.2, "b", "y"), Neighbour(0.3, "c", "x")]

    assert [("x", 2, 0.3), ("y", 1, 0.2)] == by_package(found)


def test_diversity_is_the_mean_distance_of_pairs() -> None:
    """0 for the same take again and again, 1 at a right angle, 2 for opposites; one take says nothing."""
    east, north = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    centre = np.zeros(2)

    assert diversity([np.stack([east, 3.0 * east, east])], centre) == pytest.approx(0.0)
    assert diversity([np.stack([east, north])], centre) == pytest.approx(1.0)
    assert diversity([np.stack([east, -east, -east])], centre) == pytest.approx(4.0 / 3.0)
    assert diversity([np.stack([east, north]), np.stack([east, east])], centre) == pytest.approx(0.5)
    assert diversity([east[None]], centre) is None


def test_the_order_of_takes_makes_no_difference() -> None:
    """Nor does that of groups."""
    groups = [RNG.standard_normal((4, 8)) for _ in range(3)]
    turned = [RNG.permutation(group) for group in reversed(groups)]

    assert diversity(groups, np.zeros(8)) == pytest.approx(diversity(turned, np.zeros(8)))
