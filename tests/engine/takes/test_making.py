"""From a request to a recipe and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.models.onnx_model import OnnxModel
from engine.protocol.osc import decode_packet, encode_message
from engine.protocol.requests import (
    FileSource,
    Mode,
    NewSource,
    RenderRequest,
    Sampler,
    Stereo,
    frames,
    parse_request,
    seconds,
)
from engine.protocol.sources import SourceKind
from engine.takes.making import Making, apply, recall, recipe_of
from engine.takes.notes import Notes
from engine.takes.recipe import Recipe, decode_recipe, encode_recipe
from tests.engine.takes.making import MADE, recipe, record
from tests.engine.takes.test_notes import splice

SOURCE = FileSource("/home/somebody/film/scene 4.wav", frames(1_000), frames(9_000))
OTHER = FileSource("/elsewhere/b.wav", frames(0), frames(16_000))


def ask(**fields: Any) -> RenderRequest:
    """A request for a region of a recording."""
    values = {"source": SOURCE, "prompt": "boots on gravel"} | fields
    return RenderRequest(job_id="job", **values)


def made(request: RenderRequest, model: OnnxModel, **changes: Any) -> Recipe:
    """The recipe of its first take."""
    values: dict[str, Any] = {
        "uuid": UUID(int=1),
        "made": MADE,
        "take": 0,
        "seed": request.seed,
        "start_frame": 1_000,
        "end_frame": 9_000,
        "sample_rate": 16_000,
        "channels": 1,
    }
    return recipe_of(request, model.specification, Making(**(values | changes)))


def bare(source: object = OTHER, **fields: Any) -> RenderRequest:
    """A request that says nothing but what it works on, and names a recipe, as the parser makes it."""
    given = frozenset({"path", "start", "end", "recipe", *fields})
    return RenderRequest("new", source, **({"prompt": ""} | fields), recipe="/a/take.wav", given=given)


class TestMaking:
    """What a recipe says."""

    def test_every_default_is_filled_in(self, tiny_model: OnnxModel) -> None:
        """With what it came to, so that another default later changes nothing."""
        told, defaults = made(ask(), tiny_model), tiny_model.specification.defaults
        expected = (defaults.steps, defaults.sampler, defaults.guidance, "tiny", 0.6, "keep")
        names = ("steps", "sampler", "guidance", "model", "strength", "stereo")
        assert expected == tuple(told.settings[name] for name in names)
        assert ("prompt",) == told.given

    def test_who_made_it_and_under_which_licence(self, tiny_model: OnnxModel) -> None:
        """The model to the bit."""
        told = made(ask(), tiny_model)
        assert ("tiny", "CC0-1.0", 64) == (told.model, told.licence, len(told.model_hash))

    def test_no_path_is_in_it(self, tiny_model: OnnxModel) -> None:
        """Names only, and nothing about where the take went."""
        request = ask(output="/home/somebody/out.wav", guide="/home/somebody/mouth.wav", priority=3)
        text = encode_recipe(made(request, tiny_model))
        assert "somebody" not in text and "scene 4.wav" in text and "mouth.wav" in text
        assert "priority" not in text and "output" not in text

    def test_the_take_has_its_own_seed_and_alternatives(self, tiny_model: OnnxModel) -> None:
        """What the second take of a job had, as if it had been asked for alone."""
        request = ask(prompt="boots on {gravel|snow}", seed=5, takes=2)
        told = made(request, tiny_model, take=1, seed=6)
        assert (6, "boots on snow", 2) == (told.seed, told.prompt, told.take)

    def test_its_json_is_read_back_without_a_warning(self, tiny_model: OnnxModel) -> None:
        """Lists and choices, too."""
        request = ask(
            mode=Mode.INPAINT,
            mask_seconds=((0.1, 0.2), (0.3, 0.4)),
            markers=((0.1, "hit"),),
            along=((0.2, "boots on snow"),),
            sampler=Sampler.DDIM,
        )
        told = made(request, tiny_model)
        assert ((), told) == (
            decode_recipe(encode_recipe(told)).warnings,
            decode_recipe(encode_recipe(told)).recipe,
        )


class TestApplying:
    """What a recipe fills in."""

    def test_everything_that_is_not_given(self, tiny_model: OnnxModel) -> None:
        """And nothing of what is worked on, or where it goes."""
        told = made(ask(strength=0.3, steps=7, negative="wind", seed=9), tiny_model)
        applied = apply(told, bare(output="/out.wav"))
        expected = ("boots on gravel", 0.3, 7, "wind", 9, "tiny")
        found = (
            applied.prompt,
            applied.strength,
            applied.steps,
            applied.negative,
            applied.seed,
            applied.model,
        )
        assert expected == found
        assert (OTHER, "/out.wav", "new") == (applied.source, applied.output, applied.job_id)

    def test_what_is_given_stays(self, tiny_model: OnnxModel) -> None:
        """Even where it is the default."""
        told = made(ask(strength=0.3, seed=9), tiny_model)
        applied = apply(told, bare(prompt="rain", strength=0.6, seed=0))
        assert ("rain", 0.6, 0) == (applied.prompt, applied.strength, applied.seed)

    def test_without_a_list_of_what_is_given_defaults_are_not(self, tiny_model: OnnxModel) -> None:
        """A request that was made in Python says only what it does not leave at its default."""
        told = made(ask(strength=0.3, seed=9), tiny_model)
        applied = apply(told, ask(source=OTHER, prompt="rain", strength=0.4))
        assert ("rain", 0.4, 9) == (applied.prompt, applied.strength, applied.seed)

    def test_another_model_has_its_own_defaults(self, tiny_model: OnnxModel) -> None:
        """Only what was given to the one counts for the other."""
        told = made(ask(strength=0.3, seed=9), tiny_model)
        applied = apply(told, bare(model="large"))
        assert ("large", 0, None, 0.3, 9) == (
            applied.model,
            applied.steps,
            applied.sampler,
            applied.strength,
            applied.seed,
        )

    def test_the_number_of_takes_is_the_jobs(self, tiny_model: OnnxModel) -> None:
        """The recipe is of one."""
        told = made(ask(takes=4, candidates=1, rank=True, time_reference=77), tiny_model)
        applied = apply(told, bare())
        assert (1, False, -1) == (applied.takes, applied.rank, applied.time_reference)

    def test_what_belongs_to_another_mode_is_left(self, tiny_model: OnnxModel) -> None:
        """A mask has no meaning in a transfer."""
        told = made(ask(mode=Mode.INPAINT, mask_seconds=((0.1, 0.2),)), tiny_model)
        assert ((), Mode.TRANSFER) == (
            apply(told, bare(mode=Mode.TRANSFER)).mask_seconds,
            apply(told, bare(mode=Mode.TRANSFER)).mode,
        )
        assert ((0.1, 0.2),) == apply(told, bare()).mask_seconds

    def test_a_sound_for_each_channel_is_left_where_none_is_new(self, tiny_model: OnnxModel) -> None:
        """An edit has one; a new sound in two channels gets what the recipe's had."""
        told = made(ask(mode=Mode.GENERATE, stereo=Stereo.EACH), tiny_model)
        stereo, mono = (bare(NewSource(48_000, count, 48_000), mode=Mode.GENERATE) for count in (2, 1))
        assert Stereo.KEEP is apply(told, replace(bare(mode=Mode.TRANSFER), given=frozenset({"mode"}))).stereo
        assert (Stereo.EACH, Stereo.KEEP) == (apply(told, stereo).stereo, apply(told, mono).stereo)

    def test_a_new_sound_from_the_recipe_of_an_edit(self, tiny_model: OnnxModel) -> None:
        """There is no recording to keep anything of."""
        told = made(ask(low_hz=100.0, strength=0.3, stereo=Stereo.WIDE, guide="region"), tiny_model)
        applied = apply(told, bare(NewSource(48_000, 1, 48_000), mode=Mode.GENERATE))
        assert (Mode.GENERATE, 0.0, Stereo.KEEP, "", "boots on gravel") == (
            applied.mode,
            applied.low_hz,
            applied.stereo,
            applied.guide,
            applied.prompt,
        )

    def test_a_loop_gets_no_ends_from_a_recipe(self) -> None:
        """Every take says how long it lasts: none could become a loop."""
        told = recipe(settings={"mode": "generate", "sounding": 0.5, "fade_out": 0.1, "windows": "averaged"})
        looped = apply(told, bare(loop=True, mode=Mode.GENERATE))
        assert (-1.0, 0.0, None) == (looped.sounding_seconds, looped.fade_out_seconds, looped.windows)
        assert 0.5 == apply(told, bare(mode=Mode.GENERATE)).sounding_seconds

    def test_a_path_never_comes_from_a_recipe(self) -> None:
        """The engine was not asked whether it may read it."""
        assert "" == apply(recipe(settings={"guide": "/etc/passwd"}), bare()).guide

    def test_times_beyond_the_region_are_said(self) -> None:
        """In one sentence, with the key that has to be given."""
        told = recipe(settings={"mode": "inpaint", "mask": "0.5-6"})
        with pytest.raises(EngineError, match="mask") as caught:
            apply(told, bare(FileSource("/b.wav", seconds(0.0), seconds(1.0))))
        assert ErrorCode.BAD_REGION == caught.value.code

    def test_a_recipe_without_a_prompt(self) -> None:
        """One must come from somewhere."""
        told = recipe()
        told = replace(told, settings={"seed": 3}, given=())
        with pytest.raises(EngineError, match="prompt"):
            apply(told, bare())

    @given(strength=st.floats(0, 1), seed=st.integers(0, 2**31 - 1), tilt=st.floats(0, 1))
    def test_applied_to_nothing_it_is_the_request_again(
        self, strength: float, seed: int, tilt: float
    ) -> None:
        """The same keys to the last bit, through JSON."""
        settings = {"strength": strength, "seed": seed, "tilt": tilt, "prompt": "rain"}
        told = decode_recipe(encode_recipe(recipe(settings=settings))).recipe
        applied = apply(told, bare())
        assert (strength, seed, tilt, "rain") == (
            applied.strength,
            applied.seed,
            applied.tilt,
            applied.prompt,
        )


