"""From a take's recipe back to the panel's settings: what the panel shows, it takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from engine.errors import EngineError
from engine.protocol.requests import (
    REQUESTS,
    Highs,
    Method,
    Mode,
    Quality,
    RenderRequest,
    Sampler,
    Stereo,
    default_of,
    key_values,
)
from gui.models.ask import EXTRAS, Advanced, Ask, Task
from presets.preset import Setting

Settings = Mapping[str, object]
Choice = TypeVar("Choice", bound=StrEnum)

# A draft's are those of the model's student: with them, nothing else is better than a draft.
_OF_DRAFTS = frozenset({"steps", "guidance", "sampler"})
# What a hand draws in the recording, and what goes with the quality.
_NOT_RECALLED = frozenset({"curve", "low_hz", "high_hz", "retries"})


def settings_of(request: RenderRequest) -> Settings:
    """What a recipe would note of a request."""
    return key_values(request)


def recalled(ask: Ask, settings: Settings) -> Ask:
    """The settings of a take, its seed locked; how many takes are made stays as it is.

    Of a new sound also how long and wide it is, as ``shape_of`` a row says: another length is another sound.
    """
    quality = _one_of(Quality, settings, "quality", Quality.NORMAL)
    return replace(
        ask,
        prompt=str(settings.get("prompt", ask.prompt)),
        negative=str(settings.get("negative", "")),
        strength=_number(settings, "strength", ask.strength),
        seed=int(_number(settings, "seed", ask.seed)),
        seed_locked=True,
        quality=quality,
        task=_task(settings),
        loop=bool(settings.get("loop", False)),
        vary=_number(settings, "vary", 0.0),
        preset="",
        extras=_extras(settings),
        effects=(),
        **_shape(settings),
        advanced=_advanced(
            {
                name: value
                for name, value in settings.items()
                if quality is not Quality.DRAFT or name not in _OF_DRAFTS
            }
        ),
    )


def _shape(settings: Settings) -> dict[str, Any]:
    rate, frames = _number(settings, "rate", 0.0), _number(settings, "frames", 0.0)
    if settings.get("source", "") != "new" or not (rate and frames):
        return {}
    return {"seconds": frames / rate, "channels": int(_number(settings, "channels", 1.0))}


def said(settings: Settings, name: str) -> Setting | None:
    """What a recipe says of a key, if that is something else than its default."""
    key, value = _KEYS[name], settings.get(name)
    if not isinstance(value, str | int | float | bool):
        return None
    try:
        is_default = key.read(value) == default_of(REQUESTS["/punchin/render"], key)
    except EngineError:  # a recipe of another version
        return None
    return None if is_default else value


_KEYS = {key.name: key for key in REQUESTS["/punchin/render"].keys}


def _extras(settings: Settings) -> dict[str, Setting]:
    """What was marked in the recording is not among them: that is there, or is another recording."""
    found = ((name, said(settings, name)) for name in EXTRAS if name not in _NOT_RECALLED)
    return {name: value for name, value in found if value is not None}


def _one_of(kind: type[Choice], settings: Settings, key: str, otherwise: Choice) -> Choice:
    """What a recipe of a later version says may be none of ours."""
    try:
        return kind(str(settings.get(key, otherwise)))
    except ValueError:
        return otherwise


def _task(settings: Settings) -> Task:
    tasks = {Mode.GENERATE: Task.GENERATE, Mode.TRANSFER: Task.RESTYLE, Mode.INPAINT: Task.FILL}
    return tasks.get(_one_of(Mode, settings, "mode", Mode.TRANSFER), Task.AUTO)


def _advanced(settings: Settings) -> Advanced:
    usual = Advanced()
    sampler = str(settings.get("sampler", ""))
    return Advanced(
        guidance=_number(settings, "guidance", usual.guidance),
        steps=int(_number(settings, "steps", usual.steps)),
        sampler=Sampler(sampler) if sampler in set(Sampler) else None,
        method=_one_of(Method, settings, "method", usual.method),
        crossfade=_number(settings, "crossfade", usual.crossfade),
        context=_number(settings, "context", usual.context),
        sounding=_number(settings, "sounding", usual.sounding),
        stereo=_one_of(Stereo, settings, "stereo", usual.stereo),
        highs=_one_of(Highs, settings, "highs", usual.highs),
        match_loudness=bool(settings.get("loudness", usual.match_loudness)),
        noise_floor=bool(settings.get("noise_floor", usual.noise_floor)),
        tilt=_number(settings, "tilt", usual.tilt),
        model=str(settings.get("model", "")),
        ucs=str(settings.get("ucs", "")),
        rank=bool(settings.get("rank", False)),
    )


def _number(settings: Settings, key: str, otherwise: float) -> float:
    value = settings.get(key, otherwise)
    return float(value) if isinstance(value, int | float) else otherwise
