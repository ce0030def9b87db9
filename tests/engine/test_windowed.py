"""New latents, window by window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.audio.stretch import held, silence
from engine.canvas import Canvas, encode_cells
from engine.diffusion.bands import anew_bands
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Float32
from engine.models.onnx_model import OnnxModel
from engine.protocol.requests import Joining, Method, Mode, NewSource, RenderRequest, Sampler
from engine.windowed import Recipe, new_latents, prepare
from tests.engine.rendering import Spy


def blank(cells: int, known: Float32 | None = None, sound: Float32 | None = None) -> Canvas:
    """A canvas of the tiny model."""
    return Canvas(
        sound=silence(cells * 640, 1) if sound is None else held(sound[:, None]),
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
        """All texts in one batch, whatever the number of windows."""
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
        recipe = prepare(request(mode=Mode.GENERATE, windows=Joining.CONTINUED), blank(200), tiny_model)
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

    @pytest.mark.parametrize("windows", [Joining.AVERAGED, Joining.SWAPPED, Joining.SHIFTED])
    @pytest.mark.parametrize("before", [0, 30, 90, 150])
    def test_what_fits_one_window_costs_one(
        self, windows: Joining, before: int, tiny_model: OnnxModel
    ) -> None:
        """Wherever it lies in its surroundings."""
        known = np.ones(200, np.float32)
        known[before : before + 50] = 0.0
        recipe = prepare(request(mode=Mode.INPAINT, windows=windows), blank(200, known), tiny_model)
        assert 4 == recipe.total_steps

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


NOISY = np.random.default_rng(0).standard_normal(200 * 640).astype(np.float32) * 0.1


def made(canvas: Canvas, model: Any, **fields: Any) -> Float32:
    """The latents of a request."""
    return latents_of(prepare(request(**fields), canvas, model), canvas, model)


class TestJoinings:
    """Windows one after the other, or jointly."""

    @pytest.mark.parametrize("windows", Joining)
    @pytest.mark.parametrize("method", Method)
    @pytest.mark.parametrize("known", [0, 30, 100])
    @pytest.mark.parametrize("curve", [(), ((0.0, 0.0), (3.0, 0.9))])
    def test_the_number_of_calls_is_known_before(
        self, windows: Joining, method: Method, known: int, curve: Any, tiny_model: OnnxModel
    ) -> None:
        """To the last one, so that progress ends at a hundred percent; and the length is the canvas's."""
        canvas = blank(170, (np.arange(170) < known).astype(np.float32), NOISY[: 170 * 640])
        recipe = prepare(
            request(mode=Mode.TRANSFER, windows=windows, method=method, strength_curve=curve),
            canvas,
            tiny_model,
        )
        spy = Spy(tiny_model)
        passing = list(new_latents(recipe, canvas, spy, 0))
        steps = sum(latents is None for latents in passing)
        assert recipe.total_steps == steps == spy.calls.count("denoise") > 0
        assert 170 == sum(latents.shape[2] for latents in passing if latents is not None)

    @pytest.mark.parametrize("cells", [5, 63, 64])
    @pytest.mark.parametrize("mode", Mode)
    def test_a_region_of_one_window_is_the_same_however_windows_are_joined(
        self, cells: int, mode: Mode, tiny_model: OnnxModel
    ) -> None:
        """Bit for bit."""
        known = (np.arange(cells) < 3).astype(np.float32) * (mode is Mode.INPAINT)
        canvas = blank(cells, known, NOISY[: cells * 640])
        first, *others = (made(canvas, tiny_model, mode=mode, windows=windows) for windows in Joining)
        for other in others:
            np.testing.assert_array_equal(first, other)

    @pytest.mark.parametrize("windows", Joining)
    def test_a_long_region_is_not_held_at_once(self, windows: Joining, tiny_model: OnnxModel) -> None:
        """What has been asked of the encoder is never far ahead of what has come out."""
        canvas, spy = blank(3000, sound=np.resize(NOISY, 3000 * 640)), Spy(tiny_model)
        recipe = prepare(request(mode=Mode.TRANSFER, windows=windows), canvas, spy)
        encoded, out, ahead = 0, 0, 0
        for latents in new_latents(recipe, canvas, spy, 0):
            encoded = len(spy.inputs["encode_mel"]) * 64
            out += 0 if latents is None else latents.shape[2]
            ahead = max(ahead, encoded - out)
        assert out == 3000
        assert ahead <= 64 * (len(recipe.steps) + 3) + (0.25 * 3000 if windows is Joining.CONTINUED else 0)


