"""The recipes that a file carries, the newest last."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import EngineError, ErrorCode
from engine.takes.ixml import read_ixml
from engine.takes.notes import MAX_RECIPE_BYTES, MAX_RECIPES, Found, read_notes
from engine.takes.recipe import Reading, Recipe, decode_recipe


@dataclass(frozen=True)
class Recipes:
    """All that could be read, oldest first, and a sentence for everything that could not."""

    recipes: tuple[Recipe, ...]
    warnings: tuple[str, ...]


def recipe_texts(found: Found) -> tuple[bytes, ...]:
    """The recipes as they stand in a file."""
    inside = [text.encode("utf-8", "replace") for text in read_ixml(found.ixml).recipes]
    return (*(text for text in inside if len(text) <= MAX_RECIPE_BYTES), *found.recipes)[-MAX_RECIPES:]


def found_in(path: Path) -> Found:
    """What a file says of itself. Raises EngineError(NOT_FOUND or BAD_AUDIO)."""
    try:
        if not path.is_file():  # a pipe or a device could be waited for for ever
            raise EngineError(ErrorCode.NOT_FOUND, f"There is no file {path}; check the path.")
        with path.open("rb") as file:
            return read_notes(file)
    except OSError as error:
        raise EngineError(ErrorCode.BAD_AUDIO, f"{path} can't be read: {error.strerror}.") from error


def read_recipes(path: Path) -> Recipes:
    """Every recipe in a file. Raises EngineError(NOT_FOUND or BAD_AUDIO) for a file that can't be read."""
    recipes, warnings = [], []
    for text in recipe_texts(found_in(path)):
        try:
            reading = decode_recipe(text)
        except EngineError as error:
            warnings.append(error.sentence)
        else:
            recipes.append(reading.recipe)
            warnings += reading.warnings
    return Recipes(tuple(recipes), tuple(warnings))


def read_newest(path: Path) -> Reading:
    """How a take was made last. Raises EngineError, NOT_FOUND also for a file without a recipe."""
    texts = recipe_texts(found_in(path))
    if not texts:
        raise EngineError(
            ErrorCode.NOT_FOUND,
            f"{path} carries no recipe: it was not made by Punch-In, or another program saved it since.",
        )
    return decode_recipe(texts[-1])
