"""Log-mel spectrograms as the published AudioLDM checkpoints define them.

STFT magnitude with a periodic Hann window, a Slaney-scale mel matrix with Slaney area
normalisation, natural log of the clipped energy. Two alignments exist, half a hop apart
("two mel front ends" in the released code): the one used to train the vocoder, which is the
default here because audio that goes in comes back at the same place, and the centred one of the
released inference script, kept for parity.

A manifest does not choose between them, because for a sound that has to stay where it is there is no
choice: the vocoder's frame k sounds around the middle of hop k, which is where its alignment looks,
and a centred spectrogram of the sound half a hop further on is the same spectrogram. Used as it stands,
the centred one moves every take by half a hop.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Alignment = Literal["vocoder", "centred"]

# A log-mel of zero is loud; this is what digital silence becomes.
LOG_FLOOR = 1e-5
SILENCE = float(np.log(LOG_FLOOR))
# What the released inference script brings every sound's peak to.
PUBLISHED_PEAK = np.float32(0.5)


@dataclass(frozen=True)
class MelParameters:
    """Geometry of a log-mel spectrogram. Frequencies in Hz, lengths in frames (samples)."""

    sample_rate: int = 16_000
    n_fft: int = 1024
    win_length: int = 1024
    hop_length: int = 160
    n_mels: int = 64
    f_min: float = 0.0
    f_max: float = 8_000.0

    @property
    def frame_seconds(self) -> float:
        """Seconds from one mel frame to the next."""
        return self.hop_length / self.sample_rate


def _hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's scale: linear below 1 kHz, logarithmic above."""
    step = np.log(6.4) / 27.0
    return np.where(hz < 1000.0, 3.0 * hz / 200.0, 15.0 + np.log(np.maximum(hz, 1.0) / 1000.0) / step)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    step = np.log(6.4) / 27.0
    return np.where(mel < 15.0, 200.0 * mel / 3.0, 1000.0 * np.exp(step * (mel - 15.0)))


def band_edges(parameters: MelParameters) -> NDArray[np.float64]:
    """Where the triangular filters begin, peak and end, in Hz: band k at edges k, k + 1 and k + 2."""
    limits = _hz_to_mel(np.array([parameters.f_min, parameters.f_max]))
    return _mel_to_hz(np.linspace(limits[0], limits[1], parameters.n_mels + 2))


def triangles(edges: NDArray[np.float64], sample_rate: int, n_fft: int) -> NDArray[np.float64]:
    """Filters of height one, (bands, n_fft / 2 + 1): number k begins, peaks, ends at ``edges[k : k + 3]``."""
    bins = np.linspace(0.0, sample_rate / 2, n_fft // 2 + 1)
    rising = (bins[None, :] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins[None, :]) / np.diff(edges)[1:, None]
    return np.maximum(0.0, np.minimum(rising, falling))


@lru_cache(maxsize=8)
def mel_matrix(parameters: MelParameters) -> Float32:
    """The triangular filters, shape (n_mels, n_fft / 2 + 1), each of unit area in Hz."""
    edges = band_edges(parameters)
    area = 2.0 / (edges[2:] - edges[:-2])
    filters = triangles(edges, parameters.sample_rate, parameters.n_fft) * area[:, None]
    matrix = filters.astype(np.float32)
    matrix.setflags(write=False)
    return matrix


@lru_cache(maxsize=8)
def hann(win_length: int) -> Float32:
    """The periodic Hann window, (win_length,)."""
    phase = 2.0 * np.pi * np.arange(win_length) / win_length
    return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)


def _pad(waveform: Float32, left: int, right: int) -> Float32:
    """Reflect at both ends; a waveform too short to be reflected is extended with silence first."""
    needed = max(left, right) + 1
    if waveform.size < needed:
        waveform = np.pad(waveform, (0, needed - waveform.size))
    return np.pad(waveform, (left, right), mode="reflect")


def log_mel(waveform: Float32, parameters: MelParameters, alignment: Alignment = "vocoder") -> Float32:
    """Log-mel of a mono waveform.

    waveform: (frames,) at ``parameters.sample_rate``.
    Returns (mel_frames, n_mels) in nats: ``frames // hop_length`` mel frames with the "vocoder"
    alignment, one more with "centred".
    """
    p = parameters
    mel_frames = waveform.size // p.hop_length
    if alignment == "vocoder":
        side = (p.win_length - p.hop_length) // 2
        padded = _pad(waveform, side, side)
    else:
        mel_frames += 1
        padded = _pad(waveform, p.n_fft // 2, p.n_fft // 2)
    if mel_frames == 0:
        return np.zeros((0, p.n_mels), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, p.n_fft)[:: p.hop_length]
    magnitude = np.abs(np.fft.rfft(frames[:mel_frames] * hann(p.win_length), axis=-1))
    energy = magnitude.astype(np.float32) @ mel_matrix(p).T
    logarithm: Float32 = np.log(np.maximum(energy, LOG_FLOOR))
    return logarithm


def published_log_mel(waveform: Float32, mel_frames: int, parameters: MelParameters) -> Float32:
    """What the released inference script makes of a sound, for parity with it: (mel_frames, n_mels).

    waveform: (frames,) mono at ``parameters.sample_rate``. Its mean is taken away, its peak brought to a
    half, and silence added up to ``mel_frames`` hops; of a longer sound the rest is cut off the mel, so
    its peak may lie in what is cut. Silence stays silence, of which the script makes NaN.
    """
    frames = mel_frames * parameters.hop_length
    centred = waveform - waveform.mean() if waveform.size else waveform
    peak = np.abs(centred).max(initial=0.0)
    level = centred * (PUBLISHED_PEAK / peak) if peak > 0.0 else centred
    padded = np.pad(level, (0, max(0, frames - level.size)))
    return log_mel(padded, parameters, "centred")[:mel_frames]
