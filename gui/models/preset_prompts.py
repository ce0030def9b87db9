"""Prompts of presets, for who types words of one: of its name, its tags or itself."""

from __future__ import annotations

from collections.abc import Sequence

from presets.errors import PresetError
from presets.search import matching
from presets.slots import filled
from presets.store import Entry


class PresetPrompts:
    """What presets would say; those with a slot that has to be filled say nothing here."""

    def __init__(self) -> None:
        self.entries: tuple[Entry, ...] = ()

    def keep(self, entries: Sequence[Entry]) -> None:
        """All presets there are now."""
        self.entries = tuple(entries)

    def matching(self, typed: str) -> Sequence[str]:
        """Prompts of the presets that have all the words typed so far."""
        words = typed.split()
        return (
            [text for entry in matching(self.entries, words, ()) if (text := _prompt_of(entry))]
            if words
            else []
        )


def _prompt_of(entry: Entry) -> str:
    try:
        return filled(entry.preset, {})[0]
    except PresetError:
        return ""
