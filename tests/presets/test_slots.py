"""Slots of a prompt, beside the engine's own braces."""

from __future__ import annotations

import pytest

from presets.errors import PresetError
from presets.slots import filled, slot_names
from tests.presets.presets import preset


def test_slots_are_filled_and_everything_else_is_the_engines() -> None:
    """Alternatives, weights and escaped signs stay as they are."""
    one = preset(
        prompt=r"(boots:1.3) on {surface}, {wet|dry} {other} \{surface}", slots={"surface": "gravel"}
    )
    assert (r"(boots:1.3) on gravel, {wet|dry} {other} \{surface}", "") == filled(one, {})
    assert "on {snow|ice}," in filled(one, {"surface": "{snow|ice}"})[0]


def test_braces_with_nothing_inside_are_a_slot_that_has_to_be_filled() -> None:
    """Unless the preset has something for it."""
    one = preset(prompt="{} in a cave", negative="{}")
    assert ("it",) == slot_names(one)
    assert ("a dog in a cave", "a dog") == filled(one, {"it": "a dog"})
    with pytest.raises(PresetError, match="wants to know it"):
        filled(one, {})
    assert "a sound in a cave" == filled(preset(prompt="{} in a cave", slots={"it": "a sound"}), {})[0]


def test_a_slot_that_is_not_there_is_refused() -> None:
    """With those that are."""
    with pytest.raises(PresetError, match="no slot 'surfce'; it has surface"):
        filled(preset(prompt="on {surface}", slots={"surface": "x"}), {"surfce": "y"})


def test_a_prompt_stays_as_short_as_the_engine_wants_it() -> None:
    """Whatever is put into it."""
    with pytest.raises(PresetError, match="2000"):
        filled(preset(prompt="{}{}"), {"it": "x" * 1500})
