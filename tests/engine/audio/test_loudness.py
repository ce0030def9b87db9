"""How loud a take is and how it is fitted, block by block."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.limiter import CEILING, Limiter, sliding_minimum
from engine.audio.loudness import (
    _HIGH_PASS,
    _SHELF,
    DEFAULT_DB,
    MAX_BOOST_DB,
    LevelMeter,
    LoudnessFit,
    LoudnessMeter,
    channel_gains,
    channel_power,
    gated_level_db,
    mono_channel,
    target_level,
    to_mono,
)
from engine.audio.stages import Chain, Stage
from engine.audio.stretch import held
from engine.protocol.vocabulary import Mode
from tests.engine.rendering import outcome

RATE = 48_000
NOTHING = np.zeros((0, 1), np.float32)


def noise(frames: int = RATE, channels: int = 1, seed: int = 0, db: float = -20.0) -> np.ndarray:
    """White noise of that RMS, (frames, channels)."""
    samples = np.random.default_rng(seed).standard_normal((frames, channels))
    return (10 ** (db / 20) * samples).astype(np.float32)


def tone(hz: float, db: float, frames: int = RATE, rate: int = RATE) -> np.ndarray:
    """A sine of that RMS, (frames, 1)."""
    amplitude = math.sqrt(2) * 10 ** (db / 20)
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(frames) / rate)).astype(np.float32)[:, None]


def fitted(fit: Stage, blocks: list[np.ndarray]) -> np.ndarray:
    """Everything a stage gives."""
    return np.concatenate([*(fit.push(block) for block in blocks), fit.finish()])


def aim(mode: Mode, region: np.ndarray, *surroundings: np.ndarray) -> float:
    """The level that a take should have."""
    return outcome(target_level(mode, held(region), [held(piece) for piece in surroundings], RATE))


def loudness(sound: np.ndarray) -> float:
    """Of a channel."""
    meter = LoudnessMeter(RATE)
    meter.push(sound)
    return meter.loudness_db()


def gains(original: np.ndarray) -> np.ndarray:
    """The share of each channel in it."""
    return channel_gains(outcome(channel_power([held(original)])))


def mono(sound: np.ndarray) -> np.ndarray:
    """One channel that stands for all."""
    return to_mono(sound, outcome(mono_channel([held(sound)])))


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 192_000])
def test_a_tone_of_997_hz_reads_its_rms(rate: int) -> None:
    """The word for it is the same at every rate."""
    assert gated_level_db(tone(997, -23.0, rate, rate), rate) == pytest.approx(-23.0, abs=0.1)


def biquad(samples: list[float], numerator: list[float], denominator: list[float]) -> list[float]:
    """A second-order filter, sample by sample, as the standard draws it."""
    before = [0.0, 0.0]
    filtered = []
    for sample in samples:
        state = sample - denominator[0] * before[0] - denominator[1] * before[1]
        filtered.append(numerator[0] * state + numerator[1] * before[0] + numerator[2] * before[1])
        before = [state, before[0]]
    return filtered


@pytest.mark.parametrize("hz", [30.0, 100.0, 500.0, 2_000.0, 10_000.0])
def test_the_weighting_is_that_of_the_standard(hz: float) -> None:
    """Rumble counts less and brightness more, as in the recursive filters of BS.1770-4."""
    sound = tone(hz, -20.0) + noise(seed=4, db=-40.0)
    shelved = biquad(
        sound[:, 0].astype(float).tolist(),
        [1.53512485958697, -2.69169618940638, 1.19839281085285],
        [-1.69065929318241, 0.73248077421585],
    )
    weighted = biquad(shelved, [1.0, -2.0, 1.0], [-1.99004745483398, 0.99007225036621])
    expected = 10 * math.log10(np.mean(np.square(weighted))) - 0.691
    assert gated_level_db(sound, RATE) == pytest.approx(expected, abs=0.05)


def test_a_constant_offset_is_no_sound() -> None:
    """A cheap converter's offset must not decide how loud a footstep is."""
    assert gated_level_db(noise() + np.float32(0.5), RATE) == pytest.approx(
        gated_level_db(noise(), RATE), abs=0.02
    )


