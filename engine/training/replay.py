"""What a model knew before it learns something new: sounds that it makes itself, and what it says of them.

No corpus is shipped, so the model's own takes stand for it: of prompts from every category of sounds, as
they are rendered at work (guided). While it learns, its answers to them are held to those of the model it
was (a distillation of the model into itself; Li & Hoiem 2016, "Learning without forgetting"). What is
nearly all noise says little of the sound beneath it, so there any prompt may be asked about any of the takes.
The answer without a prompt is held, too: guidance pushes away from it, and all prompts would move with it.
Prompts that are about the new sounds are left free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.diffusion.denoiser import Denoiser
from engine.diffusion.samplers import dpm
from engine.diffusion.schedule import steps
from engine.models.interface import Float32, Model
from engine.takes.ucs import categories

Rng = np.random.Generator
Int64 = NDArray[np.int64]
Group = tuple[Float32, Float32]  # takes of a memory, and the vectors of their prompts

NEAR = 0.55  # cosine of two prompts that ask for much the same
EMPTY_SHARE = 0.25  # of the answers held: those without a prompt
NOISE_ALONE = 0.7  # of the schedule: above it, takes and prompts are mixed
GROUP = 4  # takes made at one time


@dataclass(frozen=True)
class Memory:
    """Takes of the old model and the vectors of prompts: ``own`` is the prompt of each take."""

    latents: Float32  # (takes, channels, latent_frames, bands)
    own: Float32  # (takes, embedding)
    prompts: Float32  # (prompts, embedding)
    empty: Float32  # (embedding,)

    def draw(self, timesteps: Int64, train_steps: int, frames: int, rng: Rng) -> tuple[Float32, Float32]:
        """Latents (batch, channels, frames, bands) and conditions (batch, embedding), one a timestep."""
        picks = rng.integers(len(self.latents), size=len(timesteps))
        spare = self.latents.shape[2] - frames
        start = int(rng.integers(spare + 1)) if spare > 0 and rng.random() < 0.5 else 0
        conditions = self.own[picks].copy()
        mixed = (timesteps >= NOISE_ALONE * train_steps) & (rng.random(len(timesteps)) < 0.5)
        conditions[mixed] = self.prompts[rng.integers(len(self.prompts), size=int(mixed.sum()))]
        conditions[rng.random(len(timesteps)) < EMPTY_SHARE] = self.empty
        return self.latents[picks, :, start : start + frames], conditions

    def save(self, path: Path) -> None:
        """Whole or not at all."""
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(file, latents=self.latents, own=self.own, prompts=self.prompts, empty=self.empty)
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Memory:
        """As it was saved."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(stored["latents"], stored["own"], stored["prompts"], stored["empty"])


def old_prompts() -> list[str]:
    """A prompt for every category of sounds."""
    found = []
    for category in categories():
        special = "" if category.sub_category in ("MISC", "GENERAL") else category.sub_category
        found.append(f"{special} {category.category}".strip().lower())
    return sorted(set(found))


def prompts_left(model: Model, new: Float32) -> Float32:
    """(prompts, embedding) of the old prompts that are not about any of the ``new`` (captions, embedding)."""
    spoken = old_prompts()
    vectors = np.concatenate([model.encode_text(spoken[at : at + 32]) for at in range(0, len(spoken), 32)])
    if not len(new):
        return vectors
    far = (vectors @ new.T).max(axis=1) < NEAR
    return vectors[far] if far.any() else vectors


def remember(model: Model, prompts: Float32, takes: int, seed: int, done: int = 0) -> Iterator[Group]:
    """Makes takes of prompts, drawn without repetition while there are any; gives them group by group.

    ``done`` groups were made before. Each is seeded by its number, so that it is the same whoever makes it.
    """
    order = np.resize(np.random.default_rng(seed).permutation(len(prompts)), takes)
    empty = model.encode_text([""])
    for at in range(done * GROUP, takes, GROUP):
        rows = prompts[order[at : at + GROUP]]
        yield _takes(model, rows, empty, np.random.default_rng((seed, at))), rows


def keep_group(folder: Path, number: int, group: Group) -> None:
    """One more group on disk, whole or not at all."""
    folder.mkdir(exist_ok=True)
    partial = folder / f"{number:04d}.partial"
    with partial.open("wb") as file:
        np.savez(file, latents=group[0], own=group[1])
    partial.replace(partial.with_suffix(".npz"))


def kept_groups(folder: Path) -> list[Group]:
    """Those that ``keep_group`` left, in order."""
    groups = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as stored:
            groups.append((stored["latents"], stored["own"]))
    return groups


def gathered(groups: Sequence[Group], prompts: Float32, empty: Float32) -> Memory:
    """All groups of ``remember`` as one memory."""
    latents, own = (np.concatenate(parts) for parts in zip(*groups, strict=True))
    return Memory(latents, own, prompts, empty)


def _takes(model: Model, conditions: Float32, empty: Float32, rng: Rng) -> Float32:
    """Takes of full windows by the model's default steps and guidance."""
    specification = model.specification
    geometry, defaults = specification.latents, specification.defaults
    shape = (geometry.channels, geometry.window_frames, specification.mel.n_mels // geometry.band_factor)
    seconds = geometry.window_frames * geometry.time_factor * specification.mel.frame_seconds
    guided = Denoiser(
        model,
        specification.schedule,
        conditions,
        empty,
        defaults.guidance,
        seconds,
        guidance_interval=(defaults.guidance_low, 1.0),
    )
    chosen = steps(specification.schedule, defaults.steps, spacing="log_snr")
    latents = rng.standard_normal((len(conditions), *shape), dtype=np.float32)
    *_, last = dpm(guided, latents, chosen, rng)
    return last.astype(np.float32)
