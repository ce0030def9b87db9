"""Window by window: what is joined does not depend on how it was cut."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.mel import MelParameters
from engine.canvas import Canvas, encode_cells
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Float32, LatentGeometry, ModelSpecification
from engine.models.noise import frame_noise
from engine.models.onnx_model import OnnxModel
from engine.protocol.requests import Mode, NewSource, RenderRequest, Sampler
from engine.windowed import Decoder, Recipe, new_latents, prepare
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
    mixed = [np.convolve(column, kernel, mode="same") for column in rows[0].T]
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


def blank(cells: int, known: Float32 | None = None, sound: Float32 | None = None) -> Canvas:
    """A canvas of the tiny model."""
    return Canvas(
        waveform=np.zeros(cells * 640, np.float32) if sound is None else sound,
        known=np.zeros(cells, np.float32) if known is None else known,
        cells=cells,
        decoded=(0, cells),
        lead_frames=0,
        gain=1.0,
    )


def request(**fields: Any) -> RenderRequest:
    """A request whose source does not matter here."""
    return RenderRequest("job", NewSource(16_000, 1, 16_000), "rain", **fields)


def latents_of(recipe: Recipe, canvas: Canvas, model: Any, seed: int = 0) -> Float32:
    """All the latents, joined."""
    passing = new_latents(recipe, canvas, model, seed)
    return np.concatenate([latents for latents in passing if latents is not None], axis=2)


class TestRecipe:
    """A request with the model's defaults filled in."""

    def test_what_is_left_open_comes_from_the_model(self, tiny_model: OnnxModel) -> None:
        """Steps, guidance and sampler of the manifest."""
        recipe = prepare(request(mode=Mode.GENERATE), blank(20), tiny_model)
        explicit = request(mode=Mode.GENERATE, steps=4, guidance=2.0, sampler=Sampler.DPM)
        assert (4, 2.0) == (len(recipe.steps), recipe.guidance_scale)
        expected = latents_of(prepare(explicit, blank(20), tiny_model), blank(20), tiny_model)
        assert np.array_equal(expected, latents_of(recipe, blank(20), tiny_model))

    @pytest.mark.parametrize(
        "other",
        [
            {"prompt": "wind"},
            {"negative": "wind"},
            {"guidance": 0.0},
            {"guidance": 5.0},
            {"steps": 3},
            {"sampler": Sampler.DDPM},
            {"sampler": Sampler.DDIM},
            {"sampler": Sampler.DDIM, "eta": 1.0},
            {"sampler": Sampler.DPM, "eta": 1.0},
        ],
    )
    def test_every_choice_is_heard(self, other: dict[str, Any], tiny_model: OnnxModel) -> None:
        """Changing one thing changes the latents."""
        sampler = other["sampler"] if "eta" in other else Sampler.DPM
        usual = request(mode=Mode.GENERATE, sampler=sampler)
        results = [
            latents_of(prepare(wanted, blank(20), tiny_model), blank(20), tiny_model)
            for wanted in (usual, replace(usual, **other))
        ]
        assert np.abs(results[0] - results[1]).max() > 1e-3

    @pytest.mark.parametrize(("mode", "needed"), [(Mode.GENERATE, 0.0), (Mode.INPAINT, 1.0)])
    @pytest.mark.parametrize("sampler", [Sampler.DPM, Sampler.DDIM])
    def test_eta_is_by_default_what_the_window_needs(
        self, mode: Mode, needed: float, sampler: Sampler, tiny_model: OnnxModel
    ) -> None:
        """Fresh noise where something is observed, and none where nothing is."""
        canvas = blank(20, known=(np.arange(20) < 5).astype(np.float32) if mode is Mode.INPAINT else None)
        results = [
            latents_of(
                prepare(request(mode=mode, sampler=sampler, eta=eta), canvas, tiny_model), canvas, tiny_model
            )
            for eta in (-1.0, needed, 1.0 - needed)
        ]
        assert np.array_equal(results[0], results[1])
        assert np.abs(results[0] - results[2]).max() > 1e-3

    def test_text_is_encoded_once(self, tiny_model: OnnxModel) -> None:
        """Prompt and negative in one batch, whatever the number of windows."""
        spy = Spy(tiny_model)
        recipe = prepare(request(mode=Mode.GENERATE, negative="wind"), blank(200), spy)
        latents_of(recipe, blank(200), spy)
        assert [(["rain", "wind"],)] == spy.inputs["encode_text"]

    @pytest.mark.parametrize(
        ("mode", "strength", "first"),
        [("transfer", 0.25, 249), ("inpaint", 0.25, 999), ("generate", 0.25, 999)],
    )
    def test_strength_is_where_a_transfer_starts(
        self, mode: str, strength: float, first: int, tiny_model: OnnxModel
    ) -> None:
        """The other modes go through all of the noise."""
        recipe = prepare(request(mode=Mode(mode), strength=strength), blank(20), tiny_model)
        assert first == recipe.steps[0].timestep

    @pytest.mark.parametrize("wrong", [{"strength": 7.0}, {"strength": float("nan")}, {"steps": 1_001}])
    def test_what_is_out_of_range_is_refused(self, wrong: dict[str, Any], tiny_model: OnnxModel) -> None:
        """Even where no parser has looked before."""
        with pytest.raises(EngineError) as caught:
            prepare(request(**wrong), blank(20), tiny_model)
        assert ErrorCode.BAD_ARGUMENT == caught.value.code


