"""Long regions as overlapping windows, and noise that does not know how they were cut."""

from functools import partial
from itertools import pairwise
from math import erf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.edits import Observed, generate
from engine.diffusion.samplers import ddim, ddpm, dpm
from engine.diffusion.schedule import steps
from engine.diffusion.windows import (
    FrameNoise,
    Window,
    added,
    carried,
    final_frames,
    noise_for,
    overlap_mask,
    plan,
)


@st.composite
def cuts(draw, longest=3000):
    """Total, window, overlap and multiple, as a bundle and a region could give them."""
    multiple = draw(st.integers(1, 16))
    window = multiple * draw(st.integers(1, 40))
    overlap = draw(st.integers(0, window - 1))
    return draw(st.integers(1, longest)), window, overlap, multiple


@given(cuts())
def test_windows_cover_the_region_exactly(cut):
    """From 0 to the end, each beginning where frames are already rendered."""
    total, window, overlap, multiple = cut
    windows = plan(*cut)
    assert windows[0].start == 0
    assert windows[0].overlap == 0
    assert total == final_frames(windows[-1], total)
    for before, after in pairwise(windows):
        assert before.start < after.start
        assert before.stop - after.start == after.overlap >= overlap
        assert before.stop < after.stop <= total
    if total > window:
        assert {window} == {each.frames for each in windows}
        assert total == windows[-1].stop
        fewest = 1 + -(-(total - window) // (window - overlap))
        assert fewest == len(windows)
    else:
        assert len(windows) == 1
        assert total <= windows[0].stop < total + multiple
    assert all(each.frames % multiple == 0 and each.frames <= window for each in windows)


@given(cuts(longest=200))
def test_the_added_parts_join_to_the_whole(cut):
    """Every frame is final exactly once, in order, and only the window before is ever needed."""
    total = cut[0]
    truth = np.arange(total, dtype=np.float32).reshape(1, 1, -1, 1)
    pieces, before = [], None
    for window in plan(*cut):
        latents = np.arange(window.start, window.stop, dtype=np.float32).reshape(1, 1, -1, 1)
        if before is not None:
            known = overlap_mask(window) * latents
            np.testing.assert_array_equal(known, carried(before, window))
        pieces.append(added(latents, window, total))
        assert sum(piece.shape[2] for piece in pieces) == final_frames(window, total)
        before = latents
    np.testing.assert_array_equal(truth, np.concatenate(pieces, axis=2))


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        ((1, 256, 64, 8), (Window(0, 8, 0),)),
        ((100, 256, 64, 8), (Window(0, 104, 0),)),
        ((256, 256, 64, 8), (Window(0, 256, 0),)),
        ((257, 256, 64, 8), (Window(0, 256, 0), Window(1, 257, 255))),
        ((448, 256, 64, 8), (Window(0, 256, 0), Window(192, 448, 64))),
        ((449, 256, 64, 8), (Window(0, 256, 0), Window(96, 352, 160), Window(193, 449, 159))),
    ],
)
def test_plans_in_numbers(cut, expected):
    """What the last window has to spare is shared by all."""
    assert expected == plan(*cut)


@pytest.mark.parametrize("cut", [(0, 256, 64, 8), (10, 256, 256, 8), (10, 250, 64, 8), (10, 256, -1, 8)])
def test_impossible_cuts_are_refused(cut):
    """They can only come from a bundle that was not checked."""
    with pytest.raises(ValueError, match="can't cut"):
        plan(*cut)


@pytest.mark.parametrize(
    ("sample", "least"),
    [(ddim, 0.45), (dpm, 0.45), (ddpm, 0.6), (partial(dpm, eta=1.0), 0.6)],
    ids=["ddim", "dpm", "ddpm", "dpm, eta 1"],
)
def test_windows_continue_each_other(toy, sample, least):
    """Over a seam neighbours are correlated, more so where the sampler draws noise."""
    total, takes = 20, 3000
    chain = steps(toy.parameters, 30)
    pieces, before = [], None
    for window in plan(total, 8, 3, 1):
        noise = np.random.default_rng(window.start).standard_normal((takes, 1, 8, 1), dtype=np.float32)
        observed = None if before is None else Observed(carried(before, window), overlap_mask(window))
        rng = np.random.default_rng(100 + window.start)
        *_, before = generate(sample, level(toy), noise, chain, rng, observed)
        pieces.append(added(before, window, total))
    whole = np.concatenate(pieces, axis=2)[:, 0, :, 0]
    neighbours = [np.corrcoef(whole[:, frame], whole[:, frame + 1])[0, 1] for frame in range(total - 1)]
    assert (takes, total) == whole.shape
    assert min(neighbours) > least  # 0.9 in the data, 0 for strangers


