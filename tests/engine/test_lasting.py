"""How long new sounds last before silence."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.conditions import conditions
from engine.config import Home
from engine.lasting import ALL, drawn_seconds, lasting_seconds, middle_seconds
from engine.models.catalogue import load_model
from engine.models.interface import Lengths, Model, ModelSpecification
from engine.models.onnx_model import OnnxModel
from engine.notices import notices
from engine.protocol.replies import TakeDone
from engine.protocol.requests import Mode
from engine.takes.reading import read_newest
from tests.engine.rendering import Spy, ask, heard, only, rendered

REGION = 0.4  # seconds; within a window of the tiny model


class Telling(Spy):
    """Says that sounds last a quarter of a second, give or take half of it."""

    def __init__(self, model: OnnxModel) -> None:
        super().__init__(model)
        width = model.encode_text(["a"]).shape[1]
        self.lengths = Lengths((0.0,) * width, math.log(0.25), 0.5)

    @property
    def specification(self) -> ModelSpecification:
        return replace(self.model.specification, lengths=self.lengths)


def lasting(model: Model, take: int = 0, region: float = REGION, **fields: Any) -> float:
    """Of one take of a request."""
    request = ask(None, end=round(region * 16_000), **fields)
    return lasting_seconds(request, model.specification, conditions(request, model)[take], take, region)


def test_it_is_as_long_as_recordings_are(tiny_model: OnnxModel) -> None:
    """Half of all takes are shorter than the middle, and none is farther from it than the spread."""
    telling = Telling(tiny_model)
    lengths, row = replace(telling.lengths, offset=math.log(3.0)), telling.encode_text(["rain"])
    drawn = np.log([drawn_seconds(lengths, row, seed) for seed in range(400)])

    assert 3.0 == middle_seconds(lengths, row)
    assert 0.5 == pytest.approx(np.mean(drawn < math.log(3.0)), abs=0.08)
    assert 0.5 == pytest.approx(np.abs(drawn - math.log(3.0)).max(), abs=1e-3)


def test_takes_differ_and_a_take_stays_what_it_is(tiny_model: OnnxModel) -> None:
    """By the seed alone: take 2 of seed 5 is take 0 of seed 7."""
    telling = Telling(tiny_model)

    assert lasting(telling, seed=5, takes=3, take=2) == lasting(telling, seed=7)
    assert len({lasting(telling, seed=seed) for seed in range(20)}) > 10


@pytest.mark.parametrize(
    "goes_on",
    [
        {"mode": Mode.TRANSFER},
        {"mode": Mode.INPAINT},
        {"loop": True},
        {"along": ((0.2, "hail"),)},
        {"guide": "voice.wav"},
        {"sounding_seconds": 0.0},
        {"region": 60.0},
    ],
)
def test_what_goes_on_fills_its_region(tiny_model: OnnxModel, goes_on: dict[str, Any]) -> None:
    """Edits, loops, what follows something, and what is longer than a window."""
    assert ALL == lasting(Telling(tiny_model), **goes_on)


def test_a_model_that_tells_no_lengths_fills_regions(tiny_model: OnnxModel) -> None:
    """As published ones do, and where seconds were asked for a notice says so."""
    asked = ask(None, end=6_400, sounding_seconds=0.1)
    assert ALL == lasting(tiny_model) == lasting(tiny_model, sounding_seconds=0.1)
    (said,) = notices(asked, tiny_model.specification)
    assert "was not taught how long sounds last" in said
    assert [] == list(notices(asked, Telling(tiny_model).specification))


@pytest.mark.parametrize(
    ("prompt", "fills"),
    [("footsteps", True), ("a footstep", False), ("An anvil", False), ("another footstep", True)],
)
def test_who_selects_much_time_for_short_sounds_gets_many(
    tiny_model: OnnxModel, prompt: str, fills: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the prompt says that it is one."""
    monkeypatch.setattr("engine.lasting.MANY", 1.5)

    assert fills == (lasting(Telling(tiny_model), prompt=prompt) == ALL)


def test_a_take_says_how_long_it_lasts_and_is_made_again_alone(tiny_model: OnnxModel, home: Home) -> None:
    """To the last bit, from the recipe."""
    request = ask(None, end=6_400, takes=2, seed=3, retries=0)
    takes = only(TakeDone, rendered(request, Telling(tiny_model), home))
    second = Path(takes[1].path)
    recipe = read_newest(second).recipe

    assert lasting(Telling(tiny_model), seed=3, takes=2, take=1) == recipe.settings["sounding"]
    again = ask(None, end=6_400, seed=takes[1].seed, sounding_seconds=recipe.settings["sounding"], retries=0)
    (alone,) = only(TakeDone, rendered(again, Telling(tiny_model), home))
    assert np.array_equal(heard(second), heard(Path(alone.path)))


@pytest.mark.parametrize("seconds", [0.1, 0.3])
def test_the_network_is_told(tiny_model: OnnxModel, home: Home, seconds: float) -> None:
    """In every step, whatever is guided and whatever not."""
    telling = Telling(tiny_model)
    list(rendered(ask(None, end=6_400, sounding_seconds=seconds), telling, home))
    told = {round(float(entry), 3) for _, _, _, row in telling.inputs["denoise"] for entry in row}

    assert {seconds} == told


def test_windows_behind_the_end_are_told_a_cell(tiny_model: OnnxModel, home: Home) -> None:
    """A sound of 0.1 s in a region of many windows: never less than nothing."""
    telling = Telling(tiny_model)
    list(rendered(ask(None, end=64_000, sounding_seconds=0.1), telling, home))
    told = {round(float(entry), 3) for _, _, _, row in telling.inputs["denoise"] for entry in row}

    assert {0.04, 0.1} == told


def test_the_embedded_model_ends_in_silence(home: Home) -> None:
    """A second after the end of half a second it is 30 dB below the sound; filled regions are not."""
    model = load_model("", "cpu")
    levels = {}
    for seconds in (0.5, 0.0):
        request = ask(None, end=48_000, prompt="a door slamming shut", sounding_seconds=seconds, retries=0)
        (take,) = only(TakeDone, rendered(request, model, home))
        power = [float(np.mean(part**2)) for part in np.split(heard(Path(take.path))[:, 0], 6)]
        levels[seconds] = 10.0 * np.log10(np.array(power) + 1e-12)

    assert levels[0.5][3:].max() < levels[0.5][:2].max() - 30.0
    assert levels[0.0][3:].max() > levels[0.0][:2].max() - 30.0
