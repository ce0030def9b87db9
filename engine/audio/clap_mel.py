"""What CLAP hears of a sound: log-mels in decibels, of one fixed length, at its own sample rate.

Power of a centred STFT with a periodic Hann window, mel bands, 10 log10. The bands are Slaney's of ``mel.py``
(librosa), or, of towers that can fuse several pieces of long sounds, HTK's of height one (torchaudio). A
sound that is too short is said again and again, as often as it fits whole, and silence fills the rest; of one
that is too long there are several crops, side by side, which the published front end would draw at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from engine.audio.mel import MelParameters, mel_matrix, triangles

Float32 = NDArray[np.float32]

MelScale = Literal["slaney", "htk"]
MEL_SCALES: tuple[MelScale, ...] = get_args(MelScale)
# Of power: what digital silence becomes, -100 dB.
POWER_FLOOR = 1e-10


@dataclass(frozen=True)
class RankingParameters:
    """What the network that ranks takes hears: log-mels of a fixed length. Frequencies in Hz."""

    sample_rate: int
    n_fft: int
    hop_length: int
    n_mels: int
    f_min: float
    f_max: float
    seconds: float
    mel_scale: MelScale = "slaney"

    @property
    def frames(self) -> int:
        """Samples of sound in a log-mel."""
        return round(self.seconds * self.sample_rate)

    @property
    def mel_frames(self) -> int:
        """Of a log-mel, whose frames lie around multiples of the hop, both ends included."""
        return 1 + self.frames // self.hop_length


def clap_log_mels(waveform: Float32, parameters: RankingParameters) -> Float32:
    """(frames,) at ``parameters.sample_rate`` -> (crops, 1, mel_frames, n_mels) in decibels of power.

    There is one crop of a sound that fits, and of a longer one as many as cover it.
    """
    crops = _crops(waveform, parameters.frames)
    return np.stack([_log_mel(crop, parameters) for crop in crops])[:, None]


def _crops(waveform: Float32, frames: int) -> list[Float32]:
    """Pieces of exactly this length."""
    if waveform.size <= frames:
        repeated = np.tile(waveform, frames // max(1, waveform.size))
        return [np.pad(repeated, (0, frames - repeated.size))]
    count = -(-waveform.size // frames)
    starts = np.linspace(0, waveform.size - frames, count).astype(int)
    return [waveform[start : start + frames] for start in starts]


def _log_mel(waveform: Float32, p: RankingParameters) -> Float32:
    """(mel_frames, n_mels) of a crop."""
    padded = np.pad(waveform.astype(np.float64), p.n_fft // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, p.n_fft)[:: p.hop_length]
    # In double precision, the window too: a quiet band beside a loud one would drown in the rounding.
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(p.n_fft) / p.n_fft)
    spectrum = np.fft.rfft(frames * window, axis=-1)
    power = (spectrum.real**2 + spectrum.imag**2) @ _bands(p).T
    decibels: Float32 = (10.0 * np.log10(np.maximum(power, POWER_FLOOR))).astype(np.float32)
    return decibels


@lru_cache(maxsize=8)
def _bands(p: RankingParameters) -> Float32:
    """(n_mels, n_fft / 2 + 1)."""
    return mel_matrix(_geometry(p)) if p.mel_scale == "slaney" else _htk_matrix(p)


def _htk_matrix(p: RankingParameters) -> Float32:
    """Triangles of height one on HTK's scale, 2595 log10(1 + f / 700)."""
    low, high = 2595.0 * np.log10(1.0 + np.array([p.f_min, p.f_max]) / 700.0)
    edges = 700.0 * (10.0 ** (np.linspace(low, high, p.n_mels + 2) / 2595.0) - 1.0)
    return triangles(edges, p.sample_rate, p.n_fft).astype(np.float32)


def _geometry(p: RankingParameters) -> MelParameters:
    return MelParameters(p.sample_rate, p.n_fft, p.n_fft, p.hop_length, p.n_mels, p.f_min, p.f_max)
