"""What a request works on, at the host's own rate: the region, what is around it, where it lies."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from engine.audio.region import (
    Region,
    Span,
    check_length,
    check_region,
    made_spans,
    resolve_region,
)
from engine.audio.source import Recording, SourceInfo, check_layout
from engine.audio.stretch import Stretch, held, silence
from engine.audio.workspace import Workspace
from engine.context import context_frames
from engine.errors import EngineError, ErrorCode
from engine.models.interface import ModelSpecification
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.sources import FileSource, NewSource, StreamSource

# Frames times channels of a sound that is decoded once and kept: 16 MB. It is read a dozen times.
HELD_SAMPLES = 1 << 22


@dataclass(frozen=True)
class Material:
    """A region and its surroundings at ``sample_rate``, read where they are needed.

    ``recording`` is None for a new sound, whose ``region`` is silence and has no surroundings.
    at_start, at_end: nothing comes before the region, or after it. Of a stream that is never known: its
    client may have sent no context.
    """

    sample_rate: int
    channels: int
    recording: SourceInfo | None
    span: Region
    region: Stretch
    before: Stretch
    after: Stretch
    mask: tuple[Span, ...]
    at_start: bool
    at_end: bool

    @property
    def surroundings(self) -> tuple[Stretch, ...]:
        """The sound next to what is made anew: around the region, and outside the mask in it."""
        edges = [0, *chain.from_iterable(self.mask), self.region.frames]
        kept = (self.region.part(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True))
        return (self.before, *kept, self.after)


def load_material(
    request: RenderRequest, spooled: Path, specification: ModelSpecification, workspace: Workspace
) -> Generator[None, None, Material]:
    """The region and its context, once all of it was read through; yields after every block of it.

    ``spooled`` is where streamed audio lies. Raises EngineError (NOT_FOUND, BAD_AUDIO, BAD_REGION, or
    BAD_ARGUMENT for a mode that needs a recording where there is none).
    """
    source = request.source
    if isinstance(source, NewSource):
        return _new_sound(request, source)
    whole = isinstance(source, FileSource)
    recording = workspace.open(Path(source.path) if isinstance(source, FileSource) else spooled)
    info = recording.info
    span = _span(source, info)
    curve = () if request.loop else request.curve  # a loop is all new
    mask = made_spans(request.mask_seconds, curve, span.frames, info.sample_rate)
    before, after = context_frames(request, span, info.frames, info.sample_rate, specification)
    around = Region(span.start_frame - before, span.end_frame + after)
    sound = yield from _read_through(recording, around, workspace)
    return Material(
        sample_rate=info.sample_rate,
        channels=info.channels,
        recording=info,
        span=span,
        region=sound.part(before, before + span.frames),
        before=sound.part(0, before),
        after=sound.part(before + span.frames, sound.frames),
        mask=mask,
        at_start=whole and span.start_frame == 0,
        at_end=whole and span.end_frame == info.frames,
    )


def _span(source: FileSource | StreamSource, info: SourceInfo) -> Region:
    if isinstance(source, FileSource):
        return resolve_region(source.start, source.end, info.frames, info.sample_rate)
    span = Region(source.start_frame, source.end_frame)
    check_region(span, info.frames, info.sample_rate)
    return span


def _read_through(
    recording: Recording, around: Region, workspace: Workspace
) -> Generator[None, None, Stretch]:
    """A span of a recording, looked at once from end to end, so that what is wrong with it shows now.

    What can't seek exactly would be decoded from its start again and again, so its span is kept, decoded.
    """
    channels = recording.info.channels
    sound = Stretch(recording, channels, around.start_frame, around.end_frame)
    if sound.frames * channels <= HELD_SAMPLES:
        blocks = []
        for block in sound.blocks():
            blocks.append(block)
            yield
        return held(np.concatenate(blocks))
    if recording.seeks_exactly:
        for _ in sound.blocks():
            yield
        return sound
    kept = workspace.temporary(channels)
    for block in sound.blocks():
        kept.append(block)
        yield
    return kept.stretch()


def _new_sound(request: RenderRequest, source: NewSource) -> Material:
    if request.mode is not Mode.GENERATE:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"There is no recording to {request.mode}; give one, or use the mode generate.",
        )
    check_layout(source.sample_rate, source.channels, "The new sound")
    check_length(source.frames, source.sample_rate)
    nothing = silence(0, source.channels)
    return Material(
        sample_rate=source.sample_rate,
        channels=source.channels,
        recording=None,
        span=Region(0, source.frames),
        region=silence(source.frames, source.channels),
        before=nothing,
        after=nothing,
        mask=((0, source.frames),),
        at_start=True,
        at_end=True,
    )
