"""An order of the takes of one job: near to the prompt, and unlike each other; variations and packs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from engine.conditions import chosen_words
from engine.config import Home
from engine.models.interface import Float32
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Done, Notice, Ranked, RankedTake, TakeDone
from engine.protocol.requests import Mode, RenderRequest
from engine.ranking import HEARD_SECONDS, RANGE_DB, Impression, Listener, difference, ranked
from engine.takes.reading import read_newest
from tests.engine.rendering import ask, heard, noise, only, raw, record, rendered

Ask = Callable[..., RenderRequest]
CELLS, BANDS = 20, 64


def impression(agreement: float, shift: float = 0.0) -> Impression:
    """A take whose log-mel lies ``shift`` decibels above that of others."""
    return Impression(agreement, np.full((CELLS, BANDS), shift, np.float32))


def order(impressions: list[Impression]) -> list[int]:
    """Takes, best first."""
    return [row.take for row in ranked(impressions)]


class TestOrder:
    """Which take comes first, and which next."""

    def test_the_nearest_to_the_prompt_is_first_and_a_copy_of_it_last(self) -> None:
        """Half agreement, half difference: the copy says nothing new, however well it fits."""
        takes = [impression(0.4, 10.0), impression(0.5, 0.0), impression(0.45, 0.0), impression(0.35, 20.0)]

        assert [1, 3, 0, 2] == order(takes)

    def test_takes_that_sound_alike_come_by_agreement(self) -> None:
        """There is nothing else to tell them apart."""
        assert [2, 0, 1] == order([impression(0.3), impression(0.1), impression(0.4)])

    def test_without_ears_the_most_typical_is_first_then_the_farthest(self) -> None:
        """As far as the model can't hear."""
        takes = [impression(0.0, shift) for shift in (0.0, 9.0, 10.0, 30.0)]

        assert [1, 3, 0, 2] == order(takes)

    def test_scores_are_told(self) -> None:
        """Agreement, and the distance from the nearest that is better placed."""
        expected = (RankedTake(1, 0.5, 0.0), RankedTake(0, 0.25, 10.0), RankedTake(2, 0.0, 1.0))

        assert expected == ranked([impression(0.25, 10.0), impression(0.5, 0.0), impression(0.0, 1.0)])

    @pytest.mark.parametrize("takes", [1, 2, 16])
    def test_equal_takes_keep_their_order(self, takes: int) -> None:
        """One take too, and no division by nothing."""
        assert list(range(takes)) == order([impression(0.2)] * takes)


class TestDifference:
    """How far apart two takes are."""

    def test_it_is_the_root_mean_square_in_decibels(self) -> None:
        """Of all cells; symmetric, and 0 for the same."""
        one, other = impression(0.0, -3.0), impression(0.0, 4.0)

        assert (7.0, 7.0, 0.0) == (difference(one, other), difference(other, one), difference(one, one))

    def test_what_nobody_hears_beside_the_loudest_does_not_count(self) -> None:
        """Two kinds of silence are the same."""
        loud = np.zeros((CELLS, BANDS), np.float32)
        silent, quieter = loud.copy(), loud.copy()
        silent[5:], quieter[5:] = -RANGE_DB - 10.0, -RANGE_DB - 30.0

        assert 0.0 == difference(Impression(0.0, silent), Impression(0.0, quieter))


def impression_of(sound: Float32, sizes: list[int], rate: int, model: OnnxModel) -> Impression:
    """Of a sound that is pushed in blocks of these sizes."""
    listener = Listener(len(sound), rate, model.encode_text(["rain"]), model)
    for block in np.split(sound, np.cumsum(sizes)):
        listener.push(block)
    return listener.impression()


class TestListener:
    """A take is heard as it comes."""

    def test_blocks_do_not_matter(self, hearing_model: OnnxModel) -> None:
        """Not even across the length that is heard at a time."""
        rate = 8_000
        sound = noise((HEARD_SECONDS + 7) * rate, 2)
        whole = impression_of(sound, [], rate, hearing_model)
        pieces = impression_of(sound, [1, 4096, HEARD_SECONDS * rate - 9, 5000], rate, hearing_model)

        np.testing.assert_allclose(pieces.cells, whole.cells, atol=1e-4)
        assert pieces.agreement == pytest.approx(whole.agreement, abs=1e-6)

    def test_a_model_without_ears_agrees_with_nothing(self, tiny_model: OnnxModel) -> None:
        """Its takes are told apart all the same."""
        rate = 16_000
        one, other = (impression_of(noise(rate, seed=seed), [], rate, tiny_model) for seed in (0, 1))

        assert (0.0, 0.0) == (one.agreement, other.agreement)
        assert difference(one, other) > 1.0

    def test_silence_and_the_shortest_take_are_heard(self, tiny_model: OnnxModel) -> None:
        """A tenth of a second of nothing."""
        heard = impression_of(np.zeros((1_600, 1), np.float32), [7], 16_000, tiny_model)

        assert np.isfinite(heard.cells).all()
        assert 0.0 == difference(heard, heard)