class TestRecalling:
    """From a take's file."""

    def test_the_newest_recipe_counts(self, tmp_path) -> None:
        """Of a recording that was edited twice; what is lost on the way is said."""
        texts = [encode_recipe(recipe(n, settings={"guide": "mouth.wav", "warp": 1})) for n in (1, 2)]
        first = splice(record(tmp_path / "in.wav"), tmp_path / "a.wav", Notes(recipe=texts[0]))
        second = splice(first, tmp_path / "b.wav", Notes(recipe=texts[1]))
        given = [("path", ("s", "/x.wav")), ("start", ("i", 0)), ("end", ("i", 16_000))]
        given += [("recipe", ("s", str(second))), ("strength", ("d", 0.6))]
        arguments = [("s", "job"), *(word for name, value in given for word in (("s", name), value))]
        packet = encode_message("/punchin/render", arguments)
        asked = parse_request(decode_packet(packet)[0]).request
        request, warnings = recall(asked)
        assert (2, 0.6, "boots on wet gravel") == (request.seed, request.strength, request.prompt)
        assert 2 == len(warnings) and "mouth.wav" in warnings[1]

    def test_a_request_without_one_stays(self) -> None:
        """Nothing is read."""
        assert (ask(), ()) == recall(ask())

    @pytest.mark.parametrize(
        ("name", "code"), [("none.wav", ErrorCode.NOT_FOUND), ("in.wav", ErrorCode.NOT_FOUND)]
    )
    def test_a_file_without_one(self, tmp_path, name: str, code: ErrorCode) -> None:
        """One sentence: it is not there, or it was not made here."""
        record(tmp_path / "in.wav")
        with pytest.raises(EngineError) as caught:
            recall(replace(bare(), recipe=str(tmp_path / name)))
        assert code == caught.value.code


def test_the_kinds_of_place() -> None:
    """A stream and a new sound have no name."""
    assert "" == recipe(place=replace(recipe().place, kind=SourceKind.NEW, name="")).place.name
