"""Blocks through several stages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.limiter import Limiter
from engine.audio.loudness import LoudnessFit
from engine.audio.resample import StreamResampler
from engine.audio.splice import Splicer
from engine.audio.stages import Chain, Crop, OnlySpans, Skip, Spread, Stage
from engine.audio.stretch import silence

Cuts = st.lists(st.integers(0, 4_000), max_size=6)


def model_sound(frames: int) -> np.ndarray:
    """What a model may give, (frames, 1)."""
    return 0.1 * np.random.default_rng(0).standard_normal((frames, 1)).astype(np.float32)


def passed(stage: Stage, sound: np.ndarray, cuts: list[int]) -> np.ndarray:
    """The sound after a stage, in pieces that end at the cuts."""
    pieces = [stage.push(piece) for piece in np.split(sound, sorted(cuts))]
    return np.concatenate([*pieces, stage.finish()])


def whole_line() -> Chain:
    """From 4000 frames of a model at 16 kHz to a region of 9000 at 48 kHz, stereo."""
    return Chain(
        StreamResampler(16_000, 48_000, 1, 10_920),
        Skip(1_920),
        OnlySpans(((0, 2_000), (5_000, 9_000))),
        Spread(np.array([0.5, 1.5], np.float32)),
        Limiter(48_000, 2),
        Splicer(silence(9_000, 2), ((0, 2_000), (5_000, 9_000)), 100),
    )


@given(cuts=Cuts)
@settings(deadline=None)
def test_blocks_make_no_difference(cuts: list[int]) -> None:
    """What each stage holds back comes out of the last one, in order, whatever the blocks."""
    sound = model_sound(4_000)
    expected = passed(whole_line(), sound, [])
    actual = passed(whole_line(), sound, cuts)
    assert (9_000, 2) == actual.shape
    assert np.abs(expected - actual).max() < 1e-6


def test_a_chain_is_its_stages_one_after_the_other() -> None:
    """Each stage's rest passes those behind it before they give theirs."""
    sound = model_sound(4_000)
    one = passed(StreamResampler(16_000, 44_100, 1, 11_025), sound, [])
    other = passed(LoudnessFit(-20.0, 44_100, 1), one, [])
    chain = Chain(StreamResampler(16_000, 44_100, 1, 11_025), LoudnessFit(-20.0, 44_100, 1))
    # The gain follows the blocks, which end elsewhere inside a chain; the sound is at the same place.
    assert np.corrcoef(other[:, 0], passed(chain, sound, [])[:, 0])[0, 1] > 0.999


def test_a_chain_of_one_stage_is_that_stage() -> None:
    """Nothing is added."""
    sound = model_sound(100)
    assert np.array_equal(sound[30:], passed(Chain(Skip(30)), sound, [10]))


@given(frames=st.integers(0, 5_000), cuts=Cuts)
def test_skip_leaves_out_just_the_first_frames(frames: int, cuts: list[int]) -> None:
    """Even if they are more than there are."""
    sound = model_sound(4_000)
    assert np.array_equal(sound[frames:], passed(Skip(frames), sound, cuts))


@given(frames=st.integers(0, 5_000), cuts=Cuts)
def test_crop_lets_only_the_first_frames_through(frames: int, cuts: list[int]) -> None:
    """Or all, if there are fewer."""
    sound = model_sound(4_000)
    assert np.array_equal(sound[:frames], passed(Crop(frames), sound, cuts))


@given(edges=st.lists(st.integers(0, 4_500), unique=True, max_size=6), cuts=Cuts)
def test_only_spans_are_heard(edges: list[int], cuts: list[int]) -> None:
    """They are as they were; everything else is silence of the same length."""
    edges = sorted(edges)
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    sound = model_sound(4_000)
    expected = np.zeros_like(sound)
    for start, end in spans:
        expected[start:end] = sound[start:end]
    assert np.array_equal(expected, passed(OnlySpans(spans), sound, cuts))


@pytest.mark.parametrize("gains", [[0.5], [0.0, 1.4], [1.0] * 5])
def test_spread_gives_every_channel_its_share(gains: list[float]) -> None:
    """One gain for each."""
    sound = model_sound(100)
    shares = np.array(gains, np.float32)
    assert np.array_equal(sound * shares, passed(Spread(shares), sound, [40]))
