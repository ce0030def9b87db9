"""Settings become a preset: what was asked for, not what defaults came to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gui.models.recall import Settings, said
from presets.effects import Effect
from presets.preset import Mode, Preset, SeedPolicy, Setting, tidy_tag
from presets.resolve import SETTINGS

_PLAIN = ("negative", "steps", "guidance", "model")
# How many there were of a take, and how many tries, is not how it sounds.
_OF_THE_JOB = frozenset({"candidates", "rank", "pack", "retries"})
_OF_THE_SOURCE = frozenset({"seconds", "channels"})


def preset_of(
    name: str,
    tags: Sequence[str],
    settings: Settings,
    effects: Sequence[Effect] = (),
    with_job: bool = False,
    with_seed: bool = False,
) -> Preset:
    """A preset of what a recipe or a request says. Raises PresetError.

    settings: by the protocol's keys. with_job: how many takes there are goes in, and how they are chosen.
    with_seed: it always has that seed.
    """
    mode = Mode(str(settings.get("mode", Mode.GENERATE)))
    plain: dict[str, Any] = {key: value for key in _PLAIN if (value := said(settings, key)) is not None}
    if mode is Mode.TRANSFER and "curve" not in settings and "strength" in settings:
        plain["strength"] = settings["strength"]
    if with_job and "takes" in settings:
        plain["takes"] = settings["takes"]
    return Preset(
        name=" ".join(name.split()),
        prompt=str(settings.get("prompt", "")),
        tags=tags_of(",".join(tags)),
        category=str(settings.get("ucs", "")),
        mode=mode,
        seed=int(str(settings.get("seed", 0))),
        seed_policy=SeedPolicy.FIXED if with_seed else SeedPolicy.CLIENT,
        settings=_settings(settings, with_job) | _shape(settings),
        effects=tuple(effects),
        **plain,
    )


def tags_of(text: str) -> tuple[str, ...]:
    """Tags as somebody types them, between commas. Raises PresetError."""
    return tuple(dict.fromkeys(tidy_tag(tag) for tag in text.split(",") if tag.strip()))


def _settings(settings: Settings, with_job: bool) -> dict[str, Setting]:
    left_out = _OF_THE_SOURCE if with_job else _OF_THE_SOURCE | _OF_THE_JOB
    names = [name for name in settings if name in SETTINGS - left_out]
    return {name: value for name in names if (value := said(settings, name)) is not None}


def _shape(settings: Settings) -> dict[str, Setting]:
    """How long and how wide a new sound was; a region is as long as whoever selects it wants."""
    if settings.get("source", "") != "new":
        return {}
    rate, frames = (float(str(settings.get(name, 0))) for name in ("rate", "frames"))
    shape: dict[str, Setting] = {"seconds": round(frames / rate, 3)} if rate and frames else {}
    channels = settings.get("channels", 1)
    return shape | ({"channels": channels} if isinstance(channels, int) and channels > 1 else {})
