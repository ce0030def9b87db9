"""From a circle of the model's mono sound to the loop: exactly as long, and as seamless.

The stages of ``engine/finishing.py`` hear the circle for longer than they remember before the lap that is
kept. What they would adapt while it plays, its gains, is measured first, and then stays.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.audio.circular import Lap, wrapped
from engine.audio.limiter import CEILING_DB
from engine.audio.loudness import LoudnessMeter, fitting_gain_db
from engine.audio.resample import StreamResampler
from engine.audio.stages import Chain, Spread
from engine.audio.stretch import Stretch
from engine.canvas import Canvas
from engine.finishing import followed, treated
from engine.fit import Fit
from engine.loop import Loop, circle_of
from engine.material import Material
from engine.packing import PROBE_DB
from engine.protocol.requests import RenderRequest

Float32 = NDArray[np.float32]

# What the stages remember: the smoothing of highs 0.3 s, the resampler's filter as much. The equaliser of
# ``tilt`` and the search for noise go by what they heard for some seconds.
LEAD_SECONDS, LONG_LEAD_SECONDS = 2.0, 12.0
# What they look ahead: a window, a limiter's reach and half a band's filter at the host's rate, the
# resampler's filter at the model's.
_BEHIND_SECONDS = 0.4
_FILTER_SECONDS = 0.5
# Two laps of the same sound, which differ by what stages remember, give way to each other in so long.
BLEND_SECONDS = 0.02
# A loop's loudness is that of what is heard: a short one over and over.
HEARD_SECONDS = 3.0
_BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True)
class LoopFinishing:
    """One take's ``sound``: mono, at the model's rate, one lap of a circle."""

    request: RenderRequest
    material: Material
    canvas: Canvas
    loop: Loop
    fit: Fit
    sound: Stretch
    model_rate: int

    def blocks(self) -> Iterator[Float32 | None]:
        """The loop in order, (frames, channels) at the host's rate; None where some work is done."""
        level_db = yield from self._level_db()
        fit = replace(self.fit, own_db=None, lap=self.loop.frames)
        if fit.gain_db is None:
            fit = replace(fit, gain_db=(yield from self._gain_db(fit, level_db)))
        yield from self._finished(fit, level_db, laps=1)

    def _level_db(self) -> Generator[None, None, float]:
        """The gain that makes an edit as loud as the region before it is re-shaped by how they differ."""
        own_db, gain = self.fit.own_db, np.float32(self.canvas.gain)
        if own_db is None:
            return 0.0
        heard = _Heard(self.model_rate, 0.0, self.fit.silence_db)
        for block in wrapped((self.sound,), 0, self._more(self.model_rate, self.sound.frames)).blocks():
            heard.push(block * gain)
            yield
        return heard.gain_db(own_db)

    def _gain_db(self, fit: Fit, level_db: float) -> Generator[None, None, float]:
        """What makes the whole loop as loud as it should be, from a probe too soft for the limiter, or from
        the sound as it is where that is softer than what counts as sound."""
        if fit.target_db is None:
            return 0.0
        rate = self.material.sample_rate
        laps = 1 + self._more(rate, self.loop.frames) // self.loop.frames
        for probe_db in (PROBE_DB, 0.0):
            heard = _Heard(rate, probe_db, fit.silence_db)
            for block in self._finished(replace(fit, gain_db=probe_db), level_db, laps):
                if block is not None:
                    heard.push(block)
                yield
            if heard.is_audible:
                return heard.gain_db(fit.target_db, self.request.true_peak)
        return 0.0

    @property
    def _guide_rate(self) -> int:
        """The rate at which a guide, which lasts as long as the circle, has its hops, to the nearest Hz."""
        return round(self.model_rate * self.loop.frames / self.loop.model_frames)

    def _more(self, rate: int, frames: int) -> int:
        """Frames to hear after the first lap, in whole laps."""
        return max(0, -(-round(HEARD_SECONDS * rate) // frames) - 1) * frames

    def _finished(self, fit: Fit, level_db: float, laps: int) -> Iterator[Float32 | None]:
        rate, frames = self.material.sample_rate, laps * self.loop.frames
        request, loop, sounds = self.request, self.loop, self.sound.channels
        adapts = request.tilt > 0.0 or request.noise_floor
        before = round((LONG_LEAD_SECONDS if adapts else LEAD_SECONDS) * self.model_rate)
        lead = round(before * loop.frames / loop.model_frames)
        behind = round(_BEHIND_SECONDS * rate)
        after = laps * self.sound.frames - self.sound.frames + round(_FILTER_SECONDS * self.model_rate)
        original = wrapped(circle_of(self.material), lead, frames - loop.frames + behind)
        material = replace(self.material, region=original, mask=((0, original.frames),))
        blend = min(round(BLEND_SECONDS * rate), loop.frames // 4)
        gain = self.canvas.gain * 10.0 ** (level_db / 20.0)
        chain = Chain(
            StreamResampler(loop.model_frames, loop.frames, sounds, original.frames),
            Spread(np.full(sounds, gain, np.float32)),
            *followed(fit, self._guide_rate, gain, sounds, -lead, loop.frames),
            *treated(request, material, fit, loop.model_rate(rate)),
            Lap(lead, frames, blend, material.channels),
        )
        for piece in wrapped((self.sound,), before, after).blocks(_BLOCK_FRAMES):
            block = chain.push(piece)
            yield block if len(block) else None
        yield chain.finish()


class _Heard:
    """The loudness of a sound that was made with a gain."""

    def __init__(self, rate: int, made_with_db: float, silence_db: float) -> None:
        self._meter = LoudnessMeter(rate, silence_db)
        self._made_with_db = made_with_db
        self._peak = 0.0

    def push(self, block: Float32) -> None:
        """The next (frames, channels)."""
        self._meter.push(block)
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))

    @property
    def is_audible(self) -> bool:
        """Was there any sound?"""
        return self._meter.loudness_db() > -math.inf

    def gain_db(self, target_db: float, ceiling_db: float = CEILING_DB) -> float:
        """What brings it there from no gain at all; silence stays as it is."""
        if not self.is_audible:
            return 0.0
        loudness_db = self._meter.loudness_db() - self._made_with_db
        peak = self._peak * 10.0 ** (-self._made_with_db / 20.0)
        return fitting_gain_db(target_db - loudness_db, peak, ceiling_db)
