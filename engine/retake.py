"""What a client makes of a take: other samples in its region, everything else of its file as it was.

A take's recipe says which part of its file was made, and how long its seams are. At each seam the new sound
comes in over the take's own, which agrees with what lies beyond it; so no seam is heard, and nothing
outside the made part changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from engine.audio.atomic import check_output, new_file
from engine.audio.limiter import Limiter
from engine.audio.region import Region, Span, made_spans, resolve_region
from engine.audio.source import Recording, SourceInfo, check_finite, inspect_recording
from engine.audio.splice import EDGE_FADE_SECONDS, Splicer
from engine.audio.stages import Chain, Stage
from engine.audio.stretch import BLOCK_SAMPLES, Stretch
from engine.audio.takefile import spliced_take
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.protocol.requests import Mode
from engine.protocol.sources import Position, SourceKind
from engine.takes.index import note_take
from engine.takes.notes import MAX_RECIPE_BYTES, Notes
from engine.takes.reading import found_in, recipe_texts
from engine.takes.recipe import KEYS, Recipe, Setting, decode_recipe, encode_recipe

__all__ = [
    "Part",
    "check_output",
    "inspect_recording",
    "new_file",
    "part_of_recording",
    "part_of_take",
    "read_part",
    "write_part",
]

Float32 = NDArray[np.float32]

# The seam of a region that no recipe describes.
SEAM_SECONDS = 0.01


@dataclass(frozen=True)
class Part:
    """The part of a file that may become another sound.

    spans: what of the region may change, in frames from its start; outside nothing does.
    seam_in, seam_out: frames over which the new sound comes and goes inside each span.
    """

    info: SourceInfo
    region: Region
    spans: tuple[Span, ...]
    seam_in: int
    seam_out: int
    recipe: Recipe | None = None

    @property
    def is_loop(self) -> bool:
        """Whether its end goes on at its start."""
        return self.recipe is not None and bool(self.recipe.settings.get("loop", False))

    @property
    def is_new(self) -> bool:
        """Whether it has nothing around it: its end fades, so that what rings on is not torn off."""
        whole = self.region.frames == self.info.frames
        made_new = self.recipe is None or self.recipe.place.kind is SourceKind.NEW
        return whole and made_new and not self.is_loop


def part_of_take(path: Path) -> Part:
    """What its recipe says was made; of a file without one, all of it.

    Raises EngineError: NOT_FOUND, BAD_AUDIO, or BAD_REGION if the file is no longer as it was made.
    """
    info, recipe = inspect_recording(path), _newest(path)
    if recipe is None:
        return Part(info, Region(0, info.frames), ((0, info.frames),), 0, 0)
    region = _region_in(info, recipe)
    seams = _seams(recipe, info.sample_rate)
    return Part(info, region, _spans(recipe, region), *seams, recipe)


def part_of_recording(path: Path, start: Position, end: Position) -> Part:
    """A region of any recording. Raises EngineError."""
    info = inspect_recording(path)
    region = resolve_region(start, end, info.frames, info.sample_rate)
    seam = round(SEAM_SECONDS * info.sample_rate)
    return Part(info, region, ((0, region.frames),), seam, seam)


def read_part(part: Part) -> Float32:
    """Its sound as it is, (frames, channels). Raises EngineError(BAD_AUDIO)."""
    recording = Recording(part.info.path)
    try:
        return recording.read(part.region.start_frame, part.region.end_frame)
    finally:
        recording.close()


def write_part(
    home: Home,
    part: Part,
    sound: Float32,
    output: Path,
    *,
    effects: Sequence[Mapping[str, Setting]] = (),
    overwrite: bool = False,
) -> tuple[str, ...]:
    """The file with ``sound``, (frames, channels), as its part; sentences about what did not go well.

    effects: what was done to it, for the recipe. ``output`` may be the file itself; it is replaced whole or
    not at all. Raises EngineError.
    """
    check_finite(sound, part.info.sample_rate, 0, "What was made of it")
    recipe = None if part.recipe is None else _continued(part, output, effects)
    if recipe is not None and len(encode_recipe(recipe)) > MAX_RECIPE_BYTES:
        raise EngineError(ErrorCode.TOO_MUCH, "The states of these plugins are too long for a take's recipe.")
    recording = Recording(part.info.path)
    try:
        with spliced_take(part.info, output, part.region, mask=part.spans, overwrite=overwrite) as take:
            for block in _blocks(part, recording, sound):
                take.push(block)
            if recipe is not None:
                take.note(Notes(recipe=encode_recipe(recipe), earlier=_texts(part.info.path)))
            recording.check_unchanged()
    finally:
        recording.close()
    return () if recipe is None else note_take(home, output, recipe)


def _blocks(part: Part, recording: Recording, sound: Float32) -> Iterator[Float32]:
    """Within the peaks that the take had to keep, and faded into it at its seams."""
    rate, channels = part.info.sample_rate, part.info.channels
    region = Stretch(recording, channels, part.region.start_frame, part.region.end_frame)
    chain = Chain(*_limited(part), _splicer(part, region, rate))
    step = max(1, BLOCK_SAMPLES // channels)
    for start in range(0, len(sound), step):
        yield chain.push(sound[start : start + step])
    yield chain.finish()


def _limited(part: Part) -> tuple[Stage, ...]:
    """A recording of anybody's is its owner's affair."""
    if part.recipe is None:
        return ()
    ceiling_db = float(part.recipe.settings.get("true_peak", -1.0))
    return (Limiter(part.info.sample_rate, part.info.channels, 10.0 ** (ceiling_db / 20.0)),)


def _splicer(part: Part, region: Stretch, rate: int) -> Splicer:
    if part.is_loop:
        return Splicer(region, part.spans, 0)
    fade = round(EDGE_FADE_SECONDS * rate)
    return Splicer(
        region,
        part.spans,
        part.seam_in,
        feather_out_frames=part.seam_out,
        edge_fade_frames=fade,
        at_end=part.is_new,
    )


def _continued(part: Part, output: Path, effects: Sequence[Mapping[str, Setting]]) -> Recipe:
    """The take's recipe with what was done since; beside the take it is another take."""
    assert part.recipe is not None
    same = output.resolve() == part.info.path.resolve()
    uuid = part.recipe.uuid if same else uuid4().hex
    made = datetime.now().astimezone().isoformat(timespec="seconds")
    return replace(part.recipe, uuid=uuid, made=made, effects=(*part.recipe.effects, *effects))


