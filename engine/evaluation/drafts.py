"""What a draft costs, how early it is heard and how near it comes: ``python -m engine.evaluation.drafts``.

Each kind of job is rendered with and without a draft in turn, so that both meet the same machine. Of its cost
there are three readings: the share of the stage in the job's own timings, the seconds of the process on all
cores, and those on the clock, which other programs change most.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from engine.audio.envelope import correlation
from engine.audio.mel import MelParameters, log_mel
from engine.audio.resample import resample
from engine.config import Home, make_home
from engine.evaluation.following import RATE as ENVELOPE_RATE
from engine.evaluation.following import envelope_db
from engine.models.catalogue import load_model
from engine.models.interface import Model
from engine.protocol.replies import Chunk, Done, Draft, Piece
from engine.protocol.requests import FileSource, Mode, NewSource, RenderRequest, frames
from engine.render import render

Float32 = NDArray[np.float32]

RATE = 48_000
PROMPTS = ("rain on a roof", "a dog barking", "footsteps on gravel", "fire crackling")
DEMO = Path(__file__).parents[1] / "commands" / "demo" / "stream.flac"
RUNS = 16  # of each kind, with and without, each with a prompt of its own
# Bands more than this below the loudest are not heard beside it.
_RANGE_NATS = 60.0 / (20.0 / np.log(10.0))


@dataclass(frozen=True)
class Kind:
    """Jobs of one kind."""

    name: str
    request: RenderRequest


@dataclass(frozen=True)
class Run:
    """Seconds of one render, and what was heard of it."""

    stage: float
    process: float
    clock: float
    first_draft: float
    last_draft: float
    first_chunk: float
    draft: Float32
    take: Float32


def kinds() -> Iterator[Kind]:
    """New sounds, an edit and a loop."""
    new = RenderRequest("drafts", NewSource(RATE, 1, 4 * RATE), PROMPTS[0], Mode.GENERATE, retries=0)
    yield Kind("new, 2 s", replace(new, source=NewSource(RATE, 1, 2 * RATE)))
    yield Kind("new, 4 s", new)
    yield Kind("new, 4 s, wide", replace(new, source=NewSource(RATE, 2, 4 * RATE)))
    yield Kind("new, 10 s", replace(new, source=NewSource(RATE, 1, 10 * RATE)))
    edit = FileSource(str(DEMO), frames(2 * RATE), frames(6 * RATE))
    yield Kind("transfer, 4 s", replace(new, source=edit, mode=Mode.TRANSFER))
    yield Kind("inpaint, 4 s", replace(new, source=edit, mode=Mode.INPAINT))
    yield Kind("loop, 4 s", replace(new, loop=True))


def table(model: Model, home: Home) -> Iterator[str]:
    """Its lines, each as soon as it is measured."""
    yield (
        "| job | extra cost: stage | process | clock | draft heard from | to | take heard from | to "
        "| envelope: draft, another take | log-mel: draft, another take |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    run(next(kinds()).request, model, home)  # the first has more to open
    for kind in kinds():
        yield _row(kind, model, home)


def _row(kind: Kind, model: Model, home: Home) -> str:
    pairs = []
    for number in range(RUNS):
        asked = replace(kind.request, prompt=PROMPTS[number % len(PROMPTS)], seed=number)
        # In turn, so that neither is always the one that comes second.
        order = (False, True) if number % 2 else (True, False)
        runs = {draft: run(replace(asked, draft=draft), model, home) for draft in order}
        pairs.append((runs[False], runs[True]))
    drafted = [one for _, one in pairs]
    stage = median(one.stage / (one.clock - one.stage) for one in drafted)
    process = _excess([(plain.process, one.process) for plain, one in pairs])
    clock = _excess([(plain.clock, one.clock) for plain, one in pairs])
    heard = (
        f"{median(getattr(one, name) for one in drafted):.2f} s"
        for name in ("first_draft", "last_draft", "first_chunk", "clock")
    )
    drafts = [(one.draft, one.take) for one in drafted]
    takes = [(one.take, other.take) for one, other in pairwise(drafted)]
    mel = model.specification.mel
    shapes = ", ".join(f"{np.mean([likeness(*pair) for pair in pairs]):.2f}" for pairs in (drafts, takes))
    nats = ", ".join(f"{np.mean([distance(*pair, mel) for pair in pairs]):.2f}" for pairs in (drafts, takes))
    return f"| {kind.name} | {stage:.1%} | {process} | {clock} | {' | '.join(heard)} | {shapes} | {nats} |"


def _excess(seconds: list[tuple[float, float]]) -> str:
    """How much longer all the second ones took than all the first, with the standard error.

    Jobs without a draft differ among themselves by more than a draft costs.
    """
    plain, drafted = np.array(seconds).T
    more = drafted - plain
    error = more.std(ddof=1) / np.sqrt(len(more))
    return f"{more.mean() / plain.mean():+.1%} ± {error / plain.mean():.1%}"


def run(request: RenderRequest, model: Model, home: Home) -> Run:
    """One render. The draft of what chunks overtook is theirs."""
    began, process = time.perf_counter(), time.process_time()
    times: dict[tuple[type[Piece], str], float] = {}
    heard: dict[type[Piece], list[Piece]] = {Chunk: [], Draft: []}
    timings: dict[str, float] = {}
    for reply in render(request, model, home):
        if isinstance(reply, Done):
            timings = dict(reply.timings)
        elif isinstance(reply, Piece):
            heard[type(reply)].append(reply)
            times.setdefault((type(reply), "first"), time.perf_counter() - began)
            times[type(reply), "last"] = time.perf_counter() - began
    take = joined(heard[Chunk])
    return Run(
        stage=timings.get("draft", 0.0),
        process=time.process_time() - process,
        clock=time.perf_counter() - began,
        first_draft=times.get((Draft, "first"), 0.0),
        last_draft=times.get((Draft, "last"), 0.0),
        first_chunk=times[Chunk, "first"],
        draft=joined(heard[Draft], take),
        take=take,
    )


def joined(pieces: list[Piece], instead: Float32 | None = None) -> Float32:
    """The mono sound of pieces, (frames,); frames that none has are those of ``instead``."""
    stop = max((piece.frame_offset + _frames(piece) for piece in pieces), default=0)
    sound = np.zeros(stop, np.float32) if instead is None else instead.copy()
    for piece in pieces:
        samples = np.frombuffer(piece.samples, "<f4").reshape(-1, piece.channels)
        sound[piece.frame_offset : piece.frame_offset + len(samples)] = samples.mean(axis=1)
    return sound


def _frames(piece: Piece) -> int:
    return len(piece.samples) // (4 * piece.channels)


def likeness(one: Float32, other: Float32) -> float:
    """Correlation of their envelopes in decibels."""
    curves = [envelope_db(resample(sound[:, None], RATE, ENVELOPE_RATE)[:, 0]) for sound in (one, other)]
    return correlation(*curves)


def distance(one: Float32, other: Float32, parameters: MelParameters) -> float:
    """Mean difference of log-mels in nats, whatever their levels, as far down as is heard."""
    mels = [
        log_mel(resample(sound[:, None], RATE, parameters.sample_rate)[:, 0], parameters)
        for sound in (one, other)
    ]
    length = min(len(mel) for mel in mels)
    first, second = (np.maximum(mel[:length], mel.max() - _RANGE_NATS) for mel in mels)
    return float(np.abs(first - second - np.median(first - second)).mean())


def main(say: Callable[[str], object] = print) -> None:
    """The table, line by line; the model's name may be given."""
    with tempfile.TemporaryDirectory(prefix="punchin-drafts-") as folder:
        home = Home(Path(folder) / "home", Path(folder) / "takes")
        make_home(home)
        for line in table(load_model(sys.argv[1] if len(sys.argv) > 1 else "", "cpu"), home):
            say(line)


if __name__ == "__main__":
    main(lambda line: print(line, flush=True))
