"""``punchin recipe FILE``: how a take was made, as its own file says."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.commands.arguments import add_json_option
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.takes.reading import read_newest, read_recipes
from engine.takes.recipe import Recipe, encode_recipe

_TEXT_COLUMNS = 90
EPILOG = "A recipe makes its take again: punchin render IN OUT --region START:END --recipe FILE."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("FILE", help="a take: WAV, RF64, FLAC, AIFF or CAF")
    parser.add_argument("--all", action="store_true", help="the recipes of every edit, the first one first")
    add_json_option(parser)


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Reads the file; no engine is asked."""
    path = Path(arguments.FILE)
    newest = read_newest(path)
    found = read_recipes(path)
    shown = found.recipes if arguments.all else (newest.recipe,)
    lines = [
        line for number, recipe in enumerate(shown) for line in ("",) * bool(number) + tuple(describe(recipe))
    ]
    more = len(found.recipes) - len(shown)
    if more > 0:
        lines += [
            "",
            f"{more} earlier edit{'s' if more > 1 else ''} of this recording: add --all to see them.",
        ]
    warnings = dict.fromkeys((*newest.warnings, *found.warnings))
    value = {"file": str(path), "recipes": [_plain(recipe) for recipe in shown], "warnings": list(warnings)}
    return Outcome(value, tuple(lines), " ".join(warnings))


def describe(recipe: Recipe) -> Iterator[str]:
    """A recipe as lines; what was given stands before what was filled in."""
    place = recipe.place
    yield _row("prompt", recipe.prompt)
    yield _row("seed", str(recipe.seed))
    yield _row("model", f"{recipe.model}  ({recipe.licence})")
    if recipe.model_hash:
        yield _row("model hash", recipe.model_hash)
    yield _row("made", f"{recipe.made} by Punch-In {recipe.engine}, take {recipe.take}")
    if recipe.category:
        yield _row("UCS", recipe.category)
    seconds = (place.end_frame - place.start_frame) / max(1, place.sample_rate)
    region = f"frames {place.start_frame} to {place.end_frame} ({seconds:.3f} s at {place.sample_rate} Hz)"
    yield _row("region", f"{region} of {place.name or f'a {place.kind} sound'}")
    shown = {"prompt", "seed", "model"}
    yield from (_row(name, _shown(recipe.settings[name])) for name in recipe.given if name not in shown)
    yield from (_row("effect", _effect(effect)) for effect in recipe.effects)
    filled_in = sorted(recipe.settings.keys() - {*recipe.given, *shown})
    texts = (f"{name} {_shown(recipe.settings[name])}" for name in filled_in)
    yield from _paragraph("by default", printable(", ".join(texts)))
    yield _row("take", recipe.uuid)


def _effect(effect: Mapping[str, object]) -> str:
    """Its name and parameters; a plugin's state is for that plugin to read."""
    name = effect.get("plugin") or effect.get("effect")
    said = (
        f"{key}={_shown(value)}" for key, value in effect.items() if key not in ("effect", "plugin", "state")
    )
    return " ".join((str(name), *said))


def printable(text: str) -> str:
    """A text from a file that may be anybody's, as one line that a terminal only shows."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _row(name: str, text: str) -> str:
    return f"{name:<14}  {printable(text)}"


def _paragraph(name: str, text: str) -> Iterator[str]:
    for line in textwrap.wrap(text, _TEXT_COLUMNS, break_long_words=False, break_on_hyphens=False):
        yield _row(name, line)
        name = ""


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(recipe: Recipe) -> dict[str, Any]:
    values = json.loads(encode_recipe(recipe))
    assert isinstance(values, dict)
    return values
