"""Blocks through several stages."""

import numpy as np

from engine.audio.loudness import LoudnessFit
from engine.audio.resample import StreamResampler, resample
from engine.audio.splice import Splicer
from engine.audio.stages import run_through


def test_blocks_pass_all_stages_in_order_and_nothing_is_lost() -> None:
    """Model rate in, spliced region out, as long as it must be."""
    model = 0.1 * np.random.default_rng(0).standard_normal((16_000, 1)).astype(np.float32)
    original = np.zeros((48_000, 1), np.float32)
    stages = (
        StreamResampler(16_000, 48_000, 1, 48_000),
        LoudnessFit(-20.0, 48_000, 1),
        Splicer(original, [(0, 48_000)], 0),
    )
    blocks = list(run_through(np.array_split(model, 7), *stages))
    assert all(len(block) for block in blocks)
    fit = LoudnessFit(-20.0, 48_000, 1)
    upsampled = resample(model, 16_000, 48_000)
    whole = np.concatenate([fit.push(upsampled), fit.finish()])
    joined = np.concatenate(blocks)
    assert joined.shape == (48_000, 1)
    # Different blocks settle on gains that differ a little; the sound is at the same place.
    assert np.corrcoef(joined[:, 0], whole[:, 0])[0, 1] > 0.99


def test_no_stage_gives_the_blocks_themselves() -> None:
    """An empty chain is the identity."""
    blocks = [np.ones((3, 1), np.float32), np.zeros((2, 1), np.float32)]
    assert list(run_through(blocks)) == blocks
