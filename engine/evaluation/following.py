"""How closely takes follow a guide, and what that costs: ``python -m engine.evaluation.following CORPUS``.

Guides are real recordings, and a mouth made of noise bursts and vowels. Every prompt is about something else
than its guide. Without a guide, numbers say how much takes are like it by chance; real clips of the prompts'
classes that got the guide's loudness say how much agreement there is left to have.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from engine.audio.envelope import Envelope, correlation, decibels
from engine.audio.follow import Follower
from engine.audio.resample import resample
from engine.audio.stretch import held
from engine.config import Home
from engine.evaluation.agreement import Prompt, load_prompts, real_clips, score
from engine.evaluation.onsets import f_measure, onsets
from engine.evaluation.yamnet import Yamnet
from engine.guide import RANGE_DB
from engine.models.catalogue import load_model
from engine.models.interface import Model
from engine.protocol.replies import TakeDone
from engine.protocol.requests import FileSource, Mode, NewSource, RenderRequest, frames
from engine.render import render

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Result = TypeVar("Result")

RATE = 16_000
FRAMES = 4 * RATE
PEAK = 0.5
PROMPTS = (
    "a dog barking",
    "a sheep bleating",
    "a chicken clucking",
    "thunder rumbling",
    "a gunshot",
    "a shotgun blast",
)
FOOTSTEPS_AT = (0.1, 0.62, 1.08, 1.6, 2.1, 2.7, 3.3)
HITS_AT = (0.25, 0.8, 1.0, 1.9, 2.6, 3.2, 3.4)
HITS = ("impact", "thud", "wood hit", "metal clang")
DEMO = Path(__file__).parents[1] / "commands" / "demo" / "stream.flac"


@dataclass(frozen=True)
class Way:
    """A way to follow; ``fields`` go into the request. ``source``: the guide is what is transferred."""

    name: str
    fields: dict[str, Any]
    is_source: bool = False


WAYS = (
    Way("no guide", {"guide": ""}),
    Way("both", {}),
    Way("envelope alone", {"guide_onsets": 0.0}),
    Way("onsets alone", {"guide_envelope": 0.0}),
    Way("both by half", {"guide_envelope": 0.5, "guide_onsets": 0.5}),
    Way("transfer of the guide, strength 0.8", {"guide": "", "strength": 0.8}, is_source=True),
    Way("transfer of the guide, strength 0.95", {"guide": "", "strength": 0.95}, is_source=True),
)


def table(corpus: Path, seeds: int = 1) -> Iterator[str]:
    """Its lines, each as soon as it is measured."""
    guides = dict(all_guides(corpus))
    prompts = tuple(prompt for prompt in load_prompts() if prompt.text in PROMPTS)
    yamnet, model = Yamnet(), load_model()
    yield "| way | envelope | onsets | hit | probability | seconds a take |"
    yield "|---|---|---|---|---|---|"
    for way in WAYS:
        begun = time.perf_counter()
        rows = [
            (*likeness(guide, sound), *_agreement(yamnet, prompt, sound))
            for guide in guides.values()
            for prompt in prompts
            for sound in takes(way, guide, prompt, model, seeds)
        ]
        yield _row(way.name, rows, (time.perf_counter() - begun) / len(rows))
    clips = real_clips(corpus, prompts, seeds, FRAMES / RATE)
    rows = [
        (*likeness(guide, sound), *_agreement(yamnet, prompt, sound))
        for guide in guides.values()
        for prompt, of_prompt in zip(prompts, clips, strict=True)
        for sound in (shaped(guide, clip) for clip in of_prompt)
    ]
    yield _row("real clips, shaped", rows, 0.0)


def likeness(guide: Float32, sound: Float32) -> tuple[float, float]:
    """Correlation of the envelopes, and the F-measure of the onsets; both (frames,)."""
    one, other = (outcome(onsets(held(each[:, None]), RATE)) for each in (guide, sound))
    return correlation(envelope_db(guide), envelope_db(sound)), f_measure(one, other)


def envelope_db(sound: Float32) -> Float64:
    """In decibels, (hops,), as far down as ears follow."""
    envelope = Envelope(RATE)
    level = decibels(np.concatenate([envelope.push(sound), envelope.finish()]))
    return np.asarray(np.maximum(level, level.max() - RANGE_DB))


def takes(way: Way, guide: Float32, prompt: Prompt, model: Model, seeds: int) -> list[Float32]:
    """New sounds as long as the guide, made this way."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "guide.wav"
        sf.write(path, guide, RATE, subtype="FLOAT")
        request = RenderRequest(
            job_id="following",
            source=NewSource(RATE, 1, len(guide)),
            prompt=prompt.text,
            mode=Mode.GENERATE,
            guide=str(path),
            takes=seeds,
            retries=0,
            want_chunks=False,
        )
        if way.is_source:
            source = FileSource(str(path), frames(0), frames(len(guide)))
            request = replace(request, source=source, mode=Mode.TRANSFER)
        home = Home(Path(folder), Path(folder) / "takes")
        replies = list(render(replace(request, **way.fields), model, home))
        done = [reply for reply in replies if isinstance(reply, TakeDone)]
        return [sf.read(take.path, dtype="float32")[0] for take in done]


