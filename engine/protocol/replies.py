"""What the engine answers, as frozen values, and the OSC messages they travel in.

Replies are positional, so that a patch can unpack them. Whole numbers are ``i`` and seconds are
``f``, all that Pd and Max read, except where a number may pass 2**31.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from engine.errors import EngineError, ErrorCode
from engine.protocol.keys import quoted
from engine.protocol.osc import RawMessage, TaggedArgument, encode_message
from engine.protocol.positional import Item, Rows, read_items, read_rows, tag_items, tag_rows

# A chunk's samples, at most: 85 ms of stereo at 48 kHz. Larger ones make a loopback stream no faster.
CHUNK_BYTES = 32 * 1024


@dataclass(frozen=True)
class Queued:
    """The job waits; ``position`` 0 means it is next."""

    job_id: str
    position: int


@dataclass(frozen=True)
class Progress:
    """``step`` of ``total`` denoising steps over all windows and takes are done, or files of an index."""

    job_id: str
    stage: str  # "loading", "reading", "listening", "denoising", "decoding", "ranking", "writing"
    step: int
    total: int
    seconds_left: float  # below 0: not known yet


@dataclass(frozen=True)
class Notice:
    """The job goes on, but not quite as asked for: ``sentence`` says what is different, for a person."""

    job_id: str
    sentence: str


@dataclass(frozen=True)
class Piece:
    """Audio of one take, in order: interleaved float32, little-endian.

    ``frame_offset`` counts from the region's first frame, at the source's own rate.
    """

    job_id: str
    take: int
    sequence: int
    frame_offset: int
    channels: int
    sample_rate: int
    samples: bytes = field(repr=False)


@dataclass(frozen=True)
class Chunk(Piece):
    """The take itself: together its chunks are the region."""


@dataclass(frozen=True)
class Draft(Piece):
    """A quick draft of the take; the chunks of the same frames replace it."""


@dataclass(frozen=True)
class TakeDone:
    """One take's file lies at ``path``, whole."""

    job_id: str
    take: int
    path: str
    frames: int  # of the region
    seed: int
    prompt: str = ""  # with the alternatives chosen


@dataclass(frozen=True)
class RankedTake:
    """One row of ``Ranked``; scores compare the takes of one job, nothing else."""

    take: int
    agreement: float  # with the prompt, -1 to 1; 0 for all where the model can't hear
    difference: float  # from the nearest take that is better placed; 0 for the first


@dataclass(frozen=True)
class Ranked:
    """An order of the job's takes, best first."""

    job_id: str
    takes: tuple[RankedTake, ...]


@dataclass(frozen=True)
class Skipped:
    """A file in an indexed folder that can't be found by its sound, and why."""

    job_id: str
    path: str
    sentence: str


@dataclass(frozen=True)
class Indexed:
    """What a folder came to: the files of it that can be found by now, and what was done for that."""

    job_id: str
    sounds: int  # files in the folder that can be found
    heard: int  # sounds the model listened to since the folder was last indexed to its end
    moved: int  # files that are new at their place, but hold a sound that was known
    gone: int  # files that were there and are no more
    skipped: int


@dataclass(frozen=True)
class Hit:
    """One found sound, the best first. The span is the part of the file that fits best."""

    job_id: str
    rank: int  # from 1
    path: str
    start_frame: int
    end_frame: int
    sample_rate: int
    seconds: float  # of the whole file
    score: float  # standard deviations above the library's average sound
    sound: float  # cosine between what is asked for and the sound, -1 to 1; 0 where that is not known
    name: float  # how near the file's name or description is to the prompt, up to 1; 0 where it says nothing
    why: str  # "sound", "name" or "sound and name"
    text: str  # what the file's name or description says, as it was understood
    copies: int  # other files with the very same content


@dataclass(frozen=True)
class Done:
    """All takes are there.

    ``timings``: seconds by stage, measured in the worker, with "total" and "first_chunk".
    """

    job_id: str
    takes: int
    timings: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Failed:
    """The job, or the message (then ``job_id`` may be empty), came to nothing."""

    job_id: str
    code: ErrorCode
    sentence: str


@dataclass(frozen=True)
class Cancelled:
    """The job was stopped; takes that were done stay, nothing else is left."""

    job_id: str


@dataclass(frozen=True)
class JobStatus:
    """One row of ``Status``."""

    job_id: str
    state: str
    step: int
    total: int


