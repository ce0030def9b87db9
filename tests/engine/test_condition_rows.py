"""A model whose denoiser is steered by several arrays of several lengths, as AudioLDM 2's is.

``encode_text`` lays them side by side in one row for each prompt, and ``denoise`` takes them apart: the
sampler, the edits and the engine only see rows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine.config import Home
from engine.models.interface import Float32, ModelSpecification
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk
from engine.protocol.requests import Mode
from tests.engine.rendering import ask, joined, noise, only, record, rendered

# The generated vectors: so many of so many numbers. States have one number more each, their mask.
GENERATED = (3, 16)
STATE_WIDTH = 16


@dataclass
class SequenceModel:
    """The tiny model, behind a denoiser that takes generated vectors, states and a mask of the states."""

    plain: OnnxModel

    @property
    def specification(self) -> ModelSpecification:
        """The tiny model's."""
        return self.plain.specification

    def encode_text(self, prompts: list[str]) -> Float32:
        """(batch, 3 * 16 + tokens * 17): as long as the longest prompt of the call makes them."""
        vectors = self.plain.encode_text(prompts)
        lengths = [1 + len(prompt.split()) for prompt in prompts]
        tokens = max(lengths)
        generated = np.repeat(vectors[:, None], GENERATED[0], axis=1)
        mask = (np.arange(tokens) < np.array(lengths)[:, None]).astype(np.float32)
        # Behind the mask there is what must not be seen.
        states = np.where(mask[:, :, None] == 1.0, vectors[:, None], np.float32(1e6))
        parts = (generated, states, mask)
        return np.concatenate([part.reshape(len(prompts), -1) for part in parts], axis=1)

    def denoise(
        self, latents: Float32, timesteps: Float32, condition: Float32, sounding_seconds: Float32
    ) -> Float32:
        """Steered by the mean of the generated vectors and of the states that the mask shows."""
        batch = len(condition)
        generated = condition[:, : GENERATED[0] * GENERATED[1]].reshape(batch, *GENERATED)
        rest = condition[:, GENERATED[0] * GENERATED[1] :]
        tokens, odd = divmod(rest.shape[1], STATE_WIDTH + 1)
        assert odd == 0
        states = rest[:, : tokens * STATE_WIDTH].reshape(batch, tokens, STATE_WIDTH)
        mask = rest[:, tokens * STATE_WIDTH :, None]
        seen = np.where(mask == 1.0, states, 0.0).sum(axis=1) / mask.sum(axis=1)
        vectors = ((generated.mean(axis=1) + seen) / 2.0).astype(np.float32)
        return self.plain.denoise(latents, timesteps, vectors, sounding_seconds)

    def encode_sound(self, log_mel: Float32) -> Float32:
        """As the plain one."""
        return self.plain.encode_sound(log_mel)

    def encode_mel(self, mel: Float32) -> Float32:
        """As the plain one."""
        return self.plain.encode_mel(mel)

    def decode_latents(self, latents: Float32) -> Float32:
        """As the plain one."""
        return self.plain.decode_latents(latents)

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int) -> Float32:
        """As the plain one."""
        return self.plain.vocode(mel, noise_seed, first_frame)

    def unload(self, keep: Collection[str] = ()) -> None:
        """As the plain one."""
        self.plain.unload(keep)


@pytest.mark.parametrize("mode", [Mode.TRANSFER, Mode.INPAINT])
def test_the_line_does_not_know_what_a_row_holds(
    mode: Mode, tmp_path: Path, tiny_model: OnnxModel, home: Home
) -> None:
    """Both models are steered by the same vectors in the end, so both make the same sound."""
    path = record(tmp_path / "in.wav", noise(32_000, 2))
    request = ask(path, 8_000, 24_000, mode=mode, prompt="gravel under heavy boots", context_seconds=0.2)
    plain, rows = (
        joined(only(Chunk, rendered(request, model, home)))
        for model in (tiny_model, SequenceModel(tiny_model))
    )
    np.testing.assert_allclose(rows, plain, atol=2e-4)


def test_three_dimensional_conditions_are_batched_by_rows(tiny_model: OnnxModel) -> None:
    """A condition may be (batch, tokens, width) as it comes."""
    from engine.diffusion.denoiser import Denoiser

    class Tokens(SequenceModel):
        def denoise(
            self, latents: Float32, timesteps: Float32, condition: Float32, sounding_seconds: Float32
        ) -> Float32:
            assert (len(timesteps), 5, 16) == condition.shape
            return self.plain.denoise(latents, timesteps, condition.mean(axis=1), sounding_seconds)

    vectors = tiny_model.encode_text(["rain", ""])
    tokens = np.repeat(vectors[:, None], 5, axis=1)
    latents = np.zeros((1, 16, 8, 16), np.float32)
    schedule = tiny_model.specification.schedule
    plain = Denoiser(tiny_model, schedule, vectors[:1], vectors[1:], 2.0, 1.0)(latents, 500)
    rows = Denoiser(Tokens(tiny_model), schedule, tokens[:1], tokens[1:], 2.0, 1.0)(latents, 500)
    np.testing.assert_allclose(rows, plain, atol=1e-5)