@pytest.fixture
def region(tmp_path: Path) -> Ask:
    """Asks for the middle of a recording."""
    path = record(tmp_path / "in.wav", noise(80_000, 2))
    return partial(ask, path, 16_000, 48_000, context_seconds=0.5, seed=7, want_chunks=False)


class TestJob:
    """What a request gets."""

    def test_an_order_comes_before_the_end(self, region: Ask, hearing_model: OnnxModel, home: Home) -> None:
        """Of all takes, each once."""
        replies = rendered(region(takes=3, rank=True), hearing_model, home)
        (answer,) = only(Ranked, replies)

        assert [0, 1, 2] == sorted(row.take for row in answer.takes)
        assert isinstance(replies[-1], Done) and replies[-2] is answer
        assert all(-1.0 <= row.agreement <= 1.0 for row in answer.takes)

    def test_nobody_who_has_not_asked_gets_one(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """Nor is anything heard."""
        assert [] == only(Ranked, rendered(region(takes=2), tiny_model, home))

    def test_each_take_says_its_own_words(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """Alternatives come one after the other, from the seed on."""
        replies = rendered(region(takes=3, prompt="{gravel|snow} steps"), tiny_model, home)

        expected = ["snow steps", "gravel steps", "snow steps"]
        assert expected == [take.prompt for take in only(TakeDone, replies)]

    def test_words_and_seed_of_a_take_make_it_again(
        self, region: Ask, tiny_model: OnnxModel, home: Home
    ) -> None:
        """To the last bit."""
        _, second = only(TakeDone, rendered(region(takes=2, prompt="{gravel|snow} steps"), tiny_model, home))
        (again,) = only(TakeDone, rendered(region(prompt=second.prompt, seed=second.seed), tiny_model, home))

        assert np.array_equal(raw(Path(second.path)), raw(Path(again.path)))

    def test_its_recipe_has_the_words_it_was_made_with(
        self, region: Ask, tiny_model: OnnxModel, home: Home
    ) -> None:
        """Those along the region too; without alternatives the words stay as they were written."""
        asked = region(takes=2, prompt="{gravel|snow} steps", along=((1.0, "{tin|wood}  roof"),))
        takes = only(TakeDone, rendered(asked, tiny_model, home))
        recipes = [read_newest(Path(take.path)).recipe for take in takes]

        assert ["snow steps", "gravel steps"] == [recipe.prompt for recipe in recipes]
        assert ["1.0 wood roof", "1.0 tin roof"] == [recipe.settings["along"] for recipe in recipes]
        assert {} == chosen_words(region(prompt="(a:1.5)  b", along=((1.0, "c  d"),)), 1)

    def test_a_variation_is_made_again_alone(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """By the seed that it turns towards."""
        takes = only(TakeDone, rendered(region(takes=3, vary=0.4), tiny_model, home))
        (again,) = only(TakeDone, rendered(region(vary=0.4, towards=7 + 1 + 2), tiny_model, home))

        assert [7, 7, 7] == [take.seed for take in takes]
        assert np.array_equal(raw(Path(takes[2].path)), raw(Path(again.path)))

    def test_the_further_the_knob_the_more_a_take_differs(
        self, region: Ask, tiny_model: OnnxModel, home: Home
    ) -> None:
        """From what the seed makes: in every step a take lies further away."""
        request = partial(region, strength=1.0, match_loudness=False)
        seeds_own = take_of(rendered(request(), tiny_model, home))
        away = [
            float(
                np.sqrt(np.mean((take_of(rendered(request(vary=vary), tiny_model, home)) - seeds_own) ** 2))
            )
            for vary in (0.05, 0.25, 0.5, 1.0)
        ]

        assert sorted(away) == away
        assert away[0] > 0.0

    def test_overlapping_spans_are_told_of(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """They are made anew together; spans that only touch say nothing."""
        asked = partial(region, mode=Mode.INPAINT)
        overlapping = rendered(asked(mask_seconds=((0.5, 1.0), (0.25, 0.75))), tiny_model, home)
        touching = rendered(asked(mask_seconds=((0.25, 0.5), (0.5, 1.0))), tiny_model, home)

        (notice,) = only(Notice, overlapping)
        assert "overlap" in notice.sentence
        assert [] == only(Notice, touching)
        assert np.array_equal(take_of(overlapping), take_of(touching))


def take_of(replies: list[object]) -> Float32:
    """The first take's sound."""
    return heard(Path(only(TakeDone, replies)[0].path))  # type: ignore[arg-type]