class TestNewLatents:
    """From a canvas to latents."""

    @pytest.mark.parametrize("cells", [1, 7, 8, 63, 64, 65, 113, 500])
    def test_they_are_as_long_as_the_canvas(self, cells: int, tiny_model: OnnxModel) -> None:
        """One window or many, shorter than the model likes or not."""
        recipe = prepare(request(mode=Mode.GENERATE), blank(cells), tiny_model)
        latents = latents_of(recipe, blank(cells), tiny_model)
        assert (1, 16, cells, 16) == latents.shape
        assert np.isfinite(latents).all()

    def test_progress_comes_after_every_step(self, tiny_model: OnnxModel) -> None:
        """As many as the recipe says, and each window's latents right after its last."""
        recipe = prepare(request(mode=Mode.GENERATE), blank(200), tiny_model)
        passing = [latents is None for latents in new_latents(recipe, blank(200), tiny_model, 0)]
        assert passing == ([True] * 4 + [False]) * len(recipe.windows)
        assert recipe.total_steps == sum(passing)
        assert len(recipe.windows) == 4

    @pytest.mark.parametrize(("before", "after"), [(25, 25), (0, 50), (250, 250), (251, 13)])
    def test_windows_in_which_all_is_known_cost_no_steps(
        self, before: int, after: int, tiny_model: OnnxModel
    ) -> None:
        """However much context there is: what is made anew here touches two windows at most."""
        known = np.ones(before + 25 + after, np.float32)
        known[before : before + 25] = 0.0
        canvas = blank(known.size, known, np.full(known.size * 640, 0.1, np.float32))
        spy = Spy(tiny_model)
        recipe = prepare(request(mode=Mode.INPAINT), canvas, spy)
        latents = latents_of(recipe, canvas, spy)
        assert recipe.total_steps == spy.calls.count("denoise") <= 2 * 4
        expected = encode_cells(canvas, tiny_model, 0, known.size)[:, :, known == 1.0]
        assert np.abs(expected - latents[:, :, known == 1.0]).max() < 1e-5

    def test_a_second_within_a_second_on_each_side_is_one_window(self, tiny_model: OnnxModel) -> None:
        """The usual request of a foley artist: its second window would only have repeated the context."""
        known = np.ones(75, np.float32)
        known[25:50] = 0.0
        recipe = prepare(request(mode=Mode.INPAINT), blank(75, known), tiny_model)
        assert (2, 4) == (len(recipe.windows), recipe.total_steps)

    def test_no_window_is_longer_than_the_model_was_trained_on(self, tiny_model: OnnxModel) -> None:
        """Nor is it told of more sound than is to come."""
        spy = Spy(tiny_model)
        latents_of(prepare(request(mode=Mode.GENERATE), blank(501), spy), blank(501), spy)
        assert {64} == {latents.shape[2] for latents, *_ in spy.inputs["denoise"]}
        sounding = [seconds.max() for *_, seconds in spy.inputs["denoise"]]
        assert [2.56] * len(sounding) == pytest.approx(sounding)

    def test_a_short_region_is_rendered_in_a_window_the_model_is_good_at(self, tiny_model: OnnxModel) -> None:
        """And the model knows that most of it is silence."""
        spy = Spy(tiny_model)
        latents_of(prepare(request(mode=Mode.GENERATE), blank(3), spy), blank(3), spy)
        latents, _, _, seconds = spy.inputs["denoise"][0]
        assert 8 == latents.shape[2]
        assert seconds.tolist() == pytest.approx([3 * 0.04] * 2)

    def test_another_seed_is_another_sound(self, tiny_model: OnnxModel) -> None:
        """And the same one the same."""
        recipe = prepare(request(mode=Mode.GENERATE), blank(100), tiny_model)
        one, same, other = (latents_of(recipe, blank(100), tiny_model, seed) for seed in (1, 1, 2))
        assert np.array_equal(one, same)
        assert np.abs(one - other).max() > 0.1

    @pytest.mark.parametrize("mode", [Mode.TRANSFER, Mode.INPAINT])
    def test_what_is_known_stays_exactly(self, mode: Mode, tiny_model: OnnxModel) -> None:
        """Also across windows; the rest is made anew."""
        waveform = np.random.default_rng(0).standard_normal(150 * 640).astype(np.float32) * 0.1
        known = np.ones(150, np.float32)
        known[20:30] = known[70:140] = 0.0
        canvas = blank(150, known, waveform)
        latents = latents_of(prepare(request(mode=mode), canvas, tiny_model), canvas, tiny_model)
        original = encode_cells(canvas, tiny_model, 0, 150)
        difference = np.abs(latents - original).max(axis=(0, 1, 3))
        assert (difference[known == 1.0] < 1e-5).all()
        assert (difference[known == 0.0] > 0.1).all()

    def test_a_stronger_transfer_is_further_from_the_source(self, tiny_model: OnnxModel) -> None:
        """Distance grows with strength, from hardly anything."""
        waveform = np.random.default_rng(0).standard_normal(60 * 640).astype(np.float32) * 0.1
        canvas = blank(60, sound=waveform)
        original = encode_cells(canvas, tiny_model, 0, 60)
        distances = [
            float(
                np.abs(latents_of(prepare(wanted, canvas, tiny_model), canvas, tiny_model) - original).mean()
            )
            for wanted in (request(mode=Mode.TRANSFER, strength=s) for s in (0.001, 0.2, 0.4, 0.6, 0.8, 1.0))
        ]
        assert sorted(distances) == distances
        assert distances[0] < 0.05 * distances[-1]
