"""A region as a circle of cells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.circular import wrap_discontinuity
from engine.audio.region import Region
from engine.audio.source import inspect_recording
from engine.audio.stretch import held
from engine.audio.workspace import Workspace
from engine.canvas import Canvas, cell_samples
from engine.errors import EngineError, ErrorCode
from engine.loop import MAX_LOOP_SECONDS, encode_circle, lay_out_loop, loop_of
from engine.material import Material
from engine.models.interface import Float32
from engine.models.onnx_model import OnnxModel
from engine.protocol.requests import Mode
from tests.engine.rendering import noise, outcome, record

CELL = 640
RATE = 48_000


class TestLoop:
    """Which circle has room for a length."""

    @given(frames=st.integers(4410, 400_000), rate=st.sampled_from([16_000, 44_100, 48_000, 96_000]))
    def test_it_is_the_nearest_one(self, frames: int, rate: int, tiny_model: OnnxModel) -> None:
        """Pitch moves by half a cell over the length at most."""
        specification = tiny_model.specification
        loop = loop_of(frames, rate, specification)
        seconds, cell = frames / rate, CELL / 16_000
        assert loop.cells * cell_samples(specification) == loop.model_frames
        assert abs(loop.cells * cell - seconds) <= cell / 2 + 1e-9
        assert loop.model_rate(rate) == pytest.approx(16_000, rel=0.5 * cell / seconds + 1e-4)

    def test_what_is_shorter_than_a_cell_is_refused(self, tiny_model: OnnxModel) -> None:
        """The sentence says how long it has to be."""
        specification = tiny_model.specification
        coarse = replace(specification, latents=replace(specification.latents, time_factor=16))
        assert 1 == loop_of(7680, RATE, coarse).cells
        with pytest.raises(EngineError, match=r"lasts at least 0\.16 seconds") as caught:
            loop_of(7679, RATE, coarse)
        assert ErrorCode.BAD_REGION == caught.value.code

    def test_what_would_take_too_much_memory_is_refused(self, tiny_model: OnnxModel) -> None:
        """All latents of a loop are held."""
        longest = round(MAX_LOOP_SECONDS * RATE)
        assert longest == loop_of(longest, RATE, tiny_model.specification).frames
        with pytest.raises(EngineError, match="10 minutes at most") as caught:
            loop_of(longest + 1, RATE, tiny_model.specification)
        assert ErrorCode.TOO_MUCH == caught.value.code


def material(path: Path, sound: Float32, start: int, end: int) -> Material:
    """A region of a recording, all of which is around it."""
    whole = held(sound)
    return Material(
        sample_rate=RATE,
        channels=sound.shape[1],
        recording=inspect_recording(record(path, sound, RATE, "FLOAT")),
        span=Region(start, end),
        region=whole.part(start, end),
        before=whole.part(0, start),
        after=whole.part(end, whole.frames),
        mask=((0, end - start),),
        at_start=start == 0,
        at_end=end == len(sound),
    )


class TestLayOut:
    """The circle on the canvas."""

    def canvas(self, made: Material, mode: Mode, model: OnnxModel, folder: Path) -> tuple[Canvas, Float32]:
        with Workspace(folder) as workspace:
            canvas = outcome(lay_out_loop(made, mode, model.specification, workspace))
            return canvas, canvas.sound.read(0, canvas.sound.frames)

    @pytest.mark.parametrize("frames", [24_000, 31_337, 100_001])
    def test_a_recording_keeps_its_turns(self, frames: int, tmp_path: Path, tiny_model: OnnxModel) -> None:
        """A tone of 200 turns a lap has 200 turns on the canvas, and comes round there."""
        at = np.arange(3 * frames)
        tone = (0.3 * np.sin(2 * np.pi * 200 * at / frames)).astype(np.float32)[:, None]
        made = material(tmp_path / "a.wav", tone, frames, 2 * frames)
        canvas, sound = self.canvas(made, Mode.TRANSFER, tiny_model, tmp_path)
        loop = loop_of(frames, RATE, tiny_model.specification)
        assert (loop.cells, loop.model_frames) == (canvas.cells, len(sound))
        spectrum = np.abs(np.fft.rfft(sound[:, 0]))
        assert 200 == int(np.argmax(spectrum))
        assert np.delete(spectrum, 200).max() < 1e-3 * spectrum[200]
        assert wrap_discontinuity(sound, 16_000) < 1.5

    def test_a_new_loop_is_made_from_nothing(self, tmp_path: Path, tiny_model: OnnxModel) -> None:
        """Silence, and no context."""
        made = material(tmp_path / "a.wav", noise(50_000, 2), 10_000, 40_000)
        canvas, sound = self.canvas(made, Mode.GENERATE, tiny_model, tmp_path)
        assert not sound.any()
        assert not canvas.known.any()
        assert (0, canvas.cells) == canvas.decoded


@pytest.mark.parametrize("cells", [3, 20, 100])
def test_a_circle_is_encoded_without_ends(cells: int, tiny_model: OnnxModel) -> None:
    """Rolled by cells it gives the same latents, rolled; in pieces of a window, as many as there are."""
    sound = noise(cells * CELL)

    def latents(sound: Float32) -> Float32:
        nothing = np.zeros(cells, np.float32)
        canvas = Canvas(held(sound), nothing, cells, (0, cells), 0, 1.0)
        return encode_circle(canvas, tiny_model)

    rolled = latents(np.roll(sound, 2 * CELL, axis=0))
    assert cells == rolled.shape[2]
    assert np.allclose(np.roll(latents(sound), 2, axis=2), rolled, atol=1e-4)
