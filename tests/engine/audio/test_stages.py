"""Blocks through several stages."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.limiter import Limiter
from engine.audio.loudness import LoudnessFit
from engine.audio.resample import StreamResampler
from engine.audio.splice import Splicer
from engine.audio.stages import Chain, OnlySpans, Skip, Spread, Stage

REGION_FRAMES = 24_000


def noise(frames: int, channels: int = 1) -> np.ndarray:
    """White noise at -20 dB, (frames, channels)."""
    return (0.1 * np.random.default_rng(0).standard_normal((frames, channels))).astype(np.float32)


def passed(stage: Stage, blocks: list[np.ndarray]) -> np.ndarray:
    """Everything a stage gives."""
    return np.concatenate([*(stage.push(block) for block in blocks), stage.finish()])


def line(*fitting: Stage) -> Chain:
    """From a model's sound to a stereo region, as the engine chains it."""
    return Chain(
        StreamResampler(16_000, 48_000, 1, 300 + REGION_FRAMES),
        Skip(300),
        OnlySpans([(2_000, 20_000)]),
        Spread(np.array([0.5, 1.3], np.float32)),
        *fitting,
        Splicer(noise(REGION_FRAMES, 2), [(2_000, 20_000)], 480),
    )


@given(st.lists(st.integers(0, 5_000), max_size=6))
@settings(deadline=None, max_examples=40)
def test_block_sizes_never_change_what_a_chain_gives(cuts: list[int]) -> None:
    """As long as no stage listens for loudness; and the last frame arrives."""
    model = noise(8_300)
    whole = passed(line(Limiter(48_000, 2)), [model])
    pieces = np.split(model, np.minimum(np.cumsum(cuts), len(model)).astype(int))
    assert whole.shape == (REGION_FRAMES, 2)
    np.testing.assert_allclose(passed(line(Limiter(48_000, 2)), pieces), whole, atol=1e-6)


def test_a_fitted_chain_gives_the_whole_region() -> None:
    """With every stage holding something back until the end; outside the mask it is the original."""
    spliced = passed(line(LoudnessFit(-30.0, 48_000, 2)), np.array_split(noise(8_300), 7))
    original = noise(REGION_FRAMES, 2)
    np.testing.assert_array_equal(spliced[:2_000], original[:2_000])
    np.testing.assert_array_equal(spliced[20_000:], original[20_000:])
    assert np.abs(spliced[5_000:10_000] - original[5_000:10_000]).max() > 0.1


@given(st.lists(st.integers(0, 50), max_size=8), st.integers(0, 120))
def test_what_is_skipped_is_the_beginning(sizes: list[int], skipped: int) -> None:
    """However it is cut."""
    sound = noise(sum(sizes))
    np.testing.assert_array_equal(passed(Skip(skipped), np.split(sound, np.cumsum(sizes))), sound[skipped:])


@given(st.lists(st.integers(0, 50), max_size=8), st.sets(st.integers(0, 400), max_size=6))
def test_outside_the_spans_there_is_silence(sizes: list[int], edges: set[int]) -> None:
    """And inside them everything; nothing moves."""
    ordered = sorted(edges)
    spans = list(zip(ordered[::2], ordered[1::2], strict=False))
    sound = noise(sum(sizes))
    expected = np.zeros_like(sound)
    for start, end in spans:
        expected[start:end] = sound[start:end]
    np.testing.assert_array_equal(passed(OnlySpans(spans), np.split(sound, np.cumsum(sizes))), expected)


def test_a_mono_sound_is_spread_over_the_channels() -> None:
    """Each with its gain."""
    sound = noise(100)
    gains = np.array([0.5, 1.0, 2.0], np.float32)
    np.testing.assert_array_equal(passed(Spread(gains), [sound[:30], sound[30:]]), sound * gains)
