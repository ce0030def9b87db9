"""From a circle of latents to a circle of sound."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.loop_decoding import circular_sound
from engine.models.interface import Float32, ModelSpecification
from engine.models.noise import frame_noise
from engine.models.onnx_model import OnnxModel
from tests.engine.rendering import Spy
from tests.engine.test_decoding import (
    CELL,
    HOP,
    TIME_FACTOR,
    VOCODER_REACH,
    LookingAround,
    SeeingAll,
    _mixed,
    some_latents,
)


class Circling(LookingAround):
    """Its vocoder's noise starts over with every lap."""

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int, lap: int = 0) -> Float32:
        mixed = _mixed(mel, VOCODER_REACH)[..., 0]
        hiss = frame_noise(noise_seed, first_frame, mel.shape[1], HOP, lap)
        return (mixed[..., None] + hiss).reshape(1, -1)


def circled(model: Any, latents: Float32) -> Float32:
    """All of the sound."""
    return np.concatenate([piece for piece in circular_sound(latents, model, 7) if piece is not None])


class TestLocalDecoder:
    """VAEs and vocoders that hear a few frames around."""

    @given(cells=st.integers(1, 150))
    @settings(max_examples=60, deadline=None)
    def test_it_is_the_middle_one_of_many_laps(self, cells: int, tiny_model: OnnxModel) -> None:
        """Decoded at once, as a long sound that repeats itself."""
        model, latents = Circling(tiny_model.specification), some_latents(cells)
        laps = 1 + 2 * -(-8 // cells)
        mel = model.decode_latents(np.concatenate([latents] * laps, axis=2))
        lap = cells * TIME_FACTOR
        whole = model.vocode(mel, 7, -(laps // 2) * lap, lap)[0]
        expected = whole[laps // 2 * lap * HOP :][: lap * HOP]
        assert expected.shape == circled(model, latents).shape
        assert np.abs(expected - circled(model, latents)).max() < 1e-5

    def test_a_rolled_circle_sounds_the_same(self, tiny_model: OnnxModel) -> None:
        """From another cell on; with noise that is not rolled along, it would not."""

        class Silent(Circling):
            def vocode(self, mel: Float32, noise_seed: int, first_frame: int, lap: int = 0) -> Float32:
                hiss = frame_noise(noise_seed, first_frame, mel.shape[1], HOP, lap).reshape(1, -1)
                return super().vocode(mel, noise_seed, first_frame, lap) - hiss

        model, latents = Silent(tiny_model.specification), some_latents(100)
        rolled = circled(model, np.roll(latents, 37, axis=2))
        assert np.allclose(np.roll(circled(model, latents), 37 * CELL), rolled, atol=1e-5)

    def test_what_is_decoded_at_once_does_not_grow(self, tiny_model: OnnxModel) -> None:
        """A window and its margins."""
        spy = Spy(Circling(tiny_model.specification))
        circled(spy, some_latents(1000))
        assert max(latents.shape[2] for (latents,) in spy.inputs["decode_latents"]) <= 64 + 2 * 6
        assert max(inputs[0].shape[1] for inputs in spy.inputs["vocode"]) <= 64 * 4 + 2 * 9

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_what_is_no_number_is_refused(self, value: float, tiny_model: OnnxModel) -> None:
        """A broken model is told apart from silence."""
        latents = some_latents(20)
        latents[0, 0, 10, 0] = value
        with pytest.raises(EngineError) as caught, np.errstate(invalid="ignore"):
            circled(Circling(tiny_model.specification), latents)
        assert ErrorCode.INTERNAL == caught.value.code


class SeeingAllAround(SeeingAll):
    """Every mel frame depends on the whole piece, and the sound is the mel."""

    def __init__(self, specification: ModelSpecification) -> None:
        super().__init__(specification)
        self.specification = replace(self.specification, vocoder_margin_frames=0)

    def vocode(self, mel: Float32, _noise_seed: int, _first_frame: int, _lap: int = 0) -> Float32:
        return np.repeat(mel[..., 0], HOP, axis=1)


class TestDecoderThatSeesAll:
    """VAEs whose every frame depends on the whole piece."""

    @pytest.mark.parametrize("cells", [1, 5, 40, 64, 90, 300])
    def test_windows_fade_into_each_other_all_around(self, cells: int, tiny_model: OnnxModel) -> None:
        """What depends on the piece changes no faster than in a fade, also where the circle closes."""
        latents = some_latents(cells)
        sound = circled(SeeingAllAround(tiny_model.specification), latents)[::HOP]
        means = sound - np.repeat(latents[0, 0, :, 0], TIME_FACTOR)
        steps = [abs(after - before) for before, after in pairwise([*means, means[0]])]
        assert cells * TIME_FACTOR == len(sound)
        assert max(steps) <= 1.1 * float(np.ptp(means)) / (16 * TIME_FACTOR) * 2 + 1e-5

    def test_each_cell_is_decoded_once_or_twice(self, tiny_model: OnnxModel) -> None:
        """Windows share a quarter or a little more, and are no longer than the model's."""
        for cells in (10, 48, 49, 200):
            spy = Spy(SeeingAllAround(tiny_model.specification))
            circled(spy, some_latents(cells))
            lengths = [latents.shape[2] for (latents,) in spy.inputs["decode_latents"]]
            assert max(lengths) <= 64
            assert cells + 16 * len(lengths) <= sum(lengths) <= cells + 17 * len(lengths)
