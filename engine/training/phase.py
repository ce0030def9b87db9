"""A few phase-refining iterations behind a vocoder, as part of its graph.

The network knows roughly which waveform it should be; the log-mel says how loud every band is. So the
network gives the phases, the mel gives the magnitudes (spread over the bins by the filters'
pseudo-inverse), and the fast Griffin-Lim iteration (Perraudin et al., 2013) makes the two agree. Three
iterations take YAMNet's recognition of a round trip of real clips from less than half of what it is
for the clips themselves to nearly all of it; `engine/evaluation/RESULTS.md` has the numbers.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.audio.mel import MelParameters, mel_matrix
from engine.training.vocoder import Vocoder

ITERATIONS = 3
MOMENTUM = 0.9  # the paper's alpha near its best
SIDE_FRAMES = 4  # frames repeated at both ends: more than half a window


class RefinedVocoder(nn.Module):
    """Same inputs and output as ``Vocoder``."""

    analysis: Tensor
    synthesis: Tensor
    inverse: Tensor

    def __init__(self, vocoder: Vocoder, iterations: int = ITERATIONS) -> None:
        super().__init__()
        self.vocoder, self.iterations = vocoder, iterations
        p = MelParameters()
        self.size, self.hop = p.n_fft, p.hop_length
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(p.n_fft) / p.n_fft)
        phase = 2 * np.pi * np.outer(np.arange(p.n_fft // 2 + 1), np.arange(p.n_fft)) / p.n_fft
        forward = np.concatenate([np.cos(phase), -np.sin(phase)]) * window
        weight = np.full((p.n_fft // 2 + 1, 1), 2.0 / p.n_fft)
        weight[[0, -1]] = 1.0 / p.n_fft
        backward = np.concatenate([weight, weight]) * forward / ((window**2).sum() / p.hop_length)
        self.register_buffer("analysis", torch.from_numpy(forward[:, None].astype(np.float32)))
        self.register_buffer("synthesis", torch.from_numpy(backward[:, None].astype(np.float32)))
        inverse = np.linalg.pinv(mel_matrix(p).astype(np.float64))
        self.register_buffer("inverse", torch.from_numpy(inverse.astype(np.float32)))

    def forward(self, mel: Tensor, noise: Tensor) -> Tensor:
        frames = mel.shape[1]
        mel, noise = _edges_repeated(mel), _edges_repeated(noise)
        # At least a millionth, because a magnitude below zero would turn the phase around.
        magnitude = (mel.exp() @ self.inverse.T).clamp_min(1e-6).transpose(1, 2)
        spectrum = self._analysed(self.vocoder(mel, noise))
        previous = torch.zeros_like(spectrum)
        for _ in range(self.iterations):
            consistent = self._analysed(self._synthesised(_with_magnitude(spectrum, magnitude)))
            spectrum = consistent + MOMENTUM * (consistent - previous)
            previous = consistent
        waveform = self._synthesised(_with_magnitude(spectrum, magnitude))
        return waveform[:, SIDE_FRAMES * self.hop : (SIDE_FRAMES + frames) * self.hop]

    def _analysed(self, waveform: Tensor) -> Tensor:
        """(batch, 160 T) -> (batch, 1026, T): real parts, then imaginary; aligned as the mel is."""
        side = (self.size - self.hop) // 2
        padded = functional.pad(waveform[:, None], (side, side))
        return functional.conv1d(padded, self.analysis, stride=self.hop)

    def _synthesised(self, spectrum: Tensor) -> Tensor:
        """(batch, 1026, T) -> (batch, 160 T)."""
        side = (self.size - self.hop) // 2
        waveform = functional.conv_transpose1d(spectrum, self.synthesis, stride=self.hop)[:, 0]
        return waveform[:, side:-side]


def _edges_repeated(frames: Tensor) -> Tensor:
    """The first and last of (batch, T, channels) repeated ``SIDE_FRAMES`` times."""
    return torch.cat(
        [frames[:, :1].expand(-1, SIDE_FRAMES, -1), frames, frames[:, -1:].expand(-1, SIDE_FRAMES, -1)], dim=1
    )


def _with_magnitude(spectrum: Tensor, magnitude: Tensor) -> Tensor:
    """The spectrum's phases, real and imaginary halves stacked, at another magnitude."""
    real, imaginary = spectrum.chunk(2, dim=1)
    scale = magnitude * torch.rsqrt(real.square() + imaginary.square() + 1e-12)
    return torch.cat([real * scale, imaginary * scale], dim=1)
