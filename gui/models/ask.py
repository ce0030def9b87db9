"""What is asked for, what the main button will therefore do, and the request that does it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from engine.errors import EngineError
from engine.protocol.requests import (
    FileSource,
    Highs,
    Method,
    Mode,
    NewSource,
    Quality,
    RenderRequest,
    Sampler,
    Source,
    Stereo,
    StreamSource,
    frames,
)
from engine.protocol.sources import MAX_REGION_SECONDS, MIN_REGION_SECONDS
from engine.protocol.together import check_together
from engine.protocol.vocabulary import RENDER_KEYS
from gui.models.error_words import in_words
from gui.models.source import Scene
from gui.models.timeline import Span
from gui.models.words import translate
from presets.effects import Effect
from presets.preset import Setting
from presets.resolve import SETTINGS

# Where there is no recording: what sound for picture is delivered in.
NEW_RATE = 48_000
# Of the recording before its end, for the model to go on from; its window has no room for more.
EXTEND_CONTEXT_SECONDS = 8.0
SEEDS = 2**31  # 0 to one less
MAX_TAKES = 16  # of one job; more than that nobody hears through
# Keys of the protocol that the panel has a field for, by whose name they go there.
ASKED = ("quality", "loop", "vary", "seconds", "channels")
ADVANCED = {
    **{name: name for name in ("guidance", "steps", "sampler", "method", "crossfade", "context")},
    **{name: name for name in ("stereo", "highs", "noise_floor", "tilt", "model", "ucs", "rank")},
    "loudness": "match_loudness",
    "sounding": "sounding",
}
# The others that a preset may set: the panel carries them into the request as they are.
EXTRAS = {
    key.name: key
    for key in RENDER_KEYS
    if key.name in SETTINGS and key.name not in ADVANCED and key.name not in ASKED
}
# Work that a quick draft is not worth.
_NOT_OF_DRAFTS = frozenset({"candidates", "retries", "pack"})


class Task(StrEnum):
    """What the user wants to happen; AUTO leaves it to what is marked."""

    AUTO = "auto"
    RESTYLE = "restyle"
    FILL = "fill"
    GENERATE = "generate"
    EXTEND = "extend"


class Verb(StrEnum):
    """What the main button says."""

    GENERATE = "generate"
    RESTYLE = "restyle"
    FILL = "fill"
    EXTEND = "extend"
    LOOP = "loop"
    VARY = "vary"


@dataclass(frozen=True)
class Advanced:
    """What most people leave alone; the defaults are the engine's own."""

    guidance: float = -1.0
    steps: int = 0
    sampler: Sampler | None = None
    method: Method = Method.NOISE
    crossfade: float = 0.02
    context: float = -1.0
    sounding: float = -1.0
    stereo: Stereo = Stereo.KEEP
    highs: Highs = Highs.AUTO
    match_loudness: bool = True
    noise_floor: bool = False
    tilt: float = 0.0
    model: str = ""
    ucs: str = ""
    rank: bool = False


@dataclass(frozen=True)
class Ask:
    """Every setting of the panel."""

    prompt: str = ""
    negative: str = ""
    strength: float = 0.6
    takes: int = 4
    seed: int = 0
    seed_locked: bool = False
    quality: Quality = Quality.NORMAL
    task: Task = Task.AUTO
    loop: bool = False
    seconds: float = 4.0  # of a new sound, or of what is added
    channels: int = 1  # of a new sound
    vary: float = 0.0  # above 0: variations of ``seed``
    advanced: Advanced = field(default_factory=Advanced)
    preset: str = ""  # whose settings these were at first
    extras: Mapping[str, Setting] = field(default_factory=dict)  # of EXTRAS, as a preset writes them
    effects: tuple[Effect, ...] = ()  # what takes go through when they are done


def region_of(scene: Scene) -> Span | None:
    """The region that a job works on: the selection, or all that is masked where nothing is selected."""
    if scene.selection is not None or not scene.masks:
        return scene.selection
    return Span(scene.masks[0].start, scene.masks[-1].end)


def verb_of(ask: Ask, scene: Scene) -> Verb:
    """What the main button will do."""
    if ask.vary > 0.0:
        return Verb.VARY
    if ask.loop:
        return Verb.LOOP
    return Verb(_task_of(ask, scene).value)


def _task_of(ask: Ask, scene: Scene) -> Task:
    """AUTO decided: masks are filled, and without a region or at full strength nothing of it is left."""
    if scene.recording is None:
        return Task.GENERATE
    if ask.task is Task.EXTEND:
        return Task.EXTEND
    if region_of(scene) is None:
        return Task.GENERATE
    if ask.task is not Task.AUTO:
        return ask.task
    if scene.masks:
        return Task.FILL
    has_curve = bool(scene.curve.points)
    return Task.GENERATE if ask.strength >= 1.0 and not has_curve else Task.RESTYLE


