"""What the tests of spectral stages share: a real recording, and measures of sounds."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import soundfile as sf

from engine.audio.stages import Stage

CUTS = [0, 1, 700, 701, 5_000, 30_000]
THIRDS_HZ = 1_000.0 * 2.0 ** (np.arange(9, 13) / 3)  # 8 to 16 kHz


def stream() -> tuple[np.ndarray, int]:
    """A brook, (frames, 1), and its rate: nine seconds that reach up to 20 kHz."""
    sound, rate = sf.read(str(files("engine.commands") / "demo" / "stream.flac"), dtype="float32")
    return sound[:, None], rate


def stereo_stream() -> tuple[np.ndarray, int]:
    """The brook with width: its first and second half as two sources, one panned to each side by 12 dB, and
    the first of them heard on the other side 0.4 ms later."""
    sound, rate = stream()
    half = len(sound) // 2
    first, second = sound[:half, 0], sound[half : 2 * half, 0]
    late = np.roll(first, round(0.0004 * rate))
    return np.stack([first + 0.25 * second, second + 0.25 * late], axis=1).astype(np.float32) * 0.7, rate


def passed(stage: Stage, sound: np.ndarray, cuts: list[int] | None = None) -> np.ndarray:
    """The sound after a stage, in pieces that end at the cuts."""
    pieces = [stage.push(piece) for piece in np.split(sound, cuts or [])]
    return np.concatenate([*pieces, stage.finish()])


def power_spectrum(sound: np.ndarray, size: int = 2_048) -> np.ndarray:
    """Mean power of each bin over windows and channels."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, size, axis=0)[:: size // 2]
    return (np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2).mean(axis=(0, 1))


def bands_db(sound: np.ndarray, rate: int, centres: np.ndarray, octaves: float = 1 / 3) -> np.ndarray:
    """Mean power of a bin in bands of that width."""
    power = power_spectrum(sound)
    hz = np.fft.rfftfreq(2 * (len(power) - 1), 1.0 / rate)
    inside = [(hz >= c * 2 ** (-octaves / 2)) & (hz < c * 2 ** (octaves / 2)) for c in centres]
    return np.array([10 * np.log10(power[band].mean() + 1e-14) for band in inside])


def correlation(sound: np.ndarray) -> float:
    """Of the first two channels."""
    return float(np.corrcoef(sound[:, 0], sound[:, 1])[0, 1])