class TestCurve:
    """Strength along the region."""

    @pytest.mark.parametrize("windows", Joining)
    def test_a_level_curve_is_the_strength(self, windows: Joining, tiny_model: OnnxModel) -> None:
        """Bit for bit."""
        canvas = blank(150, sound=NOISY[: 150 * 640])
        plain = made(canvas, tiny_model, windows=windows, strength=0.4)
        curve = made(canvas, tiny_model, windows=windows, strength=0.9, strength_curve=((1.0, 0.4),))
        np.testing.assert_array_equal(plain, curve)

    @pytest.mark.parametrize("windows", Joining)
    @pytest.mark.parametrize("method", Method)
    def test_more_strength_is_more_change_and_none_is_none(
        self, windows: Joining, method: Method, tiny_model: OnnxModel
    ) -> None:
        """From the region's start, which is not the canvas's."""
        canvas = replace(blank(150, sound=NOISY[: 150 * 640]), region_cell=25)
        curve = ((0.0, 0.0), (1.0, 0.0), (4.0, 0.9))  # a second is 25 cells
        latents = made(canvas, tiny_model, windows=windows, method=method, strength_curve=curve, steps=12)
        change = np.abs(latents - encode_cells(canvas, tiny_model, 0, 150)).mean(axis=(0, 1, 3))
        assert change[:50].max() < 1e-5
        assert change[50:75].mean() < change[75:100].mean() < change[125:].mean()

    def test_no_strength_at_all_is_the_source(self, tiny_model: OnnxModel) -> None:
        """Without a step."""
        canvas = blank(150, sound=NOISY[: 150 * 640])
        recipe = prepare(request(mode=Mode.TRANSFER, strength_curve=((0.0, 0.0),)), canvas, tiny_model)
        assert 0 == recipe.total_steps
        expected = encode_cells(canvas, tiny_model, 0, 150)
        np.testing.assert_allclose(expected, latents_of(recipe, canvas, tiny_model), atol=1e-5)


class TestBands:
    """A range of frequencies."""

    @pytest.mark.parametrize("windows", Joining)
    @pytest.mark.parametrize("mode", [Mode.TRANSFER, Mode.INPAINT])
    def test_the_other_bands_stay(self, windows: Joining, mode: Mode, tiny_model: OnnxModel) -> None:
        """Exactly; inside of the range all is new."""
        canvas = blank(150, sound=NOISY[: 150 * 640])
        latents = made(canvas, tiny_model, mode=mode, windows=windows, low_hz=1500.0, high_hz=3000.0)
        change = np.abs(latents - encode_cells(canvas, tiny_model, 0, 150)).mean(axis=(0, 1, 2))
        anew = anew_bands(1500.0, 3000.0, tiny_model.specification.mel, 4) == 1.0
        assert 4 <= anew.sum() <= 8
        assert change[~anew].max() < 1e-5
        assert change[anew].min() > 0.05


