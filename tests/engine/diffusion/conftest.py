"""Toy problems whose exact denoiser is known: Gaussian data with correlated neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pytest

from engine.diffusion.schedule import alphas_cumprod
from engine.models.interface import ScheduleParameters


@dataclass(frozen=True)
class Toy:
    """Latents (batch, 1, frames, 1) drawn from N(mean, covariance), and E[z0 | z_t] in closed form."""

    parameters: ScheduleParameters
    mean: np.ndarray  # (frames,)
    covariance: np.ndarray  # (frames, frames)

    @property
    def frames(self) -> int:
        """Length of one sample."""
        return len(self.mean)

    def denoise(self, latents: np.ndarray, timestep: int) -> np.ndarray:
        """The exact estimate of z0."""
        level = alphas_cumprod(self.parameters)[timestep]
        noisy = level * self.covariance + (1.0 - level) * np.eye(self.frames)
        gain = sqrt(level) * self.covariance @ np.linalg.inv(noisy)
        offset = latents.reshape(-1, self.frames).astype(np.float64) - sqrt(level) * self.mean
        return (self.mean + offset @ gain.T).reshape(latents.shape).astype(np.float32)

    def shaped(self, rows: np.ndarray) -> np.ndarray:
        """(batch, frames) -> latents."""
        return rows.reshape(-1, 1, self.frames, 1).astype(np.float32)

    def drawn(self, count: int, seed: int) -> np.ndarray:
        """True samples, as latents."""
        white = np.random.default_rng(seed).standard_normal((count, self.frames))
        return self.shaped(self.mean + white @ np.linalg.cholesky(self.covariance).T)

    def distance(self, mean: np.ndarray, covariance: np.ndarray) -> float:
        """The 2-Wasserstein distance of a Gaussian to the truth."""
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(values) @ vectors.T
        cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ covariance @ root), 0.0)).sum()
        spread = np.trace(covariance) + np.trace(self.covariance) - 2.0 * cross
        return sqrt(max(0.0, np.square(mean - self.mean).sum() + spread))

    def distance_of_samples(self, latents: np.ndarray) -> float:
        """The same for the moments of a batch."""
        rows = latents.reshape(-1, self.frames).astype(np.float64)
        return self.distance(rows.mean(axis=0), np.cov(rows.T))

    def distance_of_path(self, run) -> float:
        """The same, exactly, for a deterministic sampler: its map is affine, so unit vectors tell it all."""
        basis = np.concatenate([np.zeros((1, self.frames)), np.eye(self.frames)])
        rows = run(self.shaped(basis)).reshape(-1, self.frames).astype(np.float64)
        linear = rows[1:] - rows[0]
        return self.distance(rows[0], linear.T @ linear)


@pytest.fixture
def parameters() -> ScheduleParameters:
    """The published checkpoints' schedule."""
    return ScheduleParameters(1000, 0.0015, 0.0195, "scaled_linear", "epsilon")


@pytest.fixture
def toy(parameters: ScheduleParameters) -> Toy:
    """Eight frames, neighbours correlated by 0.9."""
    frames = np.arange(8)
    covariance = 0.9 ** np.abs(np.subtract.outer(frames, frames))
    return Toy(parameters, np.linspace(-1.0, 1.0, 8), covariance)
