"""The whole yardstick, in one line: cast the corpus, make and hear every kind of sound, edit, time, compare.

A generator: it yields news before every piece of work, and who stops iterating cancels. Nothing is written
but takes in a folder that goes away, and what was heard of the corpus, where a place was named for it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from engine.config import Home
from engine.evaluation.agreement import Float32, Prompt
from engine.evaluation.yardstick import archive, editing, table
from engine.evaluation.yardstick.clips import (
    REFERENCE_CLIPS,
    Cast,
    RealClip,
    RealClips,
    cast,
    long_clips,
    nearest_captions,
    read_clip,
    spread,
)
from engine.evaluation.yardstick.editing import Edited, GapRow, TransferPoint
from engine.evaluation.yardstick.hearing import Ears, Heard, Impression
from engine.evaluation.yardstick.making import Maker, round_trip, white_noise, write_recording
from engine.evaluation.yardstick.nearness import library
from engine.evaluation.yardstick.pace import Pace, Stage
from engine.evaluation.yardstick.report import Kind, Question, Report, Row
from engine.evaluation.yardstick.table import Found, Trained
from engine.evaluation.yardstick.timing import measure_timing
from engine.models.interface import Model
from engine.protocol.replies import Progress

Result = TypeVar("Result")
Item = TypeVar("Item")
Steps = Generator[Progress, None, Result]

EDITS = 12  # transfers of each strength, and gaps
QUICK_EDITS = 3
CAPTIONS_AT_ONCE = 64
# Seconds a piece takes on two quiet cores: only ratios matter, and only until they were measured.
GUESSES = {
    "reading captions": 0.3,
    "hearing real clips": 0.6,
    "making takes": 4.0,
    "making takes of the previous model": 4.0,
    "transferring": 0.9,
    "filling gaps": 1.5,
    "timing": 12.0,
    "hearing what was trained on": 0.02,
}


@dataclass(frozen=True)
class Evaluation:
    """What is asked. corpus, work: None where there is none; previous: a model that makes takes as well."""

    model: Model
    device: str
    prompts: tuple[Prompt, ...]
    home: Home
    takes: int = 3
    seconds: float = 3.0
    steps: int = 0
    guidance: float = -1.0
    seed: int = 0
    corpus: RealClips | None = None
    work: Path | None = None
    previous: Model | None = None
    quick: bool = False

    @property
    def question(self) -> Question:
        """What decides whether results can be compared."""
        texts = "\n".join(f"{prompt.text}|{'|'.join(prompt.expect)}" for prompt in self.prompts)
        digest = hashlib.sha256(texts.encode()).hexdigest()[:16]
        corpus = "" if self.corpus is None else self.corpus.digest
        return Question(digest, corpus, self.takes, self.seconds, self.seed)

    def maker(self, model: Model) -> Maker:
        """Makes sounds with these settings."""
        return Maker(
            model,
            self.home,
            self.takes,
            self.seconds,
            steps=self.steps,
            guidance=self.guidance,
            seed=self.seed,
        )


def evaluate(
    asked: Evaluation,
    ears: Ears,
    notes: Sequence[str] = (),
    previous: Row | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Steps[Report]:
    """All numbers. ``previous``: the row of a model whose result was kept. Raises EngineError."""
    pace = Pace(_stages(asked), clock)
    found = yield from _heard(asked, ears, pace)
    transfer: tuple[TransferPoint, ...] = ()
    gaps: dict[str, GapRow] = {}
    if asked.corpus is not None:
        transfer = yield from _transfers(asked, ears, pace)
        gaps = yield from _gaps(asked, pace)
    timing = measure_timing((yield from _announced(pace, "timing", asked.maker(asked.model))))
    trained = yield from _trained(asked, ears, pace)
    rows = table.rows(found.sounds, found.reference, trained)
    if previous is not None:
        rows[Kind.PREVIOUS] = previous
    specification = asked.model.specification
    return Report(
        model={"name": specification.name, "digest": specification.digest, "device": asked.device},
        question=asked.question,
        settings={
            "steps": asked.steps or specification.defaults.steps,
            "guidance": asked.guidance if asked.guidance >= 0.0 else specification.defaults.guidance,
        },
        rows={kind: rows[kind] for kind in Kind if kind in rows},
        prompts=table.prompt_rows(asked.prompts, found.sounds, found.casts),
        spaces=table.spaces(found.sounds, found.reference),
        memory=None if trained is None else table.memory(asked.prompts, found, trained),
        transfer=transfer,
        gaps=gaps,
        timing=timing,
        notes=(*notes, *_notes(asked, found)),
    )


def _stages(asked: Evaluation) -> list[Stage]:
    """All work that will be done, so that the time left is that of all of it."""
    prompts, edits = len(asked.prompts), QUICK_EDITS if asked.quick else EDITS
    counts = {"making takes": prompts, "timing": 1}
    if asked.previous is not None:
        counts["making takes of the previous model"] = prompts
    if asked.corpus is not None:
        captions = len({clip.caption for clip in asked.corpus.trained})
        counts["reading captions"] = -(-captions // CAPTIONS_AT_ONCE)
        counts["hearing real clips"] = prompts
        counts["transferring"] = edits * len(editing.STRENGTHS)
        counts["filling gaps"] = edits
        if not asked.quick:
            counts["hearing what was trained on"] = len(asked.corpus.clips)
    return [Stage(name, counts[name], guess) for name, guess in GUESSES.items() if name in counts]


def _announced(pace: Pace, stage: str, item: Item) -> Steps[Item]:
    """A stage of one piece."""
    for news, _ in pace.passing(stage, [None]):
        yield news
    return item


def _heard(asked: Evaluation, ears: Ears, pace: Pace) -> Steps[Found]:
    sounds: dict[Kind, list[list[Heard]]] = {}
    casts: tuple[Cast, ...] = ()
    reference: list[tuple[Impression, ...]] = []
    if asked.corpus is not None:
        casts = yield from _casts(asked, asked.corpus, pace)
        sounds = {Kind.REAL: [], Kind.ROUND_TRIP: [], Kind.NEIGHBOUR: []}
        for news, (prompt, roles) in pace.passing("hearing real clips", _pairs(asked.prompts, casts)):
            yield news
            probes = [read_clip(clip, asked.seconds) for clip in roles.probes]
            back = [round_trip(asked.model, sound, asked.seed) for sound in probes]
            neighbours = [read_clip(clip, asked.seconds) for clip in roles.neighbours]
            for kind, of_kind in zip(sounds, (probes, back, neighbours), strict=True):
                sounds[kind].append([ears.hear(prompt, sound) for sound in of_kind])
            clips = [read_clip(clip, asked.seconds) for clip in roles.reference]
            reference.append(tuple(ears.impression(sound) for sound in clips))
    sounds[Kind.TAKE] = yield from _takes(asked, asked.model, ears, pace, "making takes")
    if asked.previous is not None:
        stage = "making takes of the previous model"
        sounds[Kind.PREVIOUS] = yield from _takes(asked, asked.previous, ears, pace, stage)
    noises = white_noise(asked.takes, asked.seconds, asked.seed)
    by_noise = [ears.hear_for(asked.prompts, noise) for noise in noises]
    sounds[Kind.NOISE] = [list(group) for group in zip(*by_noise, strict=True)]
    return Found(sounds, casts, tuple(reference))


def _takes(asked: Evaluation, model: Model, ears: Ears, pace: Pace, stage: str) -> Steps[list[list[Heard]]]:
    maker, heard = asked.maker(model), []
    for news, prompt in pace.passing(stage, asked.prompts):
        yield news
        heard.append([ears.hear(prompt, sound) for sound in maker.new_takes(prompt.text)])
    return heard


def _casts(asked: Evaluation, corpus: RealClips, pace: Pace) -> Steps[tuple[Cast, ...]]:
    """Every prompt's recordings; a search has to read every caption."""
    captions = sorted({clip.caption for clip in corpus.trained})
    batches = [
        captions[start : start + CAPTIONS_AT_ONCE] for start in range(0, len(captions), CAPTIONS_AT_ONCE)
    ]
    rows = []
    for news, batch in pace.passing("reading captions", batches):
        yield news
        rows.append(_directions(asked.model.encode_text(batch)))
    known = np.concatenate(rows)
    texts = _directions(asked.model.encode_text([prompt.text for prompt in asked.prompts]))
    found = []
    for prompt, cosines in zip(asked.prompts, texts @ known.T, strict=True):
        by_caption = dict(zip(captions, (float(cosine) for cosine in cosines), strict=True))
        neighbours = nearest_captions(corpus.trained, by_caption, asked.takes)
        found.append(cast(corpus, prompt, asked.takes, neighbours, REFERENCE_CLIPS))
    return tuple(found)


