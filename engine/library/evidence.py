"""How much speaks for each sound of a library, when a few things are known of it in different units.

A cosine between a sound and a prompt is 0.3 at its best with one model and 0.7 with another, and one between
two texts is another matter again. What counts is how far a sound stands out from the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

# From here on a kind of evidence is named as a reason: one sound in six is so far above the average.
NOTABLE = 1.0
# Two kinds that are equally strong are worth log(2) over this more than one: a third of a deviation.
SHARPNESS = 2.0
# Keeps a library of one sound, or of equal ones, from dividing by zero.
SHORTEST = 1e-9


def standard(values: Float64) -> Float64:
    """Standard deviations above the mean of all that is known; NaN stays for what is not."""
    known = np.isfinite(values)
    if not known.any():
        return values
    deviation = max(float(values[known].std()), SHORTEST)
    scaled: Float64 = (values - values[known].mean()) / deviation
    return scaled


def both(evidence: Sequence[Float64]) -> Float64:
    """How much speaks for sounds that have several demands to meet, (kinds)(sounds,) -> (sounds,).

    Stouffer's sum. A kind that is not known of a sound is left out; NaN where none is.
    """
    kinds = np.array(evidence)
    known = np.isfinite(kinds)
    count = known.sum(axis=0)
    total = np.where(known, kinds, 0.0).sum(axis=0) / np.sqrt(np.maximum(count, 1))
    return np.where(count > 0, total, np.nan)


def either(evidence: Sequence[Float64]) -> Float64:
    """How much speaks for sounds that one kind of evidence is enough for, (kinds)(sounds,) -> (sounds,).

    A little more than the strongest, by how strong the others are. One that is weak or not known does not
    count against a sound: with a sum, a name that says it all was brought down by a model that hears badly
    (RESULTS.md). -inf where nothing is known.
    """
    kinds = SHARPNESS * np.where(np.isfinite(evidence), evidence, -np.inf)
    total: Float64 = np.logaddexp.reduce(kinds, axis=0) / SHARPNESS
    return total


def reason(sound: float, name: float) -> str:
    """Which evidence speaks for a sound, in standard deviations; NaN: not known."""
    by_sound, by_name = np.nan_to_num(sound, nan=-np.inf), np.nan_to_num(name, nan=-np.inf)
    if by_sound >= NOTABLE and by_name >= NOTABLE:
        return "sound and name"
    return "sound" if by_sound >= by_name else "name"
