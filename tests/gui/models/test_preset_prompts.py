"""Prompts of presets as completions."""

from __future__ import annotations

from gui.models.preset_prompts import PresetPrompts
from presets.store import Store


def test_words_of_a_preset_bring_its_prompt() -> None:
    """Of its name too; one whose slot has to be filled offers nothing, and nothing typed asks nothing."""
    prompts = PresetPrompts()
    prompts.keep([entry for entry in Store().shelf().entries if entry.is_factory])
    assert any("rain" in text for text in prompts.matching("heavy rai"))
    assert not any("{}" in text for text in prompts.matching("radio"))
    assert [] == prompts.matching(" ")
