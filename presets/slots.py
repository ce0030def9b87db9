r"""Places in a prompt that whoever uses the preset fills: ``{surface}``, and ``{}``, which is the slot "it".

Only names that the preset declares are slots. Everything else in braces is the engine's, such as
``{gravel|snow}``, and after a backslash a brace is the sign itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from presets.errors import bad, quoted
from presets.preset import MAX_PROMPT_CHARACTERS, Preset

UNNAMED = "it"

_PLACE = re.compile(r"\\.|\{(?P<name>[a-z][a-z0-9_]*)?\}", re.DOTALL)


def slot_names(preset: Preset) -> tuple[str, ...]:
    """Its slots, in the order of the prompt."""
    found = (*_names(preset.prompt, preset.slots), *_names(preset.negative, preset.slots))
    return tuple(dict.fromkeys(found))


def some_slots(preset: Preset) -> dict[str, str]:
    """Something for every slot that the preset leaves open, to see what comes of it."""
    return {name: "something" for name in slot_names(preset) if not preset.slots.get(name, "").strip()}


def check_slots(preset: Preset) -> None:
    """Raises PresetError for a slot that is declared and stands nowhere."""
    unused = sorted(preset.slots.keys() - set(slot_names(preset)))
    if unused:
        raise bad(f"The slot {unused[0]} stands nowhere in the prompt: write {{{unused[0]}}} where it goes.")


def filled(preset: Preset, given: Mapping[str, str]) -> tuple[str, str]:
    """Prompt and negative prompt with every slot filled; what is given goes before the preset's own words.

    Raises PresetError for a slot that is not there, and for one that nothing fills.
    """
    names = slot_names(preset)
    for name in given:
        if name not in names:
            there = f"it has {', '.join(names)}" if names else "it has none"
            raise bad(f"The preset {quoted(preset.name)} has no slot {quoted(name)}; {there}.")
    words = {name: given.get(name, preset.slots.get(name, "")) for name in names}
    for name, text in words.items():
        if not text.strip():
            raise bad(f"The preset {quoted(preset.name)} wants to know {name}: fill that slot.")
    return _fill(preset.prompt, words), _fill(preset.negative, words)


def _names(text: str, declared: Mapping[str, str]) -> Iterator[str]:
    for match in _PLACE.finditer(text):
        name = _name(match)
        if name == UNNAMED or name in declared:
            yield name


def _name(match: re.Match[str]) -> str:
    """ "" for an escaped sign."""
    return "" if match[0].startswith("\\") else match["name"] or UNNAMED


def _fill(text: str, words: Mapping[str, str]) -> str:
    whole = _PLACE.sub(lambda match: words.get(_name(match), match[0]), text)
    if len(whole) > MAX_PROMPT_CHARACTERS:
        raise bad(
            f"With its slots the prompt has {len(whole)} characters; {MAX_PROMPT_CHARACTERS} are the most."
        )
    return whole
