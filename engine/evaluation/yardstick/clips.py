"""Which recordings of the corpus play which part, for each prompt.

Probes stand beside the takes, as the best that could be asked for: recordings of packages that nobody trains
on, where the prompt's class has any, else of the others, which is told. The reference is what distances are
measured from. Neighbours are what a search for the prompt would have found instead of making anything.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import soundfile

from engine.audio.resample import resample
from engine.errors import EngineError, ErrorCode
from engine.evaluation.agreement import Float32, Prompt
from engine.evaluation.yamnet import SAMPLE_RATE
from engine.training.corpus import is_held_out

Item = TypeVar("Item")

COLUMNS = {"id", "caption", "class", "seconds", "package"}
# Of the reference, for each prompt.
REFERENCE_CLIPS, LEAST_REFERENCE = 6, 2
MAX_CLIPS = 1_000_000


@dataclass(frozen=True)
class RealClip:
    """One recording of the corpus."""

    clip_id: str
    caption: str
    sound_class: str
    package: str
    seconds: float
    path: Path

    @property
    def held_out(self) -> bool:
        """Is its package one that nobody trains on?"""
        return is_held_out(self.package)


@dataclass(frozen=True)
class Cast:
    """The recordings of one prompt."""

    probes: tuple[RealClip, ...]
    neighbours: tuple[RealClip, ...]
    reference: tuple[RealClip, ...]

    @property
    def held_out(self) -> bool:
        """Are the probes of packages that nobody trains on?"""
        return all(clip.held_out for clip in self.probes)


@dataclass(frozen=True)
class RealClips:
    """A corpus. ``digest`` tells one from another."""

    clips: tuple[RealClip, ...]
    digest: str

    @property
    def trained(self) -> tuple[RealClip, ...]:
        """What a model may have been trained on."""
        return tuple(clip for clip in self.clips if not clip.held_out)

    def of_class(self, sound_class: str) -> tuple[RealClip, ...]:
        """Of one class. Raises EngineError(NOT_FOUND) where there is none."""
        found = tuple(clip for clip in self.clips if clip.sound_class == sound_class)
        if not found:
            raise EngineError(
                ErrorCode.NOT_FOUND, f'The corpus has no recording of the class "{sound_class}"; use another.'
            )
        return found


def read_corpus(folder: Path) -> RealClips:
    """A folder with ``manifest.csv`` and ``audio/ID.ogg``. Raises EngineError: NOT_FOUND, BAD_AUDIO."""
    path = folder / "manifest.csv"
    try:
        content = path.read_bytes()
        rows = list(csv.DictReader(content.decode("utf-8").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EngineError(
            ErrorCode.NOT_FOUND,
            f"There is no corpus in {folder}: it needs {path.name}, and sounds in audio/.",
        ) from error
    if not rows or not set(rows[0]) >= COLUMNS or len(rows) > MAX_CLIPS:
        raise EngineError(
            ErrorCode.BAD_AUDIO, f"{path} is no corpus: it needs rows with {', '.join(sorted(COLUMNS))}."
        )
    return RealClips(tuple(_clip(folder, row) for row in rows), hashlib.sha256(content).hexdigest()[:16])


def cast(
    corpus: RealClips, prompt: Prompt, count: int, neighbours: Sequence[RealClip], references: int
) -> Cast:
    """Who plays what for a prompt: ``count`` probes and ``references`` at most, both spread over the class.

    neighbours: what a search found, as ``nearest_captions`` gives it. Raises EngineError(NOT_FOUND).
    """
    there = corpus.of_class(prompt.corpus_class)
    held_out = [clip for clip in there if clip.held_out]
    free = [clip for clip in there if not clip.held_out and clip not in neighbours]
    probes = spread(held_out or free or list(there), count)
    trained = [clip for clip in there if not clip.held_out and clip not in probes]
    unused = [clip for clip in trained if clip not in neighbours]
    rest = unused if len(unused) >= LEAST_REFERENCE else trained
    return Cast(tuple(probes), tuple(neighbours), tuple(spread(rest, references)))


def nearest_captions(
    clips: Sequence[RealClip], cosines: dict[str, float], count: int
) -> tuple[RealClip, ...]:
    """``count`` clips whose captions are nearest; those of one caption are spread over all that have it.

    cosines: of each caption with the prompt.
    """
    found: list[RealClip] = []
    for caption in sorted(cosines, key=lambda text: (-cosines[text], text)):
        alike = [clip for clip in clips if clip.caption == caption]
        found += spread(alike, count - len(found))
        if len(found) == count:
            break
    return tuple(found)


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """``count`` of the items, or all if there are fewer, evenly spaced."""
    count = min(count, len(items))
    return [items[int(place)] for place in np.linspace(0, len(items) - 1, count).round()]


def long_clips(corpus: RealClips, prompts: Sequence[Prompt], seconds: float) -> Iterator[RealClip]:
    """For each prompt that has any, one recording that goes on for so long, held out where there is one."""
    for prompt in prompts:
        there = [clip for clip in corpus.of_class(prompt.corpus_class) if clip.seconds >= seconds]
        if there:
            yield min(there, key=lambda clip: (not clip.held_out, clip.clip_id))


def read_clip(clip: RealClip, seconds: float, start: float = 0.0) -> Float32:
    """At most so much of it, (frames,) at 16 kHz, its first channel. Raises EngineError(BAD_AUDIO)."""
    try:
        with soundfile.SoundFile(clip.path) as file:
            rate = file.samplerate
            file.seek(min(round(start * rate), file.frames))
            samples = file.read(round(seconds * rate), dtype="float32", always_2d=True)[:, :1]
    except (OSError, soundfile.SoundFileError) as error:
        raise EngineError(ErrorCode.BAD_AUDIO, f"{clip.path} can't be read: {error}.") from error
    if not len(samples):
        raise EngineError(ErrorCode.BAD_AUDIO, f"{clip.path} is empty.")
    mono: Float32 = resample(samples, rate, SAMPLE_RATE)[:, 0]
    return mono


def _clip(folder: Path, row: dict[str, str]) -> RealClip:
    try:
        seconds = float(row["seconds"])
    except ValueError as error:
        sentence = f'The recording {row["id"]} of the corpus is said to be "{row["seconds"]}" seconds long.'
        raise EngineError(ErrorCode.BAD_AUDIO, sentence) from error
    name = Path(row["id"]).name  # an id is no path
    path = folder / "audio" / f"{name}.ogg"
    return RealClip(row["id"], row["caption"], row["class"], row["package"], seconds, path)
