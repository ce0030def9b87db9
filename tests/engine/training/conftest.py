"""A few latents and captions, as training reads them; torch is needed only where they are asked for."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from engine.training.latents import TextVariants

FRAMES = (3, 90, 40, 7, 200)


@pytest.fixture
def latents(tmp_path: Path) -> Path:
    """A folder as the encoder leaves it: a few clips, short and long."""
    from engine.training.latents import LatentClip

    folder = tmp_path / "latents"
    folder.mkdir()
    rng = np.random.default_rng(4)
    mean, deviation = rng.standard_normal((8, 16)), rng.uniform(0.5, 2.0, (8, 16))
    values = rng.standard_normal((sum(FRAMES), 8, 16)) * deviation + mean
    values.astype(np.float16).tofile(folder / "latents.f16")
    starts = np.cumsum([0, *FRAMES])
    clips = [
        LatentClip(int(start), frames, f"sound {number % 3}", f"class {number % 2}", "recording", number, 0)
        for number, (start, frames) in enumerate(zip(starts, FRAMES, strict=False))
    ]
    (folder / "clips.json").write_text(json.dumps([asdict(clip) for clip in clips]))
    statistics = {"mean": mean, "deviation": deviation, "silence": mean - 2.0 * deviation}
    np.savez(folder / "statistics.npz", **{name: np.float32(value) for name, value in statistics.items()})
    return folder


@pytest.fixture
def texts(latents: Path) -> TextVariants:
    """Vectors of every caption."""
    from engine.training.latents import TextVariants, WindowSampler

    rng = np.random.default_rng(5)
    wordings = {clip.wording for clip in WindowSampler(latents).clips}
    vectors = {key: rng.standard_normal((6, 384)).astype(np.float32) for key in sorted(wordings)}
    projection = rng.standard_normal((384, 384)).astype(np.float32)
    return TextVariants(vectors, rng.standard_normal(384).astype(np.float32), projection)
