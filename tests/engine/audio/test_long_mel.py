"""The log-mel of a sound of any length."""

import numpy as np
import pytest

from engine.audio.long_mel import mel_pieces
from engine.audio.mel import MelParameters, log_mel
from engine.audio.stretch import held, silence


def test_a_mel_in_pieces_is_that_of_the_whole() -> None:
    """But for what is mirrored at the ends."""
    sound = np.random.default_rng(0).standard_normal(160 * 7_000).astype(np.float32)
    parameters = MelParameters()
    joined = np.concatenate(list(mel_pieces(held(sound[:, None]), parameters)))
    assert joined[4:-4] == pytest.approx(log_mel(sound, parameters)[4:-4], abs=1e-5)


def test_a_gain_is_heard_before_the_floor() -> None:
    """So a soft sound made louder is as good as a loud one, and a part of a hop is a hop."""
    sound = np.random.default_rng(0).standard_normal((1_000, 1)).astype(np.float32)
    (loud,), (soft,) = (
        mel_pieces(held(sound * np.float32(g)), MelParameters(), 1.0 / g) for g in (1.0, 1e-3)
    )
    assert (7, 64) == loud.shape
    assert loud == pytest.approx(soft, abs=1e-3)
    assert [] == list(mel_pieces(silence(0, 1), MelParameters()))
