"""From latents to sound: what is joined does not depend on how it was cut."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.mel import MelParameters
from engine.decoding import Decoder
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Float32, LatentGeometry, ModelSpecification
from engine.models.noise import frame_noise
from engine.models.onnx_model import OnnxModel
from tests.engine.rendering import Spy

HOP, TIME_FACTOR, BANDS = 10, 4, 2
CELL = HOP * TIME_FACTOR
DECODER_REACH, VOCODER_REACH = 3, 9  # cells, mel frames


class LookingAround:
    """Cells and mel frames are mixed with their neighbours as far as the margins say, as in real nets."""

    def __init__(self, specification: ModelSpecification, reach: int = 0) -> None:
        """``reach``: cells looked at beyond what the margins promise."""
        self.specification = replace(
            specification,
            mel=MelParameters(16_000, 40, 40, HOP, BANDS, 0.0, 8_000.0),
            latents=LatentGeometry(1, TIME_FACTOR, 1, 1, 64, 8),
            decoder_margin_frames=DECODER_REACH,
            vocoder_margin_frames=VOCODER_REACH,
        )
        self._reach = reach

    def decode_latents(self, latents: Float32) -> Float32:
        mixed = _mixed(latents[:, 0], DECODER_REACH + self._reach)
        return np.repeat(mixed, TIME_FACTOR, axis=1)

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int) -> Float32:
        mixed = _mixed(mel, VOCODER_REACH)[..., 0]
        hiss = frame_noise(noise_seed, first_frame, mel.shape[1], HOP)
        return (mixed[..., None] + hiss).reshape(1, -1)


def _mixed(rows: Float32, reach: int) -> Float32:
    """(1, rows, columns): each row averaged with ``reach`` on both sides, zeros beyond."""
    kernel = np.hanning(2 * reach + 3)[1:-1]
    mixed = [np.convolve(np.pad(column, reach), kernel, mode="valid") for column in rows[0].T]
    return np.stack(mixed, axis=1)[None].astype(np.float32)


def sound(model: Any, latents: Float32, first: int, last: int, cuts: list[int]) -> Float32:
    """Cells [first, last), pushed in pieces that end at the cuts."""
    decoder = Decoder(model, first, last, noise_seed=7)
    pieces = [decoder.push(piece) for piece in np.split(latents, sorted(cuts), axis=2)]
    return np.concatenate([*pieces, decoder.finish()])


def some_latents(cells: int) -> Float32:
    """Latents of the model above."""
    return np.random.default_rng(0).standard_normal((1, 1, cells, BANDS)).astype(np.float32)


class TestDecoder:
    """Latents in order in, sound in order out."""

    @given(data=st.data(), cells=st.integers(1, 90))
    @settings(max_examples=150, deadline=None)
    def test_pieces_make_no_difference(self, data: st.DataObject, cells: int, tiny_model: OnnxModel) -> None:
        """However the latents arrive and whatever part is wanted, it is that part of the whole."""
        first = data.draw(st.integers(0, cells - 1))
        last = data.draw(st.integers(first + 1, cells))
        cuts = data.draw(st.lists(st.integers(0, cells)))
        model = LookingAround(tiny_model.specification)
        latents = some_latents(cells)
        whole = model.vocode(model.decode_latents(latents), 7, 0)[0, first * CELL : last * CELL]
        pieces = sound(model, latents, first, last, cuts)
        assert whole.shape == pieces.shape
        assert np.abs(whole - pieces).max() < 1e-5

    def test_a_model_that_looks_further_than_it_says_is_heard(self, tiny_model: OnnxModel) -> None:
        """The test above can tell: with one cell more the pieces differ."""
        model = LookingAround(tiny_model.specification, reach=1)
        latents = some_latents(60)
        assert np.abs(sound(model, latents, 0, 60, []) - sound(model, latents, 0, 60, [20])).max() > 1e-3

    def test_sound_comes_as_soon_as_it_is_final(self, tiny_model: OnnxModel) -> None:
        """All but what the margins hold back: three cells, and nine mel frames, which touch three more."""
        decoder = Decoder(LookingAround(tiny_model.specification), 0, 60, 0)
        ready = [decoder.push(piece).size // CELL for piece in np.split(some_latents(60), 3, axis=2)]
        assert [14, 20, 20] == ready
        assert 6 * CELL == decoder.finish().size

    def test_what_is_kept_does_not_grow(self, tiny_model: OnnxModel) -> None:
        """A long sound is decoded in pieces of a window and its margins."""
        spy = Spy(LookingAround(tiny_model.specification))
        decoder = Decoder(spy, 0, 1_000, 0)
        for piece in np.split(some_latents(1_000), 20, axis=2):
            decoder.push(piece)
        assert max(latents.shape[2] for (latents,) in spy.inputs["decode_latents"]) <= 50 + 2 * 6

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_what_is_no_number_is_refused(self, value: float, tiny_model: OnnxModel) -> None:
        """A broken model is told apart from silence."""
        latents = some_latents(20)
        latents[0, 0, 10, 0] = value
        decoder = Decoder(LookingAround(tiny_model.specification), 0, 20, 0)
        with pytest.raises(EngineError) as caught, np.errstate(invalid="ignore"):
            decoder.push(latents)
        assert ErrorCode.INTERNAL == caught.value.code


class SeeingAll(LookingAround):
    """Every mel frame depends on the whole piece: its mean is added, as attention and norms do."""

    def __init__(self, specification: ModelSpecification) -> None:
        super().__init__(specification)
        self.specification = replace(self.specification, decoder_margin_frames=64)

    def decode_latents(self, latents: Float32) -> Float32:
        rows = latents[:, 0] + latents.mean()
        return np.repeat(rows, TIME_FACTOR, axis=1)

    def vocode(self, mel: Float32, _noise_seed: int, _first_frame: int) -> Float32:
        return np.repeat(_mixed(mel, VOCODER_REACH)[..., 0], HOP, axis=1)


class TestDecoderThatSeesAll:
    """VAEs whose every frame depends on the whole piece."""

    @given(cells=st.integers(1, 64), data=st.data())
    @settings(max_examples=50, deadline=None)
    def test_one_window_is_decoded_once_and_at_once(
        self, cells: int, data: st.DataObject, tiny_model: OnnxModel
    ) -> None:
        """Whatever part of it is wanted, it is that part of the whole."""
        first = data.draw(st.integers(0, cells - 1))
        last = data.draw(st.integers(first + 1, cells))
        model = Spy(SeeingAll(tiny_model.specification))
        latents = some_latents(cells)
        expected = model.vocode(model.decode_latents(latents), 7, 0)[0, first * CELL : last * CELL]
        model.calls.clear()
        result = sound(model, latents, first, last, [])
        assert expected.shape == result.shape
        assert np.abs(expected - result).max() < 1e-5
        assert 1 == model.calls.count("decode_latents")

    def test_neighbouring_windows_are_faded_into_each_other(self, tiny_model: OnnxModel) -> None:
        """Constant latents, but for their level in the first window: no step where the windows meet."""
        latents = np.zeros((1, 1, 160, BANDS), np.float32)
        latents[:, :, :20] = 8.0  # lifts the mean of the first window, and so all that is decoded with it
        result = sound(SeeingAll(tiny_model.specification), latents, 40, 160, [64, 112])
        steps = np.abs(np.diff(result.reshape(-1, HOP)[:-VOCODER_REACH, 0]))
        lift = 8.0 * 20 / 64
        assert (160 - 40) * CELL == result.size
        assert 0.9 * lift < result[0] / np.hanning(2 * VOCODER_REACH + 3).sum() < 1.1 * lift
        assert steps.max() / np.hanning(2 * VOCODER_REACH + 3).sum() < 1.5 * lift / (16 * TIME_FACTOR)

    def test_sound_comes_before_the_last_window(self, tiny_model: OnnxModel) -> None:
        """All but the overlap and the vocoder's margin."""
        decoder = Decoder(SeeingAll(tiny_model.specification), 0, 160, 0)
        latents = some_latents(160)
        ready = [decoder.push(piece).size // CELL for piece in np.split(latents, [64, 112], axis=2)]
        assert [48 - 3, 48, 48] == ready
        assert (16 + 3) * CELL == decoder.finish().size

    def test_windows_far_from_what_is_wanted_are_not_decoded(self, tiny_model: OnnxModel) -> None:
        """A long context costs nothing here, and memory stays that of two windows."""
        model = Spy(SeeingAll(tiny_model.specification))
        sound(model, some_latents(64 + 20 * 48), 500, 520, [64 + 48 * n for n in range(20)])
        assert 0 < model.calls.count("decode_latents") <= 3
        assert max(latents.shape[2] for (latents,) in model.inputs["decode_latents"]) <= 64
