"""From a request to the recipe of one of its takes, and from a recipe to what it fills into a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from uuid import UUID

from engine import __version__
from engine.errors import EngineError, ErrorCode
from engine.prompts import expand
from engine.protocol.requests import (
    GUIDE_REGION,
    REQUESTS,
    FileSource,
    Mode,
    NewSource,
    RenderRequest,
    Source,
    Stereo,
    StreamSource,
    default_of,
    key_values,
)
from engine.protocol.sources import SourceKind
from engine.protocol.together import check_together
from engine.takes.reading import read_newest
from engine.takes.recipe import KEYS, Place, Recipe, Setting

if TYPE_CHECKING:
    from engine.models.interface import ModelSpecification

_FORM = REQUESTS["/punchin/render"]
# What a job makes beside this take, and where on the timeline it lay, is not filled in. Nor are bars and
# tempo: they say how long a sound is, and the new request's source does that.
_NOT_FILLED_IN = frozenset(
    {
        "takes",
        "candidates",
        "rank",
        "pack",
        "draft",
        "time_reference",
        "tempo",
        "bars",
        "beats_per_bar",
    }
)
# What has a meaning in one mode only is filled into that one only.
_OF_MODE = {
    "mask": Mode.INPAINT,
    "curve": Mode.TRANSFER,
    "method": Mode.TRANSFER,
    "sounding": Mode.GENERATE,
    "source_prompt": Mode.TRANSFER,
}
# What a loop can't have.
_NOT_OF_LOOPS = frozenset({"sounding", "fade_in", "fade_out", "windows"})
# What needs a recording around the region.
_OF_RECORDINGS = ("mode", "low_hz", "high_hz")
_PATHS = ("guide",)


@dataclass(frozen=True)
class Making:
    """What is known of a take beside its request, once it is made."""

    uuid: UUID
    made: datetime  # with its zone
    take: int  # from 0
    seed: int
    start_frame: int  # of the region, in its source
    end_frame: int
    sample_rate: int
    channels: int
    category: str = ""
    used: Mapping[str, Setting] | None = None  # what else a default came to, by key


@dataclass(frozen=True)
class Maker:
    """What made a take, as recipes name it."""

    model: str
    digest: str  # of the model; "" where it is not known
    licence: str  # of its weights
    engine: str = __version__


def recipe_of(request: RenderRequest, model: ModelSpecification, making: Making) -> Recipe:
    """How this take of the request was made by this model."""
    maker = Maker(model.name, model.digest, model.licence)
    return made_by(maker, request, making, _filled_in(request, model))


def made_by(maker: Maker, request: RenderRequest, making: Making, filled_in: Mapping[str, Setting]) -> Recipe:
    """The same by whoever it was; filled_in: what the maker's defaults came to, by key."""
    request = expanded(request, making.take)
    settings = {
        name: value
        for name, value in key_values(request).items()
        if name in KEYS and not isinstance(value, bytes) and value != ""
    }
    given = tuple(sorted(name for name in settings if _is_given(request, name)))
    settings |= dict(filled_in) | dict(making.used or {}) | {"seed": making.seed}
    return Recipe(
        uuid=making.uuid.hex,
        made=making.made.isoformat(timespec="seconds"),
        engine=maker.engine,
        model=maker.model,
        model_hash=maker.digest,
        licence=maker.licence,
        take=making.take + 1,
        place=Place(
            *_kind_and_name(request.source),
            making.start_frame,
            making.end_frame,
            making.sample_rate,
            making.channels,
        ),
        category=making.category,
        settings=settings,
        given=given,
    )


def expanded(request: RenderRequest, take: int) -> RenderRequest:
    """The request with the alternatives of its prompts that this take has."""
    return replace(
        request,
        prompt=expand(request.prompt, take),
        negative=expand(request.negative, take),
        source_prompt=expand(request.source_prompt, take),
        along=tuple((seconds, expand(prompt, take)) for seconds, prompt in request.along),
    )


