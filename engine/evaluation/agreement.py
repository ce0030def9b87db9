"""Does a take sound like what was asked for? YAMNet's five most likely classes say.

The same question is put to real clips of the corpus and to white noise, so that a number has a
ceiling and a floor beside it.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.evaluation.yamnet import SAMPLE_RATE, Opinion, Yamnet

Float32 = NDArray[np.float32]

TOP = 5
# The prompts that there have always been; those after them came later.
FIRST_PROMPTS = 50


@dataclass(frozen=True)
class Prompt:
    """One question: the text, the class of the corpus it is about, and the AudioSet classes that count."""

    text: str
    corpus_class: str
    expect: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """hit: is an expected class among the five most likely? probability: of the likeliest expected class."""

    hit: bool
    probability: float
    top: tuple[str, ...]


def load_prompts() -> tuple[Prompt, ...]:
    """The prompts of ``prompts.toml``."""
    table = tomllib.loads((Path(__file__).parent / "prompts.toml").read_text(encoding="utf-8"))
    return tuple(Prompt(row["text"], row["corpus_class"], tuple(row["expect"])) for row in table["prompt"])


def score(yamnet: Yamnet, prompt: Prompt, waveform: Float32) -> Score:
    """A mono 16 kHz waveform against a prompt."""
    return score_opinion(yamnet, prompt, yamnet.listen(waveform))


def score_opinion(yamnet: Yamnet, prompt: Prompt, opinion: Opinion) -> Score:
    """What was heard against a prompt."""
    top = tuple(yamnet.top(opinion, TOP))
    wanted = [yamnet.classes.index(name) for name in prompt.expect]
    return Score(any(name in prompt.expect for name in top), float(opinion.scores[wanted].max()), top)


def real_clips(corpus: Path, prompts: Sequence[Prompt], count: int, seconds: float) -> list[list[Float32]]:
    """Up to ``count`` clips of each prompt's class, spread over the class, at most ``seconds`` long."""
    with (corpus / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        rows = list(csv.DictReader(manifest))
    found = []
    for prompt in prompts:
        of_class = [row for row in rows if row["class"] == prompt.corpus_class]
        picks = np.linspace(0, len(of_class) - 1, min(count, len(of_class))).round().astype(int)
        found.append(
            [_read(corpus / "audio" / f"{of_class[int(pick)]['id']}.ogg", seconds) for pick in picks]
        )
    return found


def _read(path: Path, seconds: float) -> Float32:
    waveform, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != SAMPLE_RATE:
        raise ValueError(f"{path} is at {rate} Hz")
    mono: Float32 = waveform[: int(seconds * rate), 0]
    return mono
