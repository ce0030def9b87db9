"""How a take was made, complete enough to make it again: as a value, and as JSON for a file.

Keys are those of the protocol, their values what OSC carries, so that a new key of a request is a new key
of a recipe without anything here. Files come from anywhere: what is read is limited in size and checked
key by key with the protocol's own rules. What a later version added is ignored with a warning; a recipe
of a later schema is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, NoReturn

from engine.errors import EngineError, ErrorCode
from engine.prompts import wording
from engine.protocol.keys import Key, quoted
from engine.protocol.requests import OWN_KEYS
from engine.protocol.sources import SourceKind
from engine.takes.notes import MAX_RECIPE_BYTES

SCHEMA = 1
MAX_TEXT_CHARACTERS = 1000
MAX_SETTING_CHARACTERS = 200_000  # of a list with texts in it
MAX_EFFECTS = 256
_MARK = "punchin_recipe"  # its value is the schema

Setting = str | int | float | bool
_UUID = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}|")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1970, 9998  # a time zone takes no year of these beyond what can be counted
_CATEGORY = re.compile(r"[A-Za-z]{0,16}", re.ASCII)

# What may stand among the settings: where the take goes and when is not how it is made.
_NOT_SETTINGS = ("output", "overwrite", "scratch", "chunks", "priority", "recipe")
KEYS = {key.name: key for key in OWN_KEYS if key.name not in _NOT_SETTINGS}


@dataclass(frozen=True)
class Place:
    """Where the region lies in what it was made of; for a new sound in nothing, from frame 0."""

    kind: SourceKind
    name: str  # of the file, without its folders; "" for a stream or a new sound
    start_frame: int
    end_frame: int
    sample_rate: int
    channels: int


@dataclass(frozen=True)
class Recipe:
    """How one take was made."""

    uuid: str  # of the take
    made: str  # ISO 8601, with its zone
    engine: str  # version
    model: str
    model_hash: str  # SHA-256 over the model's list of files; "" where there is none
    licence: str  # of the model's weights
    take: int  # of those of its job, from 1
    place: Place
    category: str = ""  # UCS
    settings: Mapping[str, Setting] = field(default_factory=dict)  # every key, as given or as filled in
    given: tuple[str, ...] = ()  # which of them were given
    effects: tuple[
        Mapping[str, Setting], ...
    ] = ()  # what a client put it through since, in the words of presets

    @property
    def seed(self) -> int:
        """Which noise this take started from."""
        return int(self.settings.get("seed", 0))

    @property
    def prompt(self) -> str:
        """What it should sound like, in the language of ``engine/prompts.py``."""
        return str(self.settings.get("prompt", ""))

    @property
    def title(self) -> str:
        """The prompt as people say it: without weights."""
        return plain_prompt(self.prompt)


def plain_prompt(prompt: str, take: int = 0) -> str:
    """A prompt without alternatives and weights; one that is not in the language as it stands."""
    try:
        return wording(prompt, take).text
    except EngineError:
        return prompt


@dataclass(frozen=True)
class Reading:
    """A recipe as it was read, and a sentence for everything in it that was left out."""

    recipe: Recipe
    warnings: tuple[str, ...] = ()


def encode_recipe(recipe: Recipe) -> str:
    """JSON, its keys in order, in ASCII: every container and every reader takes that."""
    return json.dumps({_MARK: SCHEMA, **asdict(recipe)}, sort_keys=True)


def decode_recipe(text: bytes | str) -> Reading:
    """The recipe that ``encode_recipe`` wrote. Raises EngineError(BAD_ARGUMENT or TOO_MUCH)."""
    values = _load(text)
    version = values.pop(_MARK, None)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        _refuse("it is not one of Punch-In's")
    if version > SCHEMA:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"This recipe is of version {version}, and this Punch-In reads up to {SCHEMA}; update Punch-In.",
        )
    warnings = [_unknown(name) for name in values if name not in _READERS]
    read = {name: reader(values, name) for name, reader in _READERS.items()}
    read["settings"] = _settings(read["settings"], warnings)
    read["given"] = tuple(name for name in read["given"] if name in read["settings"])
    return Reading(Recipe(**read), tuple(warnings))


def _load(text: bytes | str) -> dict[str, Any]:
    if len(text) > MAX_RECIPE_BYTES:
        raise EngineError(ErrorCode.TOO_MUCH, f"A recipe may have {MAX_RECIPE_BYTES} bytes at most.")
    try:
        values = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        _refuse("it is not JSON")
    if not isinstance(values, dict):
        _refuse("it is not an object")
    return values


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are not JSON


def _settings(values: dict[str, Any], warnings: list[str]) -> dict[str, Setting]:
    """Those that a request takes; what is wrong with the others goes to ``warnings``."""
    settings: dict[str, Setting] = {}
    for name, value in values.items():
        key = KEYS.get(name)
        if key is None:
            warnings.append(_unknown(name))
            continue
        try:
            _check_setting(key, value)
        except EngineError as error:
            warnings.append(f"A setting of the recipe was left out. {error.sentence}")
        else:
            settings[name] = value
    return settings


def _check_setting(key: Key, value: Any) -> None:
    if not isinstance(value, str | int | float):
        _refuse(f"{key.name} is not a text or a number")
    if isinstance(value, str):
        _check_text(value, key.name, MAX_SETTING_CHARACTERS)
    key.read(value)


def _check_text(value: str, name: str, longest: int) -> str:
    """Texts end up in files, terminals and OSC messages."""
    if len(value) > longest:
        _refuse(f"{name} has {len(value)} characters")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        _refuse(f"{name} holds characters that no text has")
    return value


def _text(pattern: re.Pattern[str] | None = None, longest: int = MAX_TEXT_CHARACTERS) -> Callable[..., str]:
    def read(values: dict[str, Any], name: str) -> str:
        value = values.get(name, "")
        if not isinstance(value, str) or (pattern and not pattern.fullmatch(value)):
            _refuse(f"its {name} is not what it should be")
        return _check_text(value, name, longest)

    return read


def _moment(values: dict[str, Any], name: str) -> str:
    """A time that there is, in years that every clock has: a file may say the 31st of February."""
    value = _text(_TIME)(values, name)
    try:
        year = datetime.fromisoformat(value).year
    except ValueError:
        year = 0
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        _refuse(f"its {name} is no date")
    return value


def _whole(values: dict[str, Any], name: str) -> int:
    value = values.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**62:
        _refuse(f"its {name} is not a whole number")
    return value


def _place(values: dict[str, Any], name: str) -> Place:
    inside = _object(values, name)
    numbers = {item.name: _whole(inside, item.name) for item in fields(Place) if item.type == "int"}
    kind = next((kind for kind in SourceKind if kind == inside.get("kind")), None)
    if kind is None:
        _refuse("its place is of no kind of source")
    file = _text()(inside, "name")
    return Place(kind=kind, name=re.split(r"[\\/]", file)[-1], **numbers)


def _object(values: dict[str, Any], name: str) -> dict[str, Any]:
    value = values.get(name)
    if not isinstance(value, dict):
        _refuse(f"its {name} is not an object")
    return value


def _names(values: dict[str, Any], name: str) -> list[str]:
    value = values.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        _refuse(f"its {name} is not a list of keys")
    return value


def _effects(values: dict[str, Any], name: str) -> tuple[dict[str, Setting], ...]:
    value = values.get(name, [])
    if not isinstance(value, list) or len(value) > MAX_EFFECTS or not all(map(_is_table, value)):
        _refuse("its effects are not a list of effects")
    for table in value:
        for key, said in table.items():
            _check_text(key, "an effect", MAX_TEXT_CHARACTERS)
            if isinstance(said, str):
                _check_text(said, key, MAX_SETTING_CHARACTERS)
    return tuple(value)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(said, str | int | float) for said in value.values())


def _unknown(name: str) -> str:
    return f"The recipe's key {quoted(name)} is not known here and was left out."


def _refuse(what: str) -> NoReturn:
    raise EngineError(ErrorCode.BAD_ARGUMENT, f"The recipe can't be read: {what}.")


_READERS: dict[str, Callable[[dict[str, Any], str], Any]] = {
    "uuid": _text(_UUID),
    "made": _moment,
    "engine": _text(),
    "model": _text(),
    "model_hash": _text(_HASH),
    "licence": _text(longest=20_000),
    "take": _whole,
    "place": _place,
    "category": _text(_CATEGORY),
    "settings": _object,
    "given": _names,
    "effects": _effects,
}
