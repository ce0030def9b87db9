"""What the judges make of one sound: YAMNet, aiSFX where it is installed, and the model's own ears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.quality import Flaw, Inspection
from engine.errors import EngineError, ErrorCode
from engine.evaluation.agreement import Float32, Prompt, Score, score_opinion
from engine.evaluation.sound_effects import SoundEffects
from engine.evaluation.yamnet import SAMPLE_RATE, Opinion, Yamnet, heard
from engine.evaluation.yardstick.beginning import is_late
from engine.evaluation.yardstick.divergence import softmax
from engine.models.interface import Model
from engine.ranking import closeness

Float64 = NDArray[np.float64]

UNUSABLE = frozenset({Flaw.SILENCE, Flaw.CLIPPING, Flaw.NOT_A_NUMBER})
_EFFECTS_WIDTH = 512


@dataclass(frozen=True)
class Impression:
    """What a sound is like, whatever was asked for. patches: (any, 1024), of what sounds; classes: (521,)
    probabilities that sum to one; effects: (any, 512), without rows where nobody listened."""

    patches: Float32
    classes: Float64
    effects: Float32

    @property
    def vector(self) -> Float32:
        """The whole sound as one embedding, (1024,)."""
        mean: Float32 = self.patches.mean(axis=0)
        return mean


@dataclass(frozen=True)
class Answer:
    """How a sound answers a prompt. closeness: None where the model can't hear."""

    score: Score
    closeness: float | None


@dataclass(frozen=True)
class Heard:
    """One sound that was asked for."""

    impression: Impression
    answer: Answer
    is_unusable: bool  # silent, clipped, or no sound at all
    is_late: bool  # it does not begin where it was asked for


class Ears:
    """The judges; ``model`` is the one whose ears are asked, None if it has none."""

    def __init__(self, yamnet: Yamnet, effects: SoundEffects | None, model: Model | None) -> None:
        self._yamnet = yamnet
        self._effects = effects
        self._model = model
        self._conditions: dict[str, Float32] = {}

    def hear(self, prompt: Prompt, sound: Float32) -> Heard:
        """A mono sound at 16 kHz, (frames,)."""
        return self.hear_for([prompt], sound)[0]

    def hear_for(self, prompts: Sequence[Prompt], sound: Float32) -> list[Heard]:
        """One sound as the answer to each of these prompts."""
        safe, unusable = np.nan_to_num(sound), is_unusable(sound)
        late = is_late(safe, SAMPLE_RATE)
        opinion = self._yamnet.listen(safe)
        impression = self._impression(safe, opinion)
        answers = [self._answer(prompt, safe, opinion) for prompt in prompts]
        return [Heard(impression, answer, unusable, late) for answer in answers]

    def answer(self, prompt: Prompt, sound: Float32) -> Answer:
        """How a sound answers a prompt, and nothing else of it."""
        return self._answer(prompt, sound, self._yamnet.listen(sound))

    def impression(self, sound: Float32) -> Impression:
        """A sound that nobody asked for."""
        return self._impression(sound, self._yamnet.listen(sound))

    def vector(self, sound: Float32) -> Float32:
        """A sound as one embedding, (1024,)."""
        opinion = self._yamnet.listen(sound)
        mean: Float32 = opinion.embedding[heard(sound, opinion.logits)].mean(axis=0)
        return mean

    def _impression(self, sound: Float32, opinion: Opinion) -> Impression:
        told = heard(sound, opinion.logits)
        nothing = np.zeros((0, _EFFECTS_WIDTH), np.float32)
        return Impression(
            patches=opinion.embedding[told],
            classes=softmax(opinion.logits[told]).mean(axis=0),
            effects=nothing if self._effects is None else self._effects.listen(sound, SAMPLE_RATE),
        )

    def _answer(self, prompt: Prompt, sound: Float32, opinion: Opinion) -> Answer:
        score = score_opinion(self._yamnet, prompt, opinion)
        return Answer(score, self._closeness(prompt.text, sound))

    def _closeness(self, text: str, sound: Float32) -> float | None:
        if self._model is None:
            return None
        if text not in self._conditions:
            self._conditions[text] = self._model.encode_text([text])
        return closeness(sound, self._conditions[text], self._model, SAMPLE_RATE)


def is_unusable(sound: Float32) -> bool:
    """Is there nothing, or clipping, or something else than numbers?"""
    inspection = Inspection(SAMPLE_RATE, 1)
    inspection.push(sound[:, None])
    return any(defect.flaw in UNUSABLE for defect in inspection.report().defects)


def open_ears(model: Model) -> tuple[Ears, tuple[str, ...]]:
    """Every judge that is here, and a sentence for each that is not. Raises EngineError without YAMNet."""
    notes: list[str] = []
    effects: SoundEffects | None = None
    try:
        effects = SoundEffects()
    except EngineError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        notes.append(f"FAD-aiSFX is missing. {error.sentence}")
    hears = model.specification.ranking is not None
    if not hears:
        name = model.specification.name
        notes.append(f"CLAP agreement is missing: the model {name} has no audio encoder to hear with.")
    return Ears(Yamnet(), effects, model if hears else None), tuple(notes)


def vectors(heard: Sequence[Heard]) -> Float32:
    """The embeddings of several sounds, (sounds, 1024)."""
    return np.stack([sound.impression.vector for sound in heard])
