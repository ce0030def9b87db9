"""The category of a sound in the Universal Category System, from its prompt or as asked for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import zip_longest
from pathlib import Path

from engine.errors import EngineError, ErrorCode
from engine.protocol.keys import quoted

OFF = "off"  # asks for a name without a category
# What nobody can place was designed, not recorded.
UNPLACED = "DSGNMisc"
_TABLE = Path(__file__).with_name("ucs.toml")
_OF_ALL = "_"
# A name that fits one thing says more than one that fits a whole family, and what a sound is says more
# than what it is on, in or against.
_SUB_WEIGHT, _CATEGORY_WEIGHT = 1.5, 1.0
_BACKGROUND_WEIGHT = 0.4
_BACKGROUND = re.compile(
    r"\b(?:on|in|inside|against|under|through|over|at|near|from|with|into|onto|across|by)\b", re.IGNORECASE
)
_NEXT_WORD = 0.98
_SHORTEST_STEM = 3
_PROMPT_WEIGHT = re.compile(r":\s*[\d.]+")


@dataclass(frozen=True)
class Category:
    """One row of the system."""

    id: str  # CatID
    category: str
    sub_category: str

    @property
    def full(self) -> str:
        """As tools show it."""
        return f"{self.category}-{self.sub_category}"


@dataclass(frozen=True)
class _Row:
    category: Category
    of_category: frozenset[str]
    of_sub: frozenset[str]


def category_of(asked: str, prompt: str) -> Category | None:
    """The category asked for, or the prompt's where none was; None where none is wanted.

    Raises EngineError(BAD_ARGUMENT) for an id that is not in the table, with the nearest ones.
    """
    if asked.lower() == OFF:
        return None
    return find_category(asked) if asked else guess_category(prompt)


def find_category(asked: str) -> Category:
    """The category of this id, however its letters are written. Raises EngineError(BAD_ARGUMENT)."""
    known = _by_id()
    found = known.get(asked.strip().lower())
    if found is not None:
        return found
    near = get_close_matches(asked[:32].lower(), known, 3, 0.5) or [UNPLACED.lower()]
    names = ", ".join(known[name].id for name in near)
    raise EngineError(
        ErrorCode.BAD_ARGUMENT,
        f"{quoted(asked)} is no UCS category known here; did you mean {names}? "
        "Leave ucs out to have it chosen, or say off.",
    )


@cache
def _by_id() -> Mapping[str, Category]:
    """Every category by its id in small letters."""
    return {row.category.id.lower(): row.category for row in _rows()}


def categories() -> tuple[Category, ...]:
    """Every category known here."""
    return tuple(row.category for row in _rows())


@lru_cache(maxsize=256)  # a take's name and its papers ask again, and so does the next take
def guess_category(prompt: str) -> Category:
    """The category whose words are most in the prompt; ``UNPLACED`` where none is."""
    weights = _word_weights(prompt)
    score, best = max(((_score(row, weights), -number) for number, row in enumerate(_rows())))
    return _rows()[-best].category if score > 0.0 else find_category(UNPLACED)


def fx_name(prompt: str, longest: int) -> str:
    """The prompt as the part of a UCS name that people read: words with capitals, joined by hyphens."""
    words = re.findall(r"[^\W_]+", _PROMPT_WEIGHT.sub("", prompt))
    return "-".join(word[:1].upper() + word[1:] for word in words)[:longest].strip("-") or "Take"


def _score(row: _Row, weights: Mapping[str, float]) -> float:
    """Words of the category, and of the sub-category: those shared with others say little by themselves."""
    whole = max((weight for word, weight in weights.items() if word in row.of_category), default=0.0)
    named = {word: weight for word, weight in weights.items() if word in row.of_sub}
    if whole:
        return _CATEGORY_WEIGHT * whole + _SUB_WEIGHT * sum(named.values())
    return _SUB_WEIGHT * sum(weight / _shared(word) for word, weight in named.items())


@cache
def _shared(word: str) -> int:
    """By how many sub-categories and, which says more, whole categories."""
    rows = _rows()
    categories = {row.category.category for row in rows if word in row.of_category}
    return sum(word in row.of_sub for row in rows) + 2 * len(categories)


def _word_weights(prompt: str) -> dict[str, float]:
    """Stems of the prompt's words, and of pairs side by side, each with its say: the first say most."""
    weights: dict[str, float] = {}
    for number, part in enumerate(_BACKGROUND.split(prompt.lower())):
        for place, stem in enumerate(_stems(re.findall(r"[^\W\d_]+", part))):
            weight = _BACKGROUND_WEIGHT if number else 1.0
            weights.setdefault(stem, weight * _NEXT_WORD**place)
    return weights


def _stems(words: Sequence[str]) -> Iterator[str]:
    """Pairs come with their first word."""
    stems = [_stem(word) for word in words]
    for stem, following in zip_longest(stems, stems[1:], fillvalue=""):
        yield stem
        yield f"{stem}_{following}"


def _stem(word: str) -> str:
    """A word without what English puts behind it; wrong for some, but the same wrong on both sides."""
    for ending in ("ing", "ed", "es", "s"):
        short = word.removesuffix(ending)
        if short != word and len(short) >= _SHORTEST_STEM and not word.endswith("ss"):
            word = short
            break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]  # slamming
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word


@cache
def _rows() -> tuple[_Row, ...]:
    """The table, read once."""
    with _TABLE.open("rb") as file:
        return tuple(_read_rows(tomllib.load(file)))


def _read_rows(table: Mapping[str, Mapping[str, str]]) -> Iterator[_Row]:
    for category, entries in table.items():
        of_category = _listed(entries[_OF_ALL])
        for name, entry in entries.items():
            if name != _OF_ALL:
                sub, _, words = entry.partition(": ")
                of_sub = _listed(words) - (of_category if sub == "MISC" else frozenset())
                yield _Row(Category(name, category, sub), of_category, of_sub)


def _listed(words: str) -> frozenset[str]:
    return frozenset("_".join(_stem(part) for part in word.split("_")) for word in words.split())
