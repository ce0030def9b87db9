"""Sounds without ends: the last frame runs into the first.

A stage of ``engine/audio/stages.py`` has a beginning and an end. It makes a loop of a loop if it hears it for
longer than it remembers before what is wanted, and behind that as much as it looks ahead (``wrapped``); one
lap of what it gives then is the loop (``Lap``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.splice import crossfade, seam_discontinuity
from engine.audio.stretch import Stretch, held

Float32 = NDArray[np.float32]

# Around the wrap, so much is looked at.
_LOOKED_AT_SECONDS = 0.05


def wrapped(pieces: Sequence[Stretch], before: int, after: int) -> Stretch:
    """Pieces in a row as a circle, read for one lap, from ``before`` frames ahead of its first to ``after``
    frames behind its last; both may be many laps."""
    frames = sum(piece.frames for piece in pieces)
    return Stretch(_Circle(tuple(pieces), frames), pieces[0].channels, -before, frames + after)


def closed(region: Stretch, before: Stretch, after: Stretch, fade_frames: int) -> tuple[Stretch, ...]:
    """A region's own sound as a circle, exactly as long, in pieces.

    Its end fades into what comes before its start; where nothing does, its start out of what comes after
    its end; where neither is known, its end into its start reversed, which fits it in level and colour.
    """
    if before.frames or not after.frames:
        fade = min(fade_frames, region.frames // 2, before.frames or region.frames)
        end = region.frames - fade
        leading = (
            before.read(before.frames - fade, before.frames)
            if before.frames
            else np.ascontiguousarray(region.read(0, fade)[::-1])
        )
        return region.part(0, end), held(crossfade(region.read(end, region.frames), leading))
    fade = min(fade_frames, region.frames // 2, after.frames)
    return held(crossfade(after.read(0, fade), region.read(0, fade))), region.part(fade, region.frames)


def wrap_discontinuity(loop: Float32, sample_rate: int) -> float:
    """``seam_discontinuity`` where the end of a loop, (frames, channels), meets its start."""
    near = min(len(loop), round(_LOOKED_AT_SECONDS * sample_rate))
    return seam_discontinuity(np.concatenate([loop[len(loop) - near :], loop[:near]]), near, sample_rate)


class Lap:
    """A stage: one lap of a sound that goes round, and that starts ``lead`` frames before it.

    What the stages before this one gave ahead of the lap, and what they give at its end, is the same sound
    but for what they remember and where their windows lay. Over the last frames the one gives way to the
    other, so the lap ends as what comes before its start.
    """

    def __init__(self, lead: int, frames: int, blend_frames: int, channels: int) -> None:
        """``blend_frames``: at most ``lead`` and ``frames``."""
        self._skipped = lead - blend_frames
        self._blend = blend_frames
        self._start = lead
        self._end = lead + frames
        self._taken = 0
        self._ahead = np.zeros((0, channels), np.float32)
        self._behind = np.zeros((0, channels), np.float32)

    def push(self, block: Float32) -> Float32:
        """Take (any, channels), give what is of the lap."""
        first = self._taken
        self._taken += len(block)

        def part(start: int, stop: int) -> Float32:
            return block[max(0, start - first) : max(0, stop - first)]

        blended = self._end - self._blend
        self._ahead = np.concatenate([self._ahead, part(self._skipped, self._start)])
        self._behind = np.concatenate([self._behind, part(blended, self._end)])
        plain = part(self._start, blended)
        if len(self._behind) < self._blend or self._taken - len(block) >= self._end:
            return plain
        return np.concatenate([plain, crossfade(self._behind, self._ahead)])

    def finish(self) -> Float32:
        """Nothing is held back."""
        return self._ahead[:0]


@dataclass(frozen=True, eq=False)
class _Circle:
    """Frames of any number, also below 0: those of the pieces, over and over."""

    pieces: tuple[Stretch, ...]
    frames: int

    def read(self, start: int, stop: int) -> Float32:
        """See Readable."""
        read = [self.pieces[0].read(0, 0)]
        while start < stop:
            piece, place = self._at(start % self.frames)
            count = min(stop - start, piece.frames - place)
            read.append(piece.read(place, place + count))
            start += count
        return np.concatenate(read)

    def _at(self, frame: int) -> tuple[Stretch, int]:
        """The piece that holds a frame of the lap, and where in it."""
        for piece in self.pieces:
            if frame < piece.frames:
                return piece, frame
            frame -= piece.frames
        raise ValueError(f"a circle of {self.frames} frames ends before frame {frame}")
