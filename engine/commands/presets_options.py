"""What the command line says about a preset's contents, for ``punchin presets save`` and ``edit``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.commands.arguments import UsageError, number, quoted, whole
from engine.protocol.keys import Key, Kind, suggestion
from engine.protocol.sources import SourceKind
from engine.protocol.vocabulary import RENDER_KEYS
from engine.takes.recipe import Place, Recipe
from presets.document import effects_of_tables
from presets.effects import Effect
from presets.errors import PresetError
from presets.lines import effect_of_line
from presets.preset import Mode, Preset, SeedPolicy, Setting, tidy_tag
from presets.resolve import SETTINGS

KEYS = {key.name: key for key in RENDER_KEYS if key.name in SETTINGS}
_PLAIN = (
    "prompt",
    "negative",
    "strength",
    "takes",
    "steps",
    "guidance",
    "seed",
    "model",
    "category",
    "notes",
)
_PLAIN_IN_RECIPES = ("negative", "steps", "guidance", "model")
_SWITCH = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def add_content_options(row: argparse.ArgumentParser) -> None:
    """Everything a preset holds beside its name."""
    add = row.add_argument
    add("--prompt", metavar="TEXT", help="what it should sound like; {a|b} are alternatives, {} is a slot")
    add("--negative", metavar="TEXT", help="what it should not sound like")
    add("--mode", choices=[mode.value for mode in Mode], help="what happens to the region")
    add("--strength", type=number, metavar="X", help="how much of the region is made anew: 0 to 1")
    add("--takes", type=whole, metavar="N", help="how many takes")
    add("--steps", type=whole, metavar="N", help="how many denoising steps; 0: the model's own")
    add("--guidance", type=number, metavar="X", help="how firmly to follow the prompt")
    add("--seed", type=whole, metavar="N", help="which noise; it counts with --seed-policy fixed")
    add(
        "--seed-policy",
        choices=[policy.value for policy in SeedPolicy],
        help="fixed: always that seed; new: another each time; client: as is said when it is used",
    )
    add("--model", metavar="NAME", help="the model it is meant for, used if it is installed")
    add("--category", metavar="ID", help="UCS category, such as FEETHmn")
    add("--notes", metavar="TEXT", help="what you want to remember")
    add("--tags", metavar="A,B", help="its tags, in the place of those it has")
    add(
        "--slot",
        action="append",
        metavar="KEY=TEXT",
        help="a slot {KEY} of the prompt and what fills it if nothing is said; KEY= has to be filled",
    )
    add(
        "--set",
        action="append",
        metavar="KEY=VALUE",
        help=f"another key of a request: {', '.join(sorted(KEYS))}",
    )
    add("--unset", action="append", metavar="KEY", help="no longer say anything of this key or slot")
    add(
        "--effect",
        action="append",
        metavar="'NAME KEY=VALUE ...'",
        help="an effect of the post chain, in the place of those it has; again for each; '' for none",
    )


def with_contents(preset: Preset, arguments: argparse.Namespace) -> Preset:
    """The preset with what was said. Raises UsageError, PresetError or EngineError."""
    said: dict[str, Any] = {name: getattr(arguments, name) for name in _PLAIN}
    said["mode"] = arguments.mode and Mode(arguments.mode)
    said["seed_policy"] = arguments.seed_policy and SeedPolicy(arguments.seed_policy)
    if arguments.tags is not None:
        said["tags"] = tuple(dict.fromkeys(tidy_tag(tag) for tag in arguments.tags.split(",") if tag.strip()))
    if arguments.effect is not None:
        said["effects"] = tuple(effect_of(text) for text in arguments.effect if text.strip())
    if arguments.slot or arguments.unset:
        said["slots"] = _without(preset.slots, arguments.unset) | dict(map(_pair, arguments.slot or ()))
    if arguments.set or arguments.unset:
        said["settings"] = _without(preset.settings, arguments.unset) | dict(
            map(_setting, arguments.set or ())
        )
    return replace(preset, **{name: value for name, value in said.items() if value is not None})


def are_given(arguments: argparse.Namespace) -> bool:
    """Was anything said of the contents?"""
    names = (*_PLAIN, "mode", "seed_policy", "tags", "effect", "slot", "set", "unset")
    return any(getattr(arguments, name) is not None for name in names)


def preset_of_take(name: str, path: Path) -> Preset:
    """What the recipe in a take's file asked for. Raises EngineError or PresetError."""
    from engine.takes.reading import read_newest

    return preset_of_recipe(name, read_newest(path).recipe)


def preset_of_recipe(name: str, recipe: Recipe) -> Preset:
    """What was given, not what defaults came to; the seed is noted, and counts once its policy is fixed."""
    given = {key: recipe.settings[key] for key in recipe.given}
    mode = Mode(str(recipe.settings.get("mode", Mode.GENERATE)))
    plain: dict[str, Any] = {key: given[key] for key in _PLAIN_IN_RECIPES if key in given}
    if mode is Mode.TRANSFER and "curve" not in given and "strength" in recipe.settings:
        plain["strength"] = recipe.settings["strength"]
    return Preset(
        name=name,
        prompt=recipe.prompt,
        category=recipe.category,
        mode=mode,
        seed=recipe.seed,
        settings={key: value for key, value in given.items() if key in SETTINGS and _is_of_sound(key)}
        | _shape(recipe.place),
        effects=effects_of_tables(recipe.effects),
        **plain,
    )


def _shape(place: Place) -> dict[str, Setting]:
    """How long and how wide a new sound was; a region is as long as whoever selects it wants."""
    if place.kind is not SourceKind.NEW or not place.sample_rate:
        return {}
    seconds = round((place.end_frame - place.start_frame) / place.sample_rate, 3)
    return {"seconds": seconds, "channels": place.channels} if place.channels > 1 else {"seconds": seconds}


def _is_of_sound(key: str) -> bool:
    """How many there were of it, and how many tries, is not how it sounds."""
    return key not in ("candidates", "rank", "pack", "retries", "seconds")


def _without(there: Mapping[str, Any], names: list[str] | None) -> dict[str, Any]:
    return {key: value for key, value in there.items() if key not in (names or ())}


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"Write KEY=TEXT, not {quoted(text)}.")
    return name.strip(), value.strip()


def _setting(text: str) -> tuple[str, Setting]:
    name, value = _pair(text)
    key = KEYS.get(name.replace("-", "_"))
    if key is None:
        raise UsageError(f"--set: a preset has no key {quoted(name)}; {suggestion(name, KEYS)}")
    read = _typed(key, value)
    key.read(read)  # for its range
    return key.name, read


def _typed(key: Key, value: str) -> Setting:
    """As OSC would carry it."""
    try:
        match key.kind:
            case Kind.WHOLE:
                return whole(value)
            case Kind.NUMBER:
                return number(value)
            case Kind.SWITCH:
                return _SWITCH[value.lower()]
            case _:
                return value
    except (argparse.ArgumentTypeError, KeyError):
        raise UsageError(f"--set: {key.name} is a {key.kind}, not {quoted(value)}.") from None


def effect_of(text: str) -> Effect:
    """Of ``Reverb room_size=0.5`` or ``VST3 plugin=ZamCompX2 ratio=4``. Raises UsageError."""
    try:
        return effect_of_line(text)
    except PresetError as error:
        raise UsageError(f"--effect: {error.sentence}") from None
