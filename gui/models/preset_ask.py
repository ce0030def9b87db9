"""A preset becomes the panel's settings: what has a field goes there, every other key is carried. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby
from typing import Any

from engine.errors import EngineError
from engine.protocol.keys import Key
from engine.protocol.requests import Mode
from engine.protocol.vocabulary import RENDER_KEYS
from gui.models.ask import ADVANCED, EXTRAS, Advanced, Ask, Task
from gui.models.engine_words import in_our_words
from gui.models.error_words import in_words
from gui.models.setting_words import said_of
from gui.models.words import translate
from presets.effects import Effect
from presets.preset import Preset, SeedPolicy, Setting
from presets.resolve import resolve

_KEYS: Mapping[str, Key] = {key.name: key for key in RENDER_KEYS}
_TASKS = {Mode.GENERATE: Task.GENERATE, Mode.TRANSFER: Task.RESTYLE, Mode.INPAINT: Task.FILL}
_ASKED = frozenset(item.name for item in fields(Ask)) - {"advanced", "preset", "extras", "effects", "task"}


@dataclass(frozen=True)
class Applied:
    """sentences: what it could not do, for the user."""

    ask: Ask
    sentences: tuple[str, ...] = ()


def applied(
    ask: Ask,
    preset: Preset,
    slots: Mapping[str, str],
    has_recording: bool,
    new_seed: Callable[[], int],
    installed: Collection[str] | None = None,
) -> Applied:
    """The settings with a preset's. What it says nothing of and has a field keeps its value or, where that
    may be what another preset said, goes back to the default.

    installed: models; None: not known. Raises PresetError for slots that are not there or not filled.
    """
    resolved = resolve(preset, slots, new_seed, installed)
    values, complaints = _read(resolved.keys)
    made = replace(
        ask,
        **_usual() | {name: value for name, value in values.items() if name in _ASKED},
        **_seconds(values),
        seed_locked=_locked(ask, preset),
        task=_TASKS[values["mode"]],
        advanced=_advanced(ask, values),
        preset=preset.name,
        extras={name: resolved.keys[name] for name in values if name in EXTRAS},
        effects=resolved.effects,
    )
    return Applied(made, (*map(in_our_words, resolved.notes), *complaints, *_needs(preset, has_recording)))


def without_preset(ask: Ask) -> Ask:
    """What is in the fields stays; what a preset put beside them goes."""
    return replace(ask, preset="", extras={}, effects=(), channels=1)


def carried(ask: Ask) -> str:
    """What goes along without a field of its own, in words; "" for nothing."""
    parts = [said_of(name, value) for name, value in ask.extras.items()]
    if ask.channels > 1:
        parts.append(translate("Panel", "{0} channels").format(ask.channels))
    if ask.effects:
        parts.append(translate("Panel", "effects {0}").format(_counted(ask.effects)))
    return " · ".join(parts)


def _counted(effects: Sequence[Effect]) -> str:
    """Their names in the order they are played in; of some in a row that are called alike, how many."""
    rows = [(title, len(list(alike))) for title, alike in groupby(effect.title for effect in effects)]
    many = translate("Panel", "{0} x {1}")
    return ", ".join(title if count == 1 else many.format(count, title) for title, count in rows)


def _usual() -> dict[str, Any]:
    return {"negative": "", "loop": False, "vary": 0.0, "channels": 1}


def _read(keys: Mapping[str, Setting]) -> tuple[dict[str, Any], list[str]]:
    """Checked as the engine will; a sentence for each that it would refuse."""
    values: dict[str, Any] = {}
    complaints = []
    for name, value in keys.items():
        try:
            values[name] = _KEYS[name].read(value)
        except EngineError as error:
            complaints.append(in_words(error))
    return values, complaints


def _seconds(values: Mapping[str, Any]) -> dict[str, Any]:
    """Bars of a tempo say how long a new sound is, where nothing else does."""
    if "seconds" in values or not (values.get("bars") and values.get("tempo")):
        return {}
    return {"seconds": values["bars"] * values.get("beats_per_bar", 4) * 60 / values["tempo"]}


def _locked(ask: Ask, preset: Preset) -> bool:
    match preset.seed_policy:
        case SeedPolicy.FIXED:
            return True
        case SeedPolicy.NEW:
            return False
        case SeedPolicy.CLIENT:
            return ask.seed_locked


def _advanced(ask: Ask, values: Mapping[str, Any]) -> Advanced:
    """The model is the user's choice unless the preset has one."""
    said = {ADVANCED[name]: value for name, value in values.items() if name in ADVANCED}
    return replace(Advanced(model=ask.advanced.model), **said)


def _needs(preset: Preset, has_recording: bool) -> tuple[str, ...]:
    if has_recording or preset.mode.value == Mode.GENERATE:
        return ()
    text = translate("Panel", "{0} works on a recording: open one, or a new sound is made.")
    return (text.format(preset.name),)