def shaped(guide: Float32, clip: Float32) -> Float32:
    """A clip, over and over, with the guide's loudness."""
    looped = np.resize(clip * (PEAK / max(float(np.abs(clip).max()), 1e-6)), len(guide))
    follower = Follower(envelope_db(guide), RATE)
    return np.concatenate([follower.push(looped[:, None]), follower.finish()])[:, 0]


def all_guides(corpus: Path) -> Iterator[tuple[str, Float32]]:
    """Their names and sounds, (frames,), at a peak of a half."""
    with (corpus / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        rows = list(csv.DictReader(manifest))

    def clips(classes: tuple[str, ...], low: float, high: float) -> list[Float32]:
        chosen = [row for row in rows if row["class"] in classes and low <= float(row["seconds"]) < high]
        return [sf.read(corpus / "audio" / f"{row['id']}.ogg", dtype="float32")[0] for row in chosen[::7]]

    yield "footsteps", placed(clips(("footsteps",), 0.0, 0.6), FOOTSTEPS_AT)
    yield "hits", placed(clips(HITS, 0.0, 0.9), HITS_AT)
    yield "walk", placed(clips(("footsteps",), 4.0, 60.0)[:1], (0.0,))
    yield "barks", placed(clips(("dog bark",), 1.5, 60.0), (0.0, 2.0))
    yield "mouth", mouth(FRAMES)
    stream, rate = sf.read(DEMO, dtype="float32", always_2d=True)
    yield "stream", placed([resample(stream, rate, RATE)[:, 0]], (0.0,))


def placed(clips: list[Float32], seconds: tuple[float, ...]) -> Float32:
    """Clips, one after the other, at these times, in turn louder and softer."""
    sound = np.zeros(FRAMES, np.float32)
    for number, (clip, start) in enumerate(zip(clips, seconds, strict=False)):
        first = round(start * RATE)
        part = clip[: FRAMES - first] * (PEAK / max(float(np.abs(clip).max()), 1e-6))
        sound[first : first + len(part)] += part * (1.0, 0.5, 0.8)[number % 3]
    return sound


def mouth(frames: int, seed: int = 0) -> Float32:
    """Bursts of breath at uneven times, most of them with a vowel behind, (frames,)."""
    rng = np.random.default_rng(seed)
    sound = rng.standard_normal(frames) * 1e-4
    start = 0.12
    while start < frames / RATE - 0.3:
        burst = rng.standard_normal(400) * np.exp(-np.arange(400) / 120.0) * 0.3
        syllable = np.concatenate([burst, _vowel(rng)]) if rng.random() < 0.65 else burst
        first = round(start * RATE)
        part = syllable[: frames - first]
        sound[first : first + len(part)] += part
        start += rng.uniform(0.25, 0.55)
    return np.asarray(sound * (PEAK / np.abs(sound).max()), np.float32)


def _vowel(rng: np.random.Generator) -> Float64:
    """Harmonics of a falling voice under two formants."""
    seconds = np.arange(round(rng.uniform(0.08, 0.2) * RATE)) / RATE
    pitch = rng.uniform(100.0, 160.0) * (1.0 - seconds)
    phase = 2.0 * np.pi * np.cumsum(pitch) / RATE
    formants = ((700.0, 1100.0), (300.0, 2200.0), (500.0, 900.0))[int(rng.integers(3))]
    heights = [sum(1.0 / (1.0 + ((130.0 * k - f) / 120.0) ** 2) for f in formants) for k in range(1, 30)]
    voice = sum(height * np.sin(k * phase) for k, height in enumerate(heights, 1))
    rise_and_fall = np.minimum(1.0, np.minimum(seconds / 0.02, (seconds[-1] - seconds) / 0.06))
    return np.asarray(voice / np.abs(voice).max() * rise_and_fall * rng.uniform(0.15, 0.35))


def outcome(steps: Generator[Any, None, Result]) -> Result:
    """What a generator returns in the end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


def _agreement(yamnet: Yamnet, prompt: Prompt, sound: Float32) -> tuple[float, float]:
    heard = score(yamnet, prompt, sound)
    return float(heard.hit), heard.probability


def _row(name: str, rows: Sequence[tuple[float, ...]], seconds: float) -> str:
    means = np.array(rows).mean(axis=0)
    return f"| {name} | " + " | ".join(f"{mean:.2f}" for mean in means) + f" | {seconds:.1f} |"


def main(say: Callable[[str], object] = print) -> None:
    """The table, line by line."""
    for line in table(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1):
        say(line)


if __name__ == "__main__":
    main(lambda line: print(line, flush=True))
