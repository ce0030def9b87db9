"""A preset as part of a request: the only place where the engine's words and those of presets meet."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Mapping

from engine.commands.arguments import UsageError
from engine.errors import as_engine_error
from engine.protocol.osc import Argument
from engine.protocol.vocabulary import INT32_MAX
from presets.errors import PresetError
from presets.preset import Mode, Preset
from presets.resolve import Resolved, resolve
from presets.slots import UNNAMED, some_slots
from presets.store import Store

_SLOT = re.compile(r"(?:([a-z][a-z0-9_]*)\s*=)?(.*)", re.DOTALL)
_OF_NEW = ("seconds", "channels")


def read_slots(texts: list[str]) -> dict[str, str]:
    """``surface=gravel`` by name; what has no name fills the slot "it"."""
    slots: dict[str, str] = {}
    for text in texts:
        name, value = _SLOT.fullmatch(text).groups()  # type: ignore[union-attr]  # it matches all
        name = name or UNNAMED
        if name in slots:
            raise UsageError(f"--slot: {name} is filled twice.")
        slots[name] = value.strip()
    return slots


def keys_of(name: str, slots: list[str], new: bool) -> dict[str, Argument]:
    """What a preset asks for, by key; what is left out is said on stderr. ``new``: there is no recording.

    Raises UsageError or EngineError.
    """
    with as_engine_error(PresetError):
        preset = Store().find(name).preset
        if new and preset.mode is not Mode.GENERATE:
            raise UsageError(f"{preset.name!r} works on a recording: use it with 'punchin render'.")
        resolved = resolved_here(preset, read_slots(slots))
    for note in resolved.notes:
        print(f"note: {note}", file=sys.stderr)
    keys: dict[str, Argument] = dict(resolved.keys)
    if not new:
        for name in _OF_NEW:
            keys.pop(name, None)
    return keys


def resolved_here(preset: Preset, slots: Mapping[str, str]) -> Resolved:
    """With a seed of its own where it wants one, and the models that are installed. Raises PresetError."""
    from engine.models.catalogue import list_models

    installed = [model.name for model in list_models()] if preset.model else None
    return resolve(preset, slots, lambda: secrets.randbelow(INT32_MAX // 2), installed)


def check_accepted(preset: Preset) -> None:
    """Raises EngineError unless the engine would take what it asks for, slots filled with anything."""
    from engine.acceptance import check_keys

    with as_engine_error(PresetError):
        resolved = resolve(preset, some_slots(preset), lambda: 0)
    check_keys(resolved.keys)
