"""A small mel VAE with AudioLDM's latent geometry: 8 channels, time and band divided by four.

Unlike the published one it has no attention and normalises over channels only, never over time:
what it decodes at one place depends on a few latent frames around it, so that a long sound can be
decoded piece by piece and comes out the same.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.training.augment import normalise, random_crop, varied
from engine.training.corpus import Corpus
from engine.training.loop import Losses, computing
from engine.training.spectra import log_mel

LATENT_CHANNELS = 8
MEL_MEAN, MEL_SCALE = -5.5, 3.0  # about the mean and deviation of sounding frames, in nats
KL_WEIGHT = 1e-3
CROP_FRAMES = 20_480  # 1.28 s


class ChannelNorm(nn.Module):
    """Root-mean-square norm over channels at each time and band."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        size = x.square().mean(1, keepdim=True)
        return x * torch.rsqrt(size + 1e-6) * self.gain


class ResidualBlock(nn.Module):
    """norm, SiLU, 3x3, SiLU, 3x3, added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(functional.silu(self.norm(x)))
        change: Tensor = self.conv2(functional.silu(h))
        return x + change


class Encoder(nn.Module):
    """Log-mel (batch, 1, T, 64) -> moments (batch, 16, T / 4, 16): mean, then log-variance."""

    def __init__(self, narrow: int = 48, wide: int = 112) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(4, narrow, 3, padding=1),
            ResidualBlock(narrow),
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * narrow, wide, 1),
            ResidualBlock(wide),
            ResidualBlock(wide),
            ResidualBlock(wide),
            ChannelNorm(wide),
            nn.SiLU(),
            nn.Conv2d(wide, 2 * LATENT_CHANNELS, 1),
        )

    def forward(self, mel: Tensor) -> Tensor:
        moments: Tensor = self.layers((mel - MEL_MEAN) / MEL_SCALE)
        return moments


class Decoder(nn.Module):
    """Latents (batch, 8, T / 4, 16) -> log-mel (batch, 1, T, 64)."""

    def __init__(self, narrow: int = 48, wide: int = 112) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(LATENT_CHANNELS, wide, 3, padding=1),
            ResidualBlock(wide),
            ResidualBlock(wide),
            ResidualBlock(wide),
            nn.Conv2d(wide, 4 * narrow, 1),
            nn.PixelShuffle(2),
            ResidualBlock(narrow),
            ResidualBlock(narrow),
            ChannelNorm(narrow),
            nn.SiLU(),
            nn.Conv2d(narrow, 4, 3, padding=1),
            nn.PixelShuffle(2),
        )

    def forward(self, latents: Tensor) -> Tensor:
        mel: Tensor = self.layers(latents) * MEL_SCALE + MEL_MEAN
        return mel


class Vae(nn.Module):
    """Encoder and decoder; ``encode`` gives mean and log-variance."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()

    def encode(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.encoder(mel).chunk(2, dim=1)
        return mean, log_variance.clamp(-30.0, 20.0)


class VaeBatches:
    """Random crops of the training split and the VAE's loss on them."""

    def __init__(self, corpus: Corpus, batch: int = 16) -> None:
        self.corpus = corpus
        self.batch = batch
        self.clips = [clip for clip in corpus.clips if not clip.held_out]
        # By the square root of its length: ambience has more to show than a click, but not all of it.
        weights = np.sqrt(np.array([max(clip.frames, 4_000) for clip in self.clips], np.float64))
        self.weights = weights / weights.sum()

    def waveforms(self, rng: np.random.Generator, frames: int) -> Tensor:
        """(batch, frames) float32, levels from full to 18 dB below."""
        picks = rng.choice(len(self.clips), self.batch, p=self.weights)
        crops = [random_crop(self.corpus, self.clips[i], frames + frames // 5, rng) for i in picks]
        gains = 10 ** (-18 * rng.random(self.batch) ** 2 / 20)
        rows = []
        for crop, gain in zip(crops, gains, strict=True):
            sound = varied(crop, rng)[:frames]
            rows.append(np.pad(normalise(sound) * gain, (0, frames - sound.size)))
        return torch.from_numpy(np.stack(rows).astype(np.float32))

    def losses(self, model: nn.Module, rng: np.random.Generator) -> Losses:
        assert isinstance(model, Vae)
        mel = log_mel(self.waveforms(rng, CROP_FRAMES))[:, None]
        with computing():
            mean, log_variance = model.encode(mel)
            mean, log_variance = mean.float(), log_variance.float()
            latents = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
            decoded = model.decoder(latents).float()
        error = (decoded - mel).abs().mean()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).mean()
        return {"loss": error + KL_WEIGHT * kl, "error": error, "kl": kl}
