"""Generated sound in its place: exact outside the mask, without clicks at its edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.limiter import true_peaks
from engine.audio.splice import SEAM_CLICK, Splicer, crossfade, seam_discontinuity, splice
from engine.audio.stretch import held
from engine.errors import EngineError, ErrorCode

RATE = 48_000


def noise(frames: int, channels: int = 1, seed: int = 0, level: float = 0.1) -> np.ndarray:
    """White noise, (frames, channels)."""
    return (level * np.random.default_rng(seed).standard_normal((frames, channels))).astype(np.float32)


def tone(hz: float, frames: int = RATE, amplitude: float = 0.3) -> np.ndarray:
    """A sine, (frames, 1)."""
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(frames) / RATE)).astype(np.float32)[:, None]


@st.composite
def masks(draw: st.DrawFn, frames: int) -> list[tuple[int, int]]:
    """Up to four spans in order, apart from each other."""
    edges = sorted(draw(st.sets(st.integers(0, frames), max_size=8)))
    return list(zip(edges[::2], edges[1::2], strict=False))


@st.composite
def regions(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]], int]:
    """A length, its mask and the length of a seam."""
    frames = draw(st.integers(1, 3_000))
    return frames, draw(masks(frames)), draw(st.integers(0, 400))


def pushed(splicer: Splicer, blocks: list[np.ndarray]) -> np.ndarray:
    """Everything a splicer gives for these blocks."""
    return np.concatenate([*(splicer.push(block) for block in blocks), splicer.finish()])


@given(regions())
def test_outside_the_mask_every_sample_is_the_original(
    region: tuple[int, list[tuple[int, int]], int],
) -> None:
    """Bit for bit; and inside, past the seams, every sample is the generated one."""
    frames, mask, crossfade_frames = region
    original, generated = noise(frames, 2, seed=1), noise(frames, 2, seed=2)
    spliced = splice(original, generated, mask, crossfade_frames)
    masked = np.zeros(frames, bool)
    inner = np.zeros(frames, bool)
    for start, end in mask:
        masked[start:end] = True
        inner[start + crossfade_frames : max(start, end - crossfade_frames)] = True
    np.testing.assert_array_equal(spliced[~masked], original[~masked])
    np.testing.assert_array_equal(spliced[inner], generated[inner])
    assert spliced.dtype == np.float32


@given(regions(), st.lists(st.integers(0, 700), max_size=9), st.booleans(), st.booleans())
def test_block_sizes_never_change_the_joined_output(
    region: tuple[int, list[tuple[int, int]], int], cuts: list[int], at_start: bool, at_end: bool
) -> None:
    """To the bit, at any cut."""
    frames, mask, crossfade_frames = region
    original, generated = noise(frames, 2, seed=3), noise(frames, 2, seed=4)
    options = {"edge_fade_frames": 50, "at_start": at_start, "at_end": at_end}
    whole = pushed(Splicer(held(original), mask, crossfade_frames, **options), [generated])
    cut = pushed(
        Splicer(held(original), mask, crossfade_frames, **options), np.split(generated, np.cumsum(cuts))
    )
    np.testing.assert_array_equal(cut, whole)


@given(regions())
def test_splicing_a_sound_into_itself_changes_nothing(region: tuple[int, list[tuple[int, int]], int]) -> None:
    """Equal sounds get the equal-gain fade."""
    frames, mask, crossfade_frames = region
    original = noise(frames, 2)
    np.testing.assert_allclose(splice(original, original, mask, crossfade_frames), original, atol=1e-7)


def test_a_seam_between_unlike_sounds_keeps_their_loudness() -> None:
    """Half-way through, where an equal-gain fade would be 3 dB down."""
    mixed = crossfade(noise(96_000, seed=5), noise(96_000, seed=6))
    middle = mixed[43_200:52_800]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize("frames", [960, 24_000])
@pytest.mark.parametrize("bits", [16, 24])
def test_a_seam_between_loud_sounds_is_not_clipped(frames: int, bits: int) -> None:
    """Recordings up to full scale, takes up to a ceiling below it: equal power would pass both by 2 dB."""
    loud = np.clip(noise(frames, 2, seed=5, level=0.5), -1.0, 1.0 - 2.0 ** (1 - bits))
    take = np.clip(noise(frames, 2, seed=6, level=0.5), -0.89, 0.89)
    assert np.abs(crossfade(loud, take)).max() > 1.1
    for leaving, arriving in ((loud, take), (take, loud)):
        mixed = crossfade(leaving, arriving, ceiling=0.89)
        assert np.abs(mixed).max() <= 1.0
        assert true_peaks(mixed).max() <= 1.001 * max(true_peaks(loud).max(), true_peaks(take).max())


def test_a_seam_between_soft_sounds_keeps_a_ceiling_of_its_own() -> None:
    """As loud as it can be within it, and no softer; what stays below anyway is not touched."""
    one, other = noise(4_800, seed=5), noise(4_800, seed=6)
    free, lower = crossfade(one, other), float(max(np.abs(one).max(), np.abs(other).max()))
    np.testing.assert_array_equal(crossfade(one, other, ceiling=1.0), free)
    bound = crossfade(one, other, ceiling=1.02 * lower)
    assert np.abs(bound).max() <= 1.03 * lower
    assert np.sqrt(np.mean(bound**2)) > 0.7 * np.sqrt(np.mean(free**2))


def test_opposed_sounds_are_not_boosted() -> None:
    """They cancel for a moment, as they must; nothing gets louder than it was."""
    sound = noise(1_000)
    nearly_opposed = noise(1_000, seed=1, level=0.03) - sound
    middle = crossfade(sound, nearly_opposed)[450:550]
    assert np.sqrt(np.mean(middle**2)) < 0.03


def test_the_image_survives_a_seam() -> None:
    """One curve for all channels: what is on the left stays there."""
    left_only = noise(1_000, 2) * np.array([1.0, 0.0], np.float32)
    assert not crossfade(left_only, noise(1_000, 2, seed=7) * np.array([1.0, 0.0], np.float32))[:, 1].any()


def test_at_the_recordings_edges_there_is_only_a_short_fade() -> None:
    """No neighbour, so nothing of the original is mixed in."""
    original, generated = np.ones((1_000, 1), np.float32), np.full((1_000, 1), 0.5, np.float32)
    splicer = Splicer(held(original), [(0, 1_000)], 300, edge_fade_frames=10, at_start=True, at_end=True)
    spliced = pushed(splicer, [generated])
    assert 0.0 < spliced[0, 0] < 0.05
    assert 0.0 < spliced[-1, 0] < 0.05
    np.testing.assert_array_equal(spliced[10:-10], generated[10:-10])


def test_a_mask_away_from_the_recordings_edge_still_gets_its_seam() -> None:
    """The region touches the start of the file, the mask does not."""
    original, generated = np.ones((1_000, 1), np.float32), np.zeros((1_000, 1), np.float32)
    splicer = Splicer(held(original), [(100, 900)], 50, edge_fade_frames=10, at_start=True, at_end=True)
    spliced = pushed(splicer, [generated])[:, 0]
    assert spliced[100] > 0.9
    assert not spliced[150:850].any()
    assert spliced[899] > 0.9


def test_what_needs_no_waiting_is_given_at_once() -> None:
    """Only a seam is held back until it is whole."""
    splicer = Splicer(held(noise(1_000)), [(100, 900)], 50)
    assert [len(splicer.push(noise(size))) for size in (120, 20, 10, 500, 220, 130)] == [
        100,
        0,
        50,
        500,
        200,
        150,
    ]


@pytest.mark.parametrize("frames", [999, 1_001])
def test_a_model_that_miscounts_is_told_so(frames: int) -> None:
    """Too little or too much is a defect, not a take."""
    with pytest.raises(EngineError) as caught:
        splice(noise(1_000), noise(frames), [(0, 1_000)], 10)
    assert caught.value.code == ErrorCode.INTERNAL


@pytest.mark.parametrize("mask", [[(5, 5)], [(7, 3)], [(0, 11)], [(4, 6), (5, 8)], [(-1, 3)]])
def test_a_mask_out_of_order_is_a_defect(mask: list[tuple[int, int]]) -> None:
    """``mask_spans`` never makes one."""
    with pytest.raises(EngineError):
        splice(noise(10), noise(10), mask, 1)


def clicked(sound: np.ndarray, joint: int, height: float) -> np.ndarray:
    """The sound with a step at the joint."""
    step = sound.copy()
    step[joint:] += np.float32(height)
    return step


SOUNDS = {
    "a low tone": tone(110),
    "a high tone": tone(6_000),
    "a chord": tone(220) + tone(331, amplitude=0.2) + tone(2_345, amplitude=0.1),
    "rumble": np.cumsum(noise(RATE, seed=8, level=0.003), axis=0).astype(np.float32),
    "hiss": noise(RATE, seed=9),
    "silence": np.zeros((RATE, 1), np.float32),
}


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("joint", [400, 1_234, 24_000, RATE - 400])
def test_a_smooth_sound_has_no_seam(name: str, joint: int) -> None:
    """About as predictable at any frame as anywhere."""
    assert seam_discontinuity(SOUNDS[name], joint, RATE) < SEAM_CLICK / 2


@pytest.mark.parametrize("name", [name for name in SOUNDS if name != "hiss"])
def test_a_small_step_is_a_click(name: str) -> None:
    """A step of -26 dB in sounds that could not make one themselves."""
    assert seam_discontinuity(clicked(SOUNDS[name], 24_000, 0.05), 24_000, RATE) > SEAM_CLICK


def test_hiss_masks_a_small_step_and_not_a_large_one() -> None:
    """As it does for the ear."""
    hiss = SOUNDS["hiss"]
    assert seam_discontinuity(clicked(hiss, 24_000, 0.05), 24_000, RATE) < SEAM_CLICK
    assert seam_discontinuity(clicked(hiss, 24_000, 4.0), 24_000, RATE) > SEAM_CLICK


def test_the_worst_channel_counts() -> None:
    """A click on the right is a click."""
    stereo = np.concatenate([tone(110), clicked(tone(110), 24_000, 0.1)], axis=1)
    assert seam_discontinuity(stereo, 24_000, RATE) > SEAM_CLICK


def test_a_hard_cut_between_tones_clicks_and_our_seam_does_not() -> None:
    """What the crossfade is for."""
    original, generated = tone(300), tone(470, amplitude=0.25)
    mask = [(10_050, 30_010)]
    cut = splice(original, generated, mask, 0)
    faded = splice(original, generated, mask, 960)
    for joint in mask[0]:
        assert seam_discontinuity(cut, joint, RATE) > SEAM_CLICK
        assert seam_discontinuity(faded, joint, RATE) < SEAM_CLICK / 2


@given(st.integers(0, 2**31 - 1))
@settings(max_examples=30, deadline=None)
def test_the_measure_does_not_depend_on_level(seed: int) -> None:
    """A quiet click in a quiet sound is as bad."""
    sound = clicked(tone(110) + noise(RATE, seed=seed, level=0.01), 24_000, 0.1)
    loud = seam_discontinuity(sound, 24_000, RATE)
    assert seam_discontinuity(sound / 100, 24_000, RATE) == pytest.approx(loud, rel=0.02)
