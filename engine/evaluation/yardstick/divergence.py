"""What a classifier's probabilities say of sounds: how unlike real ones, how sure, and how varied.

Everything is in nats; a row of probabilities sums to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Float64 = NDArray[np.float64]

# Added to what is made, as audioldm_eval does: a class that is never heard would cost infinitely much.
EPSILON = 1e-6


def divergence(reference: Array, made: Array) -> Float64:
    """Kullback-Leibler divergence of rows from one row: (any, classes), (classes,) -> (any,)."""
    p, q = reference.astype(np.float64), made.astype(np.float64) + EPSILON
    return np.asarray(_negative_entropy(p) - p @ np.log(q))


def mean_divergence(pairs: Sequence[tuple[Array, Array]]) -> float | None:
    """KL as text-to-audio papers have it, mean over prompts: what is made against real sounds of the same
    prompt, every one with every other.

    pairs: for each prompt (real, classes) and (made, classes); prompts that lack either are left out, and
    None is what remains of nothing.
    """
    means = [
        np.mean([divergence(real, row) for row in made]) for real, made in pairs if len(real) and len(made)
    ]
    return float(np.mean(means)) if means else None


def inception_score(rows: Array) -> float:
    """exp of the mean divergence of each row from the mean of all (Salimans et al. 2016): 1 to the number of
    rows or of classes. Of all rows at once: ten parts of a few hundred would be too small."""
    p = rows.astype(np.float64)
    mean = p.mean(axis=0)
    logarithm = np.log(np.where(mean > 0.0, mean, 1.0))
    return float(np.exp(np.mean(_negative_entropy(p) - p @ logarithm)))


def softmax(logits: Array) -> Float64:
    """Probabilities along the last axis."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _negative_entropy(p: Float64) -> Float64:
    return np.asarray((p * np.log(np.where(p > 0.0, p, 1.0))).sum(axis=-1))
