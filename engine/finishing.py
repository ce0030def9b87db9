"""From the model's mono sound to the final region: the host's rate, its channels, its level, its seams."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.limiter import Limiter
from engine.audio.loudness import LoudnessFit, channel_gains, target_level
from engine.audio.resample import StreamResampler
from engine.audio.splice import EDGE_FADE_SECONDS, Splicer
from engine.audio.stages import Chain, OnlySpans, Skip, Spread, Stage
from engine.canvas import Canvas
from engine.material import Material
from engine.protocol.requests import RenderRequest

Float32 = NDArray[np.float32]


def finishing(request: RenderRequest, material: Material, canvas: Canvas, model_rate: int) -> Chain:
    """The stages of one take: (frames, 1) at the model's rate in, the region's (frames, channels) out."""
    rate = material.sample_rate
    frames = canvas.lead_frames + material.span.frames
    loudness = _fitted(request, material) if request.match_loudness else _as_loud_as_made(material, canvas)
    return Chain(
        StreamResampler(model_rate, rate, 1, frames),
        Skip(canvas.lead_frames),
        OnlySpans(material.mask),
        *loudness,
        Splicer(
            material.region,
            material.mask,
            round(request.crossfade_seconds * rate),
            edge_fade_frames=round(EDGE_FADE_SECONDS * rate),
            at_start=material.at_start,
            at_end=material.at_end,
        ),
    )


def _fitted(request: RenderRequest, material: Material) -> tuple[Stage, Stage, Stage]:
    """As loud as the neighbourhood, then every channel at its share of the original's.

    The shares have a mean square of 1, so what one channel measures is what all of them will.
    """
    target = target_level(request.mode, material.region, material.surroundings, material.sample_rate)
    return (
        LoudnessFit(target, material.sample_rate, 1),
        Spread(_channel_gains(material)),
        Limiter(material.sample_rate, material.channels),
    )


def _as_loud_as_made(material: Material, canvas: Canvas) -> tuple[Stage, Stage]:
    """The model's own loudness beside the recording's, but for peaks that no converter would take."""
    gains = _channel_gains(material) * np.float32(canvas.gain)
    return Spread(gains), Limiter(material.sample_rate, material.channels)


def _channel_gains(material: Material) -> Float32:
    if material.region.any():
        return channel_gains(material.region)
    return channel_gains(np.concatenate([material.before, material.after]))
