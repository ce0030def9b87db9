"""New latents, window by window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.canvas import Canvas, encode_cells
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Float32
from engine.models.onnx_model import OnnxModel
from engine.protocol.requests import Mode, NewSource, RenderRequest, Sampler
from engine.windowed import Recipe, new_latents, prepare
from tests.engine.rendering import Spy


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
            {"guidance_low": 0.5},
            {"guidance_high": 0.5},
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
