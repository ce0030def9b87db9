"""A preset as a form: what was typed becomes the preset, and the engine's limits are looked at. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.acceptance import check_keys
from engine.errors import EngineError
from gui.models.preset_saving import tags_of
from presets.errors import bad, quoted
from presets.lines import effect_lines, effects_of_lines, setting_lines, settings_of_lines
from presets.preset import Mode, Preset, SeedPolicy
from presets.resolve import SETTINGS, resolve
from presets.slots import check_slots, some_slots


@dataclass(frozen=True)
class PresetForm:
    """Every field of a preset as it is typed; None and "" leave it to who uses the preset."""

    name: str
    prompt: str
    tags: str = ""
    category: str = ""
    slots: str = ""  # a line for each: name = what fills it
    negative: str = ""
    mode: Mode = Mode.GENERATE
    strength: float | None = None
    takes: int | None = None
    steps: int | None = None
    guidance: float | None = None
    seed_policy: SeedPolicy = SeedPolicy.CLIENT
    seed: int = 0
    model: str = ""
    settings: str = ""  # lines
    effects: str = ""  # lines
    notes: str = ""


def form_of(preset: Preset) -> PresetForm:
    """A preset as it is shown."""
    return PresetForm(
        name=preset.name,
        prompt=preset.prompt,
        tags=", ".join(preset.tags),
        category=preset.category,
        slots="\n".join(f"{name} = {text}".rstrip() for name, text in preset.slots.items()),
        negative=preset.negative,
        mode=preset.mode,
        strength=preset.strength,
        takes=preset.takes,
        steps=preset.steps,
        guidance=preset.guidance,
        seed_policy=preset.seed_policy,
        seed=preset.seed,
        model=preset.model,
        settings=setting_lines(preset.settings),
        effects=effect_lines(preset.effects),
        notes=preset.notes,
    )


def preset_of_form(before: Preset, form: PresetForm) -> Preset:
    """What was typed, over the preset that was shown: what has no field stays.

    Raises PresetError for what no preset can be, or what the engine would refuse.
    """
    made = replace(
        before,
        name=" ".join(form.name.split()),
        prompt=form.prompt.strip(),
        tags=tags_of(form.tags),
        category=form.category.strip(),
        slots=_slots_of(form.slots),
        negative=form.negative.strip(),
        mode=form.mode,
        strength=form.strength,
        takes=form.takes,
        steps=form.steps,
        guidance=form.guidance,
        seed_policy=form.seed_policy,
        seed=form.seed,
        model=form.model.strip(),
        settings=settings_of_lines(form.settings),
        effects=effects_of_lines(form.effects, before.effects),
        notes=form.notes.strip(),
    )
    _check_settings(before, made)
    check_slots(made)
    check_accepted(made)
    return made


def check_accepted(preset: Preset) -> None:
    """Raises PresetError unless the engine would take it, slots filled with anything."""
    try:
        check_keys(resolve(preset, some_slots(preset), lambda: 0).keys)
    except EngineError as error:
        raise bad(error.sentence) from error


def _check_settings(before: Preset, made: Preset) -> None:
    """What a later version wrote stays; what is typed now is known, or a slip."""
    for name in made.settings:
        if name not in SETTINGS and name not in before.settings:
            raise bad(f"A preset has no setting {quoted(name)}.")


def _slots_of(text: str) -> dict[str, str]:
    slots: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        name, _, words = (part.strip() for part in line.partition("="))
        slots[name.strip("{}") or "it"] = words
    return slots