def _transfers(asked: Evaluation, ears: Ears, pace: Pace) -> Steps[tuple[TransferPoint, ...]]:
    """Recordings made into what other prompts ask for, every strength the same."""
    pairs = _edit_pairs(asked, asked.seconds)
    edits: dict[float, list[Edited]] = {strength: [] for strength in editing.STRENGTHS}
    maker = asked.maker(asked.model)
    works = [(clip, prompt, strength) for clip, prompt in pairs for strength in editing.STRENGTHS]
    for news, (clip, prompt, strength) in pace.passing("transferring", works):
        yield news
        source = read_clip(clip, asked.seconds)
        made = maker.transferred(_recorded(asked, source), prompt.text, strength)
        answers = ears.answer(prompt, source), ears.answer(prompt, made)
        edits[strength].append(Edited(*answers, editing.log_mel_distance(source, made)))
    return tuple(editing.transfer_point(strength, done) for strength, done in edits.items() if done)


def _gaps(asked: Evaluation, pace: Pace) -> Steps[dict[str, GapRow]]:
    """Recordings with a gap filled: by the model, beside what was there, and beside what does not belong."""
    pairs = _edit_pairs(asked, editing.GAP_RECORDING)
    sounds = [read_clip(clip, editing.GAP_RECORDING) for clip, _ in pairs]
    maker, filled = asked.maker(asked.model), []
    for news, ((clip, _), sound) in pace.passing("filling gaps", _pairs(pairs, sounds)):
        yield news
        made = maker.filled(_recorded(asked, sound), clip.caption, editing.GAP)
        filled.append(editing.gap_sound(made))
    if not sounds:
        return {}
    others = [*sounds[1:], sounds[0]]
    strange = [editing.foreign(one, other) for one, other in zip(sounds, others, strict=True)]
    return {
        "as recorded": editing.gap_row([editing.gap_sound(sound) for sound in sounds]),
        "filled": editing.gap_row(filled),
        "another recording, cut in": editing.gap_row([editing.gap_sound(sound) for sound in strange]),
    }


