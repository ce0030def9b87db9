"""What a client may ask of the engine, as frozen values. Parsing from OSC happens once, here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal

from engine.errors import EngineError, ErrorCode
from engine.protocol.keys import Key, Kind, quoted, read_job_id, read_pairs, suggestion
from engine.protocol.osc import Argument, RawMessage, TaggedArgument, encode_message
from engine.protocol.sources import (
    DEFAULT_CHANNELS,
    DEFAULT_SAMPLE_RATE,
    REGION_SLACK_SECONDS,
    FileSource,
    NewSource,
    Position,
    Source,
    StreamSource,
    frames,
    read_source,
    region_seconds,
    seconds,
    source_values,
)
from engine.protocol.vocabulary import (
    AUDIO_KEYS,
    INT32_MAX,
    MODELS_KEYS,
    RENDER_KEYS,
    SOURCE_KEYS,
    TOKEN,
    Mode,
    Sampler,
)

__all__ = [
    "REQUESTS",
    "AudioRequest",
    "CancelRequest",
    "Envelope",
    "FileSource",
    "Mode",
    "ModelsRequest",
    "NewSource",
    "Position",
    "QuitRequest",
    "RenderRequest",
    "Request",
    "RequestForm",
    "Sampler",
    "Source",
    "StatusRequest",
    "StreamSource",
    "default_of",
    "encode_request",
    "frames",
    "job_id_of",
    "parse_request",
    "seconds",
]


@dataclass(frozen=True)
class RenderRequest:
    """One job: everything that decides what comes out. Same request, same model: same samples."""

    job_id: str
    source: Source
    prompt: str
    mode: Mode = Mode.TRANSFER
    negative: str = ""
    strength: float = 0.6  # 0..1, only for transfer
    seed: int = 0  # 0..2**31 - 1; candidate c of take k uses seed + k * candidates + c
    steps: int = 0  # 0: the model's default
    guidance: float = -1.0  # below 0: the model's default
    guidance_low: float = -1.0  # outside [low, high] of timestep / train_steps there is no guidance, which
    guidance_high: float = 1.0  # halves the step's work; low below 0: the model's default
    sampler: Sampler | None = None  # None: the model's default
    eta: float = -1.0  # 0..1, for DPM and DDIM; below 0: 1 where something is observed, else 0
    takes: int = 1
    candidates: int = 1  # made for each take, of which the best is kept
    model: str = ""  # "": the engine's default
    mask_seconds: tuple[tuple[float, float], ...] = ()  # spans in the region, for inpaint; (): all of it
    context_seconds: float = 1.0  # recording shown to the model on each side of the region
    crossfade_seconds: float = 0.02  # length of each seam, inside the region
    match_loudness: bool = True
    output: str = ""  # path of the take; "": the engine's take folder
    overwrite: bool = False
    want_chunks: bool = True  # stream the take back as it is decoded (TCP only)
    priority: int = 0  # higher first


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


Request = RenderRequest | AudioRequest | CancelRequest | StatusRequest | ModelsRequest | QuitRequest


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
    values = read_pairs((*form.keys, TOKEN), pairs)
    return Envelope(form.build(job_id, values), values.get(TOKEN.name, ""))


def encode_request(request: Request, token: str = "") -> bytes:
    """The packet that ``parse_request`` turns into ``request`` again; keys at their default are left out."""
    address, form = next(item for item in REQUESTS.items() if item[1].request_type is type(request))
    arguments: list[TaggedArgument] = []
    if isinstance(request, RenderRequest | AudioRequest | CancelRequest):
        arguments.append(("s", request.job_id))
    for key, value in _values(form, request):
        arguments += [("s", key.name), _tagged(key, value)]
    if token:
        arguments += [("s", TOKEN.name), ("s", token)]
    return encode_message(address, arguments)


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


def _build_render(job_id: str, values: dict[str, Any]) -> RenderRequest:
    source = read_source(values)
    given = {key.attribute: values[key.name] for key in OWN_KEYS if key.name in values}
    if isinstance(source, NewSource):
        given.setdefault("mode", Mode.GENERATE)
    request = RenderRequest(job_id, source, **given)
    _check_together(request)
    return request


def _check_together(request: RenderRequest) -> None:
    """What no key can tell by itself."""
    if isinstance(request.source, NewSource) and request.mode is not Mode.GENERATE:
        raise _bad(
            f"Mode {request.mode} needs a recording: add path, start and end, or choose mode generate."
        )
    if not request.mask_seconds:
        return
    if request.mode is not Mode.INPAINT:
        raise _bad("The key mask goes with mode inpaint only: leave it out, or choose that mode.")
    length = region_seconds(request.source)
    if length is not None and request.mask_seconds[-1][1] > length + REGION_SLACK_SECONDS:
        sentence = f"The mask counts from the region's start and must end within its {length:g} seconds."
        raise EngineError(ErrorCode.BAD_REGION, sentence)


def _build_audio(job_id: str, values: dict[str, Any]) -> AudioRequest:
    return AudioRequest(job_id, values["offset"], values["samples"])


def _build_models(_: str, values: dict[str, Any]) -> ModelsRequest:
    return ModelsRequest(values.get("name", ""), values.get("verify", False))


OWN_KEYS = tuple(key for key in RENDER_KEYS if key not in SOURCE_KEYS)

REQUESTS = {
    "/punchin/render": RequestForm(RenderRequest, "required", RENDER_KEYS, _build_render),
    "/punchin/audio": RequestForm(AudioRequest, "required", AUDIO_KEYS, _build_audio),
    "/punchin/cancel": RequestForm(CancelRequest, "optional", (), lambda job_id, _: CancelRequest(job_id)),
    "/punchin/status": RequestForm(StatusRequest, "none", (), lambda *_: StatusRequest()),
    "/punchin/models": RequestForm(ModelsRequest, "none", MODELS_KEYS, _build_models),
    "/punchin/quit": RequestForm(QuitRequest, "none", (), lambda *_: QuitRequest()),
}


def _values(form: RequestForm, request: Request) -> Iterator[tuple[Key, Any]]:
    """The keys to write; always the mode, whose default depends on the source."""
    of_source = source_values(request.source) if isinstance(request, RenderRequest) else {}
    for key in form.keys:
        if key in SOURCE_KEYS:
            if key.name in of_source:
                yield key, of_source[key.name]
            continue
        value = getattr(request, key.attribute)
        if value != default_of(form, key) or key.name == "mode":
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
            return "s", ",".join(f"{start}-{end}" for start, end in value)
        case Kind.BLOB:
            return "b", value
        case _:
            return "s", str(value)


def _bad(sentence: str) -> EngineError:
    return EngineError(ErrorCode.BAD_ARGUMENT, sentence)
