"""A preset as part of a request: the only place where the engine's words and those of presets meet."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Mapping

from engine.commands.arguments import UsageError
from engine.errors import as_engine_error
from engine.protocol.osc import Argument, RawMessage
from engine.protocol.requests import parse_request
from engine.protocol.vocabulary import INT32_MAX
from presets.errors import PresetError
from presets.preset import Mode, Preset
from presets.resolve import Resolved, resolve
from presets.slots import UNNAMED, slot_names
from presets.store import Store

_SLOT = re.compile(r"(?:([a-z][a-z0-9_]*)\s*=)?(.*)", re.DOTALL)
# A region long enough for whatever a preset says of times.
_SOME_RECORDING: Mapping[str, Argument] = {"path": "/in.wav", "start": 0.0, "end": 1800.0}
_SOME_SECONDS = 10.0
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
    from engine.prompts import check_prompt
    from engine.takes.ucs import category_of

    given = {name: "something" for name in slot_names(preset) if not preset.slots.get(name, "").strip()}
    with as_engine_error(PresetError):
        keys: dict[str, Argument] = dict(resolve(preset, given, lambda: 0).keys)
    category_of(str(keys.get("ucs", "")), "")
    for name in ("prompt", "negative", "source_prompt"):
        check_prompt(str(keys.get(name, "")))
    pairs = _some_source(keys) | keys
    parse_request(
        RawMessage("/punchin/render", ("check", *(word for pair in pairs.items() for word in pair)))
    )


def _some_source(keys: dict[str, Argument]) -> dict[str, Argument]:
    """Something for these keys to work on; takes the length of a new sound from them where they say it."""
    seconds, channels = keys.pop("seconds", _SOME_SECONDS), keys.pop("channels", 2)
    if keys["mode"] != Mode.GENERATE:
        return {"path": "/in.wav", "start": 0, "end": 1} if "bars" in keys else dict(_SOME_RECORDING)
    return {"channels": channels} if "bars" in keys else {"channels": channels, "seconds": seconds}