@dataclass(frozen=True)
class Status:
    """The engine at this moment."""

    version: str
    pid: int
    model: str
    device: str
    worker: str  # "starting", "ready", "running"; "failing": none can be started
    resident_bytes: int  # server and worker together
    jobs: tuple[JobStatus, ...]


@dataclass(frozen=True)
class ModelStatus:
    """One installed model; ``problem`` is empty or says what is wrong with its files."""

    name: str
    licence: str
    sample_rate: int
    size_bytes: int
    problem: str


@dataclass(frozen=True)
class Models:
    """The answer to a models request."""

    models: tuple[ModelStatus, ...]


Reply = (
    Queued
    | Progress
    | Notice
    | Chunk
    | Draft
    | TakeDone
    | Ranked
    | Skipped
    | Indexed
    | Hit
    | Done
    | Failed
    | Cancelled
    | Status
    | Models
)
FINAL = (Done, Failed, Cancelled)
# What is said while sound is made, and that goes past whatever is done to the sound.
Meanwhile = Progress | Draft


@dataclass(frozen=True)
class ReplyForm:
    """How one reply is laid out."""

    reply_type: type[Reply]
    items: tuple[Item, ...]
    rows: Rows | None = None


_JOB_ID = Item("job_id", "s", "the job")
_TAKE = Item("take", "i", "which take, from 0")
_PIECE = (
    _JOB_ID,
    _TAKE,
    Item("sequence", "i", "which chunk of this take, from 0"),
    Item("frame_offset", "h", "where it starts, from the region's first frame", "frames"),
    Item("channels", "i", "channels"),
    Item("sample_rate", "i", "sample rate", "Hz"),
    Item("samples", "b", "interleaved float32, little-endian", "bytes"),
)

REPLIES = {
    "/punchin/queued": ReplyForm(
        Queued,
        (_JOB_ID, Item("position", "i", "how many jobs are before it")),
    ),
    "/punchin/progress": ReplyForm(
        Progress,
        (
            _JOB_ID,
            Item("stage", "s", "loading, reading, listening, denoising, decoding, ranking or writing"),
            Item("step", "i", "denoising steps, or files, done"),
            Item("total", "i", "denoising steps of all windows, candidates and takes, or files"),
            Item("seconds_left", "f", "time left; below 0: not known yet", "seconds"),
        ),
    ),
    "/punchin/notice": ReplyForm(
        Notice,
        (_JOB_ID, Item("sentence", "s", "what is different, for a person")),
    ),
    "/punchin/chunk": ReplyForm(Chunk, _PIECE),
    "/punchin/draft": ReplyForm(Draft, _PIECE),
    "/punchin/take": ReplyForm(
        TakeDone,
        (
            _JOB_ID,
            _TAKE,
            Item("path", "s", "the file, whole"),
            Item("frames", "i", "length of the region", "frames"),
            Item("seed", "i", "the seed that makes this take again"),
            Item("prompt", "s", "its prompt, with the alternatives chosen"),
        ),
    ),
    "/punchin/ranked": ReplyForm(
        Ranked,
        (_JOB_ID,),
        Rows(
            "takes",
            (
                _TAKE,
                Item("agreement", "f", "with the prompt, -1 to 1; 0 where the model can't hear"),
                Item("difference", "f", "from the nearest take before it in this order; 0 for the first"),
            ),
            RankedTake,
        ),
    ),
    "/punchin/library/skipped": ReplyForm(
        Skipped,
        (_JOB_ID, Item("path", "s", "the file"), Item("sentence", "s", "why, for a person")),
    ),
    "/punchin/library/indexed": ReplyForm(
        Indexed,
        (
            _JOB_ID,
            Item("sounds", "i", "files of the folder that can be found"),
            Item("heard", "i", "sounds that the model listened to since the last index that came to its end"),
            Item("moved", "i", "files with a sound that was known from elsewhere"),
            Item("gone", "i", "files that are no more"),
            Item("skipped", "i", "files that can't be found by their sound"),
        ),
    ),
    "/punchin/library/hit": ReplyForm(
        Hit,
        (
            _JOB_ID,
            Item("rank", "i", "from 1"),
            Item("path", "s", "the file"),
            Item("start_frame", "i h", "where what fits best begins", "frames"),
            Item("end_frame", "i h", "where it has ended", "frames"),
            Item("sample_rate", "i", "the file's sample rate", "Hz"),
            Item("seconds", "f", "length of the whole file", "seconds"),
            Item("score", "f", "standard deviations above the average of all sounds"),
            Item("sound", "f", "how near the sound is, -1 to 1; 0: not known"),
            Item("name", "f", "how near its name or description is, up to 1; 0: it says nothing"),
            Item("why", "s", "sound, name, or sound and name"),
            Item("text", "s", "what its name or description says"),
            Item("copies", "i", "other files with the very same content"),
        ),
    ),
    "/punchin/done": ReplyForm(
        Done,
        (_JOB_ID, Item("takes", "i", "how many takes there are")),
        Rows(
            "timings",
            (Item("stage", "s", "what took it"), Item("seconds", "f", "time taken", "seconds")),
            lambda *row: row,
        ),
    ),
    "/punchin/failed": ReplyForm(
        Failed,
        (
            Item("job_id", "s", "the job; empty when the message named none"),
            Item("code", "s", "one of the error codes"),
            Item("sentence", "s", "what to do, for a person"),
        ),
    ),
    "/punchin/cancelled": ReplyForm(Cancelled, (_JOB_ID,)),
    "/punchin/status/reply": ReplyForm(
        Status,
        (
            Item("version", "s", "the engine's version"),
            Item("pid", "i", "the engine's process"),
            Item("model", "s", "the engine's own default model"),
            Item("device", "s", "where the model runs that was used last"),
            Item("worker", "s", "starting, ready, running or failing"),
            Item("resident_bytes", "i h", "memory of server and worker", "bytes"),
        ),
        Rows(
            "jobs",
            (
                _JOB_ID,
                Item("state", "s", "queued, running, finished, failed or cancelled"),
                Item("step", "i", "denoising steps done"),
                Item("total", "i", "denoising steps to do"),
            ),
            JobStatus,
        ),
    ),
    "/punchin/models/reply": ReplyForm(
        Models,
        (),
        Rows(
            "models",
            (
                Item("name", "s", "the model"),
                Item("licence", "s", "what its weights may be used for"),
                Item("sample_rate", "i", "what it works at", "Hz"),
                Item("size_bytes", "i h", "size of its files", "bytes"),
                Item("problem", "s", "what is wrong with its files; empty: nothing"),
            ),
            ModelStatus,
        ),
    ),
}


