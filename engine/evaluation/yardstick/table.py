"""From everything that was heard to the rows of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluation.agreement import Float32, Prompt
from engine.evaluation.yardstick.clips import Cast
from engine.evaluation.yardstick.divergence import inception_score, mean_divergence
from engine.evaluation.yardstick.frechet import Comparison, compare
from engine.evaluation.yardstick.hearing import Heard, Impression, vectors
from engine.evaluation.yardstick.nearness import (
    SUSPICIOUS_SHARE,
    Library,
    Nearness,
    by_package,
    diversity,
    nearness,
    neighbours,
)
from engine.evaluation.yardstick.report import Copied, Kind, Memory, PromptRow, Row, Space

Sounds = Mapping[Kind, Sequence[Sequence[Heard]]]
Reference = Sequence[Sequence[Impression]]

# Of the takes that come nearest to a training clip, so many are named, so that somebody can listen.
NAMED = 5


@dataclass(frozen=True)
class Found:
    """Everything that was heard. sounds: for each kind a list for each prompt; reference: the impressions of
    each prompt's reference clips."""

    sounds: Sounds
    casts: tuple[Cast, ...]
    reference: Reference


@dataclass(frozen=True)
class Trained:
    """What a model may have been trained on, and embeddings, (any, 1024), of recordings of the prompts'
    classes that it was not."""

    library: Library
    held_out: Float32


def rows(sounds: Sounds, reference: Reference, trained: Trained | None) -> dict[Kind, Row]:
    """One row for each kind; what needs a reference or the training clips is None without them."""
    yamnet, effects = comparisons(sounds, reference)
    made = {}
    for kind, of_kind in sounds.items():
        flat = _flat(of_kind)
        made[kind] = Row(
            sounds=len(flat),
            hit=_mean_over_prompts(of_kind, lambda sound: sound.answer.score.hit),
            probability=_mean_over_prompts(of_kind, lambda sound: sound.answer.score.probability),
            closeness=_closeness(of_kind),
            fad=None if yamnet is None else yamnet[kind].along_axes,
            fad_all=None if yamnet is None else yamnet[kind].along_all,
            fad_effects=None if effects is None else effects[kind].along_axes,
            kl=mean_divergence(list(_class_pairs(of_kind, reference))),
            inception=inception_score(np.stack([sound.impression.classes for sound in flat])),
            diversity=diversity([vectors(group) for group in of_kind], _centre(sounds, reference)),
            nearest=_nearest(kind, flat, trained),
            unusable=float(np.mean([sound.is_unusable for sound in flat])),
            late=float(np.mean([sound.is_late for sound in flat])),
        )
    return made


def comparisons(
    sounds: Sounds, reference: Reference
) -> tuple[Comparison[Kind] | None, Comparison[Kind] | None]:
    """Fréchet distances in YAMNet's space, and in that of sound effects."""
    flat = [impression for of_prompt in reference for impression in of_prompt]
    if not flat:
        return None, None
    patches = {
        kind: np.concatenate([sound.impression.patches for sound in _flat(of_kind)])
        for kind, of_kind in sounds.items()
    }
    yamnet = compare(np.concatenate([impression.patches for impression in flat]), patches)
    effects = np.concatenate([impression.effects for impression in flat])
    if not len(effects):
        return yamnet, None
    blocks = {
        kind: np.concatenate([sound.impression.effects for sound in _flat(of_kind)])
        for kind, of_kind in sounds.items()
    }
    return yamnet, compare(effects, blocks)


def spaces(sounds: Sounds, reference: Reference) -> tuple[Space, ...]:
    """How the Fréchet distances were taken."""
    named = zip(("YAMNet", "aiSFX"), comparisons(sounds, reference), strict=True)
    return tuple(
        Space(name, space.axes, space.kept, space.vectors, space.of_reference, space.dimensions)
        for name, space in named
        if space is not None
    )


