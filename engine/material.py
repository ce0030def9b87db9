"""What a request works on, at the host's own rate: the region, what is around it, where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.region import Region, Span, check_length, check_region, mask_spans, resolve_region
from engine.audio.source import SourceInfo, check_layout, inspect_recording, read_span
from engine.errors import EngineError, ErrorCode
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.sources import FileSource, NewSource, StreamSource

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Material:
    """A region and its surroundings; all waveforms are (frames, channels) at ``sample_rate``.

    ``recording`` is None for a new sound, whose ``region`` is silence and has no surroundings.
    at_start, at_end: nothing comes before the region, or after it. Of a stream that is never known: its
    client may have sent no context.
    """

    sample_rate: int
    channels: int
    recording: SourceInfo | None
    span: Region
    region: Float32
    before: Float32
    after: Float32
    mask: tuple[Span, ...]
    at_start: bool
    at_end: bool

    @property
    def surroundings(self) -> tuple[Float32, ...]:
        """The sound next to what is made anew: around the region, and outside the mask in it."""
        edges = [0, *chain.from_iterable(self.mask), len(self.region)]
        kept = (self.region[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
        return (self.before, *kept, self.after)


def load_material(request: RenderRequest, spooled: Path) -> Material:
    """Read the region and ``context_seconds`` on both sides of it.

    ``spooled`` is where streamed audio lies. Raises EngineError (NOT_FOUND, BAD_AUDIO, BAD_REGION, or
    BAD_ARGUMENT for a mode that needs a recording where there is none).
    """
    source = request.source
    if isinstance(source, NewSource):
        return _new_sound(request, source)
    if isinstance(source, FileSource):
        info = inspect_recording(Path(source.path))
        span = resolve_region(source.start, source.end, info.frames, info.sample_rate)
    else:
        info, span = _streamed(source, spooled)
    context = round(request.context_seconds * info.sample_rate)
    first = max(0, span.start_frame - context)
    last = min(info.frames, span.end_frame + context)
    waveform = read_span(info.path, first, last)
    start, end = span.start_frame - first, span.end_frame - first
    whole = isinstance(source, FileSource)
    return Material(
        sample_rate=info.sample_rate,
        channels=info.channels,
        recording=info,
        span=span,
        region=waveform[start:end],
        before=waveform[:start],
        after=waveform[end:],
        mask=mask_spans(request.mask_seconds, span.frames, info.sample_rate),
        at_start=whole and span.start_frame == 0,
        at_end=whole and span.end_frame == info.frames,
    )


def _streamed(source: StreamSource, spooled: Path) -> tuple[SourceInfo, Region]:
    info = inspect_recording(spooled)
    span = Region(source.start_frame, source.end_frame)
    check_region(span, info.frames, info.sample_rate)
    return info, span


def _new_sound(request: RenderRequest, source: NewSource) -> Material:
    if request.mode is not Mode.GENERATE:
        raise EngineError(
            ErrorCode.BAD_ARGUMENT,
            f"There is no recording to {request.mode}; give one, or use the mode generate.",
        )
    check_layout(source.sample_rate, source.channels, "The new sound")
    check_length(source.frames, source.sample_rate)
    nothing = np.zeros((0, source.channels), np.float32)
    return Material(
        sample_rate=source.sample_rate,
        channels=source.channels,
        recording=None,
        span=Region(0, source.frames),
        region=np.zeros((source.frames, source.channels), np.float32),
        before=nothing,
        after=nothing,
        mask=((0, source.frames),),
        at_start=True,
        at_end=True,
    )
