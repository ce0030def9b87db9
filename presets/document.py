"""A preset as TOML: read strictly, written so that comments and keys of later versions stay."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any

from presets.effects import PLUGIN, RESERVED, Effect, Value
from presets.errors import NewerError, PresetError, Reason, bad, quoted
from presets.preset import MAX_EFFECTS, SCHEMA, Mode, Preset, SeedPolicy, tidy_tag
from presets.slots import check_slots

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

MAX_CHAIN_BYTES = 2 * 2**20  # of a chain alone, whose plugins may all have states
MAX_BYTES = 64 * 1024  # of one file: notes of ten thousand characters and everything else, several times


def decode(data: bytes) -> Preset:
    """The preset of a file. Raises PresetError; NewerError for one that a later version wrote."""
    table = _parse(data)
    _check_schema(table)
    values: dict[str, Any] = {}
    for name, read in _READERS.items():
        if name in table:
            values[name] = read(table.pop(name), name)
    for name in ("name", "prompt"):
        if name not in values:
            raise bad(f"It has no {name}.")
    table.pop("schema")
    preset = Preset(**values, unknown=table)
    check_slots(preset)
    return preset


def encode(preset: Preset, over: bytes = b"") -> bytes:
    """TOML of a preset; ``over`` is the file it takes the place of, whose comments and order are kept.

    Raises PresetError(TOO_MUCH).
    """
    import tomlkit

    check_slots(preset)
    anew = _holding(tomlkit.document(), _table(preset))
    text = _holding(tomlkit.parse(_text(over)), _table(preset)) if over else anew
    # A table that was only there as the beginning of another's name goes with that one. What is in a preset
    # counts more than what was written around it.
    data = (text if tomllib.loads(text) == tomllib.loads(anew) else anew).encode("utf-8")
    if len(data) > MAX_BYTES:
        raise PresetError(Reason.TOO_MUCH, f"The preset {quoted(preset.name)} has over {MAX_BYTES} bytes.")
    return data


def decode_chain(data: bytes) -> tuple[Effect, ...]:
    """The post chain of a file: ``[[effects]]`` as in a preset, and whatever else it has beside.

    Raises PresetError.
    """
    effects = _effects(_parse(data, MAX_CHAIN_BYTES).get("effects", []), "effects")
    if len(effects) > MAX_EFFECTS:
        raise bad(f"It has {len(effects)} effects; {MAX_EFFECTS} are the most.")
    return effects


def encode_chain(effects: Sequence[Effect]) -> bytes:
    """TOML of a post chain."""
    import tomlkit

    return tomlkit.dumps({"effects": _written(tuple(effects))}).encode("utf-8")


def effect_table(effect: Effect) -> dict[str, Value]:
    """One effect as it stands in a file."""
    said: dict[str, Value] = {"effect": effect.name, "plugin": effect.plugin, "state": effect.state}
    return {name: text for name, text in said.items() if text} | dict(effect.parameters)


def effects_of_tables(tables: Sequence[Mapping[str, Any]]) -> tuple[Effect, ...]:
    """A post chain from what ``effect_table`` gave, wherever it was kept. Raises PresetError."""
    return tuple(_effect(dict(table)) for table in tables)


def _holding(document: TOMLDocument, wanted: Mapping[str, Any]) -> str:
    """The document as text, once it holds what is wanted and nothing else."""
    import tomlkit

    for name in [name for name in document if name not in wanted]:
        del document[name]
    for name, value in wanted.items():
        _put(document, name, value)
    return tomlkit.dumps(document)


def _put(document: MutableMapping[str, Any], name: str, value: Any) -> None:
    """Only what changed is written anew, so that what people wrote around the rest stays."""
    there = document.get(name)
    if there is not None and _same(_plain(there), value):
        return
    if isinstance(value, Mapping) and isinstance(there, MutableMapping):
        for gone in [key for key in there if key not in value]:
            del there[gone]
        for key, inside in value.items():
            _put(there, key, inside)
        return
    document[name] = value


def _same(one: Any, other: Any) -> bool:
    """Equal, and of the same type: 1, 1.0 and true are three things in TOML."""
    return type(one) is type(other) and one == other


def _plain(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


def _table(preset: Preset) -> dict[str, Any]:
    """What goes into the file: tables last, what is at its default left out."""
    values: dict[str, Any] = {"schema": SCHEMA}
    for item in fields(Preset):
        value = getattr(preset, item.name)
        if item.name == "mode" or (item.name != "unknown" and value != _default(item)):
            values[item.name] = _written(value)
    values |= preset.unknown
    return dict(sorted(values.items(), key=lambda pair: _is_table(pair[1])))


def _default(item: Field[Any]) -> Any:
    return item.default if item.default_factory is MISSING else item.default_factory()


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)
    )


def _written(value: Any) -> Any:
    if isinstance(value, Mode | SeedPolicy):
        return value.value
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    if isinstance(value, Effect):
        return effect_table(value)
    return dict(value) if isinstance(value, Mapping) else value


def _parse(data: bytes, most: int = MAX_BYTES) -> dict[str, Any]:
    if len(data) > most:
        raise PresetError(Reason.TOO_MUCH, f"It has {len(data)} bytes; {most} are the most.")
    try:
        return tomllib.loads(_text(data))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise bad(f"It is not TOML: {str(error)[:100] or 'too deep'}.") from None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")  # some editors on Windows begin files with a mark
    except UnicodeDecodeError as error:
        raise bad(f"It is not text: byte {error.start} is not UTF-8.") from None


def _check_schema(table: Mapping[str, Any]) -> None:
    schema = table.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise bad("It does not say which schema it has: schema = 1 belongs at its top.")
    if schema > SCHEMA:
        raise NewerError(
            f"It is of schema {schema}, and this Punch-In reads up to {SCHEMA}: update Punch-In. "
            "The file stays as it is."
        )


def _string(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise bad(f"{name} is a text, not {quoted(value)}.")
    return value


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise bad(f"{name} is a whole number, not {quoted(value)}.")
    return value


def _number(value: Any, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise bad(f"{name} is a number, not {quoted(value)}.")
    return value


def _value(value: Any, name: str) -> Value:
    if not isinstance(value, int | float | str):
        raise bad(f"{name} is a number, a text, true or false, not {quoted(value)}.")
    return value


def _mode(value: Any, name: str) -> Mode:
    return Mode(_word([mode.value for mode in Mode], value, name))


def _policy(value: Any, name: str) -> SeedPolicy:
    return SeedPolicy(_word([policy.value for policy in SeedPolicy], value, name))


def _word(words: list[str], value: Any, name: str) -> str:
    if value not in words:
        raise bad(f"{name} is one of {', '.join(words)}, not {quoted(value)}.")
    return str(value)


def _tags(value: Any, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tidy_tag(_string(tag, name)) for tag in _list(value, name)))


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise bad(f"{name} is a list, not {quoted(value)}.")
    return value


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise bad(f"{name} is a table, not {quoted(value)}.")
    return value


def _slots(value: Any, name: str) -> dict[str, str]:
    return {key: _string(text, f"{name}.{key}") for key, text in _mapping(value, name).items()}


def _settings(value: Any, name: str) -> dict[str, Any]:
    for key, inside in _mapping(value, name).items():
        if not isinstance(inside, str | int | float | bool):
            raise bad(f"{name}.{key} is a text, a number, true or false, not {quoted(inside)}.")
    return dict(value)


def _effects(value: Any, name: str) -> tuple[Effect, ...]:
    return tuple(_effect(_mapping(item, name)) for item in _list(value, name))


def _effect(table: dict[str, Any]) -> Effect:
    effect, plugin, state = (_string(table.get(name, ""), name) for name in RESERVED)
    read = _value if effect == PLUGIN else _number
    return Effect(
        effect,
        {name: read(value, name) for name, value in table.items() if name not in RESERVED},
        plugin,
        state,
    )


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "name": _string,
    "prompt": _string,
    "tags": _tags,
    "category": _string,
    "slots": _slots,
    "negative": _string,
    "mode": _mode,
    "strength": _number,
    "takes": _whole,
    "steps": _whole,
    "guidance": _number,
    "seed_policy": _policy,
    "seed": _whole,
    "model": _string,
    "settings": _settings,
    "effects": _effects,
    "notes": _string,
}
