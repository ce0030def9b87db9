"""Does a take sound like what was asked for? YAMNet's five most likely classes say.

The same question is put to real clips of the corpus and to white noise, so that a number has a
ceiling and a floor beside it.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.evaluation.yamnet import SAMPLE_RATE, Yamnet

Float32 = NDArray[np.float32]

TOP = 5


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


@dataclass(frozen=True)
class Row:
    """The scores of one prompt, by what was scored ("take", "real", "noise")."""

    prompt: Prompt
    scores: dict[str, tuple[Score, ...]]


def load_prompts() -> tuple[Prompt, ...]:
    """The prompts of ``prompts.toml``."""
    table = tomllib.loads((Path(__file__).parent / "prompts.toml").read_text(encoding="utf-8"))
    return tuple(Prompt(row["text"], row["corpus_class"], tuple(row["expect"])) for row in table["prompt"])


def score(yamnet: Yamnet, prompt: Prompt, waveform: Float32) -> Score:
    """A mono 16 kHz waveform against a prompt."""
    opinion = yamnet.listen(waveform)
    top = tuple(yamnet.top(opinion, TOP))
    wanted = [yamnet.classes.index(name) for name in prompt.expect]
    return Score(any(name in prompt.expect for name in top), float(opinion.scores[wanted].max()), top)


def mean_hit(rows: Iterable[Row], kind: str) -> float:
    """The share of hits of one kind, each prompt counting the same."""
    shares = [np.mean([s.hit for s in row.scores[kind]]) for row in rows if row.scores.get(kind)]
    return float(np.mean(shares)) if shares else float("nan")


def mean_probability(rows: Iterable[Row], kind: str) -> float:
    """The mean probability of what was expected, each prompt counting the same."""
    means = [np.mean([s.probability for s in row.scores[kind]]) for row in rows if row.scores.get(kind)]
    return float(np.mean(means)) if means else float("nan")


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


def score_prompts(
    yamnet: Yamnet, prompts: Sequence[Prompt], sounds: dict[str, list[list[Float32]]]
) -> list[Row]:
    """One row for each prompt; ``sounds`` has a list of waveforms for each prompt, by kind."""
    return [
        Row(
            prompt,
            {
                kind: tuple(score(yamnet, prompt, sound) for sound in of_kind[number])
                for kind, of_kind in sounds.items()
            },
        )
        for number, prompt in enumerate(prompts)
    ]


def report(rows: Sequence[Row]) -> tuple[dict[str, object], tuple[str, ...]]:
    """The result as a value and as lines: hits of every prompt, then the means."""
    kinds = list(rows[0].scores)
    value: dict[str, object] = {
        "judge": f"YAMNet, any expected class among the top {TOP}",
        "means": {
            kind: {"hit": mean_hit(rows, kind), "probability": mean_probability(rows, kind)} for kind in kinds
        },
        "prompts": [
            {
                "text": row.prompt.text,
                **{kind: [s.hit for s in scores] for kind, scores in row.scores.items()},
                "heard": [list(s.top) for s in row.scores["take"]],
            }
            for row in rows
        ],
    }
    lines = [f"{'prompt':42s}" + "".join(f"{kind:>8s}" for kind in kinds) + "   heard first"]
    for row in rows:
        shares = "".join(f"{_share(row.scores[kind]):>8s}" for kind in kinds)
        heard = ", ".join(s.top[0] for s in row.scores["take"])
        lines.append(f"{row.prompt.text:42s}{shares}   {heard}")
    lines.append(f"{'mean hit':42s}" + "".join(f"{mean_hit(rows, kind):8.3f}" for kind in kinds))
    lines.append(
        f"{'mean probability':42s}" + "".join(f"{mean_probability(rows, kind):8.3f}" for kind in kinds)
    )
    return value, tuple(lines)


def _share(scores: Sequence[Score]) -> str:
    return f"{sum(s.hit for s in scores)}/{len(scores)}"
