"""What the tests of the line share: recordings, requests, and models that are listened in on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from engine.audio.formats import exact_dtype
from engine.config import Home
from engine.models.interface import Float32, Model, ModelSpecification
from engine.protocol.replies import Chunk, Reply
from engine.protocol.requests import FileSource, Mode, NewSource, RenderRequest, frames
from engine.render import render

Kind = TypeVar("Kind", bound=Reply)
Result = TypeVar("Result")


def noise(frames: int, channels: int = 1, amplitude: float = 0.1, seed: int = 0) -> Float32:
    """White noise of this root mean square, (frames, channels)."""
    values = np.random.default_rng(seed).standard_normal((frames, channels)) * amplitude
    return np.clip(values, -0.99, 0.99).astype(np.float32)


def record(path: Path, waveform: NDArray[Any], rate: int = 16_000, subtype: str = "PCM_24") -> Path:
    """A recording at ``path``, which is returned."""
    sf.write(path, waveform, rate, subtype=subtype)
    return path


def raw(path: Path) -> NDArray[Any]:
    """Every sample as it lies in the file, (frames, channels): whole numbers where it holds such."""
    samples, _ = sf.read(path, dtype=exact_dtype(sf.info(path).subtype), always_2d=True)
    return samples


def heard(path: Path) -> Float32:
    """The samples as sound, (frames, channels)."""
    samples, _ = sf.read(path, dtype="float32", always_2d=True)
    return samples


def ask(path: Path | None, start: int = 0, end: int = 0, **fields: Any) -> RenderRequest:
    """A request for [start, end) of the recording; without one, for a new sound of ``end`` frames."""
    if path is None:
        fields.setdefault("source", NewSource(16_000, 1, end))
        fields.setdefault("mode", Mode.GENERATE)
    else:
        fields.setdefault("source", FileSource(str(path), frames(start), frames(end)))
    return RenderRequest(job_id="job", prompt=fields.pop("prompt", "boots on gravel"), **fields)


def outcome(steps: Generator[Any, None, Result]) -> Result:
    """What a generator returns in the end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


def rendered(request: RenderRequest, model: Model, home: Home) -> list[Reply]:
    """All replies."""
    return list(render(request, model, home))


def only(kind: type[Kind], replies: Iterable[Reply]) -> list[Kind]:
    """The replies of one kind."""
    return [reply for reply in replies if isinstance(reply, kind)]


def joined(chunks: Iterable[Chunk]) -> Float32:
    """What the chunks of one take hold, (frames, channels): those of its last try, which begin anew."""
    pieces: list[NDArray[np.float32]] = []
    for chunk in chunks:
        if chunk.sequence == 0:
            pieces.clear()
        pieces.append(np.frombuffer(chunk.samples, "<f4").reshape(-1, chunk.channels))
    return np.concatenate(pieces)


class Spy:
    """A model that remembers how it was called: ``calls`` has the name of each graph, in order.

    ``before`` is done ahead of every call and gets its name; it may raise.
    """

    def __init__(self, model: Model, before: Callable[[str], object] = lambda _: None) -> None:
        self.model = model
        self.before = before
        self.calls: list[str] = []
        self.inputs: dict[str, list[tuple[Any, ...]]] = {}

    @property
    def specification(self) -> ModelSpecification:
        return self.model.specification

    def encode_text(self, prompts: list[str]) -> Float32:
        return self._passed_on("encode_text", prompts)

    def encode_sound(self, log_mel: Float32) -> Float32:
        return self._passed_on("encode_sound", log_mel)

    def encode_mel(self, mel: Float32) -> Float32:
        return self._passed_on("encode_mel", mel)

    def denoise(
        self, latents: Float32, timesteps: Float32, condition: Float32, sounding_seconds: Float32
    ) -> Float32:
        return self._passed_on("denoise", latents, timesteps, condition, sounding_seconds)

    def denoise_quickly(
        self, latents: Float32, timesteps: Float32, condition: Float32, sounding_seconds: Float32
    ) -> Float32:
        return self._passed_on("denoise_quickly", latents, timesteps, condition, sounding_seconds)

    def decode_latents(self, latents: Float32) -> Float32:
        return self._passed_on("decode_latents", latents)

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int, *lap: int) -> Float32:
        return self._passed_on("vocode", mel, noise_seed, first_frame, *lap)

    def _passed_on(self, name: str, *inputs: Any) -> Float32:
        self.before(name)
        self.calls.append(name)
        self.inputs.setdefault(name, []).append(inputs)
        result: Float32 = getattr(self.model, name)(*inputs)
        return result