def problem(ask: Ask, scene: Scene) -> str:
    """Why the main button can't do it yet, as a sentence; "" when it can."""
    if not ask.prompt.strip():
        return translate("Panel", "Type what it should sound like.")
    length = _length_seconds(ask, scene)
    if not MIN_REGION_SECONDS <= length <= MAX_REGION_SECONDS:
        limits = f"{MIN_REGION_SECONDS:g} s - {MAX_REGION_SECONDS / 60:g} min"
        return translate("Panel", "The region lasts {0:.2f} s; choose one of {1}.").format(length, limits)
    try:
        check_together(request_of(ask, scene, "check"))
    except EngineError as error:
        return in_words(error)
    return ""


def request_of(ask: Ask, scene: Scene, job_id: str) -> RenderRequest:
    """The job: complete in itself. What is marked in the recording goes before what a preset carries."""
    task, region = _task_of(ask, scene), region_of(scene)
    marks = {name: value for name, value in _marks_of(task, scene, region, ask).items() if value}
    further = {"retries": 0 if ask.quality is Quality.DRAFT else 2} | _extras_of(ask) | marks
    return RenderRequest(
        job_id=job_id,
        source=_source_of(ask, scene, task),
        prompt=ask.prompt.strip(),
        negative=ask.negative.strip(),
        mode=_mode_of(task, ask),
        strength=ask.strength,
        seed=ask.seed,
        takes=ask.takes,
        loop=ask.loop,
        vary=ask.vary,
        quality=ask.quality,
        steps=ask.advanced.steps,
        draft=ask.quality is not Quality.DRAFT,
        **further,
        sounding_seconds=ask.advanced.sounding if _ends(ask, task) else -1.0,
        **_advanced_of(ask.advanced, scene, task),  # type: ignore[arg-type]
    )


def live_request(ask: Ask, scene: Scene, job_id: str) -> RenderRequest:
    """The quick version: one take of the same seed, for now only."""
    quick = replace(
        ask,
        takes=1,
        quality=Quality.DRAFT,
        advanced=replace(ask.advanced, rank=False, steps=0),
        extras={name: value for name, value in ask.extras.items() if name not in _NOT_OF_DRAFTS},
    )
    return replace(request_of(quick, scene, job_id), draft=False, scratch=True)


def _extras_of(ask: Ask) -> dict[str, Any]:
    return {EXTRAS[name].attribute: EXTRAS[name].read(value) for name, value in ask.extras.items()}


def _length_seconds(ask: Ask, scene: Scene) -> float:
    region = region_of(scene)
    if scene.recording is None or region is None or _task_of(ask, scene) is Task.EXTEND:
        return ask.seconds
    return region.frames / scene.recording.sample_rate


def _source_of(ask: Ask, scene: Scene, task: Task) -> Source:
    recording, region = scene.recording, region_of(scene)
    if recording is None or (region is None and task is Task.GENERATE):
        rate = recording.sample_rate if recording else NEW_RATE
        channels = recording.channels if recording else ask.channels
        return NewSource(rate, channels, round(ask.seconds * rate))
    if task is Task.EXTEND:
        before = min(recording.frames, round(EXTEND_CONTEXT_SECONDS * recording.sample_rate))
        whole = before + round(ask.seconds * recording.sample_rate)
        return StreamSource(recording.sample_rate, recording.channels, whole, before, whole)
    assert region is not None
    return FileSource(recording.path, frames(region.start), frames(region.end))


def _mode_of(task: Task, ask: Ask) -> Mode:
    if ask.loop and task is not Task.GENERATE:
        return Mode.TRANSFER
    return {Task.GENERATE: Mode.GENERATE, Task.RESTYLE: Mode.TRANSFER}.get(task, Mode.INPAINT)


def _marks_of(task: Task, scene: Scene, region: Span | None, ask: Ask) -> dict[str, Any]:
    """Masks, curve and band, in the protocol's seconds from the region's start."""
    if scene.recording is None or region is None or task is Task.EXTEND:
        return {}
    rate = scene.recording.sample_rate
    marks: dict[str, Any] = {}
    if _mode_of(task, ask) is Mode.INPAINT:
        parts = (part for mask in scene.masks if (part := mask.within(region)))
        marks["mask_seconds"] = tuple(
            ((part.start - region.start) / rate, (part.end - region.start) / rate) for part in parts
        )
    if _mode_of(task, ask) is Mode.TRANSFER:
        marks["strength_curve"] = tuple(
            ((frame - region.start) / rate, strength)
            for frame, strength in scene.curve.between(region.start, region.end)
        )
    if scene.band is not None:
        marks |= {"low_hz": scene.band.low, "high_hz": scene.band.high}
    return marks


def _ends(ask: Ask, task: Task) -> bool:
    """Whether what is made may be over before its region is."""
    return _mode_of(task, ask) is Mode.GENERATE and not ask.loop


def _advanced_of(advanced: Advanced, scene: Scene, task: Task) -> dict[str, object]:
    return {
        "guidance": advanced.guidance,
        "sampler": advanced.sampler,
        "method": advanced.method if task is Task.RESTYLE else Method.NOISE,
        "crossfade_seconds": advanced.crossfade,
        "context_seconds": advanced.context,
        "stereo": advanced.stereo,
        "highs": advanced.highs,
        "match_loudness": advanced.match_loudness,
        "noise_floor": advanced.noise_floor and scene.recording is not None,
        "tilt": advanced.tilt,
        "model": advanced.model,
        "ucs": advanced.ucs,
        "rank": advanced.rank,
    }