class TestAlong:
    """Several prompts along the region."""

    @pytest.mark.parametrize("windows", Joining)
    def test_each_stretch_sounds_like_its_own_prompt(self, windows: Joining, tiny_model: OnnxModel) -> None:
        """And no call more than for one prompt."""
        fields: dict[str, Any] = {"mode": Mode.GENERATE, "windows": windows, "steps": 12}
        canvas, along = blank(200), {"along": ((4.0, "wind"),), "along_fade_seconds": 0.25}
        both = made(canvas, tiny_model, **fields, **along)
        rain, wind = (
            latents_of(
                prepare(replace(request(**fields), prompt=prompt), canvas, tiny_model), canvas, tiny_model
            )
            for prompt in ("rain", "wind")
        )
        means = [each.mean(axis=(0, 1)) for each in (both, rain, wind)]  # (cells, bands)
        early, late = slice(0, 60), slice(140, 200)
        for stretch, own, other in ((early, means[1], means[2]), (late, means[2], means[1])):
            near, far = (
                np.abs(means[0][stretch].mean(axis=0) - each[stretch].mean(axis=0)).mean()
                for each in (own, other)
            )
            assert near < 0.25 * far
        one, two = (
            prepare(request(**fields, **more), canvas, tiny_model).total_steps for more in ({}, along)
        )
        assert one == two

    def test_times_count_from_the_regions_start(self, tiny_model: OnnxModel) -> None:
        """Not from the canvas's, where the context begins; a second is 25 cells."""
        along = request(along=((2.0, "wind"), (3.0, "rain")), along_fade_seconds=0.2)
        recipe = prepare(along, replace(blank(200), region_cell=30), tiny_model)
        assert pytest.approx((80.0, 105.0)) == recipe.prompt_starts[1:]
        assert pytest.approx(5.0) == recipe.prompt_fade

    def test_only_windows_with_both_prompts_are_estimated_twice(self, tiny_model: OnnxModel) -> None:
        """In the same call."""
        spy = Spy(tiny_model)
        fields: dict[str, Any] = {"mode": Mode.GENERATE, "along": ((4.0, "wind"),)}
        recipe = prepare(request(**fields, windows=Joining.AVERAGED), blank(200), spy)
        latents_of(recipe, blank(200), spy)
        rows = [len(latents) for latents, *_ in spy.inputs["denoise"]]
        assert {2, 3} == set(rows)
        assert 2 * 4 == rows.count(3)  # of the four windows, the two in the middle hear the change


class TestMethods:
    """Inversion editing on the whole line."""

    @pytest.mark.parametrize("windows", Joining)
    @pytest.mark.parametrize("sampler", Sampler)
    def test_ddpm_inversion_gives_the_source_back(
        self, windows: Joining, sampler: Sampler, tiny_model: OnnxModel
    ) -> None:
        """To float precision, where it is asked for what it was and guidance is 1."""
        canvas = blank(150, sound=NOISY[: 150 * 640])
        fields: dict[str, Any] = {"method": Method.DDPM, "source_prompt": "rain", "guidance": 1.0}
        latents = made(canvas, tiny_model, **fields, windows=windows, sampler=sampler, strength=0.9)
        np.testing.assert_allclose(encode_cells(canvas, tiny_model, 0, 150), latents, atol=1e-4)

    @pytest.mark.parametrize("windows", Joining)
    def test_ddim_inversion_nearly_does(self, windows: Joining, tiny_model: OnnxModel) -> None:
        """Within 5 % of the source."""
        canvas = blank(150, sound=NOISY[: 150 * 640])
        fields: dict[str, Any] = {
            "method": Method.DDIM,
            "source_prompt": "rain",
            "guidance": 1.0,
            "steps": 24,
        }
        latents = made(canvas, tiny_model, **fields, windows=windows, strength=0.7)
        source = encode_cells(canvas, tiny_model, 0, 150)
        assert np.sqrt(np.square(latents - source).mean()) < 0.05 * np.sqrt(np.square(source).mean())

    @pytest.mark.parametrize("method", [Method.DDIM, Method.DDPM])
    def test_another_prompt_is_heard_but_more_of_the_source_stays(
        self, method: Method, tiny_model: OnnxModel
    ) -> None:
        """Than with plain noise."""
        canvas = blank(60, sound=NOISY[: 60 * 640])
        source = encode_cells(canvas, tiny_model, 0, 60)
        fields: dict[str, Any] = {"source_prompt": "wind", "strength": 0.7}
        plain, inverted = (made(canvas, tiny_model, **fields, method=each) for each in (Method.NOISE, method))
        similar = [np.corrcoef(source.ravel(), each.ravel())[0, 1] for each in (plain, inverted)]
        assert similar[0] < similar[1] < 0.999
