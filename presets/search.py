"""Finding presets: words that are all in them, and tags that they all have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from presets.preset import Preset, tidy_tag
from presets.store import Entry


def matching(
    entries: Iterable[Entry], words: Sequence[str] = (), tags: Sequence[str] = ()
) -> tuple[Entry, ...]:
    """Entries with every word (gra finds gravel) and every tag; those that have them in their name first."""
    wanted = [part for word in words for part in _words(word)]
    needed = {tidy_tag(tag) for tag in tags}
    found = [
        entry
        for entry in entries
        if needed <= set(entry.preset.tags) and _has(_words(_text(entry.preset)), wanted)
    ]
    return tuple(sorted(found, key=lambda entry: not _has(_words(entry.preset.name), wanted)))


def all_tags(entries: Iterable[Entry]) -> dict[str, int]:
    """Every tag and how many have it, in order."""
    tags = [tag for entry in entries for tag in entry.preset.tags]
    return {tag: tags.count(tag) for tag in sorted(set(tags))}


def _text(preset: Preset) -> str:
    parts = (preset.name, *preset.tags, preset.category, preset.prompt, *preset.slots.values(), preset.notes)
    return " ".join(parts)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _has(words: Sequence[str], wanted: Iterable[str]) -> bool:
    return all(any(word.startswith(part) for word in words) for part in wanted)
