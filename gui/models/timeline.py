"""Where things are on a timeline, and where on the screen. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

MIN_FRAMES_PER_PIXEL = 1 / 16
# Nothing is drawn past the end but this share of the width, so that it can be seen to be the end.
_ROOM_AFTER = 0.05
_TICK_PIXELS = 90  # between labels, so that they do not touch
_TICK_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # and on in 1, 2, 5, 10, 15, 30...
_LONG_TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, order=True)
class Span:
    """Frames [start, end)."""

    start: int
    end: int

    @property
    def frames(self) -> int:
        """Its length."""
        return self.end - self.start

    def holds(self, frame: float) -> bool:
        """Whether a frame lies in it."""
        return self.start <= frame < self.end

    def within(self, other: Span) -> Span | None:
        """What both have; None if they share nothing."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


def span_of(first: float, second: float, frames: int) -> Span:
    """The span between two places in any order, inside the recording."""
    low, high = sorted((round(first), round(second)))
    return Span(min(max(0, low), frames), min(max(0, high), frames))


def joined(spans: tuple[Span, ...], added: Span) -> tuple[Span, ...]:
    """The spans and one more; those that touch become one."""
    result: list[Span] = []
    for span in sorted((*spans, added)):
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def without(spans: tuple[Span, ...], erased: Span) -> tuple[Span, ...]:
    """The spans less one."""
    left = (
        piece
        for span in spans
        for piece in (
            Span(span.start, min(span.end, erased.start)),
            Span(max(span.start, erased.end), span.end),
        )
    )
    return tuple(span for span in left if span.frames > 0)


@dataclass(frozen=True)
class Viewport:
    """The part of a recording that is on the screen: ``width`` pixels, each of some frames."""

    frames: int
    width: int
    start: float = 0.0
    frames_per_pixel: float = 1.0

    @property
    def widest(self) -> float:
        """Frames per pixel that show everything."""
        return max(MIN_FRAMES_PER_PIXEL, self.frames * (1 + _ROOM_AFTER) / max(1, self.width))

    @property
    def end(self) -> float:
        """The frame at the right border."""
        return self.start + self.frames_per_pixel * self.width

    def frame_at(self, x: float) -> float:
        """Which frame is shown there."""
        return self.start + x * self.frames_per_pixel

    def x_of(self, frame: float) -> float:
        """Where a frame is shown."""
        return (frame - self.start) / self.frames_per_pixel

    def fitted(self) -> Viewport:
        """All of the recording."""
        return replace(self, start=0.0, frames_per_pixel=self.widest)

    def zoomed(self, factor: float, x: float) -> Viewport:
        """Closer by ``factor``; what is at ``x`` stays there."""
        scale = min(max(self.frames_per_pixel / factor, MIN_FRAMES_PER_PIXEL), self.widest)
        return replace(self, start=self.frame_at(x) - x * scale, frames_per_pixel=scale)._inside()

    def scrolled(self, frames: float) -> Viewport:
        """Further along by so many frames."""
        return replace(self, start=self.start + frames)._inside()

    def resized(self, width: int) -> Viewport:
        """Another width; what showed everything does so still."""
        showed_all = self.width <= 0 or self.frames_per_pixel >= self.widest * 0.999
        wider = replace(self, width=width)
        return wider.fitted() if showed_all else wider._inside()

    def showing(self, span: Span) -> Viewport:
        """Zoomed to a span, with some room on both sides."""
        scale = span.frames * 1.2 / max(1, self.width)
        scale = min(max(scale, MIN_FRAMES_PER_PIXEL), self.widest)
        middle = (span.start + span.end) / 2
        return replace(self, start=middle - self.width * scale / 2, frames_per_pixel=scale)._inside()

    def revealing(self, frame: float) -> Viewport:
        """Scrolled just so far that a frame is on the screen."""
        if self.start <= frame <= self.end:
            return self
        return replace(self, start=frame - self.frames_per_pixel * self.width / 2)._inside()

    def _inside(self) -> Viewport:
        scale = min(max(self.frames_per_pixel, MIN_FRAMES_PER_PIXEL), self.widest)
        latest = max(0.0, self.frames * (1 + _ROOM_AFTER) - scale * self.width)
        return replace(self, start=min(max(0.0, self.start), latest), frames_per_pixel=scale)


@dataclass(frozen=True)
class Tick:
    """A mark of the ruler, at a frame; with a label or without."""

    frame: float
    label: str


def ticks(view: Viewport, sample_rate: int, fps: float) -> Iterator[Tick]:
    """The ruler's marks from left to right: labelled ones, and five steps between two of them."""
    step = _tick_seconds(view.frames_per_pixel * _TICK_PIXELS / sample_rate, fps)
    minor = step / 5
    first = math.floor(view.start / sample_rate / minor)
    last = math.ceil(min(view.end, view.frames) / sample_rate / minor)
    for number in range(first, last + 1):
        frame = number * minor * sample_rate
        yield Tick(frame, timecode(frame / sample_rate, fps, step) if number % 5 == 0 else "")


def _tick_seconds(least: float, fps: float) -> float:
    """The shortest round step that is not below ``least``: of pictures where there are any."""
    short = tuple(count / fps for count in (1, 2, 5, 10) if count < fps) if fps else _TICK_SECONDS
    return next((step for step in (*short, *_LONG_TICKS) if step >= least), math.ceil(least / 3600) * 3600)


def timecode(seconds: float, fps: float, step: float = 0.0) -> str:
    """``h:mm:ss:pp`` with pictures; without ``fps`` ``m:ss.mmm``, as exact as ``step`` asks for."""
    if fps:
        return _in_pictures(seconds, fps)
    decimals = 0 if step >= 1 else 3 if step < 0.01 else 2 if step < 0.1 else 1 if step else 3
    units = round(seconds * 10**decimals)
    whole, fraction = divmod(units, 10**decimals)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"{head}.{fraction:0{decimals}}" if decimals else head


def _in_pictures(seconds: float, fps: float) -> str:
    """Non-drop, at the nominal rate, as an editor's ruler has it."""
    nominal = round(fps)
    whole, picture = divmod(round(seconds * fps), nominal)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}:{picture:02}"