def _edit_pairs(asked: Evaluation, seconds: float) -> list[tuple[RealClip, Prompt]]:
    """Long recordings, each with a prompt about something else."""
    if asked.corpus is None:
        return []
    count = QUICK_EDITS if asked.quick else EDITS
    clips = spread(list(long_clips(asked.corpus, asked.prompts, seconds)), count)
    prompts = spread(asked.prompts, len(clips))
    turned = [*prompts[len(prompts) // 2 :], *prompts[: len(prompts) // 2]]
    return [
        (clip, prompt) for clip, prompt in _pairs(clips, turned) if clip.sound_class != prompt.corpus_class
    ]


def _trained(asked: Evaluation, ears: Ears, pace: Pace) -> Steps[Trained | None]:
    """What was trained on as embeddings, from what was kept, or by listening to all of it."""
    if asked.corpus is None or asked.quick:
        return None
    clips, stage = asked.corpus.clips, "hearing what was trained on"
    owners = list(archive.owners(clips, asked.seconds))
    heard = None if asked.work is None else archive.read_heard(asked.work, asked.corpus.digest, asked.seconds)
    if heard is None or len(heard) != len(owners):
        parts = []
        for news, clip in pace.passing(stage, clips):
            yield news
            parts.append(archive.heard_parts(ears, clip, asked.seconds))
        heard = np.concatenate(parts)
        if asked.work is not None:
            archive.keep_heard(asked.work, asked.corpus.digest, asked.seconds, heard)
    classes = {prompt.corpus_class for prompt in asked.prompts}
    trained = np.array([not clip.held_out for clip in owners])
    apart = np.array([clip.held_out and clip.sound_class in classes for clip in owners])
    ids = [clip.clip_id for clip in owners if not clip.held_out]
    packages = [clip.package for clip in owners if not clip.held_out]
    return Trained(library(heard[trained], ids, packages), heard[apart])


def _notes(asked: Evaluation, found: Found) -> Iterable[str]:
    if asked.corpus is None:
        yield "FAD, KL, real clips, edits and memorisation are missing: they need --corpus."
        return
    borrowed = sum(not roles.held_out for roles in found.casts)
    if borrowed:
        yield (
            f"Of {borrowed} of {len(found.casts)} prompts no recording is held out: their real clips, "
            "marked *, are of packages that models are trained on."
        )
    if asked.quick:
        yield "A quick run: few prompts, no memorisation; compare it with quick runs only."


def _recorded(asked: Evaluation, sound: Float32) -> Path:
    asked.home.state.mkdir(parents=True, exist_ok=True)
    return write_recording(asked.home.state / "recording.wav", sound)


def _directions(rows: Float32) -> Float32:
    """Rows of ``Model.encode_text`` as vectors of length 1, (texts, any)."""
    flat = rows.reshape(len(rows), -1)
    unit: Float32 = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    return unit


def _pairs(ones: Sequence[Item], others: Sequence[Result]) -> list[tuple[Item, Result]]:
    return list(zip(ones, others, strict=True))
