"""Putting generated sound into the untouched original, so that the seams are not heard.

Only masked spans are replaced. Each seam is a crossfade inside its span, so that nothing outside a
span changes at all.

The crossfade adapts to how alike the two sounds are. With fades a and b (a quarter cosine and sine)
and rho the correlation of original and generated over the seam, the mix is divided by
sqrt(1 + 2 rho a b): unlike sounds (rho = 0) get the equal-power fade, which keeps their loudness, and
equal sounds (rho = 1) the equal-gain fade, which returns them unchanged. Opposed sounds count as
unlike, because boosting what cancels would ring.

Two loud sounds that are unlike would add up to 3 dB more than either, and be clipped. There rho is raised as
far as the peaks need it: at 1 the mix passes neither sound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from engine.audio.limiter import true_peaks
from engine.audio.region import Span
from engine.audio.stretch import Stretch, held
from engine.errors import EngineError, ErrorCode

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Where a span touches the recording's own start or end there is nothing to fade from: the new sound
# only gets this much of a ramp, short enough to keep an attack and long enough not to click.
EDGE_FADE_SECONDS = 0.002

# A seam whose measure is above this is heard as a click (the tests have synthetic ones).
SEAM_CLICK = 4.0

_PREDICTION_ORDER = 24
_SEAM_WINDOW_SECONDS = 0.02


class _Kind(Enum):
    KEEP = "the original"
    FADE_IN = "from the original to the generated"
    FADE_OUT = "from the generated to the original"
    RISE = "from nothing to the generated, at the recording's start"
    FALL = "from the generated to nothing, at the recording's end"
    NEW = "the generated"


@dataclass(frozen=True)
class _Segment:
    kind: _Kind
    start: int
    end: int


class Splicer:
    """Takes the generated region in blocks, gives the final region; block sizes make no difference."""

    def __init__(
        self,
        original: Stretch,
        mask: Sequence[Span],
        crossfade_frames: int,
        *,
        feather_out_frames: int | None = None,
        edge_fade_frames: int = 0,
        at_start: bool = False,
        at_end: bool = False,
        is_shared: bool = False,
        ceiling: float = 1.0,
    ) -> None:
        """Prepare the seams of one region.

        original: the region. mask: spans of it, in order, apart from each other.
        ``crossfade_frames`` is the length of each seam, at most half its span; ``feather_out_frames`` that
        of the seams at the spans' ends, if it is another.
        at_start, at_end: the region touches the recording's own start or end, where the generated
        sound has no neighbour and only fades over ``edge_fade_frames``.
        is_shared: most of the generated sound is the original itself, as where only a range of frequencies
        was made anew; its seams are equal-gain fades, which leave that as it is.
        ceiling: an amplitude that no seam passes where neither of the two sounds does.
        """
        self._original = original
        self._segments = list(
            _segments(
                original.frames,
                mask,
                crossfade_frames,
                crossfade_frames if feather_out_frames is None else feather_out_frames,
                edge_fade_frames,
                at_start,
                at_end,
            )
        )
        self._likeness = 1.0 if is_shared else None
        self._ceiling = ceiling
        self._pending = original.read(0, 0)
        self._position = 0  # frames given out

    def push(self, block: Float32) -> Float32:
        """Take the next (any, channels) of the generated region, give the frames that are final."""
        self._pending = np.concatenate([self._pending, block])
        if self._position + len(self._pending) > self._original.frames:
            raise EngineError(ErrorCode.INTERNAL, "The model gave more sound than the region holds.")
        ready = list(self._ready())
        return np.concatenate(ready) if ready else self._original.read(0, 0)

    def finish(self) -> Float32:
        """Nothing more, after a check that the whole region came."""
        if self._position != self._original.frames:
            raise EngineError(ErrorCode.INTERNAL, "The model gave less sound than the region holds.")
        return self._original.read(0, 0)

    def _ready(self) -> Iterator[Float32]:
        while self._segments and len(self._pending):
            segment = self._segments[0]
            frames = min(segment.end - self._position, len(self._pending))
            whole = self._position + frames == segment.end
            if not whole and segment.kind not in (_Kind.KEEP, _Kind.NEW):
                return  # a seam is mixed in one piece, because its correlation is of the whole
            yield self._mix(segment.kind, frames)
            self._position += frames
            self._pending = self._pending[frames:]
            if whole:
                self._segments.pop(0)

    def _mix(self, kind: _Kind, frames: int) -> Float32:
        generated = self._pending[:frames]
        if kind is _Kind.NEW:
            return generated
        original = self._original.read(self._position, self._position + frames)
        match kind:
            case _Kind.KEEP:
                return original
            case _Kind.FADE_IN:
                return crossfade(original, generated, self._likeness, self._ceiling)
            case _Kind.FADE_OUT:
                return crossfade(generated, original, self._likeness, self._ceiling)
            case _Kind.RISE:
                return _faded(generated, _ramp(frames))
            case _Kind.FALL:
                return _faded(generated, _ramp(frames)[::-1])


def splice(original: Float32, generated: Float32, mask: Sequence[Span], crossfade_frames: int) -> Float32:
    """``Splicer`` for a region that is there at once, inside a recording. All (frames, channels)."""
    splicer = Splicer(held(original), mask, crossfade_frames)
    return np.concatenate([splicer.push(generated), splicer.finish()])


def crossfade(
    leaving: Float32, arriving: Float32, likeness: float | None = None, ceiling: float = math.inf
) -> Float32:
    """From one sound to the other over their length, (frames, channels), one curve for all channels.

    likeness: rho, 0 to 1; None: as they are. ceiling: an amplitude that their sum is to keep, but for what
    either passes itself.
    """
    ramp = _ramp(len(leaving))[:, None]
    fade_out, fade_in = np.cos(ramp * np.pi / 2), np.sin(ramp * np.pi / 2)
    rho = _correlation(leaving, arriving) if likeness is None else likeness
    both, overlap = fade_out * leaving + fade_in * arriving, 2.0 * fade_out * fade_in
    if math.isfinite(ceiling):
        rho = min(1.0, max(rho, _needed(both, overlap[:, 0], (leaving, arriving), ceiling, rho)))
    mixed: Float32 = (both / np.sqrt(1.0 + rho * overlap)).astype(np.float32)
    return mixed


def _needed(both: Float64, overlap: Float64, sounds: Sequence[Float32], ceiling: float, rho: float) -> float:
    """The rho with which a sum, (frames, channels), keeps a ceiling, or what either sound has above it: at
    its frames, where files clip, and between them. ``rho``, if that does."""
    usual = np.sqrt(1.0 + rho * overlap)
    if (true_peaks(both, ceiling) / usual).max(initial=0.0) <= ceiling:
        return rho
    needed = []
    for peaks in (_frame_peaks, true_peaks):
        highest = max(ceiling, *(float(peaks(sound).max()) for sound in sounds))
        needed.append((((peaks(both) / highest) ** 2 - 1.0) / overlap).max())
    return float(max(needed))


def _frame_peaks(sound: Float32 | Float64) -> Float64:
    """The largest value of any channel at each frame, (frames,)."""
    peaks: Float64 = np.abs(sound).max(axis=1).astype(np.float64)
    return peaks


def _segments(
    frames: int,
    mask: Sequence[Span],
    feather_in: int,
    feather_out: int,
    edge_frames: int,
    at_start: bool,
    at_end: bool,
) -> Iterator[_Segment]:
    """The region cut into stretches of one treatment each, without gaps."""
    position = 0
    for start, end in mask:
        if not position <= start < end <= frames:
            raise EngineError(
                ErrorCode.INTERNAL, f"The mask span [{start}, {end}) is not in order or in the region."
            )
        rise, fall = at_start and start == 0, at_end and end == frames
        half = (end - start) // 2
        left = start + min(edge_frames if rise else feather_in, half)
        right = end - min(edge_frames if fall else feather_out, half)
        yield _Segment(_Kind.KEEP, position, start)
        yield _Segment(_Kind.RISE if rise else _Kind.FADE_IN, start, left)
        yield _Segment(_Kind.NEW, left, right)
        yield _Segment(_Kind.FALL if fall else _Kind.FADE_OUT, right, end)
        position = end
    yield _Segment(_Kind.KEEP, position, frames)


def _ramp(frames: int) -> Float64:
    """Rising through (0, 1) without touching either: the frames outside a seam are 0 and 1 already."""
    return np.arange(1, frames + 1) / (frames + 1)


def _faded(waveform: Float32, ramp: Float64) -> Float32:
    faded: Float32 = (waveform * np.sin(ramp * np.pi / 2)[:, None] ** 2).astype(np.float32)
    return faded


def _correlation(one: Float32, other: Float32) -> float:
    a, b = one.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    energy = np.sqrt((a @ a) * (b @ b))
    return float(np.clip((a @ b) / energy, 0.0, 1.0)) if energy > 0.0 else 0.0


def seam_discontinuity(waveform: Float32, joint_frame: int, sample_rate: int) -> float:
    """How much the joint before ``joint_frame`` sticks out of the sound around it.

    A linear predictor is fitted to 20 ms on both sides, leaving out every sample it would predict
    across the joint; the measure is the largest error it makes across the joint, over the largest it
    makes elsewhere. About 1: as smooth as its surroundings. Above ``SEAM_CLICK``: a click.

    waveform: (frames, channels), at least a few milliseconds on each side; the worst channel counts.
    """
    window = round(_SEAM_WINDOW_SECONDS * sample_rate)
    start = max(0, joint_frame - window)
    near = waveform[start : joint_frame + window].astype(np.float64)
    return max(_channel_discontinuity(channel, joint_frame - start) for channel in near.T)


def _channel_discontinuity(samples: Float64, joint: int) -> float:
    order = _PREDICTION_ORDER
    history = np.lib.stride_tricks.sliding_window_view(samples, order)[:-1]  # (rows, order)
    following = samples[order:]
    row = np.arange(len(following)) + order
    across = (row >= joint) & (row < joint + order)
    inside, expected = history[~across], following[~across]
    # The ridge is a noise floor 60 dB below the sound: without it a pure tone, which is predicted
    # perfectly, would make a click of any change at all.
    ridge = 1e-6 * (np.sum(inside**2) / order + 1e-12)
    predictor = np.linalg.solve(inside.T @ inside + ridge * np.eye(order), inside.T @ expected)
    error = np.abs(following - history @ predictor)
    loudness = np.sqrt(np.mean(samples**2))
    return float(error[across].max() / (error[~across].max() + 1e-3 * loudness + 1e-9))
