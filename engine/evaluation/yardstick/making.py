"""Sounds to be judged, each made the way a user's are: by ``engine/render.py``, without a process between.

Takes are made once: a take with defects is judged as it is, so that seeds stay what they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from engine.audio.resample import resample
from engine.audio.stretch import held
from engine.canvas import MODEL_PEAK, SILENT_PEAK, Canvas, cell_samples, encode_cells
from engine.config import Home
from engine.decoding import Decoder
from engine.evaluation.agreement import Float32
from engine.evaluation.yamnet import SAMPLE_RATE
from engine.models.interface import Model
from engine.protocol.replies import TakeDone
from engine.protocol.requests import FileSource, Mode, NewSource, RenderRequest, frames
from engine.render import render

JOB = "evaluate"


@dataclass(frozen=True)
class Maker:
    """A model, and the settings of everything that is made with it. ``home``: a folder of its own."""

    model: Model
    home: Home
    takes: int
    seconds: float
    steps: int = 0
    guidance: float = -1.0
    seed: int = 0

    def new_takes(self, prompt: str) -> list[Float32]:
        """New sounds, (frames,) each, at 16 kHz; take k has the seed ``seed`` + k. Raises EngineError."""
        source = NewSource(SAMPLE_RATE, 1, round(self.seconds * SAMPLE_RATE))
        return self._made(self._request(source, prompt, Mode.GENERATE, takes=self.takes))

    def transferred(self, recording: Path, prompt: str, strength: float) -> Float32:
        """All of a recording, made over. Raises EngineError."""
        request = self._request(_whole(recording), prompt, Mode.TRANSFER, strength=strength)
        return self._made(request)[0]

    def filled(self, recording: Path, prompt: str, gap: tuple[float, float]) -> Float32:
        """All of a recording, with the gap (seconds) made anew. Raises EngineError."""
        request = self._request(_whole(recording), prompt, Mode.INPAINT, mask_seconds=(gap,))
        return self._made(request)[0]

    def _request(
        self, source: NewSource | FileSource, prompt: str, mode: Mode, **fields: object
    ) -> RenderRequest:
        return RenderRequest(
            JOB,
            source,
            prompt,
            mode,
            steps=self.steps,
            guidance=self.guidance,
            seed=self.seed,
            retries=0,
            output=str(self.home.takes / "take.wav"),
            overwrite=True,
            want_chunks=False,
            **fields,  # type: ignore[arg-type]
        )

    def _made(self, request: RenderRequest) -> list[Float32]:
        self.home.takes.mkdir(parents=True, exist_ok=True)
        done = [reply for reply in render(request, self.model, self.home) if isinstance(reply, TakeDone)]
        return [soundfile.read(take.path, dtype="float32", always_2d=True)[0][:, 0] for take in done]


def round_trip(model: Model, sound: Float32, seed: int = 0) -> Float32:
    """A sound, (frames,) at 16 kHz, through the model's VAE and vocoder and back: the best it could make."""
    rate, cell = model.specification.mel.sample_rate, cell_samples(model.specification)
    at_rate = resample(sound[:, None], SAMPLE_RATE, rate)
    cells = -(-len(at_rate) // cell)
    peak = float(np.abs(at_rate).max(initial=0.0))
    gain = peak / MODEL_PEAK if peak > SILENT_PEAK else 1.0
    known = np.ones(cells, np.float32)
    canvas = Canvas(held(at_rate), known, cells, (0, cells), lead_frames=0, gain=gain)
    decoder = Decoder(model, 0, cells, seed)
    pieces = [decoder.push(encode_cells(canvas, model, 0, cells)), decoder.finish()]
    made = np.concatenate(pieces)[:, None] * np.float32(gain)
    back: Float32 = resample(made, rate, SAMPLE_RATE, len(sound))[:, 0]
    return back


def white_noise(count: int, seconds: float, seed: int) -> Iterator[Float32]:
    """What no model should be worse than, (frames,) each."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield rng.normal(0.0, 0.1, round(seconds * SAMPLE_RATE)).clip(-0.9, 0.9).astype(np.float32)


def write_recording(path: Path, sound: Float32) -> Path:
    """A sound as a file that can be edited; returns its path."""
    soundfile.write(path, sound, SAMPLE_RATE, subtype="FLOAT")
    return path


def _whole(recording: Path) -> FileSource:
    return FileSource(str(recording), frames(0), frames(soundfile.info(recording).frames))
