"""Two sounds at once with both captions, as AudioLDM's training data has them (Liu et al., 2023, section 4).

A model that has only heard one thing at a time takes "rain on a roof and distant thunder" for either of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

LOUDER_DB = 10.0  # at most, of the root mean squares of the two
LONGEST_SECONDS = 10.0
SHORTEST_SECONDS = 0.2  # a click disappears in anything


@dataclass(frozen=True)
class Mix:
    """Which two of the sounds, how much louder the second is, and where the shorter one starts (0 to 1)."""

    one: int
    other: int
    louder_db: float
    place: float


def mixes(classes: Sequence[str], seconds: Sequence[float], count: int, seed: int = 23) -> Iterator[Mix]:
    """``count`` pairs of different classes, every class as likely; the same for the same seed.

    classes, seconds: of every sound that may be mixed, or "" for one that may not.
    """
    rng = np.random.default_rng(seed)
    by_class: dict[str, list[int]] = {}
    for number, (name, length) in enumerate(zip(classes, seconds, strict=True)):
        if name and length >= SHORTEST_SECONDS:
            by_class.setdefault(name, []).append(number)
    names = sorted(by_class)
    if len(names) < 2:
        return
    for _ in range(count):
        pair = rng.choice(len(names), 2, replace=False)
        one, other = (int(rng.choice(by_class[names[int(place)]])) for place in pair)
        yield Mix(one, other, float(rng.uniform(-LOUDER_DB, LOUDER_DB)), float(rng.random()))


def mixed(one: Float32, other: Float32, mix: Mix, sample_rate: int) -> Float32:
    """Both sounds, (frames,) as long as the longer one; that is cut to ``LONGEST_SECONDS``."""
    longest = round(LONGEST_SECONDS * sample_rate)
    first, second = one[:longest], other[:longest]
    gain = 10.0 ** (mix.louder_db / 20.0) * _level(first) / max(_level(second), 1e-9)
    out = np.zeros(max(first.size, second.size), np.float64)
    for sound, amplitude in ((first, 1.0), (second, gain)):
        start = round(mix.place * (out.size - sound.size))
        out[start : start + sound.size] += amplitude * sound
    return out.astype(np.float32)


def joined(one: str, other: str) -> str:
    """A caption, or the name of a class, for both."""
    return f"{one} and {other}"


def _level(sound: Float32) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
