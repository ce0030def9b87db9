"""Presets as people read them: a table, and all about one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from engine.commands.recipe import printable
from presets.document import encode
from presets.preset import Preset, SeedPolicy
from presets.store import Entry

_NAME_COLUMNS, _PROMPT_COLUMNS = 28, 52


def table(entries: Sequence[Entry]) -> Iterator[str]:
    """One line each; a star marks the user's own."""
    if not entries:
        yield "no presets"
        return
    yield f"  {'name':<{_NAME_COLUMNS}}  {'mode':<8}  {'prompt':<{_PROMPT_COLUMNS}}  tags"
    for entry in entries:
        preset = entry.preset
        prompt = printable(preset.prompt)
        if len(prompt) > _PROMPT_COLUMNS:
            prompt = f"{prompt[: _PROMPT_COLUMNS - 3]}..."
        name = f"{preset.name:<{_NAME_COLUMNS}}"
        mark = " " if entry.is_factory else "*"
        tags = ", ".join(preset.tags)
        yield f"{mark} {name}  {preset.mode:<8}  {prompt:<{_PROMPT_COLUMNS}}  {tags}".rstrip()


def described(entry: Entry) -> Iterator[str]:
    """Everything it says, and where it is."""
    preset = entry.preset
    rows: dict[str, object] = {
        "name": preset.name,
        "prompt": preset.prompt,
        "not": preset.negative,
        **{f"slot {name}": text or "(has to be filled)" for name, text in preset.slots.items()},
        "mode": preset.mode,
        "strength": preset.strength,
        "takes": preset.takes,
        "steps": preset.steps,
        "guidance": preset.guidance,
        "seed": _seed(preset),
        "model": preset.model,
        "UCS": preset.category,
        **preset.settings,
        **{f"effect {n}": _effect_text(preset, n) for n in range(1, len(preset.effects) + 1)},
        "tags": ", ".join(preset.tags),
        "notes": preset.notes,
        "file": f"{entry.path}{'  (comes with Punch-In)' if entry.is_factory else ''}",
    }
    for name, value in rows.items():
        if value not in (None, ""):
            yield f"{printable(name):<14}  {printable(_shown(value))}"


def plain(entry: Entry) -> dict[str, object]:
    """Everything, for programs: the keys of its file."""
    import tomllib

    table = tomllib.loads(encode(entry.preset).decode("utf-8"))
    values: dict[str, object] = json.loads(json.dumps(table, default=str))
    return {**values, "factory": entry.is_factory, "file": str(entry.path)}


def _seed(preset: Preset) -> str:
    match preset.seed_policy:
        case SeedPolicy.FIXED:
            return str(preset.seed)
        case SeedPolicy.NEW:
            return "another each time"
        case SeedPolicy.CLIENT:
            return f"as you say (it was {preset.seed})" if preset.seed else ""


def _effect_text(preset: Preset, number: int) -> str:
    effect = preset.effects[number - 1]
    return " ".join((effect.title, *(f"{name}={_shown(value)}" for name, value in effect.parameters.items())))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
