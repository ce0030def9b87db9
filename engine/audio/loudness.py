"""How loud a take is, and the gain that fits it to its neighbourhood.

Loudness is the integrated one of BS.1770, taken per channel. Its blocks are 400 ms, which a region of
0.1 s has none of. What is shorter has its K-weighted level measured in 50 ms blocks and gated against the
loudest of them; a steady sound measures the same in both.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Generator, Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.audio.limiter import CEILING_DB
from engine.audio.lufs import IntegratedLoudness, per_channel
from engine.audio.stretch import Stretch, held
from engine.protocol.vocabulary import Mode

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Complex128 = NDArray[np.complex128]
Complex64 = NDArray[np.complex64]

BLOCK_SECONDS = 0.05
# What is quieter than this is silence, to be neither measured nor lifted (BS.1770's absolute gate).
SILENCE_DB = -70.0
# Blocks further below the loudest than this are tails and pauses between hits.
GATE_DB = 20.0
# Given to a new sound, and to one put into silence: the loudness of a sound effect in a library,
# with room for its attacks.
DEFAULT_DB = -20.0

# More boost than this would bring up a model's noise floor. The cut reaches down to what counts as silence.
MAX_BOOST_DB = 18.0
MAX_CUT_DB = 70.0
# The limiter may take this much off peaks. What would need more is made less loud instead.
MAX_LIMITING_DB = 6.0
# So much of a take is heard before its first gain; most hits are over by then.
FIRST_SECONDS = 1.2
# How fast the gain may change between blocks without being heard as a step.
RAMP_SECONDS = 0.05

# Of more than this only the integrated loudness is measured.
LEVEL_SECONDS = 1.0

# BS.1770-4, tables 1 and 2: the two filters at 48 kHz, as (numerator, denominator).
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
# K-weighting lifts 997 Hz by this much; taken off, so that a 997 Hz sine reads as its own RMS.
_OFFSET_DB = 0.691
# After this time the filters' response has decayed by 200 dB.
_FILTER_MEMORY_SECONDS = 0.1
# Filtered at a time: well over the memory at 192 kHz, and the size measured to be fastest.
_TRANSFORM_FRAMES = 1 << 15
# Overlap makes a short hit measure the same wherever it falls between blocks, within 1 dB.
_HOPS_PER_BLOCK = 4


class LevelMeter:
    """The gated level of everything pushed so far.

    It keeps 16 bytes for every 12.5 ms, 2.3 MB for half an hour, so that the level is exact.
    """

    def __init__(self, sample_rate: int, silence_db: float = SILENCE_DB) -> None:
        """Nothing heard yet."""
        self._sample_rate = sample_rate
        self._silence_db = silence_db
        self._energy = array("d")
        self._frames = array("d")

    def push(self, waveform: Float32) -> None:
        """Add (frames, channels). Each push is measured from its own start to its own end."""
        for _ in self.listen(held(waveform)):
            pass

    def listen(self, sound: Stretch) -> Iterator[None]:
        """Add a stretch like one push; yields after every block, because a long one takes a while."""
        energy, frames = yield from _block_energies(sound, self._sample_rate)
        self._energy.frombytes(energy.tobytes())
        self._frames.frombytes(frames.tobytes())

    def level_db(self) -> float:
        """Mean power over channels and gated blocks in dB (a full-scale 997 Hz sine: -3.01).

        ``-inf`` when everything is below ``silence_db``.
        """
        energy, frames = np.array(self._energy, np.float64), np.array(self._frames, np.float64)
        if not len(frames):
            return -math.inf
        power = energy / frames
        # A block that hardly overlaps the sound says little: it may not set the gate.
        loudest = power[frames >= 0.5 * frames.max()].max()
        loud = (power >= loudest * _power(-GATE_DB)) & (power > _power(self._silence_db + _OFFSET_DB))
        if not loud.any():
            return -math.inf
        return float(10.0 * np.log10(energy[loud].sum() / frames[loud].sum())) - _OFFSET_DB


class LoudnessMeter:
    """The integrated loudness of everything pushed so far; the gated level of what is too short for one.

    ``silence_db`` takes the place of the standard's absolute gate.
    """

    def __init__(self, sample_rate: int, silence_db: float = SILENCE_DB) -> None:
        """Nothing heard yet."""
        self._sample_rate = sample_rate
        self._lift_db = SILENCE_DB - silence_db
        self._level = LevelMeter(sample_rate, silence_db)
        self._integrated: IntegratedLoudness | None = None
        self._channels = 1
        self._frames = 0

    def push(self, waveform: Float32) -> None:
        """Add (frames, channels)."""
        for _ in self.listen(held(waveform)):
            pass

    def listen(self, sound: Stretch) -> Iterator[None]:
        """Add a stretch; yields after every block, because a long one takes a while."""
        self._frames += sound.frames
        if self._frames < LEVEL_SECONDS * self._sample_rate:
            yield from self._level.listen(sound)
        if self._integrated is None:
            self._integrated = IntegratedLoudness(self._sample_rate, sound.channels)
            self._channels = sound.channels
        lift = np.float32(_amplitude(self._lift_db))
        for block in sound.blocks():
            self._integrated.push(block * lift if self._lift_db else block)
            yield

    def loudness_db(self) -> float:
        """Of a channel, in LUFS; ``-inf`` for silence."""
        lufs = self._integrated.lufs() - self._lift_db if self._integrated else -math.inf
        return per_channel(lufs, self._channels) if lufs > -math.inf else self._level.level_db()


def gated_level_db(waveform: Float32, sample_rate: int) -> float:
    """The gated level of one sound, (frames, channels), in dB; ``-inf`` for silence."""
    meter = LevelMeter(sample_rate)
    meter.push(waveform)
    return meter.level_db()


def target_level(
    mode: Mode,
    region: Stretch,
    surroundings: Sequence[Stretch],
    sample_rate: int,
    silence_db: float = SILENCE_DB,
) -> Generator[None, None, float]:
    """The loudness per channel, in LUFS, that a take of this region should have; yields while it listens.

    Transfer keeps the region's own. Inpaint and generate put something else there, which should
    be as loud as what is around it. Where that is silent: for transfer the surroundings, then
    ``DEFAULT_DB``. A new sound has neither, so gets ``DEFAULT_DB``.

    region: before the edit; surroundings: pieces of the recording near it. Either may be of no frames.
    """
    around = LoudnessMeter(sample_rate, silence_db)
    if mode is Mode.TRANSFER:
        own = LoudnessMeter(sample_rate, silence_db)
        yield from own.listen(region)
        if own.loudness_db() > -math.inf:
            return own.loudness_db()
    for piece in surroundings:
        yield from around.listen(piece)
    level = around.loudness_db()
    return level if level > -math.inf else DEFAULT_DB


def mono_channel(pieces: Sequence[Stretch]) -> Generator[None, None, int | None]:
    """The one channel that stands for all: the loudest where their mean cancels out, else None, the mean.

    Decided over the whole, of which the pieces are parts in order; yields while it listens.
    """
    power, mean_power = np.zeros(pieces[0].channels), 0.0
    if len(power) == 1:
        return None
    for piece in pieces:
        for block in piece.blocks():
            power += _channel_energy(block)
            mean_power += _channel_energy(to_mono(block, None))[0]
            yield
    # Uncorrelated channels lose 3 dB of their mean in stereo, 18 dB in 64 channels; opposed ones more.
    cancelled = mean_power < 0.1 * power.mean() / len(power)
    return int(np.argmax(power)) if cancelled else None


def to_mono(waveform: Float32, channel: int | None) -> Float32:
    """That channel of a sound, (frames, channels) -> (frames, 1); None: the mean of all."""
    if channel is not None:
        return waveform[:, channel : channel + 1]
    total = np.zeros(len(waveform))
    for samples in waveform.T:  # several times faster than a mean over so short an axis
        total += samples
    mono: Float32 = (total / waveform.shape[1]).astype(np.float32)[:, None]
    return mono


def channel_power(pieces: Sequence[Stretch]) -> Generator[None, None, Float64]:
    """Mean square of each channel over all pieces, (channels,); yields while it listens."""
    energy, frames = np.zeros(pieces[0].channels), 0
    for piece in pieces:
        for block in piece.blocks():
            energy += _channel_energy(block)
            frames += len(block)
            yield
    return energy / max(1, frames)


def channel_gains(power: Float64) -> Float32:
    """The share of each channel in an original of this ``channel_power``, (channels,); all 1 for silence.

    The shares have a mean square of 1: a mono take times these has the original's balance and its own
    level.
    """
    if power.sum() <= _power(SILENCE_DB) * len(power):
        return np.ones(len(power), np.float32)
    gains: Float32 = np.sqrt(power / power.mean()).astype(np.float32)
    return gains


class LoudnessFit:
    """Brings a take, block by block as it is decoded, to a loudness; a limiter comes behind it.

    The gain follows from everything heard so far, so what is shorter than ``FIRST_SECONDS`` gets one gain,
    and what is longer settles. Same blocks, same result. Silence is left alone.
    """

    def __init__(
        self,
        target_db: float,
        sample_rate: int,
        channels: int,
        *,
        ceiling_db: float = CEILING_DB,
        max_boost_db: float = MAX_BOOST_DB,
        silence_db: float = SILENCE_DB,
    ) -> None:
        """``target_db`` as ``LoudnessMeter.loudness_db``; ``ceiling_db`` is the limiter's."""
        self._target_db = target_db
        self._max_boost_db = max_boost_db
        self._ceiling_db = ceiling_db
        self._meter = LoudnessMeter(sample_rate, silence_db)
        self._ramp_frames = max(1, round(RAMP_SECONDS * sample_rate))
        self._waiting = round(FIRST_SECONDS * sample_rate)
        self._held = [np.zeros((0, channels), np.float32)]
        self._peak = 0.0
        self._gain: float | None = None  # None until something was heard

    @property
    def gain_db(self) -> float:
        """The gain of the last block."""
        return 0.0 if self._gain is None else 20.0 * math.log10(self._gain)

    def push(self, block: Float32) -> Float32:
        """Take (any, channels), give as many frames, once there is enough to tell how loud it is."""
        if self._waiting > 0:
            self._held.append(block)
            self._waiting -= len(block)
            return self._held[0] if self._waiting > 0 else self._release()
        return self._fitted(block)

    def finish(self) -> Float32:
        """The rest."""
        return self._release()

    def _release(self) -> Float32:
        held, self._held = np.concatenate(self._held), self._held[:1]
        return self._fitted(held)

    def _fitted(self, block: Float32) -> Float32:
        if not len(block):
            return block
        self._meter.push(block)
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))
        wanted = self._wanted_gain()
        curve = _gain_curve(self._gain, wanted, min(self._ramp_frames, len(block)), len(block))
        self._gain = wanted
        return (block * curve[:, None]).astype(np.float32)

    def _wanted_gain(self) -> float | None:
        level_db = self._meter.loudness_db()
        if level_db == -math.inf:
            return None
        return _amplitude(
            fitting_gain_db(
                self._target_db - level_db, self._peak, self._ceiling_db, max_boost_db=self._max_boost_db
            )
        )


