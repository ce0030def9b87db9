"""Effects and settings as a person types them."""

from __future__ import annotations

import pytest
from hypothesis import given

from presets.effects import Effect, packed_state
from presets.errors import PresetError
from presets.lines import effect_lines, effects_of_lines, setting_lines, settings_of_lines
from presets.preset import Preset
from tests.presets.presets import presets


@given(presets())
def test_what_is_shown_is_what_is_read(preset: Preset) -> None:
    """A preset that is only looked at stays as it is, states of plugins too."""
    assert preset.effects == effects_of_lines(effect_lines(preset.effects), preset.effects)
    assert dict(preset.settings) == settings_of_lines(setting_lines(preset.settings))


def test_each_plugin_keeps_its_own_state() -> None:
    """Also when another is put before it, or one is taken away."""
    states = [packed_state(text) for text in (b"one", b"two")]
    before = tuple(Effect("VST3", {}, "Zam", state) for state in states)
    made = effects_of_lines("Gain gain_db=-3\nVST3 plugin=Zam ratio=2", before)
    assert (Effect("Gain", {"gain_db": -3.0}), Effect("VST3", {"ratio": 2.0}, "Zam", states[0])) == made
    assert states[0] not in effect_lines(before)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Reverb room", "PARAMETER=VALUE"),
        ("Reverb room_size=big", "a number"),
        ("Echo x=1", "no effect"),
        ('Reverb "', "can't be read"),
    ],
)
def test_a_slip_in_an_effect_is_told(text: str, why: str) -> None:
    """In a sentence about that line."""
    with pytest.raises(PresetError, match=why):
        effects_of_lines(text)


def test_settings_are_read_as_in_the_file() -> None:
    """A text may stand without its quotes."""
    expected = {"seconds": 3.0, "rank": True, "stereo": "wide", "along": "2 boots on snow"}
    assert expected == settings_of_lines(
        'seconds = 3.0\nrank = true\n\nstereo = wide\nalong = "2 boots on snow"'
    )
    for text in ("seconds", "seconds =", "tilt = 1\ntilt = 2", "tilt = [1]"):
        with pytest.raises(PresetError):
            settings_of_lines(text)


def test_a_text_may_hold_what_ends_lines_elsewhere() -> None:
    """U+0085 and U+2028 inside of quotes are letters like others."""
    settings = {"along": "a\x85b\u2028c"}
    assert settings == settings_of_lines(setting_lines(settings))
