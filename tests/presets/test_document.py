"""Preset files: what comes back, what stays, and what is refused in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presets.document import MAX_BYTES, decode, encode
from presets.effects import Effect
from presets.errors import NewerError, PresetError, Reason
from presets.preset import Mode, Preset
from tests.presets.presets import preset, presets


@given(presets())
@settings(deadline=None, max_examples=150)
def test_what_is_written_comes_back(one: Preset) -> None:
    """Every field, and what a later version put into the file."""
    assert one == decode(encode(one))


def test_a_table_of_nothing_but_a_table_is_emptied() -> None:
    """Its own header is written nowhere, so that it went with what was in it."""
    old, new = (replace(preset(), unknown={"k": value}) for value in ({"k": {}}, {}))
    assert new == decode(encode(new, encode(old)))


@given(presets(), presets())
@settings(deadline=None, max_examples=150)
def test_a_file_that_is_replaced_holds_the_new_preset(old: Preset, new: Preset) -> None:
    """Whatever was in it before."""
    assert new == decode(encode(new, encode(old)))


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=200)
def test_any_bytes_are_a_preset_or_are_refused(data: bytes) -> None:
    """In a sentence."""
    try:
        decode(data)
    except PresetError as error:
        assert error.sentence.endswith(".")


WRITTEN = b"""# Ours, for the western
schema = 1
name = "Gravel"  # not snow
prompt = "boots on gravel"
mode = "generate"
flavour = "dusty"

[settings]
# half a second is enough
seconds = 0.5

[future]
shine = 3
"""


def test_comments_and_unknown_keys_outlive_a_change() -> None:
    """Only what changed is written anew."""
    before = decode(WRITTEN)
    after = encode(replace(before, prompt="boots on {gravel|sand}", takes=4), WRITTEN).decode()

    assert {"flavour": "dusty", "future": {"shine": 3}} == before.unknown
    for kept in (
        "# Ours, for the western",
        "# not snow",
        "# half a second",
        'flavour = "dusty"',
        "shine = 3",
    ):
        assert kept in after
    assert replace(before, prompt="boots on {gravel|sand}", takes=4) == decode(after.encode())


def test_a_later_schema_is_refused_as_such() -> None:
    """With what to do; it is not called damaged."""
    with pytest.raises(NewerError, match="update Punch-In"):
        decode(b'schema = 2\nname = "x"\nprompt = {text = "new"}\n')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema = ", "not TOML"),
        ('name = "x"\nprompt = "y"', "which schema"),
        ('schema = true\nname = "x"\nprompt = "y"', "which schema"),
        ('schema = 1\nprompt = "y"', "no name"),
        ('schema = 1\nname = "x"', "no prompt"),
        ('schema = 1\nname = "x"\nprompt = 3', "prompt is a text"),
        ('schema = 1\nname = "???"\nprompt = "y"', "letter or digit"),
        ('schema = 1\nname = "x"\nprompt = "y"\nstrength = 1.5', "strength must be 0 to 1"),
        ('schema = 1\nname = "x"\nprompt = "y"\nstrength = nan', "strength must be"),
        ('schema = 1\nname = "x"\nprompt = "y"\ntakes = 2.5', "whole number"),
        ('schema = 1\nname = "x"\nprompt = "y"\nmode = "shout"', "generate, transfer, inpaint"),
        ('schema = 1\nname = "x"\nprompt = "y"\ntags = "a"', "tags is a list"),
        ('schema = 1\nname = "x"\nprompt = "y"\n[settings]\nlow_hz = [1]', "settings.low_hz"),
        ('schema = 1\nname = "x"\nprompt = "y"\n[slots]\nplace = "z"', "stands nowhere"),
        ('schema = 1\nname = "x"\nprompt = "y"\n[[effects]]\neffect = "Magic"', "no effect 'Magic'"),
        (
            'schema = 1\nname = "x"\nprompt = "y"\n[[effects]]\neffect = "Reverb"\nroom = 1',
            "no parameter 'room'",
        ),
        ('schema = 1\nname = "x"\nprompt = "y"\n[[effects]]\neffect = "Reverb"\nroom_size = 9', "0 to 1"),
        ('schema = 1\nname = "x"\nprompt = "y"\n[[effects]]\neffect = "VST3Plugin"', "no effect"),
        (f"schema = 1\nx = {'[' * 5000}", "not TOML"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    """So that whoever wrote it can mend it."""
    with pytest.raises(PresetError, match=words):
        decode(text.encode())


def test_files_of_any_size_are_not_read() -> None:
    """Far below what a file may be otherwise."""
    with pytest.raises(PresetError) as caught:
        decode(b"#" * (MAX_BYTES + 1))
    assert Reason.TOO_MUCH is caught.value.reason
    with pytest.raises(PresetError):
        encode(preset(unknown={"x": "y" * MAX_BYTES}))


def test_a_mark_at_the_beginning_is_no_fault() -> None:
    """Editors on Windows write one."""
    assert preset() == decode(b"\xef\xbb\xbf" + encode(preset()))


def test_effects_are_data() -> None:
    """In the order they are heard in."""
    chain = (Effect("HighpassFilter", {"cutoff_frequency_hz": 300.0}), Effect("Reverb", {"room_size": 0.2}))
    data = encode(preset(effects=chain, mode=Mode.TRANSFER, strength=0.0))
    assert b'effect = "Reverb"' in data
    assert (chain, 0.0) == (decode(data).effects, decode(data).strength)
