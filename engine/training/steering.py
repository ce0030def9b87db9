"""What steers the denoiser while it learns somebody's sounds: how each of them sounds, and what it is called.

AudioLDM's trick: the vector of the audio encoder stands for a caption, because both lie in one space; at
work the prompt's vector takes its place. Where a bundle has no audio encoder there are only names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.models.graph_model import normalise
from engine.models.interface import Float32, Model
from engine.training.latents import LatentClip

WORDINGS = ("{}", "{}", "the sound of {}", "{} sound effect")
TEXT_SHARE = 0.5  # of conditions, where a sound has both
JITTER = 0.02  # of each entry (they are about 0.05), as in ``latents.TextVariants``
Rng = np.random.Generator


@dataclass(frozen=True)
class Steering:
    """Vectors for every cut: rows of ``texts`` for its file (``files``), and its row of ``heard``."""

    files: Sequence[int]  # of each cut
    texts: Sequence[Float32]  # (wordings, embedding) for each file
    heard: Float32 | None  # (cuts, embedding)

    def draw(self, clips: Sequence[LatentClip], rng: Rng) -> Float32:
        """(batch, embedding) of length one, slightly moved; ``LatentClip.clip`` is the number of a cut."""
        rows = np.stack([self._row(clip.clip, rng) for clip in clips])
        moved = rows + JITTER * rng.standard_normal(rows.shape).astype(np.float32)
        return normalise(moved.astype(np.float32))

    def _row(self, cut: int, rng: Rng) -> Float32:
        texts = self.texts[self.files[cut]]
        if self.heard is not None and (not len(texts) or rng.random() >= TEXT_SHARE):
            row: NDArray[np.float32] = self.heard[cut]
            return row
        pick: NDArray[np.float32] = texts[int(rng.integers(len(texts)))]
        return pick


def text_vectors(model: Model, captions: Sequence[tuple[str, ...]], unnamed: str) -> list[Float32]:
    """For each file the vectors of its captions in several wordings; ``unnamed`` stands for none.

    ``unnamed`` may be "": then files without captions have no vectors.
    """
    named = [texts or ((unnamed,) if unnamed else ()) for texts in captions]
    spoken = sorted({wording.format(text) for texts in named for text in texts for wording in WORDINGS})
    vectors = dict(zip(spoken, _encoded(model, spoken), strict=True))
    nothing = np.zeros((0, len(next(iter(vectors.values()), ()))), np.float32)
    return [
        np.stack([vectors[wording.format(text)] for text in texts for wording in WORDINGS])
        if texts
        else nothing
        for texts in named
    ]


def _encoded(model: Model, texts: Sequence[str], batch: int = 32) -> list[Float32]:
    return [
        row for at in range(0, len(texts), batch) for row in model.encode_text(list(texts[at : at + batch]))
    ]
