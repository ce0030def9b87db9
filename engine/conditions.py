"""What steers each take: the rows of its prompts, its weighted phrases among them.

A weight moves a prompt's vector by the difference its phrase makes: with c the vector of the whole prompt
and d that of the prompt without the phrase, weight w gives c + (w - 1)(c - d), brought back to c's length.
That is only right where a model's row is one vector, as CLAP's and a sentence encoder's are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import EngineError, ErrorCode
from engine.models.interface import Float32, Model
from engine.prompts import Wording, expand, wording_of
from engine.protocol.lists import write_timed
from engine.protocol.requests import Method, RenderRequest

# What one call of the text encoder may be asked; 16 takes of 16 prompts along the region come to as many.
MAX_TEXTS = 256
# Today's text embeddings are of length 1; rows that are several things side by side are not.
_UNIT_TOLERANCE = 1e-3
_SHORTEST = 1e-6


@dataclass(frozen=True)
class TakeText:
    """The texts of one take, alternatives chosen: ``prompt`` first, then those of ``along``."""

    prompts: tuple[str, ...]
    negative: str
    source_prompt: str

    @property
    def all(self) -> tuple[str, ...]:
        """Every one of them."""
        return (*self.prompts, self.negative, self.source_prompt)


@dataclass(frozen=True)
class Condition:
    """What steers one take: rows of one call of ``Model.encode_text``.

    prompts: (1 + along, ...), in the order in which they begin. unconditional, source: (1, ...), of the
    negative prompt and of what the region sounds like now.
    """

    text: TakeText
    prompts: Float32
    unconditional: Float32
    source: Float32


def take_text(request: RenderRequest, take: int) -> TakeText:
    """What take ``take`` is asked for; all its candidates are asked for the same."""
    number = request.seed + take
    negative = expand(request.negative, number)
    # Plain noising asks nobody what the region sounds like now: no text of its own has to be encoded.
    source = negative if request.method is Method.NOISE else expand(request.source_prompt, number)
    return TakeText(
        prompts=tuple(
            expand(prompt, number) for prompt in (request.prompt, *(text for _, text in request.along))
        ),
        negative=negative,
        source_prompt=source,
    )


def chosen_words(request: RenderRequest, take: int) -> dict[str, str]:
    """Keys whose text had alternatives, as this take was asked for: what makes it again alone."""
    text = take_text(request, take)
    along = tuple((time, prompt) for (time, _), prompt in zip(request.along, text.prompts[1:], strict=True))
    asked = {
        "prompt": (request.prompt, text.prompts[0]),
        "negative": (request.negative, text.negative),
        "along": (write_timed(request.along), write_timed(along)),
    }
    if request.method is not Method.NOISE:
        asked["source_prompt"] = (request.source_prompt, text.source_prompt)
    return {name: chosen for name, (written, chosen) in asked.items() if written != chosen}


def conditions(request: RenderRequest, model: Model) -> tuple[Condition, ...]:
    """One for each take; each distinct text is encoded once, all in one call.

    Raises EngineError: BAD_ARGUMENT for a prompt that makes no sense, or weights that the model can't take;
    TOO_MUCH for too many texts.
    """
    takes = [take_text(request, take) for take in range(request.takes)]
    wordings = {text: wording_of(text) for take in takes for text in take.all}
    rows = _encoded(list(wordings.values()), model)
    weighed = {text: _weighed(wording, rows, model) for text, wording in wordings.items()}
    return tuple(
        Condition(
            text=take,
            prompts=np.concatenate([weighed[text] for text in take.prompts]),
            unconditional=weighed[take.negative],
            source=weighed[take.source_prompt],
        )
        for take in takes
    )


def _encoded(wordings: Sequence[Wording], model: Model) -> dict[str, Float32]:
    """A row (1, ...) for each plain text."""
    texts = list(dict.fromkeys(text for wording in wordings for text in wording.texts))
    if len(texts) > MAX_TEXTS:
        raise EngineError(
            ErrorCode.TOO_MUCH,
            f"The prompts come to {len(texts)} texts, {MAX_TEXTS} are the most: ask for fewer takes, "
            "weights or prompts along the region.",
        )
    rows = model.encode_text(texts)
    return {text: rows[place : place + 1] for place, text in enumerate(texts)}


def _weighed(wording: Wording, rows: dict[str, Float32], model: Model) -> Float32:
    """The row of a prompt, moved by its weights."""
    whole = rows[wording.text]
    if not wording.emphases:
        return whole
    if not _is_vector(whole):
        name = model.specification.name
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"The model {name} reads prompts word by word, and takes no weights: leave them out.",
        )
    moved = whole + sum(
        np.float32(emphasis.weight - 1.0) * (whole - rows[emphasis.without]) for emphasis in wording.emphases
    )
    length = float(np.linalg.norm(moved))
    if length < _SHORTEST:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT, "The weights leave nothing of the prompt: raise one of them."
        )
    return np.asarray(moved * np.float32(np.linalg.norm(whole) / length), np.float32)


def _is_vector(row: Float32) -> bool:
    """Is a row one normalised vector?"""
    return row.ndim == 2 and abs(float(np.linalg.norm(row)) - 1.0) < _UNIT_TOLERANCE
