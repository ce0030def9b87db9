"""Spectra as differentiable torch functions; the mel matches ``engine.audio.mel`` to 1e-4 nats."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.audio.mel import LOG_FLOOR, MelParameters, mel_matrix

PARAMETERS = MelParameters()


def log_mel(waveform: Tensor) -> Tensor:
    """(batch, frames) at 16 kHz -> (batch, frames / 160, 64), the "vocoder" alignment."""
    side = (PARAMETERS.win_length - PARAMETERS.hop_length) // 2
    padded = functional.pad(waveform[:, None], (side, side), mode="reflect")[:, 0]
    magnitude = stft_magnitude(padded, PARAMETERS.n_fft, PARAMETERS.hop_length)
    energy = torch.from_numpy(mel_matrix(PARAMETERS).copy()) @ magnitude
    return energy.clamp_min(LOG_FLOOR).log().transpose(1, 2)


def stft_magnitude(waveform: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """(batch, frames) -> (batch, n_fft / 2 + 1, stft_frames); not centred, periodic Hann."""
    window = torch.hann_window(n_fft)
    spectrum = torch.stft(waveform, n_fft, hop_length, window=window, center=False, return_complex=True)
    return (spectrum.real.square() + spectrum.imag.square() + 1e-9).sqrt()