def recall(request: RenderRequest) -> tuple[RenderRequest, tuple[str, ...]]:
    """The request with everything from the recipe it names, and a sentence for what did not come along.

    Raises EngineError: NOT_FOUND, BAD_AUDIO, or BAD_ARGUMENT for a recipe that can't be read.
    """
    if not request.recipe:
        return request, ()
    reading = read_newest(Path(request.recipe))
    guide = str(reading.recipe.settings.get("guide", GUIDE_REGION))
    lost = f'The recipe followed the recording "{guide}"; name it with the key guide to follow it again.'
    warnings = reading.warnings if request.guide or guide == GUIDE_REGION else (*reading.warnings, lost)
    if reading.recipe.effects:
        warnings += (_without_effects(reading.recipe),)
    applied = apply(reading.recipe, request)
    return replace(applied, given=request.given | set(reading.recipe.given)), warnings


def _without_effects(recipe: Recipe) -> str:
    names = ", ".join(str(effect.get("plugin") or effect.get("effect")) for effect in recipe.effects)
    return f"That take then went through effects ({names}), which a recipe does not bring along."


def apply(recipe: Recipe, request: RenderRequest) -> RenderRequest:
    """The request, with every key that it does not give filled in from the recipe.

    Source, output and whatever belongs to the job stay the request's. Raises EngineError where the two
    do not go together.
    """
    settings = {KEYS[name]: value for name, value in fitting(recipe, request)}
    applied = replace(request, **{key.attribute: key.read(value) for key, value in settings.items()})
    if not applied.prompt.strip():
        raise EngineError(ErrorCode.BAD_ARGUMENT, "The recipe has no prompt; give one.")
    check_together(applied)
    return applied


def fitting(recipe: Recipe, request: RenderRequest) -> Iterator[tuple[str, Setting]]:
    """What a recipe says of keys that the request does not give, and that fits those that it does.

    Under another model than the recipe's only what was given then counts, not what that model filled in.
    A path is never filled in: whoever asks was not asked for it.
    """
    mode = request.mode
    if not (_is_given(request, "mode") or isinstance(request.source, NewSource)):
        mode = Mode(str(recipe.settings.get("mode", mode)))
    other = request.model not in ("", recipe.model)
    for name, value in recipe.settings.items():
        if name in _NOT_FILLED_IN or _is_given(request, name) or _OF_MODE.get(name, mode) is not mode:
            continue
        if request.loop and name in _NOT_OF_LOOPS:
            continue
        if other and name not in (*recipe.given, "seed"):
            continue
        if _fits(name, value, request.source, mode):
            yield name, value


def _is_given(request: RenderRequest, name: str) -> bool:
    """Whether the request says it; one that names no recipe says what is not at its default."""
    if request.given:
        return name in request.given
    return getattr(request, KEYS[name].attribute) not in (default_of(_FORM, KEYS[name]), "")


def _filled_in(request: RenderRequest, model: ModelSpecification) -> dict[str, Setting]:
    """What the model's defaults came to, and names instead of paths: folders are nobody's business."""
    defaults = model.defaults
    filled: dict[str, Setting] = {
        "model": model.name,
        "steps": request.steps or defaults.steps,
        "sampler": str(request.sampler or defaults.sampler),
        "guidance": request.guidance if request.guidance >= 0.0 else defaults.guidance,
        "guidance_low": request.guidance_low if request.guidance_low >= 0.0 else defaults.guidance_low,
    }
    return filled | ({"guide": PurePath(request.guide).name} if request.guide else {})


def _kind_and_name(source: Source) -> tuple[SourceKind, str]:
    match source:
        case FileSource():
            return SourceKind.FILE, PurePath(source.path).name
        case StreamSource():
            return SourceKind.STREAM, ""
        case NewSource():
            return SourceKind.NEW, ""


def _fits(name: str, value: Setting, source: Source, mode: Mode) -> bool:
    if name in _PATHS and value != GUIDE_REGION:
        return False
    if name == "stereo" and value == Stereo.EACH and mode is not Mode.GENERATE:
        return False
    if not isinstance(source, NewSource):
        return True
    wide_mono = name == "stereo" and value in (Stereo.WIDE, Stereo.EACH) and source.channels == 1
    return not (name in _OF_RECORDINGS or value == GUIDE_REGION or wide_mono)
