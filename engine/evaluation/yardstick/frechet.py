"""How far two clouds of embeddings lie apart: the Fréchet distance between the Gaussians that fit them.

With centred rows A and B of two sets, each divided by the root of its count less one, the trace of the root
of the product of their covariances is the sum of the singular values of A Bᵀ. No matrix root is taken, so
covariances of low rank do no harm, and nothing becomes imaginary.

Low rank is a matter of meaning instead: n vectors span n - 1 axes at most, and two small samples of one
thing look far apart along the others. So sets are brought to one size, and compared along the reference's
principal axes, few enough that there are several vectors to each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Name = TypeVar("Name", bound=str)

MOST_AXES = 64
VECTORS_AN_AXIS = 4


@dataclass(frozen=True)
class Distance:
    """Of one set from the reference: along the principal axes, and along all there are."""

    along_axes: float
    along_all: float


@dataclass(frozen=True)
class Comparison(Mapping[Name, Distance]):
    """How far several sets lie from one reference.

    axes: how many were compared; kept: the share of the reference's variance that lies along them; vectors:
    of each set; of_reference: vectors of the reference; dimensions: of the space.
    """

    distances: Mapping[Name, Distance]
    axes: int
    kept: float
    vectors: int
    of_reference: int
    dimensions: int

    def __getitem__(self, name: Name) -> Distance:
        return self.distances[name]

    def __iter__(self) -> Any:
        return iter(self.distances)

    def __len__(self) -> int:
        return len(self.distances)


def compare(reference: Array, sets: Mapping[Name, Array]) -> Comparison[Name]:
    """Each set, (any, dimensions), against the reference; all sets are thinned to the size of the smallest.

    Raises ValueError where a set has fewer than two vectors.
    """
    size = min(len(vectors) for vectors in sets.values())
    if min(size, len(reference)) < 2:
        raise ValueError("a Gaussian needs two vectors at least")
    count = max(1, min(MOST_AXES, reference.shape[1], min(size, len(reference)) // VECTORS_AN_AXIS))
    axes, kept = principal_axes(reference, count)
    distances = {}
    for name, vectors in sets.items():
        few = thinned(vectors, size)
        along = frechet_distance(few @ axes, reference @ axes)
        distances[name] = Distance(along, frechet_distance(few, reference))
    return Comparison(distances, count, kept, size, len(reference), reference.shape[1])


def frechet_distance(one: Array, other: Array) -> float:
    """Between two sets of vectors, (any, dimensions) each, two at least (Heusel et al. 2017)."""
    a, b = _root(one), _root(other)
    apart = one.mean(axis=0, dtype=np.float64) - other.mean(axis=0, dtype=np.float64)
    shared = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    distance = apart @ apart + np.sum(a**2) + np.sum(b**2) - 2.0 * shared
    return max(0.0, float(distance))  # equal sets come to a rounding error, which may be below 0


def principal_axes(vectors: Array, count: int) -> tuple[Float64, float]:
    """The directions of most variance, (dimensions, count), and the share of the variance along them."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    variance = lengths**2
    total = float(variance.sum())
    return axes[:count].T, float(variance[:count].sum()) / total if total > 0.0 else 1.0


def thinned(vectors: Array, count: int) -> Array:
    """``count`` of the rows, evenly spaced, so that every prompt keeps its share."""
    return np.asarray(vectors[np.linspace(0, len(vectors) - 1, count).round().astype(int)])


def _root(vectors: Array) -> Float64:
    """A matrix whose transpose times itself is the covariance, with as few rows as there can be."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    scaled = centred / np.sqrt(len(vectors) - 1)
    return np.asarray(np.linalg.qr(scaled, mode="r")) if len(scaled) > scaled.shape[1] else scaled