def encode_reply(reply: Reply) -> bytes:
    """The packet that ``parse_reply`` turns into ``reply`` again; seconds keep single precision."""
    address, form = next(item for item in REPLIES.items() if item[1].reply_type is type(reply))
    if isinstance(reply, Failed | Notice | Skipped):
        reply = replace(reply, sentence=_sendable(reply.sentence))
    if isinstance(reply, Skipped):
        reply = replace(reply, path=_sendable(reply.path))
    return encode_message(address, _arguments(form, reply))


def parse_reply(message: RawMessage) -> Reply:
    """The reply a message holds; raises BAD_MESSAGE."""
    form = REPLIES.get(message.address)
    if form is None:
        raise _bad(f"{quoted(message.address)} is no reply of an engine of this version.")
    number = len(form.items)
    values = read_items(form.items, message.arguments[:number])
    rest = message.arguments[number:]
    if form.rows is not None:
        values[form.rows.name] = read_rows(form.rows, rest)
    elif rest:
        raise _bad(f"A {message.address} has {number} arguments, not {len(message.arguments)}.")
    if form.reply_type is Failed:
        values["code"] = _error_code(values["code"])
    return form.reply_type(**values)


def _arguments(form: ReplyForm, reply: Reply) -> Iterator[TaggedArgument]:
    yield from tag_items(form.items, [getattr(reply, item.name) for item in form.items])
    if form.rows is not None:
        yield from tag_rows(form.rows, getattr(reply, form.rows.name))


def _error_code(code: str) -> ErrorCode:
    try:
        return ErrorCode(code)
    except ValueError as error:
        raise _bad(f"{quoted(code)} is no error code of an engine of this version.") from error


def _sendable(sentence: str) -> str:
    """A sentence may quote a file's name that is no text: bad news must not get stuck over that."""
    return sentence.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


def _bad(sentence: str) -> EngineError:
    return EngineError(ErrorCode.BAD_MESSAGE, sentence)