def fitting_gain_db(
    wanted_db: float, peak: float, ceiling_db: float = CEILING_DB, *, max_boost_db: float = MAX_BOOST_DB
) -> float:
    """The gain that is wanted, as far as it may go: so that a limiter has little to do at this peak."""
    gain_db = min(max(wanted_db, -MAX_CUT_DB), max_boost_db)
    return min(gain_db, ceiling_db + MAX_LIMITING_DB - 20.0 * math.log10(peak))


def _gain_curve(before: float | None, after: float | None, ramp_frames: int, frames: int) -> Float64:
    """(frames,): from one gain to the other over the ramp. With nothing audible before, at once."""
    goal = 1.0 if after is None else after
    curve = np.full(frames, goal)
    if before is not None:
        rising = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, ramp_frames + 1) / ramp_frames)
        curve[:ramp_frames] = before + (goal - before) * rising
    return curve


def _block_energies(sound: Stretch, sample_rate: int) -> Generator[None, None, tuple[Float64, Float64]]:
    """K-weighted energy, mean over channels, of overlapping blocks, and the frames in each.

    Blocks at both ends are partly outside, and count as much as they have frames.
    """
    hop = max(1, round(BLOCK_SECONDS * sample_rate / _HOPS_PER_BLOCK))
    sums, rest = [np.zeros(0)], np.zeros(0)
    for power in _k_weighted_power(sound, sample_rate, (yield from _offsets(sound))):
        rest = np.concatenate([rest, power])
        whole = len(rest) // hop * hop
        sums.append(_sums(rest[:whole], hop))
        rest = rest[whole:]
        yield
    energies = np.concatenate([*sums, _sums(rest, hop)])
    if not len(energies):
        return energies, energies
    frames = np.diff(np.arange(0, sound.frames, hop), append=sound.frames).astype(np.float64)
    energy, lengths = (np.convolve(values, np.ones(_HOPS_PER_BLOCK)) for values in (energies, frames))
    return energy, lengths


