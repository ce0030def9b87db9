r"""The small language of prompts: weighted phrases, alternatives, and signs that are meant as themselves.

``(boots:1.3) on gravel`` gives a phrase another weight. ``boots on {gravel|snow}`` is one of these; each take
has the next one. Round brackets without a weight are text like any other. After a backslash ``( ) { } | :``
and the backslash are the signs themselves. A prompt without any of this is taken as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.errors import EngineError, ErrorCode

MAX_WEIGHT = 3.0  # beyond it nothing of the rest of the prompt is left

_SIGN = re.compile(r"\\.|[(){}]", re.DOTALL)
_ESCAPED = re.compile(r"\\([(){}|:\\])")
_CHOICE = re.compile(r"\\.|\{(?P<inside>(?:\\.|[^{}\\])*)\}", re.DOTALL)
_ALTERNATIVE = re.compile(r"(?:^|\|)((?:\\.|[^|\\])*)", re.DOTALL)
# After the last colon of a bracket: what begins like a number is meant as one.
_WEIGHT = re.compile(r"(?P<text>.*):\s*(?P<weight>[-+.\d]\S*)\s*", re.DOTALL)
_NUMBER = re.compile(r"\d{1,3}(\.\d{0,9})?|\.\d{1,9}", re.ASCII)
_ENDS = {"(": ")", "{": "}"}


@dataclass(frozen=True)
class Emphasis:
    """One weighted phrase of a prompt: what the prompt is without it, and its weight; 1 changes nothing."""

    without: str
    weight: float


@dataclass(frozen=True)
class Wording:
    """A prompt without signs, as a text encoder reads it, and its weighted phrases."""

    text: str
    emphases: tuple[Emphasis, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything that has to be encoded."""
        return (self.text, *(emphasis.without for emphasis in self.emphases))


@dataclass(frozen=True)
class _Bracket:
    """What stands between two round brackets."""

    inside: str


def check_prompt(prompt: str) -> None:
    """Raises EngineError(BAD_ARGUMENT) with what to change; every alternative is looked at."""
    _check_brackets(prompt)
    for match in _CHOICE.finditer(prompt):
        for choice in _alternatives(match):
            wording_of(choice)
    emptiest = _with_choices(prompt, lambda choices: min(choices, key=lambda choice: len(choice.strip())))
    if prompt.strip() and not wording_of(emptiest).text.strip():
        raise _bad("One of the alternatives leaves the prompt empty: write something beside the braces.")


def expand(prompt: str, number: int) -> str:
    """The prompt with one alternative of each group; weights and backslashes stay.

    Numbers that follow one another go through all combinations, the first group fastest. Prompts whose
    groups are equally long choose alike: along a region it stays the same shoe.
    """
    left = number

    def chosen(choices: list[str]) -> str:
        nonlocal left
        left, place = divmod(left, len(choices))
        return choices[place]

    expanded = _with_choices(prompt, chosen)
    return prompt if expanded == prompt else _tidy(expanded)


def wording_of(expanded: str) -> Wording:
    """What the encoder reads, and what is weighted. Raises EngineError(BAD_ARGUMENT)."""
    _check_brackets(expanded)
    parts = list(_parts(expanded))
    weighed = [_weighed(part.inside) if isinstance(part, _Bracket) else None for part in parts]
    texts = [_plain(part, phrase) for part, phrase in zip(parts, weighed, strict=True)]
    emphases = [
        Emphasis(_tidy("".join(texts[:place] + texts[place + 1 :])), phrase[1])
        for place, phrase in enumerate(weighed)
        if phrase is not None
    ]
    text = "".join(texts)
    return Wording(_tidy(text) if emphases else text, tuple(emphases))


def wording(prompt: str, number: int) -> Wording:
    """``expand``, then ``wording_of``."""
    return wording_of(expand(prompt, number))


def _with_choices(prompt: str, choose: Callable[[list[str]], str]) -> str:
    return _CHOICE.sub(
        lambda match: match[0] if match["inside"] is None else choose(_alternatives(match)), prompt
    )


def _alternatives(match: re.Match[str]) -> list[str]:
    """What is between the bars of a group; of anything else nothing."""
    return [] if match["inside"] is None else _ALTERNATIVE.findall(match["inside"])


def _weighed(inside: str) -> tuple[str, float] | None:
    """The phrase and its weight; None for brackets that have none."""
    match = _WEIGHT.fullmatch(inside)
    if match is None or match["text"].endswith("\\"):
        return None
    weight = match["weight"]
    if not _NUMBER.fullmatch(weight) or float(weight) > MAX_WEIGHT:
        limits = f"0 to {MAX_WEIGHT:g}"
        raise _bad(f"A weight is a number from {limits}, such as (boots:1.3), not '{weight[:20]}'.")
    return match["text"], float(weight)


def _plain(part: str | _Bracket, phrase: tuple[str, float] | None) -> str:
    """The text of a part without signs; brackets without a weight are text."""
    if isinstance(part, str):
        return _ESCAPED.sub(r"\1", part)
    return _ESCAPED.sub(r"\1", f"({part.inside})" if phrase is None else phrase[0])


def _parts(expanded: str) -> Iterator[str | _Bracket]:
    """Texts, and what is in the outermost round brackets, from left to right; brackets are in pairs."""
    depth = start = 0
    for match in _SIGN.finditer(expanded):
        rises, falls = match[0] == "(", match[0] == ")"
        if rises and depth == 0:
            yield expanded[start : match.start()]
            start = match.end()
        depth += rises - falls
        if falls and depth == 0:
            yield _Bracket(expanded[start : match.start()])
            start = match.end()
    yield expanded[start:]


def _check_brackets(prompt: str) -> None:
    """Raises EngineError unless brackets are in pairs, braces not in braces, and none empty."""
    opened: list[str] = []  # brackets that wait for their end
    for match in _SIGN.finditer(prompt):
        sign = match[0]
        if sign == "{" and "{" in opened:
            raise _bad("Braces can't stand inside braces: write all the alternatives side by side.")
        if sign in _ENDS:
            opened.append(sign)
        elif sign in _ENDS.values() and not (opened and _ENDS[opened.pop()] == sign):
            raise _bad(f"The prompt has a {sign} without its beginning: write \\{sign} for the sign itself.")
    if opened:
        sign = opened[-1]
        raise _bad(
            f"The prompt has a {sign} without its end: close it, or write \\{sign} for the sign itself."
        )
    for match in _CHOICE.finditer(prompt):
        if match["inside"] is not None and not match["inside"].strip():
            raise _bad(
                "Braces with nothing inside leave no choice: write {gravel|snow}, or \\{ for the sign."
            )


def _tidy(text: str) -> str:
    """Single spaces, none at the ends."""
    return " ".join(text.split())


def _bad(sentence: str) -> EngineError:
    return EngineError(ErrorCode.BAD_ARGUMENT, sentence)