def test_pauses_and_tails_do_not_count() -> None:
    """A footstep in ten seconds of silence is as loud as the footstep."""
    step = noise(RATE // 5)
    alone = gated_level_db(step, RATE)
    padded = np.concatenate([np.zeros((5 * RATE, 1), np.float32), step, noise(5 * RATE, db=-60.0)])
    assert gated_level_db(padded, RATE) == pytest.approx(alone, abs=1.0)


@pytest.mark.parametrize("frames", [480, 4_800, 4_801])
def test_a_tenth_of_a_second_has_a_level(frames: int) -> None:
    """A hundredth has one too: a cut of a steady sound is as loud as the sound."""
    level = gated_level_db(noise(frames, channels=8, seed=1), RATE)
    assert level == pytest.approx(gated_level_db(noise(), RATE), abs=0.5)


@pytest.mark.parametrize("place", range(0, 4_800, 373))
def test_a_hit_is_as_loud_wherever_it_falls(place: int) -> None:
    """Not more or less because of where the blocks begin."""
    hit = noise(480, seed=2)
    reference = np.concatenate([hit, np.zeros((19_200, 1), np.float32)])
    moved = np.concatenate([np.zeros((9_600 + place, 1), np.float32), hit, np.zeros((9_600, 1), np.float32)])
    apart = gated_level_db(np.roll(reference, 9_600, axis=0), RATE) - gated_level_db(moved, RATE)
    assert abs(apart) <= 1.1


def test_silence_is_minus_infinity() -> None:
    """Also when it is not quite digital, and when there is nothing."""
    assert gated_level_db(np.zeros((RATE, 2), np.float32), RATE) == -math.inf
    assert gated_level_db(noise(db=-80.0), RATE) == -math.inf
    assert gated_level_db(NOTHING, RATE) == -math.inf
    assert gated_level_db(np.full((RATE, 1), 1e-4, np.float32), RATE) == -math.inf


@pytest.mark.parametrize("frames", [RATE // 10, 3 * RATE])
def test_what_counts_as_silence_is_a_parameter(frames: int) -> None:
    """A room tone of -80 dB is measured as one of -40, and fitted as exactly."""
    tone, soft = noise(frames, db=-40.0), noise(frames, db=-80.0)
    meters = LoudnessMeter(RATE), LoudnessMeter(RATE, -100.0)
    for meter, sound in zip(meters, (tone, soft), strict=True):
        meter.push(sound)
    assert meters[1].loudness_db() == pytest.approx(meters[0].loudness_db() - 40.0, abs=0.01)
    after = fitted(LoudnessFit(-75.0, RATE, 1, silence_db=-100.0), [soft])
    assert loudness(after * np.float32(100.0)) == pytest.approx(-35.0, abs=0.1)


def test_the_meter_hears_all_that_is_pushed() -> None:
    """In pieces it measures what it does in one."""
    meter = LevelMeter(RATE)
    sound = np.concatenate([noise(db=-30.0), noise(seed=1, db=-20.0), noise(seed=2, db=-50.0)])
    for piece in np.array_split(sound, 11):
        meter.push(piece)
    assert meter.level_db() == pytest.approx(gated_level_db(sound, RATE), abs=0.2)


def test_channels_are_averaged() -> None:
    """A mono sound on both sides is as loud as it was; on one side half."""
    mono = noise()
    level = gated_level_db(mono, RATE)
    assert gated_level_db(np.repeat(mono, 2, axis=1), RATE) == pytest.approx(level, abs=1e-4)
    one_side = np.concatenate([mono, 0 * mono], axis=1)
    assert gated_level_db(one_side, RATE) == pytest.approx(level - 3.01, abs=0.01)


def test_transfer_keeps_the_regions_level_and_the_others_take_their_surroundings() -> None:
    """And where that is silent, the next best, and at last the default."""
    loud, quiet, silent = noise(db=-15.0), noise(db=-35.0), np.zeros((RATE, 1), np.float32)
    loud_db, quiet_db = loudness(loud), loudness(quiet)
    assert aim(Mode.TRANSFER, loud, quiet, quiet) == loud_db
    assert aim(Mode.TRANSFER, silent, quiet, NOTHING) == quiet_db
    assert aim(Mode.TRANSFER, silent, silent) == DEFAULT_DB
    for mode in (Mode.INPAINT, Mode.GENERATE):
        assert aim(mode, loud, NOTHING, quiet) == quiet_db
        assert aim(mode, loud, silent, silent) == DEFAULT_DB
        assert aim(mode, NOTHING) == DEFAULT_DB


@given(st.integers(1, 8), st.integers(0, 2**31 - 1))
@settings(deadline=None)
def test_a_mono_take_gets_the_originals_balance_and_keeps_its_level(channels: int, seed: int) -> None:
    """Whatever the balance was."""
    faders = np.random.default_rng(seed).uniform(0.0, 1.0, channels).astype(np.float32)
    faders[0] = 1.0
    original = noise(4_800) * faders
    take = noise(4_800, seed=9, db=-12.0)
    returned = take * gains(original)
    np.testing.assert_allclose(returned[:, 0:1] * faders, returned, atol=1e-5)
    assert gated_level_db(returned, RATE) == pytest.approx(gated_level_db(take, RATE), abs=1e-3)


def test_silence_has_no_balance() -> None:
    """So all channels get the same."""
    np.testing.assert_array_equal(gains(np.zeros((100, 3), np.float32)), np.ones(3, np.float32))
    np.testing.assert_array_equal(gains(np.zeros((0, 2), np.float32)), np.ones(2, np.float32))


def test_mono_is_the_mean_unless_that_cancels() -> None:
    """Opposed channels must not give silence."""
    sound = noise()
    stereo = np.concatenate([sound, 0.5 * sound], axis=1)
    np.testing.assert_allclose(mono(stereo), 0.75 * sound, atol=1e-7)
    opposed = np.concatenate([0.9 * sound, -sound], axis=1)
    np.testing.assert_array_equal(mono(opposed), -sound)
    wide = noise(channels=16)
    np.testing.assert_allclose(mono(wide)[:, 0], wide.mean(axis=1), atol=1e-7)
    assert not mono(np.zeros((10, 2), np.float32)).any()


@pytest.mark.parametrize("before_db", [-45.0, -30.0, -20.0, -8.0])
def test_a_take_gets_the_level_it_should_have(before_db: float) -> None:
    """In one block, as most takes come, with one gain."""
    take = noise(3 * RATE, 2, db=before_db)
    fit = LoudnessFit(-28.0, RATE, 2)
    after = fitted(fit, [take])
    assert after.shape == take.shape
    assert gated_level_db(after, RATE) == pytest.approx(-28.0, abs=0.1)
    np.testing.assert_allclose(after, take * 10 ** (fit.gain_db / 20), rtol=1e-5)


def test_the_boost_has_a_limit() -> None:
    """A model's noise floor is not made a sound."""
    take = noise(db=-60.0)
    fit = LoudnessFit(-20.0, RATE, 1)
    fitted(fit, [take])
    assert fit.gain_db == pytest.approx(MAX_BOOST_DB)


def test_silence_stays_as_it_is() -> None:
    """Digital or nearly; a gain would only bring up its noise."""
    for take in (np.zeros((RATE, 1), np.float32), noise(db=-80.0)):
        np.testing.assert_array_equal(fitted(LoudnessFit(-10.0, RATE, 1), [take]), take)


def test_a_sound_after_silence_starts_at_its_gain() -> None:
    """No ramp over its attack."""
    silence, sound = np.zeros((RATE, 1), np.float32), noise(db=-30.0)
    after = fitted(LoudnessFit(-20.0, RATE, 1), [silence, sound])
    ratio = after[RATE:] / sound
    assert np.ptp(ratio) < 1e-5


def test_the_gain_moves_smoothly_from_block_to_block() -> None:
    """A constant shows the gain itself: never a step."""
    quiet, loud = tone(997, -40.0), tone(997, -20.0)
    carrier = np.concatenate([quiet, quiet, loud, quiet, loud])
    fit = LoudnessFit(-30.0, RATE, 1)
    after = fitted(fit, np.split(carrier, 5))
    heard = np.abs(carrier[:, 0]) > 1e-3
    gain = after[heard, 0] / carrier[heard, 0]
    assert np.ptp(gain) > 1.0
    assert np.abs(np.diff(gain)).max() < 0.01


def test_the_same_blocks_give_the_same_samples() -> None:
    """To the bit."""
    blocks = np.array_split(noise(2 * RATE, 2, db=-6.0), 5)
    first = fitted(LoudnessFit(-9.0, RATE, 2), blocks)
    np.testing.assert_array_equal(fitted(LoudnessFit(-9.0, RATE, 2), blocks), first)


@given(
    st.lists(st.tuples(st.integers(0, 3_000), st.floats(-90.0, 30.0)), max_size=6),
    st.floats(-40.0, 12.0),
)
@settings(deadline=None, max_examples=60)
def test_no_sample_passes_minus_one_decibel(blocks: list[tuple[int, float]], target_db: float) -> None:
    """Whatever comes in and whatever is asked for; and every frame comes out."""
    takes = [noise(frames, 2, seed=frames, db=db) for frames, db in blocks]
    after = fitted(Chain(LoudnessFit(target_db, RATE, 2), Limiter(RATE, 2)), takes)
    assert len(after) == sum(frames for frames, _ in blocks)
    assert np.abs(after).max(initial=0.0) <= np.float32(CEILING)
    assert np.isfinite(after).all()


def test_attacks_cost_loudness_before_they_are_crushed() -> None:
    """A take that is all peak is limited by a few decibels, not by twenty."""
    clicks = np.zeros((RATE, 1), np.float32)
    clicks[::4_800] = 0.9
    fit = LoudnessFit(-10.0, RATE, 1)
    fitted(fit, [clicks])
    assert fit.gain_db < 6.0


def test_the_limiter_leaves_alone_what_fits() -> None:
    """Bit for bit."""
    sound = noise(db=-25.0)
    np.testing.assert_array_equal(fitted(Limiter(RATE, 1), np.array_split(sound, 7)), sound)


@given(st.lists(st.integers(0, 4_000), max_size=8))
@settings(deadline=None)
def test_block_sizes_never_change_what_the_limiter_gives(cuts: list[int]) -> None:
    """Up to the last bit of single precision."""
    sound = noise(12_000, 2, db=-3.0)
    whole = fitted(Limiter(RATE, 2), [sound])
    cut = fitted(Limiter(RATE, 2), np.split(sound, np.minimum(np.cumsum(cuts), 12_000).astype(int)))
    np.testing.assert_allclose(cut, whole, atol=1e-7)


def test_the_limiter_turns_down_smoothly_and_together() -> None:
    """Before a peak on the left, both channels go down, and by no steps."""
    sound = np.full((RATE, 2), 0.5, np.float32)
    sound[RATE // 2, 0] = 3.0
    after = fitted(Limiter(RATE, 2), [sound])
    right = after[:, 1] / 0.5
    assert right.min() == pytest.approx(CEILING / 3.0, rel=0.04)  # a little for what is between samples
    assert np.abs(np.diff(right)).max() < 0.02
    assert (right[: RATE // 2 - 600] == 1.0).all()
    assert (right[RATE // 2 + 600 :] == 1.0).all()


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60), st.integers(1, 60))
def test_the_sliding_minimum_is_the_least_of_each_window(values: list[float], width: int) -> None:
    """For every width that fits."""
    width = min(width, len(values))
    expected = [min(values[k : k + width]) for k in range(len(values) - width + 1)]
    assert sliding_minimum(np.array(values), width).tolist() == expected


def level_at_once(sound: np.ndarray, rate: int) -> float:
    """The gated level by arrays of the whole sound: filtered in the frequency domain in one transform."""
    hop = round(0.0125 * rate)
    size = 1 << (len(sound) + rate).bit_length()
    hz = np.minimum(np.fft.rfftfreq(size, 1.0 / rate), 24_000.0)
    z = np.exp(-2j * np.pi * hz / 48_000.0)
    gain = np.ones_like(z)
    for numerator, denominator in (_SHELF, _HIGH_PASS):
        gain *= np.polyval(numerator[::-1], z) / np.polyval(denominator[::-1], z)
    spectrum = np.fft.rfft((sound - sound.mean(axis=0)).astype(np.float64), size, axis=0)
    power = np.square(np.fft.irfft(spectrum * gain[:, None], axis=0)[: len(sound)]).mean(axis=1)
    starts = np.arange(0, len(sound), hop)
    hops = np.add.reduceat(power, starts), np.diff(starts, append=len(sound))
    energy, frames = (np.convolve(values, np.ones(4)) for values in hops)
    block_power = energy / frames
    loudest = block_power[frames >= 0.5 * frames.max()].max()
    loud = (block_power >= loudest * 0.01) & (block_power > 10 ** ((-70 + 0.691) / 10))
    return float(10 * np.log10(energy[loud].sum() / frames[loud].sum())) - 0.691


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("seconds", [0.1, 1.0, 20.0])
def test_in_blocks_it_measures_what_it_does_at_once(rate: int, seconds: float) -> None:
    """Blocks of any size within a stretch leave no trace."""
    frames = round(seconds * rate)
    swell = np.linspace(0.1, 1.0, frames, dtype=np.float32)[:, None]
    sound = noise(frames, 2) * swell + np.float32(0.05)
    assert gated_level_db(sound, rate) == pytest.approx(level_at_once(sound, rate), abs=1e-4)


def test_half_an_hour_is_measured_exactly_in_little_memory() -> None:
    """Two arrays of a number every 12.5 ms, and nothing that grows with the rate."""
    meter = LevelMeter(8_000)
    second = noise(8_000, seed=3)
    tracemalloc.start()
    for _ in range(1_800):
        meter.push(second)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 4 * 2**20
    assert meter.level_db() == pytest.approx(gated_level_db(second, 8_000), abs=1e-9)
