"""Cheap changes to a training sound that keep what it is: speed, tone, level, place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.training.corpus import PEAK, SAMPLE_RATE, Clip, Corpus

Float32 = NDArray[np.float32]

ROOM_SHARE = 0.25


def change_speed(waveform: Float32, factor: float) -> Float32:
    """Play ``factor`` times faster (pitch follows), by linear interpolation."""
    positions = np.arange(0, waveform.size - 1, factor)
    resampled: Float32 = np.interp(positions, np.arange(waveform.size), waveform).astype(np.float32)
    return resampled


def tilt(waveform: Float32, db_per_octave: float) -> Float32:
    """Tilt the spectrum around 1 kHz, at most 12 dB anywhere."""
    spectrum = np.fft.rfft(waveform)
    octaves = np.log2(np.maximum(np.linspace(0, 8000, spectrum.size), 60.0) / 1000.0)
    gain_db = np.clip(db_per_octave * octaves, -12.0, 12.0)
    return np.fft.irfft(spectrum * 10 ** (gain_db / 20), waveform.size).astype(np.float32)


def normalise(waveform: Float32, peak: float = PEAK) -> Float32:
    """No offset, given peak; silence stays silence."""
    centred = waveform - waveform.mean()
    highest = float(np.abs(centred).max(initial=0.0))
    if highest < 1e-4:
        return np.zeros_like(waveform)
    scaled: Float32 = (centred * (peak / highest)).astype(np.float32)
    return scaled


def random_crop(corpus: Corpus, clip: Clip, frames: int, rng: np.random.Generator) -> Float32:
    """A stretch of ``frames``; a shorter clip lies somewhere in silence."""
    waveform = corpus.waveform(clip)
    if waveform.size > frames:
        start = int(rng.integers(0, waveform.size - frames + 1))
        return waveform[start : start + frames]
    out = np.zeros(frames, np.float32)
    start = int(rng.integers(0, frames - waveform.size + 1))
    out[start : start + waveform.size] = waveform
    return out


def reverberated(waveform: Float32, rng: np.random.Generator) -> Float32:
    """In a room nobody knows: noise that decays by 60 dB within 0.15 to 1.5 s, 3 to 18 dB below the sound.

    Longer than before by as much as the room rings.
    """
    ring_seconds = float(np.exp(rng.uniform(np.log(0.15), np.log(1.5))))
    frames = round(ring_seconds * SAMPLE_RATE)
    ring = rng.standard_normal(frames) * 10.0 ** (-3.0 * np.arange(frames) / frames)
    ring *= 10.0 ** (rng.uniform(-18.0, -3.0) / 20.0) / np.sqrt(np.sum(np.square(ring)))
    delay = round(rng.uniform(0.002, 0.02) * SAMPLE_RATE)
    impulse = np.concatenate([[1.0], np.zeros(delay - 1), ring])
    size = waveform.size + impulse.size - 1
    spectrum = np.fft.rfft(waveform, size) * np.fft.rfft(impulse, size)
    return np.fft.irfft(spectrum, size).astype(np.float32)


def varied(waveform: Float32, rng: np.random.Generator) -> Float32:
    """Speed within 15 %, tilt within 2 dB an octave (each on half of them), a room (a quarter); peak 0.5."""
    if waveform.size > 64 and rng.random() < 0.5:
        waveform = change_speed(waveform, float(np.exp(rng.uniform(-0.15, 0.15))))
    if waveform.size > 64 and rng.random() < 0.5:
        waveform = tilt(waveform, float(rng.uniform(-2, 2)))
    if waveform.size > 64 and rng.random() < ROOM_SHARE:
        waveform = reverberated(waveform, rng)
    return normalise(waveform)
