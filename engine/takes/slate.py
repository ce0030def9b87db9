"""What a take says of itself, put together: from its recipe and what it was made of, to its notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from engine.errors import EngineError
from engine.protocol.sources import SourceKind
from engine.takes.bext import Bext, Loudness, history_line
from engine.takes.cues import Marker
from engine.takes.ixml import Ixml, Slate, Sound, read_ixml, write_ixml
from engine.takes.loops import LoopMark
from engine.takes.notes import Notes
from engine.takes.reading import found_in, recipe_texts
from engine.takes.recipe import Recipe, encode_recipe
from engine.takes.ucs import Category, find_category, fx_name

ORIGINATOR = "Punch-In"
_BITS = {"PCM_S8": 8, "PCM_U8": 8, "ULAW": 8, "ALAW": 8, "PCM_16": 16, "PCM_24": 24, "DOUBLE": 64}
_LONGEST_NAME = 80
# Of recipes in one document: some two hundred, a fifth of what a reader takes, as each character may
# become five in XML.
_MAX_RECIPES_BYTES = 512 * 1024


@dataclass(frozen=True)
class Origin:
    """What the recording that a take was made of says of itself."""

    time_reference: int | None = None  # None: it has no time stamp
    history: str = ""
    slate: Slate = field(default_factory=Slate)
    recipes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Of the take's file."""

    subtype: str
    time_reference: int  # as the request says; below 0: from the recording
    markers: tuple[tuple[float, str], ...]  # seconds from the region's start
    whole: bool  # the whole recording, or the region alone
    loudness: Loudness = field(default_factory=Loudness)
    loop: LoopMark | None = None


def origin_of(recording: Path | None) -> Origin:
    """What a recording says. One that says nothing, or nothing that can be read, is as good as any."""
    if recording is None:
        return Origin()
    try:
        found = found_in(recording)
    except EngineError:
        return Origin()
    bext = found.bext
    return Origin(
        time_reference=bext.time_reference if bext else None,
        history=bext.history if bext else "",
        slate=read_ixml(found.ixml).slate,
        recipes=tuple(text.decode("utf-8", "replace") for text in recipe_texts(found)),
    )


def notes_of(recipe: Recipe, facts: Facts, origin: Origin) -> Notes:
    """All that goes into the take's file beside its samples; the credit is the file's affair."""
    start = recipe.place.start_frame if facts.whole else 0
    rate = recipe.place.sample_rate
    markers = tuple(Marker(start + round(seconds * rate), label) for seconds, label in facts.markers)
    text, bext = encode_recipe(recipe), _bext(recipe, facts, origin)
    recipes = _within((*origin.recipes, text), _MAX_RECIPES_BYTES)
    return Notes(
        recipe=text,
        earlier=recipes[:-1],
        bext=bext,
        ixml=write_ixml(_ixml(recipe, facts, origin, bext, recipes)),
        markers=markers,
        loop=facts.loop,
        comments=tuple((name.upper(), value) for name, value in (*_ucs_fields(recipe), *_comments(bext))),
    )


def time_reference(recipe: Recipe, facts: Facts, origin: Origin) -> int:
    """Where the take begins, in frames since midnight.

    As asked; else where the recording's time stamp, or its beginning, puts the region. A stream begins
    wherever its client liked.
    """
    if facts.time_reference >= 0:
        return facts.time_reference
    if recipe.place.kind is SourceKind.FILE:
        return (origin.time_reference or 0) + recipe.place.start_frame
    return 0


def _bext(recipe: Recipe, facts: Facts, origin: Origin) -> Bext:
    made, place = datetime.fromisoformat(recipe.made), recipe.place
    bits = _BITS.get(facts.subtype, 32)
    return Bext(
        description=_title(recipe),
        originator=ORIGINATOR,
        reference=recipe.uuid,
        date=made.date().isoformat(),
        time=made.time().isoformat(timespec="seconds"),
        time_reference=time_reference(recipe, facts, origin),
        history=origin.history
        + history_line(
            place.sample_rate, bits, place.channels, f"{ORIGINATOR} {recipe.engine}; {recipe.model}"
        ),
        loudness=facts.loudness,
    )


def _title(recipe: Recipe) -> str:
    negative = str(recipe.settings.get("negative", ""))
    return f"{recipe.title} (not: {negative})" if negative else recipe.title


def _ixml(recipe: Recipe, facts: Facts, origin: Origin, bext: Bext, recipes: tuple[str, ...]) -> Ixml:
    place, before = recipe.place, origin.slate
    scene = before.scene or Path(place.name).stem[:_LONGEST_NAME]
    return Ixml(
        slate=Slate(before.project, scene, before.tape, str(recipe.take), _note(recipe)),
        sound=Sound(place.sample_rate, place.channels, _BITS.get(facts.subtype, 32)),
        bext=bext,
        uid=recipe.uuid,
        user=tuple(
            (name.upper(), text) for name, text in (*_ucs_fields(recipe), ("Description", recipe.title))
        ),
        aswg=_aswg(recipe),
        summary=_summary(recipe),
        recipes=recipes,
    )


def _note(recipe: Recipe) -> str:
    return f"{_title(recipe)}. Made by {recipe.model} ({recipe.licence}), seed {recipe.seed}."


def _ucs_fields(recipe: Recipe) -> tuple[tuple[str, str], ...]:
    category = _category(recipe)
    if category is None:
        return ()
    return (
        ("Category", category.category),
        ("SubCategory", category.sub_category),
        ("CatID", category.id),
        ("CategoryFull", category.full),
        ("FXName", fx_name(recipe.title, _LONGEST_NAME).replace("-", " ")),
    )


def _aswg(recipe: Recipe) -> tuple[tuple[str, str], ...]:
    category = _category(recipe)
    fields = (("contentType", "sfx"), ("originator", ORIGINATOR), ("notes", _title(recipe)))
    if category is None:
        return fields
    name = fx_name(recipe.title, _LONGEST_NAME).replace("-", " ")
    return (
        *fields,
        ("category", category.category),
        ("subCategory", category.sub_category),
        ("catId", category.id),
        ("fxName", name),
    )


def _category(recipe: Recipe) -> Category | None:
    return find_category(recipe.category) if recipe.category else None


def _summary(recipe: Recipe) -> tuple[tuple[str, str], ...]:
    return (
        ("PROMPT", recipe.prompt),
        ("NEGATIVE", str(recipe.settings.get("negative", ""))),
        ("SEED", str(recipe.seed)),
        ("MODEL", recipe.model),
        ("MODEL_HASH", recipe.model_hash),
        ("WEIGHTS_LICENCE", recipe.licence),
        ("SOURCE", recipe.place.name),
    )


def _comments(bext: Bext) -> tuple[tuple[str, str], ...]:
    """What FLAC has no chunk for, by the names that editors use."""
    fields: Mapping[str, str] = {
        "Description": bext.description,
        "Originator": bext.originator,
        "Originator_Reference": bext.reference,
        "Origination_Date": bext.date,
        "Origination_Time": bext.time,
        "Time_Reference": str(bext.time_reference),
    }
    return tuple(fields.items())


def _within(texts: tuple[str, ...], most: int) -> tuple[str, ...]:
    """The newest, as many as fit."""
    while len(texts) > 1 and sum(map(len, texts)) > most:
        texts = texts[1:]
    return texts
