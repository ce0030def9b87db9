"""One take from the moment it is asked for, and what each reply of the engine makes of it. No Qt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from engine.history import Entry
from engine.protocol.replies import (
    Cancelled,
    Chunk,
    Done,
    Draft,
    Failed,
    Notice,
    Progress,
    Queued,
    Ranked,
    Reply,
    TakeDone,
)
from engine.protocol.requests import FileSource, NewSource, RenderRequest, StreamSource
from engine.protocol.sources import SourceKind
from gui.models.ask import Verb
from gui.models.engine_words import in_our_words, take_meant
from gui.models.envelope import Envelope
from gui.models.error_words import advice
from gui.models.recall import Settings, settings_of
from gui.sound.peaks import Sound
from presets.document import effects_of_tables
from presets.effects import Effect
from presets.errors import PresetError

# A job that streams more than this is heard when it is done: memory of a panel that is open all day.
MAX_STREAMED_BYTES = 64 << 20


class RowState(StrEnum):
    """Where a take is in its life."""

    QUEUED = "queued"
    RENDERING = "rendering"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({RowState.DONE, RowState.FAILED, RowState.CANCELLED})


@dataclass
class TakeRow:
    """A row of the list of takes."""

    job_id: str
    take: int  # of its job, from 0
    takes: int
    prompt: str
    seed: int
    sample_rate: int
    frames: int
    settings: Settings = field(default_factory=dict)
    verb: Verb = Verb.GENERATE
    source_path: str = ""  # of the recording that the region lies in
    source_start: int = 0  # of the region, in frames
    loop: bool = False
    state: RowState = RowState.QUEUED
    position: int = -1  # in the queue; below 0: not known yet
    stage: str = ""
    progress: float = 0.0  # 0 to 1, of this take
    seconds_left: float = -1.0  # of its job, then of its effects
    sentence: str = ""  # why it failed, or what was done differently
    path: str = ""
    entry: Entry | None = None
    rank: int = -1  # 0: best
    envelope: Envelope | None = None
    streamed: Sound | None = field(default=None, repr=False)  # (frames, channels) while it renders
    live: bool = False  # a draft that the next one takes the place of
    scratch: bool = False  # its file is in the scratch folder
    effects: tuple[Effect, ...] = ()  # of its preset
    is_dry: bool = False  # it still has to go through them
    effect: str = ""  # which of them plays it now; "": not known

    @property
    def seconds(self) -> float:
        """How long the region is."""
        return self.frames / max(1, self.sample_rate)

    @property
    def is_audible(self) -> bool:
        """Whether there is something to play: the file, or what has been streamed so far."""
        return bool(self.path) or (self.streamed is not None and self.has_sound)

    @property
    def has_sound(self) -> bool:
        """Whether anything of it has arrived."""
        return self.envelope is not None and bool((self.envelope.low <= self.envelope.high).any())

    @property
    def kept(self) -> bool:
        """Whether it must not be pruned."""
        return self.entry is not None and self.entry.kept

    @property
    def has_marks(self) -> bool:
        """Whether it can be kept and starred: it is in the index, or will be when that is wanted."""
        return self.entry is not None or (self.scratch and bool(self.path))

    @property
    def model(self) -> str:
        """Which made it; "" while that is not known."""
        return self.entry.model if self.entry else ""

    @property
    def rating(self) -> int:
        """Stars, 0 to 5."""
        return self.entry.rating if self.entry else 0

    @property
    def is_missing(self) -> bool:
        """Whether its file is no longer where it was."""
        return self.state is RowState.DONE and not self.path


def rows_of(
    request: RenderRequest,
    verb: Verb,
    sample_rate: int,
    live: bool = False,
    effects: tuple[Effect, ...] = (),
) -> list[TakeRow]:
    """The rows of a job that was just sent; its takes will go through ``effects``."""
    frames, start, path = _place_of(request, sample_rate)
    return [
        TakeRow(
            job_id=request.job_id,
            take=number,
            takes=request.takes,
            prompt=request.prompt,
            seed=request.seed if request.vary else request.seed + number * request.candidates,
            sample_rate=sample_rate,
            frames=frames,
            settings=settings_of(request),
            verb=verb,
            source_path=path,
            source_start=start,
            loop=request.loop,
            live=live,
            scratch=request.scratch,
            effects=effects,
            is_dry=bool(effects),
        )
        for number in range(request.takes)
    ]


def row_of(entry: Entry) -> TakeRow:
    """The row of a take of an earlier day."""
    place = entry.place
    return TakeRow(
        job_id="",
        take=0,
        takes=1,
        prompt=entry.prompt,
        seed=entry.seed,
        sample_rate=place.sample_rate,
        frames=place.end_frame - place.start_frame,
        settings=entry.settings,
        verb=_VERBS.get(str(entry.settings.get("mode", "")), Verb.RESTYLE),
        loop=bool(entry.settings.get("loop", False)),
        state=RowState.DONE,
        progress=1.0,
        path="" if entry.is_missing else entry.path,
        entry=entry,
        effects=_effects_of(entry),
    )


def shape_of(row: TakeRow) -> Settings:
    """Its settings, and of a new sound how long and wide it is: a recipe notes that elsewhere."""
    place = row.entry.place if row.entry else None
    if place is None or place.kind is not SourceKind.NEW:
        return row.settings
    frames = place.end_frame - place.start_frame
    shape = {"source": "new", "rate": place.sample_rate, "frames": frames, "channels": place.channels}
    return {**row.settings, **shape}


def _effects_of(entry: Entry) -> tuple[Effect, ...]:
    """What its recipe says it went through; nothing where that is of a later version."""
    try:
        return effects_of_tables(json.loads(entry.recipe).get("effects", ()))
    except PresetError:
        return ()


_VERBS = {"generate": Verb.GENERATE, "transfer": Verb.RESTYLE, "inpaint": Verb.FILL}


def advance(rows: Sequence[TakeRow], reply: Reply) -> None:
    """What a reply makes of the rows of its job; takes that were discarded meanwhile have none."""
    match reply:
        case Queued():
            for row in rows:
                row.position = reply.position
        case Progress():
            _progress(rows, reply)
        case Notice():
            _note(rows, reply.sentence)
        case Chunk() | Draft():
            for row in of_take(rows, reply.take):
                _receive(row, reply)
        case TakeDone():
            for row in of_take(rows, reply.take):
                _finish(row, reply)
        case Ranked():
            for place, ranked in enumerate(reply.takes):
                for row in of_take(rows, ranked.take):
                    row.rank = place
        case Done():
            _end(rows, RowState.DONE, "")
        case Failed():
            _end(rows, RowState.FAILED, advice(reply.code, reply.sentence))
        case Cancelled():
            _end(rows, RowState.CANCELLED, "")


def of_take(rows: Sequence[TakeRow], take: int) -> list[TakeRow]:
    """The row of a take among those of its job; none where it was discarded."""
    return [row for row in rows if row.take == take]


def _note(rows: Sequence[TakeRow], sentence: str) -> None:
    """A sentence for the take it is about, or for all that are still to come; none twice."""
    take, words = take_meant(sentence), in_our_words(sentence)
    for row in rows:
        is_meant = row.state not in ENDED if take is None else row.take == take
        if is_meant and words not in row.sentence:
            row.sentence = f"{row.sentence} {words}".strip()


def _place_of(request: RenderRequest, sample_rate: int) -> tuple[int, int, str]:
    """Frames of the region, its start, and the file it lies in."""
    match request.source:
        case FileSource(path, start, end):
            first = start.in_frames(sample_rate)
            return end.in_frames(sample_rate) - first, first, path
        case StreamSource() as stream:
            return stream.end_frame - stream.start_frame, 0, ""
        case NewSource() as new:
            return new.frames, 0, ""


def _progress(rows: Sequence[TakeRow], reply: Progress) -> None:
    """Steps are counted over all takes, which are made one after the other."""
    for row in rows:
        if row.state in ENDED:
            continue
        each = reply.total / row.takes
        row.state = RowState.RENDERING
        row.stage, row.seconds_left = reply.stage, reply.seconds_left
        if each:
            row.progress = min(1.0, max(0.0, reply.step / each - row.take))


def _receive(row: TakeRow, piece: Chunk | Draft) -> None:
    samples = np.frombuffer(piece.samples, "<f4").reshape(-1, piece.channels)
    is_draft = isinstance(piece, Draft)
    if row.envelope is None or (piece.sequence == 0 and not is_draft and _was_final(row)):
        row.envelope = Envelope(row.frames)
    row.envelope.put(piece.frame_offset, samples, is_draft)
    if row.streamed is None and row.frames * piece.channels * 4 <= MAX_STREAMED_BYTES:
        row.streamed = np.zeros((row.frames, piece.channels), np.float32)
    if row.streamed is not None:
        part = row.streamed[piece.frame_offset : piece.frame_offset + len(samples)]
        part[:] = samples[: len(part)]


def _was_final(row: TakeRow) -> bool:
    """Whether pieces of the take itself are there already: then it is made again."""
    envelope = row.envelope
    return envelope is not None and bool(((envelope.low <= envelope.high) & ~envelope.is_draft).any())


def _finish(row: TakeRow, reply: TakeDone) -> None:
    row.state, row.path, row.seed = RowState.DONE, reply.path, reply.seed
    row.prompt = reply.prompt or row.prompt
    row.progress, row.seconds_left, row.frames = 1.0, -1.0, reply.frames
    row.settings = {**row.settings, "seed": reply.seed}
    row.streamed = None


def _end(rows: Sequence[TakeRow], state: RowState, sentence: str) -> None:
    """The job is over; takes that were done before stay done."""
    for row in rows:
        if row.state not in ENDED:
            row.state, row.sentence, row.streamed = state, sentence or row.sentence, None
