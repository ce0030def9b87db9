"""One preset, and what may be in it."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from presets.effects import Effect
from presets.errors import bad, quoted

SCHEMA = 1

# The engine's own limits, where it has one (engine/protocol/vocabulary.py); tests compare them.
MAX_PROMPT_CHARACTERS = 2000
MAX_TAKES = 16
MAX_STEPS = 1000
MAX_GUIDANCE = 30.0
MAX_SEED = 2**31 - 1
MAX_MODEL_CHARACTERS = 256
MAX_CATEGORY_CHARACTERS = 32
MAX_NAME_CHARACTERS = 80  # readable in a list, and far from any file system's limit
MAX_TAGS = 32
MAX_TAG_CHARACTERS = 40
MAX_NOTES_CHARACTERS = 10_000
MAX_SLOTS = 16
MAX_EFFECTS = 32

Setting = str | int | float | bool

_SLOT_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
# Windows keeps these for devices, whatever their ending.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


class Mode(StrEnum):
    """What happens to the region; the engine's words."""

    GENERATE = "generate"
    TRANSFER = "transfer"
    INPAINT = "inpaint"


class SeedPolicy(StrEnum):
    """Which noise its takes start from."""

    CLIENT = "client"  # as whoever uses it says
    NEW = "new"  # another one each time
    FIXED = "fixed"  # always ``seed``


@dataclass(frozen=True)
class Preset:
    """What to ask for. None and "" leave it to the client and the engine.

    prompt and negative are in the engine's language; {name} is a slot where ``slots`` has that name, and {}
    is the slot "it". settings are further keys of the engine's protocol. unknown is what a later version put
    at the top of the file; it is kept.
    """

    name: str
    prompt: str
    tags: tuple[str, ...] = ()
    category: str = ""  # UCS category id; "": from the prompt
    slots: Mapping[str, str] = field(default_factory=dict)  # name: what fills it; "": it has to be given
    negative: str = ""
    mode: Mode = Mode.GENERATE
    strength: float | None = None  # 0..1, for transfer
    takes: int | None = None
    steps: int | None = None
    guidance: float | None = None
    seed_policy: SeedPolicy = SeedPolicy.CLIENT
    seed: int = 0
    model: str = ""  # which model it is meant for, if that is installed
    settings: Mapping[str, Setting] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()  # post chain
    notes: str = ""
    unknown: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises PresetError unless everything is in its range."""
        _check_texts(self)
        _check_numbers(self)
        _check_lists(self)

    @property
    def key(self) -> str:
        """What tells it from others: its name without capitals and signs."""
        return key_of(self.name)


def key_of(name: str) -> str:
    """The part of a file's name that a preset's name becomes: words of letters and digits. May be empty."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    words = "-".join(re.findall(r"[^\W_]+", plain))
    return f"{words}-preset" if words in _DEVICES else words


def tidy_tag(tag: str) -> str:
    """A tag as it is kept: lower case, single spaces. Raises PresetError."""
    tidy = " ".join(tag.casefold().split())
    if not tidy or len(tidy) > MAX_TAG_CHARACTERS or "," in tidy or not tidy.isprintable():
        raise bad(f"A tag is a word or a few, at most {MAX_TAG_CHARACTERS} characters, not {quoted(tag)}.")
    return tidy


def _check_texts(preset: Preset) -> None:
    _check_line("name", preset.name, MAX_NAME_CHARACTERS)
    if not preset.key or preset.name != preset.name.strip():
        raise bad(f"A name has a letter or digit and no spaces at its ends, unlike {quoted(preset.name)}.")
    if not preset.prompt.strip():
        raise bad(f"{quoted(preset.name)} has no prompt: say what it should sound like.")
    _check_length("prompt", preset.prompt, MAX_PROMPT_CHARACTERS)
    _check_length("negative", preset.negative, MAX_PROMPT_CHARACTERS)
    _check_length("notes", preset.notes, MAX_NOTES_CHARACTERS)
    _check_line("category", preset.category, MAX_CATEGORY_CHARACTERS)
    _check_line("model", preset.model, MAX_MODEL_CHARACTERS)


def _check_line(name: str, text: str, most: int) -> None:
    _check_length(name, text, most)
    if text and not text.isprintable():
        raise bad(f"The {name} is one line of text, unlike {quoted(text)}.")


def _check_length(name: str, text: str, most: int) -> None:
    if len(text) > most:
        raise bad(f"The {name} has {len(text)} characters; {most} are the most.")
    if any("\ud800" <= letter <= "\udfff" for letter in text) or "\0" in text:
        raise bad(f"The {name} holds characters that no text has.")


def _check_numbers(preset: Preset) -> None:
    _check_number("strength", preset.strength, 0, 1)
    _check_number("takes", preset.takes, 1, MAX_TAKES)
    _check_number("steps", preset.steps, 0, MAX_STEPS)
    _check_number("guidance", preset.guidance, -1, MAX_GUIDANCE)
    _check_number("seed", preset.seed, 0, MAX_SEED)


def _check_number(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise bad(f"{name} must be {low:g} to {high:.10g}, not {value}.")


def _check_lists(preset: Preset) -> None:
    for what, most, there in (
        ("tags", MAX_TAGS, len(preset.tags)),
        ("slots", MAX_SLOTS, len(preset.slots)),
        ("effects", MAX_EFFECTS, len(preset.effects)),
    ):
        if there > most:
            raise bad(f"{quoted(preset.name)} has {there} {what}; {most} are the most.")
    if any(tidy_tag(tag) != tag for tag in preset.tags) or len(set(preset.tags)) < len(preset.tags):
        raise bad("Tags are in lower case, and each stands there once.")
    for name, text in preset.slots.items():
        if not _SLOT_NAME.fullmatch(name):
            raise bad(f"A slot's name is of small letters, digits and _, not {quoted(name)}.")
        _check_line(f"slot {name}", text, MAX_PROMPT_CHARACTERS)
