"""Draft, normal, best: which of a model's denoisers makes a take, and in how many steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.config import Home
from engine.models.bundle import load_bundle
from engine.models.interface import Model
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk, TakeDone
from engine.protocol.requests import Method, Mode, Quality, RenderRequest, Sampler
from engine.quality import BEST_STEPS, DRAFT_STEPS
from engine.takes.reading import read_newest
from tests.bundles import STUDENT, make_tiny_bundle
from tests.engine.rendering import Spy, ask, joined, noise, only, record, rendered


@pytest.fixture(scope="module")
def quick_model(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    """The tiny model with a student."""
    return OnnxModel(load_bundle(make_tiny_bundle(tmp_path_factory.mktemp("quick"), quick=True)), "cpu")


def calls(model: Model, home: Home, **fields: object) -> dict[str, int]:
    """How often each denoiser is asked for one window of a new sound."""
    spy = Spy(model)
    rendered(ask(None, 0, 16_000, **fields), spy, home)
    return {name: spy.calls.count(name) for name in ("denoise", "denoise_quickly")}


def test_the_student_makes_drafts(quick_model: OnnxModel, home: Home) -> None:
    """In its own number of steps, and only where a draft is asked for."""
    assert {"denoise": 0, "denoise_quickly": STUDENT["steps"]} == calls(
        quick_model, home, quality=Quality.DRAFT
    )
    assert {"denoise": 4, "denoise_quickly": 0} == calls(quick_model, home)


def test_a_weaker_edit_takes_fewer_of_its_jumps(quick_model: OnnxModel, home: Home, tmp_path: Path) -> None:
    """All of them at strength 1, one for a touch, and never more for less."""
    path = record(tmp_path / "in.wav", noise(48_000))
    counted = []
    for strength in (0.05, 0.3, 0.6, 1.0):
        spy = Spy(quick_model)
        rendered(ask(path, 16_000, 32_000, quality=Quality.DRAFT, strength=strength), spy, home)
        counted.append(spy.calls.count("denoise_quickly"))
    assert counted == sorted(counted)
    assert (counted[0], counted[-1]) == (1, STUDENT["steps"])


def test_it_is_not_guided(quick_model: OnnxModel, home: Home) -> None:
    """Guidance is what it was taught: the network is asked for one sound, not for two."""
    spy = Spy(quick_model)
    rendered(ask(None, 0, 16_000, quality=Quality.DRAFT), spy, home)
    assert {1} == {len(latents) for latents, *_ in spy.inputs["denoise_quickly"]}


def test_without_a_student_a_draft_is_few_steps(tmp_path: Path, home: Home) -> None:
    """Of the denoiser there is."""
    bundle = make_tiny_bundle(tmp_path, defaults={"steps": 12})
    assert DRAFT_STEPS == calls(OnnxModel(load_bundle(bundle), "cpu"), home, quality=Quality.DRAFT)["denoise"]


def test_the_best_is_more_steps(quick_model: OnnxModel, home: Home) -> None:
    """Of the denoiser, whether or not there is a student."""
    assert {"denoise": BEST_STEPS, "denoise_quickly": 0} == calls(quick_model, home, quality=Quality.BEST)


@pytest.mark.parametrize("quality", Quality)
def test_a_number_of_steps_goes_before(quality: Quality, quick_model: OnnxModel, home: Home) -> None:
    """Whoever says it means it."""
    assert 3 == sum(calls(quick_model, home, quality=quality, steps=3).values())


@pytest.mark.parametrize(
    "fields", [{"negative": "music"}, {"guidance": 5.0}, {"sampler": Sampler.DPM}], ids=str
)
def test_what_the_student_was_not_taught_is_not_asked_of_it(
    fields: dict[str, object], quick_model: OnnxModel, home: Home
) -> None:
    """The denoiser makes a draft of few steps instead, and does what was said."""
    counted = calls(quick_model, home, quality=Quality.DRAFT, **fields)
    assert {"denoise": DRAFT_STEPS, "denoise_quickly": 0} == counted


def test_an_inversion_is_the_denoisers(quick_model: OnnxModel, home: Home, tmp_path: Path) -> None:
    """It needs estimates without guidance on the way up."""
    spy = Spy(quick_model)
    path = record(tmp_path / "in.wav", noise(48_000))
    rendered(ask(path, 16_000, 32_000, quality=Quality.DRAFT, method=Method.DDIM), spy, home)
    assert "denoise_quickly" not in spy.calls


@pytest.mark.parametrize("mode", ["transfer", "inpaint", "loop", "long"])
def test_every_edit_has_a_draft(mode: str, quick_model: OnnxModel, home: Home, tmp_path: Path) -> None:
    """The student takes all roads that the denoiser takes."""
    path = record(tmp_path / "in.wav", noise(160_000))
    requests: dict[str, RenderRequest] = {
        "transfer": ask(path, 16_000, 32_000),
        "inpaint": ask(path, 16_000, 32_000, mode=Mode.INPAINT),
        "loop": ask(None, 0, 16_000, loop=True),
        "long": ask(None, 0, 120_000),
    }
    spy = Spy(quick_model)
    replies = rendered(_draft(requests[mode]), spy, home)
    sound = joined(only(Chunk, replies))
    assert ("denoise" in spy.calls, "denoise_quickly" in spy.calls) == (False, True)
    assert (True, True) == (bool(np.isfinite(sound).all()), bool(np.abs(sound).max() > 0.0))


def test_a_drafts_recipe_makes_the_same_draft(quick_model: OnnxModel, home: Home) -> None:
    """It says what the student did, and asked so again the student does it."""
    first = rendered(ask(None, 0, 16_000, quality=Quality.DRAFT, seed=5), quick_model, home)
    (done,) = only(TakeDone, first)
    settings = read_newest(Path(done.path)).recipe.settings
    again = rendered(
        ask(
            None,
            0,
            16_000,
            seed=int(settings["seed"]),
            quality=Quality(settings["quality"]),
            steps=int(settings["steps"]),
            guidance=float(settings["guidance"]),
            sampler=Sampler(settings["sampler"]),
        ),
        quick_model,
        home,
    )
    assert ("draft", STUDENT["steps"], 1.0) == (
        settings["quality"],
        settings["steps"],
        settings["guidance"],
    )
    assert np.array_equal(joined(only(Chunk, first)), joined(only(Chunk, again)))


def _draft(request: RenderRequest) -> RenderRequest:
    return replace(request, quality=Quality.DRAFT)