def _sums(values: Float64, hop: int) -> Float64:
    """Of every ``hop`` of them, the last of which may be fewer."""
    sums: Float64 = np.add.reduceat(values, np.arange(0, len(values), hop)) if len(values) else values
    return sums


def _offsets(sound: Stretch) -> Generator[None, None, Float32]:
    """The mean of each channel, (channels,): no sound, but starting from it would be one."""
    total = np.zeros(sound.channels)
    for block in sound.blocks():
        total += [channel.sum(dtype=np.float64) for channel in block.T]
        yield
    return (total / max(1, sound.frames)).astype(np.float32)


def _k_weighted_power(sound: Stretch, sample_rate: int, offsets: Float32) -> Iterator[Float64]:
    """The squares, mean over channels, of what comes through both filters, in blocks of (any,)."""
    memory = round(_FILTER_MEMORY_SECONDS * sample_rate)
    before = np.zeros((memory, sound.channels), np.float32)
    for block in sound.blocks(_TRANSFORM_FRAMES - memory):
        piece = np.concatenate([before, block - offsets])
        power = np.zeros(len(block))
        for channel in piece.T:
            power += np.square(_k_weighted(channel, sample_rate)[memory:], dtype=np.float64) / sound.channels
        yield power
        before = piece[len(piece) - memory :]


