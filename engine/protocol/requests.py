"""What a client may ask of the engine, as frozen values. Parsing from OSC happens once, here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Literal

from engine.errors import EngineError, ErrorCode
from engine.protocol.keys import Key, Kind, quoted, read_job_id, read_pairs, suggestion
from engine.protocol.library_requests import IndexRequest, LibraryRequest, SearchRequest
from engine.protocol.lists import write_points, write_spans, write_timed
from engine.protocol.osc import Argument, RawMessage, TaggedArgument, encode_message
from engine.protocol.render_request import RenderRequest
from engine.protocol.sources import (
    DEFAULT_CHANNELS,
    DEFAULT_SAMPLE_RATE,
    FileSource,
    NewSource,
    Position,
    Source,
    StreamSource,
    frames,
    read_source,
    seconds,
    source_values,
)
from engine.protocol.together import bars_frames, check_together
from engine.protocol.vocabulary import (
    AUDIO_KEYS,
    GUIDE_REGION,
    INDEX_KEYS,
    INT32_MAX,
    MODELS_KEYS,
    RENDER_KEYS,
    SEARCH_KEYS,
    SOURCE_KEYS,
    TOKEN,
    Highs,
    Joining,
    Method,
    Mode,
    Quality,
    Sampler,
    Stereo,
)

__all__ = [
    "GUIDE_REGION",
    "REQUESTS",
    "AudioRequest",
    "CancelRequest",
    "Envelope",
    "FileSource",
    "Highs",
    "IndexRequest",
    "JobRequest",
    "Joining",
    "LibraryRequest",
    "Method",
    "Mode",
    "ModelsRequest",
    "NewSource",
    "Position",
    "Quality",
    "QuitRequest",
    "RenderRequest",
    "Request",
    "RequestForm",
    "Sampler",
    "SearchRequest",
    "Source",
    "StatusRequest",
    "Stereo",
    "StreamSource",
    "default_of",
    "encode_request",
    "frames",
    "job_id_of",
    "key_values",
    "parse_request",
    "seconds",
    "tagged_values",
]


@dataclass(frozen=True)
class AudioRequest:
    """One blob of a ``StreamSource``: interleaved float32, little-endian, starting at ``frame_offset``."""

    job_id: str
    frame_offset: int
    samples: bytes = field(repr=False)


@dataclass(frozen=True)
class CancelRequest:
    """Stop a queued or running job; an empty ``job_id`` means every job of this client."""

    job_id: str


@dataclass(frozen=True)
class StatusRequest:
    """What is the engine doing?"""


@dataclass(frozen=True)
class ModelsRequest:
    """Which models are there? With ``verify``, check the files of the named one."""

    name: str = ""
    verify: bool = False


@dataclass(frozen=True)
class QuitRequest:
    """Finish nothing more, cancel what runs, and end the engine."""


# What waits in the queue, and runs on a model.
JobRequest = RenderRequest | IndexRequest | SearchRequest
Request = JobRequest | AudioRequest | CancelRequest | StatusRequest | ModelsRequest | QuitRequest


@dataclass(frozen=True)
class Envelope:
    """A request and the token its sender showed ("" for none)."""

    request: Request
    token: str


@dataclass(frozen=True)
class RequestForm:
    """How one address is read: its arguments are the job id, if it takes one, then pairs of ``keys``."""

    request_type: type[Request]
    job_id: Literal["none", "optional", "required"]
    keys: tuple[Key, ...]  # TOKEN goes with each
    build: Callable[[str, dict[str, Any]], Request]


def parse_request(message: RawMessage) -> Envelope:
    """The request a message holds; raises EngineError with a sentence about what to change."""
    form = REQUESTS.get(message.address)
    if form is None:
        hint = suggestion(message.address, REQUESTS)
        raise EngineError(ErrorCode.BAD_MESSAGE, f"There is no address {quoted(message.address)}; {hint}")
    job_id, pairs = _split(form, message.arguments)
    keys = _beside_recipe(form.keys) if _RECIPE.name in pairs[0::2] else form.keys
    values = read_pairs((*keys, TOKEN), pairs)
    return Envelope(form.build(job_id, values), values.get(TOKEN.name, ""))


def encode_request(request: Request, token: str = "") -> bytes:
    """The packet that ``parse_request`` turns into ``request`` again; keys at their default are left out."""
    address, form = next(item for item in REQUESTS.items() if item[1].request_type is type(request))
    arguments: list[TaggedArgument] = []
    if isinstance(request, JobRequest | AudioRequest | CancelRequest):
        arguments.append(("s", request.job_id))
    for key, value in _values(form, request):
        arguments += [("s", key.name), _tagged(key, value)]
    if token:
        arguments += [("s", TOKEN.name), ("s", token)]
    return encode_message(address, arguments)


def tagged_values(request: RenderRequest) -> Iterator[tuple[str, TaggedArgument]]:
    """The keys of a render that are not at their default, each with its value as OSC carries it."""
    for key, value in _values(REQUESTS["/punchin/render"], request):
        yield key.name, _tagged(key, value)


def key_values(request: RenderRequest) -> dict[str, Argument]:
    """Every key of a render that says something, with the value OSC would carry: what a recipe notes."""
    form = REQUESTS["/punchin/render"]
    return {key.name: _tagged(key, value)[1] for key, value in _all_values(form, request)}


def job_id_of(message: RawMessage) -> str:
    """The job that a refused message speaks of, or "" where it names none that can be answered."""
    form = REQUESTS.get(message.address)
    if not message.arguments or (form is not None and form.job_id == "none"):
        return ""
    try:
        return read_job_id(message.arguments[0])
    except EngineError:
        return ""


def default_of(form: RequestForm, key: Key) -> Any:
    """What a missing key means; None where that is no single value."""
    if key in SOURCE_KEYS:
        return {"rate": DEFAULT_SAMPLE_RATE, "channels": DEFAULT_CHANNELS}.get(key.name)
    default = next(f.default for f in fields(form.request_type) if f.name == key.attribute)
    return None if default is MISSING else default


def _split(form: RequestForm, arguments: tuple[Argument, ...]) -> tuple[str, tuple[Argument, ...]]:
    if form.job_id == "none":
        return "", arguments
    first = arguments[0] if arguments else ""
    if form.job_id == "optional" and first == "":
        return "", arguments[1:]
    return read_job_id(first), arguments[1:]


def _beside_recipe(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """The prompt may be missing, or empty, where a recipe will fill it in."""
    return tuple(replace(key, required=False, low=None) if key.name == "prompt" else key for key in keys)


def _build_render(job_id: str, values: dict[str, Any]) -> RenderRequest:
    source = _source(values)
    given = {key.attribute: values[key.name] for key in OWN_KEYS if key.name in values}
    if isinstance(source, NewSource):
        given.setdefault("mode", Mode.GENERATE)
    if values.get(_RECIPE.name):
        given |= {"prompt": given.get("prompt", ""), "given": frozenset(values) - {TOKEN.name}}
    request = RenderRequest(job_id, source, **given)
    check_together(request)
    return request


def _source(values: dict[str, Any]) -> Source:
    """The source that the keys describe; bars and tempo may be all that is said of a new sound's length."""
    frames_of_bars = bars_frames(values, RenderRequest.beats_per_bar)
    if frames_of_bars is not None and "seconds" not in values and "frames" not in values:
        return read_source(values | {"frames": frames_of_bars})
    return read_source(values)


