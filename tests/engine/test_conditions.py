"""What steers each take: its texts, encoded once, and what weights make of their rows."""

from __future__ import annotations

import numpy as np
import pytest

from engine.conditions import MAX_TEXTS, TakeText, conditions, take_text
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Float32, Model
from engine.models.onnx_model import OnnxModel
from engine.prompts import expand
from engine.protocol.requests import Method
from tests.engine.rendering import Spy, ask


def row(model: Model, text: str) -> Float32:
    """What the model makes of one text."""
    return model.encode_text([text])[0]


def cosine(one: Float32, other: Float32) -> float:
    """Between two rows."""
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_a_plain_prompt_steers_with_its_own_row(tiny_model: OnnxModel) -> None:
    """Untouched, as are the negative prompt's and the source's."""
    request = ask(
        None,
        prompt="rain",
        negative="music",
        along=((0.5, "hail"),),
        source_prompt="wind",
        method=Method.DDIM,
    )
    (condition,) = conditions(request, tiny_model)
    expected = tiny_model.encode_text(["rain", "hail", "music", "wind"])

    assert TakeText(("rain", "hail"), "music", "wind") == condition.text
    assert np.array_equal(expected[:2], condition.prompts)
    assert np.array_equal(expected[2:3], condition.unconditional)
    assert np.array_equal(expected[3:], condition.source)


def test_all_texts_of_all_takes_are_encoded_in_one_call(tiny_model: OnnxModel) -> None:
    """Each distinct one once, however many takes and candidates there are."""
    spy = Spy(tiny_model)
    request = ask(None, prompt="{rain|hail} on (tin:1.5)", source_prompt="unused", takes=16, candidates=16)
    found = conditions(request, spy)

    (((texts,),),) = [spy.inputs["encode_text"]]
    assert ["rain on tin", "rain on", "", "hail on tin", "hail on"] == texts
    assert ["rain on (tin:1.5)", "hail on (tin:1.5)"] * 8 == [each.text.prompts[0] for each in found]


def test_takes_that_are_asked_for_alone_have_the_same_words(tiny_model: OnnxModel) -> None:
    """Take 2 of seed 5 has those of take 0 of seed 7."""
    together = conditions(ask(None, prompt="{a|b|c} d", seed=5, takes=3), tiny_model)
    (alone,) = conditions(ask(None, prompt="{a|b|c} d", seed=7), tiny_model)

    assert alone.text == together[2].text
    assert take_text(ask(None, prompt="{a|b|c} d", seed=5), 2).prompts == (expand("{a|b|c} d", 7),)


def test_a_weight_of_1_changes_nothing_and_one_of_0_takes_the_phrase_away(tiny_model: OnnxModel) -> None:
    """To rounding; between and beyond, the row moves along that line."""
    rows = {
        weight: conditions(ask(None, prompt=f"boots on (wet gravel:{weight})"), tiny_model)[0].prompts[0]
        for weight in (0, 0.5, 1, 1.5, 2)
    }
    whole, without = row(tiny_model, "boots on wet gravel"), row(tiny_model, "boots on")

    np.testing.assert_allclose(rows[1], whole, atol=1e-6)
    np.testing.assert_allclose(rows[0], without, atol=1e-6)
    near = [cosine(rows[weight], without) for weight in (0, 0.5, 1, 1.5, 2)]
    assert sorted(near, reverse=True) == near
    assert near[0] - near[-1] > 0.01


def test_rows_stay_as_long_as_they_were(tiny_model: OnnxModel) -> None:
    """The denoiser has never seen others."""
    (condition,) = conditions(ask(None, prompt="(boots:3) on (gravel:0.2) (loud:2)"), tiny_model)

    assert abs(float(np.linalg.norm(condition.prompts)) - 1.0) < 1e-6


def test_a_weight_works_in_every_prompt(tiny_model: OnnxModel) -> None:
    """In the negative one, along the region and of the source."""
    request = ask(
        None,
        prompt="a",
        negative="(b:2) c",
        along=((0.5, "(b:2) c"),),
        source_prompt="(b:2) c",
        method=Method.DDPM,
    )
    (condition,) = conditions(request, tiny_model)

    assert np.array_equal(condition.prompts[1:], condition.unconditional)
    assert np.array_equal(condition.prompts[1:], condition.source)
    assert not np.allclose(condition.source[0], row(tiny_model, "b c"))


class Unlike(Spy):
    """A model whose rows are something else than one normalised vector."""

    def __init__(self, model: Model, shape: tuple[int, ...]) -> None:
        super().__init__(model)
        self._shape = shape

    def encode_text(self, prompts: list[str]) -> Float32:
        return np.ones((len(prompts), *self._shape), np.float32)


@pytest.mark.parametrize("shape", [(48 + 5 * 17,), (5, 16)])
def test_weights_are_refused_where_a_row_is_no_vector(tiny_model: OnnxModel, shape: tuple[int, ...]) -> None:
    """Arrays side by side, or a row for each word; without weights such a model is steered all the same."""
    model = Unlike(tiny_model, shape)
    with pytest.raises(EngineError, match="takes no weights") as caught:
        conditions(ask(None, prompt="(boots:1.3) on gravel"), model)

    assert ErrorCode.BAD_ARGUMENT == caught.value.code
    assert (1, *shape) == conditions(ask(None, prompt="boots on gravel"), model)[0].prompts.shape


def test_too_many_texts_are_refused_before_one_is_encoded(tiny_model: OnnxModel) -> None:
    """Each weight is one more to encode."""
    spy = Spy(tiny_model)
    prompt = " ".join(f"(w{number}:2)" for number in range(MAX_TEXTS))
    with pytest.raises(EngineError, match="texts, 256 are the most") as caught:
        conditions(ask(None, prompt=prompt), spy)

    assert ErrorCode.TOO_MUCH == caught.value.code
    assert [] == spy.calls


def test_weights_that_leave_nothing_are_refused(tiny_model: OnnxModel) -> None:
    """No division by nothing."""

    class Cancelling(Spy):
        def encode_text(self, prompts: list[str]) -> Float32:
            rows = np.zeros((len(prompts), 16), np.float32)
            for place, prompt in enumerate(prompts):
                rows[place, 0] = -1.0 if prompt == "on" else 1.0
            return rows

    with pytest.raises(EngineError, match="leave nothing of the prompt"):
        conditions(ask(None, prompt="(boots:0.5) on"), Cancelling(tiny_model))