def level(toy):
    """The toy's denoiser without its mean: a process that is the same at every frame."""
    return type(toy)(toy.parameters, np.zeros(toy.frames), toy.covariance).denoise


@given(st.integers(0, 2**31 + 100), st.integers(0, 4000), st.data())
def test_noise_belongs_to_its_frame(seed, start, data):
    """Any cut gives the same bits for the same frame."""
    shape = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 17)))
    frames = data.draw(st.integers(1, 40))
    whole = noise_for(seed, start, start + frames, shape)
    first = data.draw(st.integers(0, frames - 1))
    stop = data.draw(st.integers(first + 1, frames))
    part = noise_for(seed, start + first, start + stop, shape)
    assert (1, shape[0], frames, shape[1]) == whole.shape
    np.testing.assert_array_equal(whole[:, :, first:stop], part)


def test_noise_is_standard_normal_and_white():
    """Its distribution function, its extremes, and no echo of frames, cells, seeds or draws."""
    noise = noise_for(3, 0, 4000, (8, 16))
    assert np.float32 == noise.dtype
    assert noise.flags.c_contiguous
    values = np.sort(noise.ravel().astype(np.float64))
    expected = np.array([0.5 * (1.0 + erf(value / sqrt(2.0))) for value in values[::50]])
    measured = (np.arange(values.size)[::50] + 0.5) / values.size
    assert np.abs(expected - measured).max() < 1.63 / sqrt(values.size)  # Kolmogorov-Smirnov at 1 %
    assert 4.0 < np.abs(values).max() < 6.8
    rows = noise[0].transpose(1, 0, 2).reshape(4000, -1)
    others = np.concatenate(
        [rows, np.roll(rows, 1, axis=0), *(flat(noise_for(*key)) for key in ((4, 0, 4000, (8, 16)),))], axis=1
    )
    others = np.concatenate([others, flat(noise_for(3, 0, 4000, (8, 16), draw=1))], axis=1)
    correlation = np.corrcoef(others.T) - np.eye(others.shape[1])
    assert np.abs(correlation).max() < 6.0 / sqrt(4000)


def flat(noise):
    """(1, channels, frames, bands) -> (frames, channels * bands)."""
    return noise[0].transpose(1, 0, 2).reshape(noise.shape[2], -1)


def test_noise_is_a_published_constant():
    """The same seed means the same take in every version: these numbers may never change."""
    first = [2.9162033, -1.2855403, 0.6468853, -1.0902983]
    np.testing.assert_allclose(first, noise_for(0, 0, 1, (2, 2)).ravel(), atol=1e-6)
    other = [0.0495517, -0.5376761, 1.2687054, 1.2316816]
    np.testing.assert_allclose(other, noise_for(12345, 77, 78, (2, 2), draw=3).ravel(), atol=1e-6)


def test_a_batch_of_takes_draws_what_single_takes_draw():
    """Take k of a batch is the take of seed + k alone."""
    together = FrameNoise(7, 30).standard_normal((3, 2, 5, 4), np.float32)
    for take in range(3):
        alone = FrameNoise(7 + take, 30).standard_normal((1, 2, 5, 4), np.float32)
        np.testing.assert_array_equal(alone[0], together[take])


def test_each_draw_and_stream_is_new():
    """The start, the sampler's draws and the observation's never meet."""
    shape = (1, 2, 5, 4)
    sampling, observing = FrameNoise(7, 0), FrameNoise(7, 0, stream=1)
    draws = [
        source.standard_normal(shape, np.float32) for source in (sampling, sampling, observing, observing)
    ]
    draws.append(noise_for(7, 0, 5, (2, 4)))
    assert len(draws) == len({draw.tobytes() for draw in draws})


def test_a_stochastic_sampler_does_not_notice_the_cut(toy):
    """A denoiser that treats every frame alike gives the same frames whatever window they are in."""

    def denoise(latents, timestep):  # noqa: ARG001 -- a sampler passes both
        return np.float32(0.1) * latents

    def rendered(start, stop):
        noise = noise_for(5, start, stop, (1, 1))
        *_, final = ddpm(denoise, noise, steps(toy.parameters, 6), FrameNoise(5, start))
        return final

    np.testing.assert_array_equal(rendered(0, 16)[:, :, 5:11], rendered(5, 11))