def _build_audio(job_id: str, values: dict[str, Any]) -> AudioRequest:
    return AudioRequest(job_id, values["offset"], values["samples"])


def _build_models(_: str, values: dict[str, Any]) -> ModelsRequest:
    return ModelsRequest(values.get("name", ""), values.get("verify", False))


def _build_index(job_id: str, values: dict[str, Any]) -> IndexRequest:
    return IndexRequest(job_id, **values)


def _build_search(job_id: str, values: dict[str, Any]) -> SearchRequest:
    request = SearchRequest(job_id, **values)
    if not request.prompt.strip() and not request.like:
        raise _bad("A search needs the key prompt, like, or both: they say what to look for.")
    if 0.0 < request.max_seconds < request.min_seconds:
        raise _bad("The key max_seconds is below min_seconds: no sound is so long.")
    return request


# Where a take goes and when it is made is no part of how it is made.
NOT_OF_A_RECIPE = frozenset({"output", "overwrite", "scratch", "recipe", "chunks", "priority"})
_RECIPE = next(key for key in RENDER_KEYS if key.name == "recipe")
OWN_KEYS = tuple(key for key in RENDER_KEYS if key not in SOURCE_KEYS)

REQUESTS = {
    "/punchin/render": RequestForm(RenderRequest, "required", RENDER_KEYS, _build_render),
    "/punchin/audio": RequestForm(AudioRequest, "required", AUDIO_KEYS, _build_audio),
    "/punchin/cancel": RequestForm(CancelRequest, "optional", (), lambda job_id, _: CancelRequest(job_id)),
    "/punchin/status": RequestForm(StatusRequest, "none", (), lambda *_: StatusRequest()),
    "/punchin/models": RequestForm(ModelsRequest, "none", MODELS_KEYS, _build_models),
    "/punchin/library/index": RequestForm(IndexRequest, "required", INDEX_KEYS, _build_index),
    "/punchin/library/search": RequestForm(SearchRequest, "required", SEARCH_KEYS, _build_search),
    "/punchin/quit": RequestForm(QuitRequest, "none", (), lambda *_: QuitRequest()),
}


def _values(form: RequestForm, request: Request) -> Iterator[tuple[Key, Any]]:
    """The keys to send: those not at their default, and what was given beside a recipe."""
    given = request.given if isinstance(request, RenderRequest) else frozenset()
    for key, value in _all_values(form, request):
        if key in SOURCE_KEYS or value != _default(form, request, key) or key.name in given:
            yield key, value


def _default(form: RequestForm, request: Request, key: Key) -> Any:
    """What the parser takes for a key that is not sent: of a new sound another mode."""
    if key.name == "mode" and isinstance(request, RenderRequest) and isinstance(request.source, NewSource):
        return Mode.GENERATE
    if key.name == "prompt":
        return ""
    return default_of(form, key)


def _all_values(form: RequestForm, request: Request) -> Iterator[tuple[Key, Any]]:
    """Every key that has a value."""
    of_source = source_values(request.source) if isinstance(request, RenderRequest) else {}
    for key in form.keys:
        if key in SOURCE_KEYS:
            if key.name in of_source:
                yield key, of_source[key.name]
            continue
        value = getattr(request, key.attribute)
        if value is not None and value != ():
            yield key, value


def _tagged(key: Key, value: Any) -> TaggedArgument:
    match key.kind:
        case Kind.WHOLE:
            return ("i" if -INT32_MAX <= value <= INT32_MAX else "h"), value
        case Kind.NUMBER:
            return "d", value
        case Kind.SWITCH:
            return ("T" if value else "F"), value
        case Kind.POSITION:
            return ("h" if value.unit == "frames" else "d"), value.value
        case Kind.SPANS:
            return "s", write_spans(value)
        case Kind.POINTS:
            return "s", write_points(value)
        case Kind.TIMED:
            return "s", write_timed(value)
        case Kind.BLOB:
            return "b", value
        case _:
            return "s", str(value)


def _bad(sentence: str) -> EngineError:
    return EngineError(ErrorCode.BAD_ARGUMENT, sentence)
