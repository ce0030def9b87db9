"""Sounds made by rule, for classes of which there are few recordings: sirens, horns, rings, beeps.

Each maker draws its pitches, rhythms and colours anew, so there is no end of examples and nothing to copy.
Only classes are here that YAMNet takes for what they are called (``evaluation/RESULTS.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Generator = np.random.Generator

RATE = 16_000
PACKAGE = "procedural"
LICENCE = "CC0-1.0"
NYQUIST_SHARE = 0.95  # partials above this share of half the rate are left out


@dataclass(frozen=True)
class ProceduralSound:
    """waveform: (frames,) at 16 kHz."""

    caption: str
    sound_class: str
    waveform: Float


def procedural_sounds(each: int, seed: int = 17) -> Iterator[ProceduralSound]:
    """``each`` examples of every class, the same for the same seed."""
    for number, (sound_class, (captions, make)) in enumerate(sorted(MAKERS.items())):
        rng = np.random.default_rng((seed, number))
        for _ in range(each):
            yield ProceduralSound(captions[int(rng.integers(len(captions)))], sound_class, make(rng))


# What all makers are made of. Times in seconds, frequencies in Hz.
def clock(seconds: float) -> Float:
    """The time of every sample."""
    return np.arange(round(seconds * RATE)) / RATE


def swept(frequency: Float) -> Float:
    """The phase in radians of a tone whose frequency is given at every sample."""
    return 2 * np.pi * np.cumsum(frequency) / RATE


def harmonics(phase: Float, frequency: Float, amplitudes: Float) -> Float:
    """Partials at whole multiples; those too high for the rate fall silent, sample by sample."""
    numbers = np.arange(1, len(amplitudes) + 1)
    total = np.zeros_like(phase)
    for number, amplitude in zip(numbers, amplitudes, strict=True):
        audible = number * frequency < NYQUIST_SHARE * RATE / 2
        total += amplitude * np.sin(number * phase) * audible
    return total


def ramped(sound: Float, rise: float, fall: float) -> Float:
    """With a rise and a fall of so many seconds."""
    time, left = np.arange(sound.size) / RATE, np.arange(sound.size)[::-1] / RATE
    return np.asarray(sound * np.minimum(1.0, time / rise) * np.minimum(1.0, left / fall))


def struck(partials: Float, amplitudes: Float, decays: Float, seconds: float) -> Float:
    """A body that rings: each partial dies away by itself."""
    time = clock(seconds)
    audible = partials < NYQUIST_SHARE * RATE / 2
    waves = np.sin(2 * np.pi * partials[audible, None] * time) * np.exp(-time / decays[audible, None])
    return np.asarray((amplitudes[audible, None] * waves).sum(0))


def placed(sounds: list[tuple[float, Float]], seconds: float) -> Float:
    """Each at its time, in so many seconds."""
    whole = np.zeros(round(seconds * RATE))
    for start, sound in sounds:
        first = round(start * RATE)
        part = sound[: max(0, whole.size - first)]
        whole[first : first + part.size] += part
    return whole


def room(sound: Float, rng: Generator, seconds: float = 0.25) -> Float:
    """In a small room: a decaying noise tail, quieter than the sound."""
    time = clock(seconds)
    tail = rng.standard_normal(time.size) * np.exp(-time / (seconds / 5)) * 0.06
    tail[0] = 1.0
    size = sound.size + tail.size - 1
    return np.asarray(np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)[: sound.size])


# The makers.
def telephone(rng: Generator) -> Float:
    """Two gongs struck by a clapper about twenty times a second, or an electronic warble."""
    seconds, ring = float(rng.uniform(1.5, 4.0)), float(rng.uniform(0.8, 1.6))
    if rng.random() < 0.5:
        low = float(rng.uniform(900, 1400))
        gongs = [_gong(low * ratio, rng) for ratio in (1.0, float(rng.uniform(1.12, 1.3)))]
        period = 1 / float(rng.uniform(18, 26))
        strokes = [(n * period, gongs[n % 2]) for n in range(int(ring / period))]
        burst = placed(strokes, ring + 0.4)
    else:
        low, rate = float(rng.uniform(600, 1100)), float(rng.uniform(10, 20))
        time = clock(ring)
        pitch = np.where(np.sin(2 * np.pi * rate * time) > 0, low, low * float(rng.uniform(1.2, 1.35)))
        burst = ramped(harmonics(swept(pitch), pitch, np.array([1.0, 0.1, 0.3, 0.05, 0.12])), 0.01, 0.02)
    every = ring + float(rng.uniform(0.4, 1.2))
    return room(placed([(n * every, burst) for n in range(int(seconds / every) + 1)], seconds), rng)


def _gong(pitch: float, rng: Generator) -> Float:
    ratios = np.array([1.0, 2.02, 2.97, 4.1, 5.4]) * rng.uniform(0.99, 1.01, 5)
    return struck(
        pitch * ratios, np.array([1.0, 0.6, 0.5, 0.3, 0.2]), np.array([0.3, 0.2, 0.15, 0.1, 0.08]), 0.5
    )


def siren(rng: Generator) -> Float:
    """A wail, a yelp or two tones."""
    seconds, low = float(rng.uniform(2.0, 5.0)), float(rng.uniform(450, 750))
    high, time = low * float(rng.uniform(1.6, 2.4)), clock(seconds)
    kind = rng.integers(3)
    if kind == 2:
        share = (np.sin(2 * np.pi * time / float(rng.uniform(0.9, 1.4))) > 0).astype(float)
        high = low * float(rng.uniform(1.25, 1.4))
    else:
        turns = float(rng.uniform(0.25, 0.5)) if kind == 0 else float(rng.uniform(2.5, 4.0))
        share = 0.5 - 0.5 * np.cos(2 * np.pi * turns * time)
    pitch = low + (high - low) * share
    sound = harmonics(swept(pitch), pitch, np.arange(1.0, 9.0) ** -float(rng.uniform(0.8, 1.5)))
    return room(ramped(sound, 0.05, 0.1), rng, 0.4)


def car_horn(rng: Generator) -> Float:
    """Two reeds a third apart, once or several times."""
    low = float(rng.uniform(330, 440))
    reeds = (low, low * float(rng.choice([1.2, 1.25, 1.26])))

    def honk(seconds: float) -> Float:
        time = clock(seconds)
        tones = []
        for reed in reeds:
            pitch = np.full(time.size, reed) * (1.0 - 0.02 * np.exp(-time / 0.03))
            tones.append(harmonics(swept(pitch), pitch, np.exp(-0.09 * np.arange(18)) * _formant(reed, 18)))
        return ramped(np.sum(tones, axis=0), 0.015, 0.05)

    count = int(rng.integers(1, 4))
    long = float(rng.uniform(0.2, 0.5)) if count > 1 else float(rng.uniform(0.6, 1.6))
    every = long + float(rng.uniform(0.08, 0.25))
    return room(placed([(n * every, honk(long)) for n in range(count)], count * every + 0.2), rng, 0.3)


def _formant(pitch: float, count: int) -> Float:
    """The body of a horn is loudest around 2 kHz."""
    octaves = np.log2(pitch * np.arange(1, count + 1) / 2000.0)
    return np.asarray(0.3 + np.exp(-0.5 * (octaves / 0.8) ** 2))


def beep(rng: Generator) -> Float:
    """One clean tone, sometimes two."""
    pitches = float(rng.uniform(500, 3000)) * np.array([1.0, float(rng.choice([1.0, 1.25, 1.5, 2.0]))])
    long = float(rng.uniform(0.06, 0.3))
    tones = [ramped(np.sin(2 * np.pi * pitch * clock(long)), 0.004, 0.01) for pitch in pitches]
    return placed(
        [(n * long * 1.2, tone) for n, tone in enumerate(tones[: int(rng.integers(1, 3))])], long * 2.4
    )


def heartbeat(rng: Generator) -> Float:
    """Lub, dub: two thuds far below."""
    every, seconds = float(rng.uniform(0.6, 1.1)), float(rng.uniform(2.5, 4.5))

    def thud(pitch: float) -> Float:
        time = clock(0.16)
        return np.asarray(np.sin(2 * np.pi * pitch * time * (1 - time)) * np.exp(-time / 0.035))

    low = float(rng.uniform(45, 75))
    beats = [
        (start + delay, thud(low * ratio) * loud)
        for start in np.arange(0.05, seconds, every)
        for delay, ratio, loud in ((0.0, 1.0, 1.0), (every * 0.3, 1.25, 0.7))
    ]
    return placed(beats, seconds)


def sonar(rng: Generator) -> Float:
    """A ping with a long tail."""
    pitch, seconds = float(rng.uniform(900, 1800)), float(rng.uniform(2.0, 4.0))
    time = clock(seconds)
    tail = np.exp(-time / float(rng.uniform(0.3, 0.8)))
    return room(ramped(np.sin(2 * np.pi * pitch * time) * tail, 0.01, 0.2), rng, 1.0)


MAKERS: dict[str, tuple[tuple[str, ...], Callable[[Generator], Float]]] = {
    "beep": (("a beep", "electronic beep", "short beep tone"), beep),
    "car horn": (("a car horn honking", "car horn", "car honking its horn"), car_horn),
    "heartbeat": (("a heartbeat", "heart beating"), heartbeat),
    "siren": (("an emergency siren wailing", "police siren", "ambulance siren"), siren),
    "sonar": (("a sonar ping", "submarine sonar"), sonar),
    "telephone": (("a telephone ringing", "phone ringing", "old telephone bell"), telephone),
}
