"""How loud a take is, and the gain that fits it to its neighbourhood.

Loudness here is the K-weighted level of BS.1770 (so that rumble counts little and hiss much, as it
does to the ear), measured in 50 ms blocks and gated against the loudest of them. Integrated LUFS would
be the standard word, but its blocks are 400 ms: a region of 0.1 s has none, and a footstep is mostly
the silence around it. A steady sound measures the same in both, if it is mono.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.audio.limiter import CEILING_DB, Limiter
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
# How fast the gain may change between blocks without being heard as a step.
RAMP_SECONDS = 0.05

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
    """The gated level of everything pushed so far."""

    def __init__(self, sample_rate: int) -> None:
        """Nothing heard yet."""
        self._sample_rate = sample_rate
        self._energy: list[float] = []
        self._frames: list[float] = []

    def push(self, waveform: Float32) -> None:
        """Add (frames, channels). Each push is measured from its own start to its own end."""
        energy, frames = _block_energies(waveform, self._sample_rate)
        self._energy.extend(energy)
        self._frames.extend(frames)

    def level_db(self) -> float:
        """Mean power over channels and gated blocks in dB (a full-scale 997 Hz sine: -3.01).

        ``-inf`` when everything is below ``SILENCE_DB``.
        """
        energy, frames = np.array(self._energy), np.array(self._frames)
        if not len(frames):
            return -math.inf
        power = energy / frames
        # A block that hardly overlaps the sound says little: it may not set the gate.
        loudest = power[frames >= 0.5 * frames.max()].max()
        loud = (power >= loudest * _power(-GATE_DB)) & (power > _power(SILENCE_DB + _OFFSET_DB))
        if not loud.any():
            return -math.inf
        return float(10.0 * np.log10(energy[loud].sum() / frames[loud].sum())) - _OFFSET_DB


def gated_level_db(waveform: Float32, sample_rate: int) -> float:
    """The gated level of one sound, (frames, channels), in dB; ``-inf`` for silence."""
    meter = LevelMeter(sample_rate)
    meter.push(waveform)
    return meter.level_db()


def target_level(mode: Mode, region: Float32, surroundings: Sequence[Float32], sample_rate: int) -> float:
    """The level, in dB, that a take of this region should have.

    Transfer keeps the region's own level. Inpaint and generate put something else there, which should
    be as loud as what is around it. Where that is silent: for transfer the surroundings, then
    ``DEFAULT_DB``. A new sound has neither, so gets ``DEFAULT_DB``.

    region: (frames, channels) before the edit; surroundings: pieces of the recording near it, in the
    same shape. Either may be of no frames.
    """
    own = gated_level_db(region, sample_rate) if mode is Mode.TRANSFER else -math.inf
    if own > -math.inf:
        return own
    around = LevelMeter(sample_rate)
    for piece in surroundings:
        around.push(piece)
    level = around.level_db()
    return level if level > -math.inf else DEFAULT_DB


def to_mono(waveform: Float32) -> Float32:
    """One channel that stands for all, (frames, 1): their mean, or the loudest where they cancel out.

    waveform: (frames, channels).
    """
    power = _channel_power(waveform)
    loudest = int(np.argmax(power))
    total = np.zeros(len(waveform))
    for channel in waveform.T:  # several times faster than a mean over so short an axis
        total += channel
    mono: Float32 = (total / waveform.shape[1]).astype(np.float32)[:, None]
    # Uncorrelated channels lose 3 dB of their mean in stereo, 18 dB in 64 channels; opposed ones more.
    cancelled = _channel_power(mono)[0] < 0.1 * power.mean() / waveform.shape[1]
    return waveform[:, loudest : loudest + 1] if cancelled else mono


def channel_gains(original: Float32) -> Float32:
    """The share of each channel in the original, (channels,), of mean square 1; all 1 for silence.

    A mono take times these has the original's balance and its own level.
    original: (frames, channels).
    """
    power = _channel_power(original)
    if power.sum() <= _power(SILENCE_DB) * len(power):
        return np.ones(len(power), np.float32)
    gains: Float32 = np.sqrt(power / power.mean()).astype(np.float32)
    return gains


class LoudnessFit:
    """Brings a take, block by block as it is decoded, to a level; peaks stay below -1 dBFS.

    The gain follows from everything heard so far, so a take of one block gets one gain, and a longer
    one settles. Same blocks, same result. Silence is left alone.
    """

    def __init__(self, target_db: float, sample_rate: int, channels: int) -> None:
        """``target_db`` as measured by ``gated_level_db``."""
        self._target_db = target_db
        self._meter = LevelMeter(sample_rate)
        self._limiter = Limiter(sample_rate, channels)
        self._ramp_frames = max(1, round(RAMP_SECONDS * sample_rate))
        self._peak = 0.0
        self._gain: float | None = None  # None until something was heard

    @property
    def gain_db(self) -> float:
        """The gain of the last block."""
        return 0.0 if self._gain is None else 20.0 * math.log10(self._gain)

    def push(self, block: Float32) -> Float32:
        """Take (any, channels), give what the limiter is done with: 10 ms less."""
        self._meter.push(block)
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))
        wanted = self._wanted_gain()
        curve = _gain_curve(self._gain, wanted, min(self._ramp_frames, len(block)), len(block))
        self._gain = wanted
        return self._limiter.push((block * curve[:, None]).astype(np.float32))

    def finish(self) -> Float32:
        """The rest."""
        return self._limiter.finish()

    def _wanted_gain(self) -> float | None:
        level_db = self._meter.level_db()
        if level_db == -math.inf:
            return None
        gain_db = min(max(self._target_db - level_db, -MAX_CUT_DB), MAX_BOOST_DB)
        room_db = CEILING_DB + MAX_LIMITING_DB - 20.0 * math.log10(self._peak)
        return _amplitude(min(gain_db, room_db))


def _gain_curve(before: float | None, after: float | None, ramp_frames: int, frames: int) -> Float64:
    """(frames,): from one gain to the other over the ramp. With nothing audible before, at once."""
    goal = 1.0 if after is None else after
    curve = np.full(frames, goal)
    if before is not None:
        rising = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, ramp_frames + 1) / ramp_frames)
        curve[:ramp_frames] = before + (goal - before) * rising
    return curve


def _block_energies(waveform: Float32, sample_rate: int) -> tuple[Float64, Float64]:
    """K-weighted energy, mean over channels, of overlapping blocks, and the frames in each.

    Blocks at both ends are partly outside, and count as much as they have frames.
    """
    hop = max(1, round(BLOCK_SECONDS * sample_rate / _HOPS_PER_BLOCK))
    power = np.zeros(len(waveform))
    for channel in waveform.T:
        power += np.square(_k_weighted(channel, sample_rate), dtype=np.float64) / waveform.shape[1]
    starts = np.arange(0, len(power), hop)
    if not len(starts):
        return np.zeros(0), np.zeros(0)
    hops = np.add.reduceat(power, starts), np.diff(starts, append=len(power)).astype(np.float64)
    energy, frames = (np.convolve(values, np.ones(_HOPS_PER_BLOCK)) for values in hops)
    return energy, frames


def _k_weighted(samples: Float32, sample_rate: int) -> Float32:
    """One channel, (frames,), through both filters, in pieces that overlap by the filters' memory.

    In single precision: a level needs no more, and transforms take half the time.
    """
    memory = round(_FILTER_MEMORY_SECONDS * sample_rate)
    step = _TRANSFORM_FRAMES - memory
    response = _k_response(sample_rate)
    # A constant offset is no sound, but starting from it would be one.
    offset = np.float32(samples.mean(dtype=np.float64) if len(samples) else 0.0)
    padded = np.concatenate([np.zeros(memory, np.float32), samples - offset])
    pieces = [np.zeros(0, np.float32)]
    for start in range(0, len(samples), step):
        piece = padded[start : start + _TRANSFORM_FRAMES]
        spectrum = np.fft.rfft(piece, _TRANSFORM_FRAMES) * response
        weighted = np.fft.irfft(spectrum, _TRANSFORM_FRAMES)[memory : len(piece)]
        pieces.append(weighted.astype(np.float32, copy=False))
    return np.concatenate(pieces)


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


def _channel_power(waveform: Float32) -> Float64:
    """Mean square of each channel, (channels,)."""
    if not len(waveform):
        return np.zeros(waveform.shape[1])
    channels = (channel.astype(np.float64) for channel in waveform.T)
    return np.array([channel @ channel for channel in channels]) / len(waveform)


def _power(db: float) -> float:
    return float(10.0 ** (db / 10.0))


def _amplitude(db: float) -> float:
    return float(10.0 ** (db / 20.0))