def _k_weighted(piece: Float32, sample_rate: int) -> Float32:
    """One channel, up to ``_TRANSFORM_FRAMES`` of it, through both filters, which begin in silence.

    In single precision: a level needs no more, and transforms take half the time.
    """
    spectrum = np.fft.rfft(piece, _TRANSFORM_FRAMES) * _k_response(sample_rate)
    weighted = np.fft.irfft(spectrum, _TRANSFORM_FRAMES)[: len(piece)]
    return weighted.astype(np.float32, copy=False)


@lru_cache(maxsize=8)
def _k_response(sample_rate: int) -> Complex64:
    """The complex gain of each bin of a real transform of ``_TRANSFORM_FRAMES``."""
    # The filters are defined at 48 kHz; what is above its half is weighted like what is just below.
    hz = np.minimum(np.fft.rfftfreq(_TRANSFORM_FRAMES, 1.0 / sample_rate), 24_000.0)
    z = np.exp(-2j * np.pi * hz / 48_000.0)
    response: Complex128 = np.ones_like(z)
    for numerator, denominator in (_SHELF, _HIGH_PASS):
        response = response * np.polyval(numerator[::-1], z) / np.polyval(denominator[::-1], z)
    return response.astype(np.complex64)


def _channel_energy(waveform: Float32) -> Float64:
    """The sum of squares of each channel, (channels,)."""
    # Not the faster dot product: on a busy machine the threads of the BLAS behind it wait for each other.
    return np.array([np.square(channel, dtype=np.float64).sum() for channel in waveform.T])


def _power(db: float) -> float:
    return float(10.0 ** (db / 10.0))


def _amplitude(db: float) -> float:
    return float(10.0 ** (db / 20.0))
