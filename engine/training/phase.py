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
from engine.training.four_step import INNER, Analysis, Synthesis, bins
from engine.training.vocoder import Vocoder

ITERATIONS = 3
MOMENTUM = 0.9  # the paper's alpha near its best
SIDE_FRAMES = 4  # frames repeated at both ends: more than half a window


class RefinedVocoder(nn.Module):
    """Same inputs and output as ``Vocoder``."""

    inverse: Tensor

    def __init__(self, vocoder: Vocoder, iterations: int = ITERATIONS) -> None:
        super().__init__()
        self.vocoder, self.iterations = vocoder, iterations
        p = MelParameters()
        self.size, self.hop = p.n_fft, p.hop_length
        self.analysis, self.synthesis = Analysis(p.n_fft, p.hop_length), Synthesis(p.n_fft, p.hop_length)
        frequencies, _ = bins(p.n_fft)
        inverse = np.linalg.pinv(mel_matrix(p).astype(np.float64))[frequencies.ravel()]
        self.register_buffer("inverse", torch.from_numpy(inverse.astype(np.float32)))

    def forward(self, mel: Tensor, noise: Tensor) -> Tensor:
        frames = mel.shape[1]
        mel, noise = _edges_repeated(mel), _edges_repeated(noise)
        # At least a millionth, because a magnitude below zero would turn the phase around.
        magnitude = (mel.exp() @ self.inverse.T).clamp_min(1e-6).transpose(1, 2)
        magnitude = magnitude.reshape(mel.shape[0], self.analysis.groups, 1, INNER, -1)
        spectrum = self._analysed(self.vocoder(mel, noise))
        previous = torch.zeros_like(spectrum)
        for _ in range(self.iterations):
            consistent = self._analysed(self._synthesised(_with_magnitude(spectrum, magnitude)))
            spectrum = consistent + MOMENTUM * (consistent - previous)
            previous = consistent
        waveform = self._synthesised(_with_magnitude(spectrum, magnitude))
        return waveform[:, SIDE_FRAMES * self.hop : (SIDE_FRAMES + frames) * self.hop]

    def _analysed(self, waveform: Tensor) -> Tensor:
        """(batch, 160 T) -> a spectrum of T frames, aligned as the mel is."""
        side = (self.size - self.hop) // 2
        spectrum: Tensor = self.analysis(functional.pad(waveform, (side, side)))
        return spectrum

    def _synthesised(self, spectrum: Tensor) -> Tensor:
        """A spectrum of T frames -> (batch, 160 T)."""
        side = (self.size - self.hop) // 2
        waveform: Tensor = self.synthesis(spectrum)
        return waveform[:, side:-side]


def _edges_repeated(frames: Tensor) -> Tensor:
    """The first and last of (batch, T, channels) repeated ``SIDE_FRAMES`` times."""
    return torch.cat(
        [frames[:, :1].expand(-1, SIDE_FRAMES, -1), frames, frames[:, -1:].expand(-1, SIDE_FRAMES, -1)], dim=1
    )


def _with_magnitude(spectrum: Tensor, magnitude: Tensor) -> Tensor:
    """The spectrum's phases at another magnitude, (batch, R / 2 + 1, 1, INNER, T)."""
    real, imaginary = spectrum.chunk(2, dim=2)
    return spectrum * (magnitude * torch.rsqrt(real.square() + imaginary.square() + 1e-12))
