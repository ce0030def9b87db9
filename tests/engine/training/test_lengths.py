"""How long sounds last, learned from their captions."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytestmark = pytest.mark.torch

from engine.lasting import middle_seconds  # noqa: E402 - after the skip
from engine.training.latents import LatentClip, TextVariants  # noqa: E402
from engine.training.lengths import fit_lengths, ridge  # noqa: E402

EMBEDDING = 384


def clips_of(**frames: list[int]) -> list[LatentClip]:
    """Clips of so many frames of each class, in two variants, which say the same."""
    return [
        LatentClip(0, count, name, name, "effect", 0, variant)
        for variant in (0, 1)
        for name, counts in frames.items()
        for count in counts
    ]


def vectors_of(names: list[str]) -> dict[str, np.ndarray]:
    """Six wordings near a direction of its own for each name."""
    rng = np.random.default_rng(0)
    made = {}
    for name in names:
        rows = rng.standard_normal(EMBEDDING) + 0.1 * rng.standard_normal((6, EMBEDDING))
        made[f"{name}|{name}"] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return made


def test_short_and_long_sounds_are_told_apart() -> None:
    """By the words they were learned with: clicks of 0.2 s, rain of 8 s; words of neither lie between."""
    vectors = vectors_of(["click", "rain"])
    texts = TextVariants(vectors, np.ones(EMBEDDING, np.float32))
    lengths = fit_lengths(clips_of(click=[5] * 40, rain=[200] * 40), texts)
    click, rain = (middle_seconds(lengths, vectors[f"{name}|{name}"][:1]) for name in ("click", "rain"))
    other = middle_seconds(lengths, vectors_of(["x", "y", "z"])["z|z"][:1])

    assert click < 0.4
    assert rain > 4.0
    assert click < other < rain


def test_the_line_is_that_of_a_regression() -> None:
    """Where there is far more to learn from than the ridge holds back; the spread is what it misses."""
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((20_000, 3))
    slope = np.array([0.5, -0.25, 0.0])
    values = rows @ slope + 2.0 + 0.3 * rng.standard_normal(20_000)
    lengths = ridge(rows, values, np.ones(20_000))

    assert slope == pytest.approx(np.array(lengths.weights), abs=0.01)
    assert 2.0 == pytest.approx(lengths.offset, abs=0.01)
    assert 0.3 == pytest.approx(lengths.spread, abs=0.01)
