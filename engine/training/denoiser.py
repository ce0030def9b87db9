"""The latent denoiser: a transformer over latent frames, and its training on cached latents.

One token is one latent frame (40 ms: 8 channels x 16 bands). Rotary positions keep it free of any
fixed length. Time, text and sounding length steer every block through its norms (adaptive layer
norm, zero-initialised: Peebles & Xie, 2023). It predicts v (Salimans & Ho, 2022, section 4): the
target keeps its size at every noise level, which suits few-step sampling.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from engine.training.latents import (
    LONG_FRAMES,
    SHORT_FRAMES,
    LatentClip,
    Rows,
    TextVariants,
    WindowSampler,
    moved,
)
from engine.training.loop import Losses, computing

Float32 = NDArray[np.float32]

BETA_START, BETA_END, TRAIN_STEPS = 0.0015, 0.0195, 1000  # AudioLDM's schedule
DROP_SHARE = 0.1  # of conditions, for classifier-free guidance
LONG_SHARE = 0.5  # of batches: twice as long, half as many
EMBEDDING = 384
CHANNELS, BANDS = 8, 16


def alphas_cumprod() -> Tensor:
    """(1000,) float32; betas linear in their square root."""
    betas = torch.linspace(BETA_START**0.5, BETA_END**0.5, TRAIN_STEPS, dtype=torch.float64).square()
    return (1.0 - betas).cumprod(0).float()


def sinusoid(x: Tensor, width: int, longest: float) -> Tensor:
    """(batch,) -> (batch, width): cosines then sines, periods from 2 pi to 2 pi ``longest``."""
    half = width // 2
    rates = torch.exp(torch.arange(half, dtype=torch.float32, device=x.device) * (-math.log(longest) / half))
    angles = x[:, None] * rates
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position: x (batch, heads, time, width), cos and sin (time, width / 2)."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class Block(nn.Module):
    """Self-attention and a perceptron, both steered by the condition."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        # Kept as numbers: shapes read from a tensor are not constants to the ONNX tracer.
        self.width, self.heads, self.head_width = width, heads, width // heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.expand = nn.Linear(width, 4 * width)
        self.contract = nn.Linear(4 * width, width)
        self.steer = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.steer.weight)
        nn.init.zeros_(self.steer.bias)

    def forward(self, x: Tensor, condition: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, time, _ = x.shape
        shift1, scale1, gate1, shift2, scale2, gate2 = self.steer(condition)[:, None].chunk(6, dim=-1)
        h = functional.layer_norm(x, (self.width,)) * (1 + scale1) + shift1
        q, k, v = self.qkv(h).view(batch, time, 3, self.heads, self.head_width).permute(2, 0, 3, 1, 4)
        # Normalised queries and keys keep attention tame at the high learning rate of short runs.
        q = rotate(functional.layer_norm(q, (self.head_width,)), cos, sin)
        k = rotate(functional.layer_norm(k, (self.head_width,)), cos, sin)
        # Written out: over 64 frames the fused kernel's backward pass costs more than the score matrix.
        scores = q @ k.transpose(2, 3) * self.head_width**-0.5
        h = (scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(batch, time, self.width)
        x = x + gate1 * self.out(h)
        h = functional.layer_norm(x, (self.width,)) * (1 + scale2) + shift2
        change: Tensor = gate2 * self.contract(functional.gelu(self.expand(h), approximate="tanh"))
        return x + change


class Denoiser(nn.Module):
    """latents (batch, 8, T, 16), timesteps (batch,), condition (batch, 384), sounding_seconds (batch,) -> v.

    The unconditional condition is the text vector of the empty string, as in AudioLDM.
    """

    def __init__(self, width: int = 384, depth: int = 8, heads: int = 6) -> None:
        super().__init__()
        self.width, self.heads = width, heads
        self.enter = nn.Linear(CHANNELS * BANDS, width)
        self.neighbours = nn.Conv1d(width, width, 5, padding=2, groups=width)
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.text = nn.Sequential(nn.Linear(EMBEDDING, width), nn.SiLU(), nn.Linear(width, width))
        self.sounding = nn.Sequential(nn.Linear(64, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(depth)])
        self.steer = nn.Linear(width, 2 * width)
        self.leave = nn.Linear(width, CHANNELS * BANDS)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(
        self, latents: Tensor, timesteps: Tensor, condition: Tensor, sounding_seconds: Tensor
    ) -> Tensor:
        batch, _, time, _ = latents.shape
        tokens = latents.permute(0, 2, 1, 3).reshape(batch, time, CHANNELS * BANDS)
        steering = functional.silu(
            self.time(sinusoid(timesteps, self.width, 10_000.0))
            # Text vectors have norm one; bring their entries near one as well.
            + self.text(condition * math.sqrt(EMBEDDING))
            + self.sounding(sinusoid(sounding_seconds * 25.0, 64, 1_000.0))
        )
        half = self.width // self.heads // 2
        here = latents.device
        rates = torch.exp(torch.arange(half, dtype=torch.float32, device=here) * (-math.log(1_000.0) / half))
        angles = torch.arange(time, dtype=torch.float32, device=here)[:, None] * rates
        cos, sin = angles.cos(), angles.sin()
        x = self.enter(tokens)
        x = x + self.neighbours(x.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x, steering, cos, sin)
        shift, scale = self.steer(steering)[:, None].chunk(2, dim=-1)
        left: Tensor = self.leave(functional.layer_norm(x, (self.width,)) * (1 + scale) + shift)
        return left.reshape(batch, time, CHANNELS, BANDS).permute(0, 2, 1, 3)


def steer_through(model: Denoiser, projection: Tensor) -> None:
    """Let ``model`` take what ``projection`` (EMBEDDING, EMBEDDING) makes of the vectors it was trained with.

    Up to their lengths, which normalising takes away: divide it by what it makes of a unit vector on average.
    """
    first = model.text[0]
    assert isinstance(first, nn.Linear)
    with torch.no_grad():
        first.weight.copy_(first.weight.double() @ projection.double().inverse())


class Steering(enum.Enum):
    """What the denoiser is told while it learns; when it is asked, it is always told a text."""

    TEXT = "text"
    AUDIO = "audio"  # AudioLDM's way: no caption is needed
    MIXED = "mixed"  # one or the other, evenly

    @property
    def audio_share(self) -> float:
        """Of the conditions."""
        return {Steering.TEXT: 0.0, Steering.AUDIO: 1.0, Steering.MIXED: 0.5}[self]


class Conditions:
    """The vectors that stand for training clips: those of their captions, or of their sounds."""

    def __init__(self, texts: TextVariants, sounds: Float32 | None, steering: Steering) -> None:
        """sounds: (clips of the corpus, variants, EMBEDDING), of the audio tower; None for texts alone."""
        if sounds is None and steering is not Steering.TEXT:
            raise ValueError("Without vectors of sounds there is only text to steer by.")
        self._texts, self._sounds, self._share = texts, sounds, steering.audio_share

    def draw(self, clips: Sequence[LatentClip], rng: np.random.Generator) -> Float32:
        """(clips, EMBEDDING): one vector for each; some are the empty text's, for guidance."""
        wanted = self._texts.draw([clip.wording for clip in clips], rng)
        if self._sounds is not None:
            heard = rng.random(len(clips)) < self._share
            for place in np.flatnonzero(heard):
                clip = clips[int(place)]
                wanted[place] = moved(self._sounds[clip.clip, clip.variant], rng)
        wanted[rng.random(len(clips)) < DROP_SHARE] = self._texts.empty
        return wanted


@dataclass(frozen=True)
class Batch:
    """What one step learns from: rows (batch, frames) of the table of latents, condition (batch, EMBEDDING),
    sounding (batch,) in seconds, timesteps (batch,)."""

    rows: Rows
    condition: Float32
    sounding: Float32
    timesteps: Rows


class DenoiserBatches:
    """Windows of cached latents with their conditions, and the v-prediction loss on them.

    All latents lie beside the model, where ``device`` is: a step sends numbers of rows, not sounds.
    """

    def __init__(
        self, windows: WindowSampler, conditions: Conditions, batch: int = 64, device: str = "cpu"
    ) -> None:
        self.windows, self.conditions, self.batch = windows, conditions, batch
        self._device = torch.device(device)
        self._alphas = alphas_cumprod().to(self._device)
        self._table = torch.from_numpy(windows.table()).to(self._device)

    def losses(self, model: nn.Module, rng: np.random.Generator) -> Losses:
        """See ``engine.training.loop``."""
        return self.losses_on(model, self.draw(rng))

    def draw(self, rng: np.random.Generator) -> Batch:
        """What a step learns from."""
        long = rng.random() < LONG_SHARE
        batch = self.batch // 2 if long else self.batch
        rows, sounding, clips = self.windows.plan(batch, LONG_FRAMES if long else SHORT_FRAMES, rng)
        condition = self.conditions.draw(clips, rng)
        # One timestep from each of ``batch`` equal strata: the same law, less noise in the loss.
        strata = (np.arange(batch) + rng.random(batch)) / batch
        return Batch(rows, condition, sounding, (strata * TRAIN_STEPS).astype(np.int64))

    def losses_on(self, model: nn.Module, batch: Batch) -> Losses:
        """Of ``model``, which is where the latents are."""
        rows, condition, sounding, timesteps = (
            torch.from_numpy(values).to(self._device)
            for values in (batch.rows, batch.condition, batch.sounding, batch.timesteps)
        )
        # Silence is the last row, and -1 finds it.
        clean = self._table[rows].float().transpose(1, 2).contiguous()
        alpha_bar = self._alphas[timesteps][:, None, None, None]
        noise = torch.randn_like(clean)
        noisy = alpha_bar.sqrt() * clean + (1 - alpha_bar).sqrt() * noise
        target = alpha_bar.sqrt() * noise - (1 - alpha_bar).sqrt() * clean
        with computing(self._device.type):
            predicted = model(noisy, timesteps.float(), condition, sounding)
        error = (predicted.float() - target).square().mean((1, 2, 3))
        return {"loss": error.mean(), "low_noise": error[: len(error) // 4].mean()}


def halfway(one: Denoiser, other: Denoiser) -> Denoiser:
    """``one`` with weights in the middle of the two, of which the one was trained on from the other.

    That is often better than both (Wortsman et al., 2022, "Model soups"): what was learned and what was
    kept are there, and much of what two runs did not agree on cancels out.
    """
    with torch.no_grad():
        for mine, its in zip(one.parameters(), other.parameters(), strict=True):
            mine.lerp_(its, 0.5)
    return one