def prompt_rows(prompts: Sequence[Prompt], sounds: Sounds, casts: Sequence[Cast]) -> tuple[PromptRow, ...]:
    """What became of each prompt."""
    return tuple(
        PromptRow(
            text=prompt.text,
            held_out=casts[place].held_out if casts else None,
            hits={
                kind: tuple(sound.answer.score.hit for sound in of_kind[place])
                for kind, of_kind in sounds.items()
            },
            heard=tuple(sound.answer.score.top[0] for sound in sounds[Kind.TAKE][place]),
        )
        for place, prompt in enumerate(prompts)
    )


def memory(prompts: Sequence[Prompt], found: Found, trained: Trained) -> Memory:
    """How near takes come to what a model was trained on."""
    takes = found.sounds[Kind.TAKE]
    nearest = neighbours(vectors(_flat(takes)), trained.library)
    places = [
        (prompt.text, take)
        for prompt, group in zip(prompts, takes, strict=True)
        for take in range(len(group))
    ]
    named = [
        Copied(text, take, neighbour.distance, neighbour.clip, neighbour.package)
        for (text, take), neighbour in zip(places, nearest, strict=True)
    ]
    held_out = neighbours(trained.held_out, trained.library) if len(trained.held_out) else ()
    distances = [neighbour.distance for neighbour in held_out]
    return Memory(
        limit=float(np.quantile(distances, SUSPICIOUS_SHARE)) if distances else None,
        between=_between_packages(found, trained.library),
        packages=tuple(by_package(nearest)),
        nearest=tuple(sorted(named, key=lambda copied: copied.distance)[:NAMED]),
    )


def _between_packages(found: Found, library: Library) -> Nearness:
    """How near real recordings come to those of other packages: what independent recordings are like."""
    clips = [clip for roles in found.casts for clip in roles.reference]
    heard = np.stack([impression.vector for of_prompt in found.reference for impression in of_prompt])
    return nearness(neighbours(heard, library, [clip.package for clip in clips]))


def _nearest(kind: Kind, sounds: Sequence[Heard], trained: Trained | None) -> Nearness | None:
    """To the training clips: of real clips, those that are held out, all of the prompts' classes."""
    if trained is None:
        return None
    held_out = neighbours(trained.held_out, trained.library) if len(trained.held_out) else ()
    if kind in (Kind.REAL, Kind.ROUND_TRIP):
        return nearness(held_out, held_out) if held_out and kind is Kind.REAL else None
    return nearness(neighbours(vectors(sounds), trained.library), held_out)


def _class_pairs(
    of_kind: Sequence[Sequence[Heard]], reference: Reference
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Probabilities of real and of made sounds, for each prompt."""
    for group, real in zip(of_kind, reference, strict=False):
        yield (
            np.array([impression.classes for impression in real]),
            np.array([sound.impression.classes for sound in group]),
        )


def _centre(sounds: Sounds, reference: Reference) -> np.ndarray:
    """From which directions are seen: the middle of the reference, or of all there is."""
    flat = [impression for of_prompt in reference for impression in of_prompt]
    if not flat:
        flat = [sound.impression for of_kind in sounds.values() for sound in _flat(of_kind)]
    return np.asarray(np.stack([impression.vector for impression in flat]).mean(axis=0))


def _closeness(of_kind: Sequence[Sequence[Heard]]) -> float | None:
    known = [sound.answer.closeness for sound in _flat(of_kind) if sound.answer.closeness is not None]
    return float(np.mean(known)) if known else None


def _mean_over_prompts(of_kind: Sequence[Sequence[Heard]], measure: Callable[[Heard], float]) -> float:
    """Each prompt counts the same."""
    return float(np.mean([np.mean([measure(sound) for sound in group]) for group in of_kind if group]))


def _flat(of_kind: Sequence[Sequence[Heard]]) -> list[Heard]:
    return [sound for group in of_kind for sound in group]
