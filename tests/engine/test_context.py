"""How much of the recording the model hears around a region."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.region import Region
from engine.context import context_frames
from engine.diffusion.windows import plan
from engine.models.interface import ModelSpecification
from engine.models.onnx_model import OnnxModel
from tests.engine.rendering import ask

RATE = 48_000
WINDOW = 122_880  # frames of the tiny model's 64 cells of 40 ms
SECOND = RATE


def of_one_length(model: OnnxModel, cells: int = 64) -> ModelSpecification:
    """Of a model that is good at nothing shorter than this."""
    specification = model.specification
    return replace(specification, latents=replace(specification.latents, shortest_frames=cells))


def chosen(start: int, end: int, frames: int, model: OnnxModel, **fields: Any) -> tuple[int, int]:
    """Frames of context before and after [start, end) of a recording of ``frames``."""
    request = ask(None, end=RATE, **fields)
    return context_frames(request, Region(start, end), frames, RATE, of_one_length(model))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (480_000, 480_000 + 4_800, (59_040, 59_040)),  # 0.1 s: half of what the window has room for
        (480_000, 480_000 + 96_000, (SECOND, SECOND)),  # hardly any room: still a second
        (480_000, 480_000 + 300_000, (SECOND, SECOND)),  # beyond the window: an overlap is 0.64 s
        (9_600, 14_400, (9_600, 108_480)),  # what one side has not goes to the other
        (0, 960_000, (0, 0)),  # there is nothing else
    ],
)
def test_as_much_as_fits(start: int, end: int, expected: tuple[int, int], tiny_model: OnnxModel) -> None:
    """Where nothing was asked for."""
    assert expected == chosen(start, end, 960_000, tiny_model)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"context_seconds": 0.0}, (0, 0)),
        ({"context_seconds": 0.5}, (24_000, 24_000)),
        ({"context_seconds": 30.0}, (480_000, 475_200)),
        ({"context_seconds": 0.5, "context_after_seconds": 2.0}, (24_000, 96_000)),
        ({"context_before_seconds": 0.0}, (0, 59_040)),
        ({"context_before_seconds": 0.25, "context_after_seconds": 0.0}, (12_000, 0)),
    ],
)
def test_by_hand(asked: dict[str, float], expected: tuple[int, int], tiny_model: OnnxModel) -> None:
    """Each side as it was asked for, as far as the recording goes; the other one as it fits."""
    assert expected == chosen(480_000, 484_800, 960_000, tiny_model, **asked)


def test_the_shortest_window_is_filled_and_not_the_longest(tiny_model: OnnxModel) -> None:
    """0.1 s in a model that is good at 2.56 s and at no less than that, though it can do 10.24 s."""
    whole = of_one_length(tiny_model)
    longer = replace(whole, latents=replace(whole.latents, window_frames=256))
    request, span = ask(None, end=RATE), Region(480_000, 484_800)
    assert (59_040, 59_040) == context_frames(request, span, 960_000, RATE, longer)
    # Between the two lengths nothing overlaps, and a second is enough.
    assert (SECOND, SECOND) == context_frames(request, Region(480_000, 780_000), 960_000, RATE, longer)


@given(start=st.integers(0, 500_000), frames=st.integers(4_800, WINDOW), after=st.integers(0, 500_000))
def test_a_window_is_filled_and_not_more(start: int, frames: int, after: int, tiny_model: OnnxModel) -> None:
    """Unless a second on each side takes more, or the recording has less."""
    before, behind = chosen(start, start + frames, start + frames + after, tiny_model)
    assert before >= min(start, SECOND)
    assert behind >= min(after, SECOND)
    total = before + frames + behind
    if before > SECOND or behind > SECOND:
        assert total <= max(WINDOW, frames + 2 * SECOND)
    if (before, behind) != (start, after):
        assert total >= WINDOW - 1


def test_a_longer_region_gets_what_an_overlap_needs(tiny_model: OnnxModel) -> None:
    """Of a model that works in windows of ten seconds that is two and a half."""
    specification = tiny_model.specification
    assert 4 * plan(1_000, 64, 16, 1)[1].overlap >= specification.latents.window_frames
    long = type(specification.latents)(**{**vars(specification.latents), "window_frames": 256})
    slow = type(specification)(**{**vars(specification), "latents": long})
    got = context_frames(ask(None, end=RATE), Region(10**7, 2 * 10**7), 3 * 10**7, RATE, slow)
    assert (122_880, 122_880) == got
