"""A vocoder for 64-band 16 kHz mels: ConvNeXt blocks and an inverse STFT, fed with noise.

A log-mel says how loud a band is, not which waveform it was: many waveforms fit, and a network
trained to hit one of them learns their dull average. So this one gets noise beside the mel and is
trained with the generalised energy distance (Gritsenko et al., 2020, "A spectral energy distance
for parallel speech synthesis"): two draws must be as close to the real sound as possible *and* as
far from each other as real ones are. That is a proper scoring rule: its optimum has the texture
of the real thing, without an adversary.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.training.four_step import INNER, Synthesis, bins
from engine.training.loop import Losses, computing
from engine.training.spectra import log_mel, stft_magnitude
from engine.training.vae import MEL_MEAN, MEL_SCALE, VaeBatches

NOISE_CHANNELS = 64
HOP = 160
N_FFT = 640
SIDE_FRAMES = 2  # frames repeated at both ends, so that edges overlap as often as the middle
CROP_FRAMES = 10_240  # 0.64 s
STFT_SIZES = (128, 256, 512, 1024, 2048)


class ConvNextBlock(nn.Module):
    """Depthwise 7-tap convolution over time, then a per-frame perceptron."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.expand = nn.Linear(channels, 2 * channels)
        self.contract = nn.Linear(2 * channels, channels)
        nn.init.zeros_(self.contract.weight)

    def forward(self, x: Tensor) -> Tensor:  # (batch, channels, mel_frames)
        h = self.norm(self.depthwise(x).transpose(1, 2))
        change: Tensor = self.contract(functional.gelu(self.expand(h)))
        return x + change.transpose(1, 2)


class Vocoder(nn.Module):
    """Log-mel (batch, T, 64) and noise (batch, T, NOISE_CHANNELS) -> waveform (batch, 160 T)."""

    order: Tensor
    sign: Tensor

    def __init__(self, channels: int = 256, blocks: int = 6) -> None:
        super().__init__()
        self.enter = nn.Conv1d(64 + NOISE_CHANNELS, channels, 7, padding=3)
        self.blocks = nn.Sequential(*[ConvNextBlock(channels) for _ in range(blocks)])
        self.norm = nn.LayerNorm(channels)
        self.leave = nn.Linear(channels, 2 * (N_FFT // 2 + 1))
        self.synthesis = Synthesis(N_FFT, HOP)
        frequencies, conjugate = bins(N_FFT)
        self.register_buffer("order", torch.from_numpy(frequencies.ravel()), persistent=False)
        sign = np.where(conjugate, -1.0, 1.0).astype(np.float32)[..., None]
        self.register_buffer("sign", torch.from_numpy(sign), persistent=False)

    def forward(self, mel: Tensor, noise: Tensor) -> Tensor:
        x = torch.cat([(mel - MEL_MEAN) / MEL_SCALE, noise], dim=2).transpose(1, 2)
        x = functional.pad(x, (SIDE_FRAMES, SIDE_FRAMES), mode="replicate")
        h = self.norm(self.blocks(self.enter(x)).transpose(1, 2))
        log_magnitude, phase = self.leave(h).float().transpose(1, 2).chunk(2, dim=1)
        magnitude = log_magnitude.clamp(max=6.0).exp()
        real, imaginary = self._ordered(magnitude * phase.cos()), self._ordered(magnitude * phase.sin())
        waveform: Tensor = self.synthesis(torch.stack([real, imaginary * self.sign], dim=2))
        # Frame i is centred on the middle of mel frame i.
        first = SIDE_FRAMES * HOP + (N_FFT - HOP) // 2
        return waveform[:, first : first + mel.shape[1] * HOP]

    def _ordered(self, part: Tensor) -> Tensor:
        """(batch, frequencies, T) -> (batch, rows, INNER, T), as ``Synthesis`` wants it."""
        return part[:, self.order].reshape(part.shape[0], self.synthesis.groups, INNER, -1)


Features = list[tuple[Tensor, Tensor]]


def features(waveform: Tensor) -> Features:
    """For each resolution, magnitudes and log-magnitudes, each (batch, bins, stft_frames)."""
    found: Features = []
    for size in STFT_SIZES:
        padded = functional.pad(waveform[:, None], (size // 2, size // 2), mode="reflect")[:, 0]
        magnitude = stft_magnitude(padded, size, size // 4) / math.sqrt(size)
        found.append((magnitude, (magnitude + 1e-3).log()))
    return found


def distance(a: Features, b: Features) -> Tensor:
    """(batch,): per frame, absolute error of magnitudes plus Euclidean error of log-magnitudes."""
    total = torch.zeros(a[0][0].shape[0])
    for (magnitude_a, log_a), (magnitude_b, log_b) in zip(a, b, strict=True):
        bins = magnitude_a.shape[1]
        linear = (magnitude_a - magnitude_b).abs().mean((1, 2))
        logarithmic = ((log_a - log_b).square().sum(1) + 1e-6).sqrt().mean(1) / math.sqrt(bins)
        total = total + 10.0 * linear + logarithmic
    return total / len(a)


class VocoderBatches(VaeBatches):
    """Crops as for the VAE, and the energy distance on two draws of the vocoder."""

    def losses(self, model: nn.Module, rng: np.random.Generator) -> Losses:
        real = self.waveforms(rng, CROP_FRAMES)
        mel = log_mel(real)
        # What the VAE hands over is a little wrong; the vocoder must not mind.
        heard = mel + 0.1 * torch.rand(mel.shape[0], 1, 1) * torch.randn_like(mel)
        noise = torch.randn(2 * mel.shape[0], mel.shape[1], NOISE_CHANNELS)
        with computing():
            drawn = model(torch.cat([heard, heard]), noise)
        first, second = drawn.float().chunk(2)
        real_features = features(real)
        first_features, second_features = features(first), features(second)
        near = distance(first_features, real_features) + distance(second_features, real_features)
        apart = distance(first_features, second_features)
        mel_error = (log_mel(first) - mel).abs().mean() + (log_mel(second) - mel).abs().mean()
        return {
            "loss": (near - apart).mean() + mel_error,
            "near": near.mean() / 2,
            "apart": apart.mean(),
            "mel_error": mel_error / 2,
        }
