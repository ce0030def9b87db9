"""Spans of a recording in frames: the region that is edited, and the masked parts of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.errors import EngineError, ErrorCode
from engine.protocol.sources import (
    MAX_REGION_SECONDS,
    MIN_REGION_SECONDS,
    REGION_SLACK_SECONDS,
    Position,
)

Span = tuple[int, int]  # first frame, and the one after the last


@dataclass(frozen=True)
class Region:
    """A span of a recording: [start_frame, end_frame) at the recording's own rate."""

    start_frame: int
    end_frame: int

    @property
    def frames(self) -> int:
        """Its length."""
        return self.end_frame - self.start_frame


def resolve_region(start: Position, end: Position, frames: int, sample_rate: int) -> Region:
    """The region between two positions of a recording of ``frames``, rounded to whole ones.

    An end given in seconds may miss the recording's by the slack of single precision.
    Raises BAD_REGION when the region is reversed, outside the recording, too short or too long.
    """
    region = Region(_to_frame(start, sample_rate), _to_frame(end, sample_rate))
    beyond = region.end_frame - frames
    if end.unit == "seconds" and 0 < beyond <= REGION_SLACK_SECONDS * sample_rate:
        region = Region(region.start_frame, frames)
    check_region(region, frames, sample_rate)
    return region


def check_region(region: Region, frames: int, sample_rate: int) -> None:
    """Raise BAD_REGION unless the region lies in a sound of ``frames`` and has a length we render."""
    start, end = region.start_frame, region.end_frame
    if end < start:
        raise _bad_region(f"starts at frame {start}, after its end at frame {end}; swap the two")
    if end == start:
        raise _bad_region(f"is empty; select at least {MIN_REGION_SECONDS} s")
    if start < 0 or end > frames:
        length = f"{frames} frames ({frames / sample_rate:.3f} s)"
        raise _bad_region(f"[{start}, {end}) is outside the recording, which has {length}")
    check_length(region.frames, sample_rate)


def check_length(frames: int, sample_rate: int) -> None:
    """Raise BAD_REGION unless ``frames`` at ``sample_rate`` is a length the engine renders."""
    seconds = frames / sample_rate
    if seconds < MIN_REGION_SECONDS - REGION_SLACK_SECONDS:
        raise _bad_region(f"is {seconds:.4f} s long; select at least {MIN_REGION_SECONDS} s")
    if seconds > MAX_REGION_SECONDS + REGION_SLACK_SECONDS:
        raise _bad_region(f"is {seconds:.3f} s long; select at most {MAX_REGION_SECONDS:.0f} s")


def mask_spans(
    mask_seconds: Iterable[tuple[float, float]], frames: int, sample_rate: int
) -> tuple[Span, ...]:
    """The masked spans in frames of a region of ``frames``, in order and merged; none given: all of it.

    Raises BAD_REGION for a span that is reversed, empty or outside the region.
    """
    spans = sorted(_mask_span(start, end, frames, sample_rate) for start, end in mask_seconds)
    if not spans:
        return ((0, frames),)
    merged = [spans[0]]
    for start, end in spans[1:]:
        if start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def made_spans(
    mask: Sequence[tuple[float, float]],
    curve: Sequence[tuple[float, float]],
    frames: int,
    sample_rate: int,
) -> tuple[Span, ...]:
    """What of a region is made anew: its mask, or else where its strength curve is above 0.

    All of it where there is neither, or no such place. Raises as ``mask_spans``.
    """
    anew = curve_spans(curve, frames, sample_rate) if curve and not mask else ()
    return anew or mask_spans(mask, frames, sample_rate)


def curve_spans(curve: Sequence[tuple[float, float]], frames: int, sample_rate: int) -> tuple[Span, ...]:
    """Where a curve is above 0 in a region of ``frames``: spans in order and apart, perhaps none.

    curve: points (seconds, height), straight between them and level outside.
    """
    places = [0, *(min(max(0, round(time * sample_rate)), frames) for time, _ in curve), frames]
    heights = [curve[0][1], *(height for _, height in curve), curve[-1][1]]
    spans: list[Span] = []
    for (start, end), (before, after) in zip(pairwise(places), pairwise(heights), strict=True):
        if start < end and (before > 0.0 or after > 0.0):
            joins = bool(spans) and spans[-1][1] == start
            spans.append((spans.pop()[0] if joins else start, end))
    return tuple(spans)


def _mask_span(start: float, end: float, frames: int, sample_rate: int) -> Span:
    if not (math.isfinite(start) and math.isfinite(end)):
        raise _bad_region("has a mask whose times are not numbers")
    span = (round(start * sample_rate), round(end * sample_rate))
    if not 0 <= span[0] < span[1] <= frames:
        raise _bad_region(
            f"has a mask from {start:g} s to {end:g} s, which is reversed, empty or outside the region's "
            f"{frames / sample_rate:g} s"
        )
    return span


def _to_frame(position: Position, sample_rate: int) -> int:
    if not math.isfinite(position.value):
        raise _bad_region("has a position that is not a number")
    return position.in_frames(sample_rate)


def _bad_region(what: str) -> EngineError:
    return EngineError(ErrorCode.BAD_REGION, f"The region {what}.")