def _newest(path: Path) -> Recipe | None:
    texts = recipe_texts(found_in(path))
    return decode_recipe(texts[-1]).recipe if texts else None


def _texts(path: Path) -> tuple[str, ...]:
    return tuple(text.decode("utf-8", "replace") for text in recipe_texts(found_in(path)))


def _region_in(info: SourceInfo, recipe: Recipe) -> Region:
    """Where the made part lies: a take is the region alone, or the whole recording around it."""
    place = recipe.place
    if info.frames == place.end_frame - place.start_frame:
        return Region(0, info.frames)
    if (info.sample_rate, info.channels) != (
        place.sample_rate,
        place.channels,
    ) or place.end_frame > info.frames:
        raise EngineError(
            ErrorCode.BAD_REGION,
            f"{info.path} was cut or converted since it was made; say which region of it you mean.",
        )
    return Region(place.start_frame, place.end_frame)


def _spans(recipe: Recipe, region: Region) -> tuple[Span, ...]:
    settings, mode = recipe.settings, recipe.settings.get("mode", Mode.TRANSFER)
    curve = settings.get("curve", "") if mode == Mode.TRANSFER and not settings.get("loop", False) else ""
    mask = settings.get("mask", "") if mode == Mode.INPAINT else ""
    return made_spans(
        KEYS["mask"].read(mask) if mask else (),
        KEYS["curve"].read(curve) if curve else (),
        region.frames,
        recipe.place.sample_rate,
    )


def _seams(recipe: Recipe, rate: int) -> tuple[int, int]:
    """Frames of the seams that the take was made with; a new sound has none."""
    if recipe.place.kind is SourceKind.NEW:
        return 0, 0
    usual = float(recipe.settings.get("crossfade", SEAM_SECONDS))
    first, last = (float(recipe.settings.get(name, -1.0)) for name in ("feather_in", "feather_out"))
    return round((first if first >= 0.0 else usual) * rate), round((last if last >= 0.0 else usual) * rate)
