"""A model's mono sound of 8 kHz beside a full recording: all of its band, in all of its channels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.crossover import crossover, crossover_hz, has_highs
from engine.audio.decorrelate import Decorrelator, mixing
from engine.audio.extension import Extension
from engine.audio.fullband import (
    FullBand,
    fitted_extension,
    offsets_db,
    placed_alike,
    placed_as,
    placed_at,
    placed_wide,
)
from engine.audio.highs import KeptHighs
from engine.audio.image import FollowedImage, Image
from engine.audio.profile import Profile, profile
from engine.audio.resample import resample
from engine.audio.spectral import SpectralStage
from engine.audio.stft import frequencies
from engine.audio.stretch import held, silence
from tests.engine.audio.listening import (
    CUTS,
    THIRDS_HZ,
    bands_db,
    correlation,
    passed,
    stereo_stream,
    stream,
)
from tests.engine.rendering import noise, outcome

MODEL_RATE = 16_000


def as_made(sound: np.ndarray, rate: int) -> np.ndarray:
    """What a perfect model would make of it: the mean of the channels up to 8 kHz, (frames, 1)."""
    mono = sound.mean(axis=1, keepdims=True)
    return resample(resample(mono, rate, MODEL_RATE), MODEL_RATE, rate, len(sound))


def reference(channels: int) -> np.ndarray:
    """All channels alike."""
    return np.full(channels, 1.0 / channels, np.float32)


def heard_profile(sound: np.ndarray, rate: int) -> Profile:
    """Of a sound that is not silent."""
    found = outcome(profile([held(sound)], reference(sound.shape[1]), rate))
    assert found is not None
    return found


def kept_stage(original: np.ndarray, rate: int, offsets: np.ndarray | None = None) -> SpectralStage:
    """An edit that follows the original in image and highs."""
    channels = original.shape[1]
    edge, even = crossover(MODEL_RATE, rate), reference(channels)
    image = FollowedImage(even, np.ones(channels, np.float32), rate)
    treatment = FullBand(image, even, 1.0, edge, Extension(edge, rate, offsets), KeptHighs(edge, rate))
    return SpectralStage(treatment, held(original), rate, 1, channels)


def placed_stage(image: Image, frames: int, rate: int, channels: int, inputs: int) -> SpectralStage:
    """An image of its own, and nothing above the band."""
    return SpectralStage(
        FullBand(image, reference(channels)), silence(frames, channels), rate, inputs, channels
    )


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_what_was_not_changed_comes_back(rate: int, channels: int) -> None:
    """A model that gives what it heard gives the recording: image, highs and crossover."""
    sound = noise(rate, channels)
    same = passed(kept_stage(sound, rate), as_made(sound, rate))
    assert sound.shape == same.shape
    inner = slice(rate // 20, -rate // 20)
    error = np.sqrt(np.mean((same - sound)[inner] ** 2) / np.mean(sound[inner] ** 2))
    assert error < 0.05


def test_the_highs_of_a_real_recording_stay_within_half_a_decibel() -> None:
    """Third octaves from 8 to 16 kHz, and the crossover in twelfths."""
    sound, rate = stream()
    after = passed(kept_stage(sound, rate), as_made(sound, rate))
    assert np.abs(bands_db(after, rate, THIRDS_HZ) - bands_db(sound, rate, THIRDS_HZ)).max() < 0.5
    near = crossover_hz(MODEL_RATE) * 2.0 ** (np.arange(-4, 5) / 12)
    apart = bands_db(after, rate, near, 1 / 12) - bands_db(sound, rate, near, 1 / 12)
    assert np.abs(apart).max() < 0.5


def test_at_the_crossover_is_no_hole_though_the_two_are_unlike() -> None:
    """The generated sound is another part of the same brook, as unlike as can be."""
    sound, rate = stream()
    half = len(sound) // 2
    original, other = sound[:half], sound[half : 2 * half]
    after = passed(kept_stage(original, rate), as_made(other, rate))
    near = crossover_hz(MODEL_RATE) * 2.0 ** (np.arange(-3, 4) / 12)
    expected = (bands_db(original, rate, near, 1 / 12) + bands_db(other, rate, near, 1 / 12)) / 2
    assert np.abs(bands_db(after, rate, near, 1 / 12) - expected).max() < 1.5


@pytest.mark.parametrize("gain_db", [-20.0, -6.0, 6.0])
def test_highs_follow_what_is_below(gain_db: float) -> None:
    """An edit that is so much louder or softer has highs that are."""
    sound, rate = stream()
    after = passed(kept_stage(sound, rate), as_made(sound, rate) * np.float32(10 ** (gain_db / 20)))
    moved = bands_db(after, rate, THIRDS_HZ) - bands_db(sound, rate, THIRDS_HZ)
    assert moved == pytest.approx(gain_db, abs=0.5)


def test_a_new_hit_has_highs_where_the_original_has_none() -> None:
    """Between hits of the original its highs are noise far down; there the extension stands in."""
    rate = 48_000
    sound, around = noise(rate, amplitude=1e-4), noise(rate)
    made = as_made(sound, rate)
    made[rate // 2 : rate // 2 + 4_800] += as_made(noise(4_800, seed=5), rate)
    edge = crossover(MODEL_RATE, rate)
    after = passed(kept_stage(sound, rate, offsets_db(heard_profile(around, rate), edge, rate)), made)
    hit, before = after[rate // 2 : rate // 2 + 4_800], after[rate // 4 : rate // 2 - 1_024]
    assert bands_db(hit, rate, THIRDS_HZ) == pytest.approx(bands_db(around, rate, THIRDS_HZ), abs=3.0)
    quiet = bands_db(sound, rate, THIRDS_HZ)
    assert bands_db(before, rate, THIRDS_HZ) == pytest.approx(quiet, abs=1.5)


def test_an_extension_is_as_bright_as_the_surroundings() -> None:
    """Of a real recording, third octaves of 8 to 16 kHz within 2 dB, made only from what is below."""
    sound, rate = stream()
    edge = crossover(MODEL_RATE, rate)
    extension = fitted_extension(heard_profile(sound, rate), edge, rate, asked_for=False)
    treatment = FullBand(placed_alike(1, len(frequencies(rate))), reference(1), 1.0, edge, extension)
    after = passed(SpectralStage(treatment, silence(len(sound), 1), rate, 1, 1), as_made(sound, rate))
    assert np.abs(bands_db(after, rate, THIRDS_HZ) - bands_db(sound, rate, THIRDS_HZ)).max() < 2.0


def test_an_extension_without_surroundings_falls_as_its_source_does() -> None:
    """Never rising, by at least 6 dB an octave, and with sound in it."""
    sound, rate = stream()
    edge = crossover(MODEL_RATE, rate)
    treatment = FullBand(
        placed_alike(1, len(frequencies(rate))), reference(1), 1.0, edge, Extension(edge, rate)
    )
    after = passed(SpectralStage(treatment, silence(len(sound), 1), rate, 1, 1), as_made(sound, rate))
    levels = bands_db(after, rate, np.array([4_000.0, 8_000.0, 16_000.0]))
    assert (np.diff(levels) < -3.0).all()
    assert (np.diff(levels) > -30.0).all()


def test_an_extension_keeps_attacks() -> None:
    """A click stays one: most of its highs' energy is within 3 ms."""
    rate = 48_000
    click = np.zeros((rate, 1), np.float32)
    click[rate // 2] = 0.5
    edge = crossover(MODEL_RATE, rate)
    treatment = FullBand(
        placed_alike(1, len(frequencies(rate))), reference(1), 1.0, edge, Extension(edge, rate)
    )
    after = passed(SpectralStage(treatment, silence(rate, 1), rate, 1, 1), as_made(click, rate))[:, 0]
    spectrum = np.fft.rfft(after)
    spectrum[np.fft.rfftfreq(rate, 1 / rate) < 8_000] = 0.0
    energy = np.fft.irfft(spectrum) ** 2
    assert energy[rate // 2 - 144 : rate // 2 + 144].sum() > 0.8 * energy.sum()


def test_where_a_recording_is_cut_out_counts_for_nothing() -> None:
    """A part that begins and ends in the middle of a low tone has no highs for that."""
    rate = 44_100
    tone = 0.5 * np.cos(2 * np.pi * 300 * np.arange(rate) / rate + 0.3).astype(np.float32)[:, None]
    tone += as_made(noise(rate, amplitude=0.01), rate)
    assert offsets_db(heard_profile(tone, rate), crossover(MODEL_RATE, rate), rate)[-100:].max() < -60.0


def test_a_recording_without_highs_gets_some_only_if_asked() -> None:
    """Else the take would stick out of its surroundings."""
    sound, rate = stream()
    dull = as_made(sound, rate)
    edge = crossover(MODEL_RATE, rate)
    levels = []
    for asked_for in (False, True):
        extension = fitted_extension(heard_profile(dull, rate), edge, rate, asked_for=asked_for)
        treatment = FullBand(placed_alike(1, len(frequencies(rate))), reference(1), 1.0, edge, extension)
        after = passed(SpectralStage(treatment, silence(len(sound), 1), rate, 1, 1), dull)
        levels.append(bands_db(after, rate, THIRDS_HZ[1:2])[0] - bands_db(sound, rate, THIRDS_HZ[1:2])[0])
    assert levels[0] < -40.0
    assert levels[1] > -15.0


@pytest.mark.parametrize(
    ("host", "expected"), [(8_000, False), (16_000, False), (16_500, False), (22_050, True), (48_000, True)]
)
def test_only_higher_rates_have_highs(host: int, expected: bool) -> None:
    """At others the stage is not there."""
    assert has_highs(MODEL_RATE, host) is expected


def test_the_image_of_a_recording_survives() -> None:
    """Inter-channel correlation of a real recording in stereo, before and after, in three bands."""
    sound, rate = stereo_stream()
    after = passed(kept_stage(sound, rate), as_made(sound, rate))
    assert correlation(after) == pytest.approx(correlation(sound), abs=0.03)
    other = as_made(sound[::-1], rate)  # unlike what was there
    assert correlation(passed(kept_stage(sound, rate), other)) == pytest.approx(correlation(sound), abs=0.15)


def test_a_panned_sound_stays_panned() -> None:
    """All of it on the left: nothing on the right, though the model's is another sound."""
    sound = noise(48_000, 2) * np.array([1.0, 0.0], np.float32)
    after = passed(kept_stage(sound, 48_000), as_made(noise(48_000, 2, seed=3), 48_000))
    left, right = np.sqrt((after**2).mean(axis=0))
    assert right < 0.05 * left


def test_the_mean_of_the_channels_is_what_the_model_made() -> None:
    """Below the crossover nothing is coloured in mono, for an image followed or placed."""
    sound, rate = stereo_stream()
    made = as_made(noise(len(sound), 2, seed=4), rate)
    centres = 250.0 * 2.0 ** np.arange(5)
    expected = bands_db(made, rate, centres)
    even = reference(2)
    followed = FullBand(FollowedImage(even, np.ones(2, np.float32), rate), even)
    after = passed(SpectralStage(followed, held(sound), rate, 1, 2), made)
    assert bands_db(after.mean(axis=1, keepdims=True), rate, centres) == pytest.approx(expected, abs=0.2)
    spread = passed(Decorrelator(rate, 1), made)
    image = placed_as(heard_profile(sound, rate), mixing(2, 1), rate)
    after = passed(placed_stage(image, len(sound), rate, 2, 2), spread)
    assert bands_db(after.mean(axis=1, keepdims=True), rate, centres) == pytest.approx(expected, abs=0.2)


def test_an_image_placed_like_a_recording_has_its_correlation() -> None:
    """Of a sound that has nothing to do with it."""
    sound, rate = stereo_stream()
    spread = passed(Decorrelator(rate, 1), as_made(noise(len(sound), 2, seed=4), rate))
    image = placed_as(heard_profile(sound, rate), mixing(2, 1), rate)
    after = passed(placed_stage(image, len(sound), rate, 2, 2), spread)
    assert correlation(after) == pytest.approx(correlation(as_low(sound, rate)), abs=0.15)


def as_low(sound: np.ndarray, rate: int) -> np.ndarray:
    """Every channel up to 8 kHz."""
    return resample(resample(sound, rate, MODEL_RATE), MODEL_RATE, rate, len(sound))


@pytest.mark.parametrize(("width", "expected"), [(0.0, 1.0), (0.5, 0.71), (1.0, 0.0), (2.0, -0.5)])
def test_width_is_correlation(width: float, expected: float) -> None:
    """Of a real mono recording made wide; no octave of a channel or of the mean is off by over 2.5 dB."""
    sound, rate = stream()
    spread = passed(Decorrelator(rate, 1), sound)
    image = placed_wide(width, mixing(2, 1), len(frequencies(rate)))
    after = passed(placed_stage(image, len(sound), rate, 2, 2), spread)
    assert correlation(after) == pytest.approx(expected, abs=0.12)
    centres = 250.0 * 2.0 ** np.arange(6)
    dry = bands_db(sound, rate, centres, 1.0)
    for heard in (after[:, :1], after[:, 1:], after.mean(axis=1, keepdims=True)):
        coloured = bands_db(heard, rate, centres, 1.0) - dry
        assert np.abs(coloured - coloured.mean()).max() < 2.5


@pytest.mark.parametrize("channels", [2, 3, 6, 16])
def test_decorrelated_channels_add_up_to_nothing(channels: int) -> None:
    """So that their mean is the mono sound."""
    shares = mixing(channels, min(channels - 1, 8))
    assert np.abs(shares.sum(axis=0)).max() < 1e-5
    assert (shares**2).sum(axis=1).mean() == pytest.approx(1.0, abs=1e-5)


def test_the_same_in_all_channels_is_the_same() -> None:
    """And at gains as far as they go."""
    made = as_made(noise(48_000, 1), 48_000)
    bins = len(frequencies(48_000))
    alike = passed(placed_stage(placed_alike(3, bins), 48_000, 48_000, 3, 1), made)
    assert np.array_equal(alike[:, 0], alike[:, 2])
    placed = passed(
        placed_stage(placed_at(np.array([0.5, 1.5], np.float32), bins), 48_000, 48_000, 2, 1), made
    )
    np.testing.assert_allclose(placed[:, 1], 3 * placed[:, 0], atol=1e-5)


@given(cuts=st.lists(st.integers(0, 20_000), max_size=5))
@settings(deadline=None, max_examples=15)
def test_blocks_make_no_difference(cuts: list[int]) -> None:
    """Up to the last bits of single precision."""
    sound = noise(20_000, 2)
    made = as_made(noise(20_000, 2, seed=1), 44_100)
    expected = passed(kept_stage(sound, 44_100), made)
    assert np.abs(passed(kept_stage(sound, 44_100), made, sorted(cuts)) - expected).max() < 1e-5
    wide = Decorrelator(44_100, 2)
    np.testing.assert_allclose(passed(wide, made, sorted(cuts)), passed(Decorrelator(44_100, 2), made))


def test_silence_gives_silence() -> None:
    """No noise of its own, no numbers that are none."""
    quiet = np.zeros((20_000, 2), np.float32)
    assert not passed(kept_stage(quiet, 48_000), quiet[:, :1], CUTS[:4]).any()
    assert outcome(profile([held(quiet)], reference(2), 48_000)) is None
