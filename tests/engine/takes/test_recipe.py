"""Recipes as JSON, from ourselves and from anybody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.takes.recipe import KEYS, MAX_RECIPE_BYTES, SCHEMA, decode_recipe, encode_recipe, plain_prompt
from tests.engine.takes.making import recipe

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=60)


def changed(**values: Any) -> str:
    """A recipe with some of its keys as they should not be."""
    return json.dumps(json.loads(encode_recipe(recipe())) | values)


@given(prompt=TEXT.filter(str.strip), negative=TEXT, seed=st.integers(0, 2**31 - 1), strength=st.floats(0, 1))
def test_a_recipe_comes_back(prompt: str, negative: str, seed: int, strength: float) -> None:
    """Whatever is in it, in ASCII, with sorted keys."""
    settings = {"prompt": prompt, "negative": negative, "seed": seed, "strength": strength}
    made = recipe(settings=settings)
    text = encode_recipe(made)
    reading = decode_recipe(text)
    assert (made, ()) == (reading.recipe, reading.warnings)
    assert text.isascii() and list(json.loads(text)) == sorted(json.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '"x"',
        "{}",
        "not JSON",
        "[" * 100_000,
        '{"punchin_recipe": true}',
        '{"punchin_recipe": "1"}',
        '{"punchin_recipe": 0}',
        '{"punchin_recipe": 1}',
        changed(uuid="../../etc/passwd"),
        changed(uuid="Z" * 32),
        changed(made="yesterday"),
        changed(made="2026-02-31T00:00:00Z"),
        changed(made="2026-03-01T12:00:00+99:99"),
        changed(made="0001-01-01T00:00:00+14:00"),
        changed(made="9999-12-31T23:59:59-14:00"),
        changed(model=["tiny"]),
        changed(model="x" * 2_000),
        changed(licence="a\0b"),
        changed(model="\ud800"),
        changed(model_hash="xyz"),
        changed(take=-1),
        changed(take=1e300),
        changed(take=True),
        changed(place=None),
        changed(place={"kind": "file", "name": "a"}),
        changed(place={"kind": "moon"}),
        changed(settings=[]),
        changed(given="prompt"),
        changed(given=[1]),
        changed(category="../x"),
        changed(take=float("nan")),
        b"\xff\xfe\x00",
        '{"punchin_recipe": 1, "take": ' + "9" * 10_000 + "}",
    ],
)
def test_what_makes_no_sense_is_refused(text: str | bytes) -> None:
    """In one sentence."""
    with pytest.raises(EngineError) as caught:
        decode_recipe(text)
    assert ErrorCode.BAD_ARGUMENT == caught.value.code
    assert caught.value.sentence.endswith(".") and "\n" not in caught.value.sentence


def test_a_recipe_that_is_too_long_is_not_read() -> None:
    """However innocent."""
    with pytest.raises(EngineError) as caught:
        decode_recipe(" " * (MAX_RECIPE_BYTES + 1))
    assert ErrorCode.TOO_MUCH == caught.value.code


def test_a_later_schema_is_refused() -> None:
    """With what to do."""
    with pytest.raises(EngineError, match="update Punch-In"):
        decode_recipe(changed(punchin_recipe=SCHEMA + 1))


def test_what_a_later_version_added_is_left_out_with_a_warning() -> None:
    """The rest is read."""
    text = changed(colour="red", settings={"prompt": "boots", "warp": 3, "seed": 7})
    reading = decode_recipe(text)
    assert {"prompt": "boots", "seed": 7} == reading.recipe.settings
    assert 2 == len(reading.warnings)
    assert ("prompt",) == reading.recipe.given


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strength", 7),
        ("strength", "much"),
        ("seed", -1),
        ("seed", None),
        ("seed", [1]),
        ("steps", 10**9),
        ("sampler", "euler"),
        ("prompt", "x" * 300_000),
        ("prompt", "a\0b"),
        ("mask", "3-1"),
        ("output", "/etc/passwd"),
        ("overwrite", True),
        ("path", "/etc/passwd"),
        ("recipe", "/etc/passwd"),
    ],
)
def test_a_setting_that_a_request_does_not_take_is_left_out(name: str, value: object) -> None:
    """By the protocol's own rules, with a warning; where a take goes is nobody else's to say."""
    reading = decode_recipe(changed(settings={"negative": "wind", name: value}))
    assert ({"negative": "wind"}, 1) == (reading.recipe.settings, len(reading.warnings))


def test_a_source_is_a_name_and_not_a_path() -> None:
    """Folders of whoever made it are nobody's business, and ours are not to be read from."""
    place = {
        "kind": "file",
        "name": "/home/a/b.wav",
        "start_frame": 0,
        "end_frame": 1,
        "sample_rate": 1,
        "channels": 1,
    }
    assert "b.wav" == decode_recipe(changed(place=place)).recipe.place.name
    assert "b.wav" == decode_recipe(changed(place=place | {"name": "C:\\a\\b.wav"})).recipe.place.name


def test_every_key_of_a_render_but_those_of_the_job_may_be_a_setting() -> None:
    """New ones come by themselves."""
    assert {"prompt", "seed", "curve", "along", "markers", "ucs"} <= KEYS.keys()
    assert KEYS.keys().isdisjoint(
        {"output", "overwrite", "scratch", "chunks", "priority", "recipe", "path", "start"}
    )


@given(st.text(max_size=80))
def test_any_prompt_has_a_plain_form(prompt: str) -> None:
    """Even one that is not in the language of prompts."""
    assert isinstance(plain_prompt(prompt), str)
