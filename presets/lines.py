"""A post chain and further settings as a person types them: one to a line."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping, Sequence

from presets.effects import PLUGIN, Effect, Value
from presets.errors import bad, quoted
from presets.preset import Setting


def effect_lines(effects: Sequence[Effect]) -> str:
    """``Reverb room_size=0.5`` and ``VST3 plugin=ZamCompX2 ratio=4``; a plugin's state is not shown."""
    return "\n".join(_effect_line(effect) for effect in effects)


def effects_of_lines(text: str, before: Sequence[Effect] = ()) -> tuple[Effect, ...]:
    """Effects from lines; a plugin of ``before`` keeps its state, the first of a name the first one's.

    Raises PresetError.
    """
    states = [(effect.plugin, effect.state) for effect in before if effect.state]
    effects = []
    for line in text.split("\n"):  # splitlines also ends lines inside of texts, as at U+0085
        if line.strip():
            effects.append(effect_of_line(line, states))
    return tuple(effects)


def effect_of_line(line: str, states: list[tuple[str, str]] | None = None) -> Effect:
    """Of ``Reverb room_size=0.5``; a plugin keeps the first state of its name in ``states``, taken out there.

    Raises PresetError.
    """
    states = [] if states is None else states
    try:
        name, *words = shlex.split(line) or [""]
    except ValueError as error:
        raise bad(f"{quoted(line.strip())} can't be read: {error}.") from None
    pairs: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise bad(f"Write PARAMETER=VALUE behind {name}, not {quoted(word)}.")
        pairs[key] = value
    if name != PLUGIN:
        return Effect(name, {key: _number(name, key, value) for key, value in pairs.items()})
    plugin = pairs.pop("plugin", "")
    known = next((pair for pair in states if pair[0] == plugin), ("", ""))
    if known in states:
        states.remove(known)
    state = pairs.pop("state", known[1])
    return Effect(name, {key: _plugin_value(value) for key, value in pairs.items()}, plugin, state)


def setting_lines(settings: Mapping[str, Setting]) -> str:
    """``seconds = 3.0``, as in the file."""
    return "\n".join(f"{name} = {_written(value)}" for name, value in settings.items())


def settings_of_lines(text: str) -> dict[str, Setting]:
    """Settings from lines as in the file; a text need not be quoted. Raises PresetError."""
    settings: dict[str, Setting] = {}
    for line in text.split("\n"):  # splitlines also ends lines inside of texts, as at U+0085
        if not line.strip():
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not name or not value:
            raise bad(f"Write KEY = VALUE, not {quoted(line.strip())}.")
        if name in settings:
            raise bad(f"{name} is set twice.")
        settings[name] = _setting_of(value)
    return settings


def _effect_line(effect: Effect) -> str:
    said: dict[str, Value] = {"plugin": effect.plugin} if effect.plugin else {}
    pairs = (f"{name}={_shown(value)}" for name, value in (said | dict(effect.parameters)).items())
    return shlex.join((effect.name, *pairs))


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else repr(value)


def _number(effect: str, key: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise bad(f"{key} of {effect} is a number, not {quoted(value)}.") from None


def _plugin_value(text: str) -> Value:
    """A number where it is one; a plugin also has switches and names."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _written(value: Setting) -> str:
    import tomlkit

    return tomlkit.item(value).as_string()


def _setting_of(text: str) -> Setting:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    if not isinstance(value, str | int | float | bool):
        raise bad(f"{quoted(text)} is neither a text nor a number, true or false.")
    return value
