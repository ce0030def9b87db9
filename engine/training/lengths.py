"""How long recordings of a prompt last, learned from the captions: a line through the text vectors.

Ridge regression of the logarithm of seconds, by hand because it is three lines and every class weighs what
it weighs in training. It explains half of the variance of classes left out (RESULTS.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.models.interface import Lengths
from engine.training.latents import FRAME_SECONDS, LatentClip, TextVariants, balanced_shares

Float64 = NDArray[np.float64]

RIDGE = 10.0  # in clips: best on classes left out; a third of it is alike, three times as much worse
SHORTEST, LONGEST = 0.1, 10.0  # seconds; beyond them a sound is a click, or goes on


def fit_lengths(clips: Sequence[LatentClip], texts: TextVariants) -> Lengths:
    """From every clip in every wording of its caption."""
    first = [clip for clip in clips if clip.variant == 0]
    shares = balanced_shares([(clip.sound_class, clip.kind) for clip in first])
    logs = np.log(np.clip([clip.frames * FRAME_SECONDS for clip in first], SHORTEST, LONGEST))
    spoken = texts.projected()
    vectors = np.stack([spoken[clip.wording] for clip in first])  # (clips, wordings, EMBEDDING)
    wordings = vectors.shape[1]
    rows = vectors.reshape(-1, vectors.shape[2]).astype(np.float64)
    return ridge(rows, np.repeat(logs, wordings), np.repeat(shares * len(first) / wordings, wordings))


def ridge(rows: Float64, values: Float64, weights: Float64) -> Lengths:
    """The line through ``values``, (any,), over ``rows``, (any, width); weights: (any,), what each counts."""
    shares = weights / weights.sum()
    middle, offset = shares @ rows, float(shares @ values)
    centred = rows - middle
    weighted = centred * weights[:, None]
    slope = np.linalg.solve(
        weighted.T @ centred + RIDGE * np.eye(rows.shape[1]), weighted.T @ (values - offset)
    )
    missed = values - offset - centred @ slope
    spread = float(np.sqrt(shares @ missed**2))
    return Lengths(tuple(round(float(part), 4) for part in slope), offset - float(middle @ slope), spread)
