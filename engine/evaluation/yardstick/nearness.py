"""Distances between single sounds: how varied takes of one prompt are, and how near they come to training.

A distance is 1 less the cosine of two embeddings from which a common centre was taken: 0 for the same
sound, about 1 for unrelated ones, 2 at most. Without the centre everything would be near everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Float64 = NDArray[np.float64]

# What is nearer to a training clip than all but this share of recordings that nobody trained on is a suspect.
SUSPICIOUS_SHARE = 0.05
_SHORTEST = 1e-9
_FAR = 2.0


@dataclass(frozen=True)
class Library:
    """What was trained on. vectors: (clips, dimensions), centred and of length 1; several may be of one
    clip."""

    centre: Float64
    vectors: Float64
    clips: tuple[str, ...]
    packages: tuple[str, ...]


@dataclass(frozen=True)
class Neighbour:
    """The nearest training clip of one sound."""

    distance: float
    clip: str
    package: str


@dataclass(frozen=True)
class Nearness:
    """Distances to the nearest training clip: quartiles, and how many are suspiciously near."""

    low: float
    median: float
    high: float
    suspicious: float | None = None  # share below the held-out clips' fifth percentile


def library(vectors: Array, clips: Sequence[str], packages: Sequence[str]) -> Library:
    """Of embeddings, (clips, dimensions), around their own centre."""
    centre = vectors.mean(axis=0, dtype=np.float64)
    return Library(centre, directions(vectors, centre), tuple(clips), tuple(packages))


def directions(vectors: Array, centre: Array) -> Float64:
    """Rows seen from the centre, of length 1."""
    apart = vectors.astype(np.float64) - centre
    lengths = np.linalg.norm(apart, axis=-1, keepdims=True)
    return np.asarray(apart / np.maximum(lengths, _SHORTEST))


def neighbours(vectors: Array, known: Library, packages: Sequence[str] = ()) -> tuple[Neighbour, ...]:
    """The nearest training clip of each row; with ``packages``, the rows' own, of another package."""
    distances = 1.0 - directions(vectors, known.centre) @ known.vectors.T
    if packages:
        same = np.array(packages)[:, None] == np.array(known.packages)[None, :]
        distances = np.where(same, _FAR, distances)
    nearest = distances.argmin(axis=1)
    return tuple(
        Neighbour(max(0.0, float(distances[row, place])), known.clips[place], known.packages[place])
        for row, place in enumerate(nearest)
    )


def nearness(found: Sequence[Neighbour], held_out: Sequence[Neighbour] = ()) -> Nearness:
    """Of some sounds, beside recordings that were not trained on."""
    distances = np.array([neighbour.distance for neighbour in found])
    low, median, high = (float(value) for value in np.quantile(distances, (0.25, 0.5, 0.75)))
    if not held_out:
        return Nearness(low, median, high)
    limit = np.quantile([neighbour.distance for neighbour in held_out], SUSPICIOUS_SHARE)
    return Nearness(low, median, high, float(np.mean(distances < limit)))


def by_package(found: Sequence[Neighbour]) -> list[tuple[str, int, float]]:
    """The packages that the nearest clips come from: name, how often, and the least distance; the most
    frequent first."""
    counts = Counter(neighbour.package for neighbour in found)
    least: dict[str, float] = {}
    for neighbour in found:
        least[neighbour.package] = min(neighbour.distance, least.get(neighbour.package, _FAR))
    return [(package, count, least[package]) for package, count in sorted(counts.items(), key=_most_first)]


def diversity(groups: Sequence[Array], centre: Array) -> float | None:
    """Mean distance between two sounds of one group, (sounds, dimensions) each; groups count the same, those
    of one sound not at all."""
    means = [_mean_apart(directions(group, centre)) for group in groups if len(group) > 1]
    return float(np.mean(means)) if means else None


def _mean_apart(vectors: Float64) -> float:
    count = len(vectors)
    cosines = vectors @ vectors.T
    return float(1.0 - (cosines.sum() - np.trace(cosines)) / (count * (count - 1)))


def _most_first(row: tuple[str, int]) -> tuple[int, str]:
    return (-row[1], row[0])
