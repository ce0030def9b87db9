"""From the model's sound, one or one for each channel, to the final region: rate, band, level and seams."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.audio.align import MARGIN_SECONDS, Alignment, Seam, seams
from engine.audio.band import BandPass, BandSplice
from engine.audio.fades import Fades
from engine.audio.floor import NoiseFloor
from engine.audio.follow import Follower
from engine.audio.limiter import Limiter
from engine.audio.loudness import MAX_BOOST_DB, LoudnessFit
from engine.audio.resample import StreamResampler
from engine.audio.spectral import SpectralStage
from engine.audio.splice import EDGE_FADE_SECONDS, Splicer
from engine.audio.stages import Apart, Chain, Crop, OnlySpans, Skip, Spread, Stage
from engine.audio.stretch import mixed_down
from engine.audio.tilt import Tilt
from engine.canvas import Canvas
from engine.channels import all_channels, sounds_of
from engine.fit import Fit
from engine.material import Material
from engine.protocol.requests import RenderRequest

Float32 = NDArray[np.float32]

# A take that was level with the original before its highs and channels were made needs no more than this.
_FINAL_BOOST_DB = 6.0


def finishing(request: RenderRequest, material: Material, canvas: Canvas, model_rate: int, fit: Fit) -> Chain:
    """The stages of a take: (frames, sounds) at the model's rate in, the region's (frames, channels) out."""
    rate = material.sample_rate
    span, lead, margin = material.span.frames, canvas.lead_frames, round(MARGIN_SECONDS * rate)
    sounds = sounds_of(request, material)
    return Chain(
        StreamResampler(model_rate, rate, sounds, lead + span + margin),
        *_aligned(request, material, fit, lead),
        Skip(lead),
        Crop(span),
        Spread(np.full(sounds, canvas.gain, np.float32)),
        *followed(fit, rate, canvas.gain, sounds),
        *_levelled(fit, rate, sounds),
        *treated(request, material, fit, model_rate),
        _splicer(request, material),
    )


def treated(request: RenderRequest, material: Material, fit: Fit, model_rate: int) -> tuple[Stage, ...]:
    """From sounds at the host's rate, as long as the material's region, to what is spliced in."""
    rate, channels = material.sample_rate, material.channels
    return (
        *all_channels(request, material, fit, model_rate),
        OnlySpans(material.mask, channels),
        *_fitted(request, material, fit),
        *_in_place(request, material),
        Limiter(rate, channels, _ceiling(request)),
    )


def followed(
    fit: Fit, rate: int, gain: float, sounds: int, first_frame: int = 0, lap_frames: int = 0
) -> tuple[Stage, ...]:
    """As loud over time as the guide, of sounds that are ``gain`` times as loud as the model's."""
    guide = fit.guide
    if guide is None:
        return ()
    followers = [
        Follower(
            guide.hops_db,
            rate,
            envelope=guide.envelope,
            onsets=guide.onsets,
            gain_db=20.0 * math.log10(gain),
            first_frame=first_frame,
            lap_frames=lap_frames,
        )
        for _ in range(sounds)
    ]
    return (Apart(followers),)


def _levelled(fit: Fit, rate: int, sounds: int) -> tuple[Stage, ...]:
    """Level with the original, before what is left of that is re-shaped by how they differ."""
    if fit.own_db is None:
        return ()
    return (LoudnessFit(fit.own_db, rate, sounds, silence_db=fit.silence_db),)


def _aligned(request: RenderRequest, material: Material, fit: Fit, lead: int) -> tuple[Stage, ...]:
    """In phase with the original at the seams; a new sound has none, and several would part."""
    if material.recording is None or sounds_of(request, material) > 1:
        return ()
    original = mixed_down(material.region, fit.reference)
    return (Alignment(original, _seams(request, material), lead, material.sample_rate),)


def _seams(request: RenderRequest, material: Material) -> Sequence[Seam]:
    feathers = _feathers(request, material.sample_rate)
    frames = material.span.frames
    return tuple(seams(material.mask, frames, *feathers, material.at_start, material.at_end))


def _feathers(request: RenderRequest, rate: int) -> tuple[int, int]:
    """Frames of the seams at a span's start and end."""
    first, last = (
        round((seconds if seconds >= 0.0 else request.crossfade_seconds) * rate)
        for seconds in (request.feather_in_seconds, request.feather_out_seconds)
    )
    return first, last


def _splicer(request: RenderRequest, material: Material) -> Splicer:
    feather_in, feather_out = _feathers(request, material.sample_rate)
    return Splicer(
        material.region,
        material.mask,
        feather_in,
        feather_out_frames=feather_out,
        edge_fade_frames=round(EDGE_FADE_SECONDS * material.sample_rate),
        at_start=material.at_start,
        at_end=material.at_end,
        is_shared=request.low_hz > 0.0 or request.high_hz > 0.0,
        ceiling=_ceiling(request),
    )


def _ceiling(request: RenderRequest) -> float:
    """The amplitude that no peak of a take passes."""
    return float(10.0 ** (request.true_peak / 20.0))


def _fitted(request: RenderRequest, material: Material, fit: Fit) -> tuple[Stage, ...]:
    """Within the limits asked for, then as bright, as loud and as noisy as what is around."""
    rate, channels = material.sample_rate, material.channels
    stages: list[Stage] = []
    if request.cut_below or request.cut_above:
        stages.append(BandPass(request.cut_below, request.cut_above, rate, channels))
    if request.tilt and fit.around is not None:
        stages.append(_through(Tilt(fit.around, request.tilt, rate), material))
    if fit.gain_db is not None:
        stages.append(Spread(np.full(channels, 10.0 ** (fit.gain_db / 20.0), np.float32)))
    elif fit.target_db is not None:
        boost = MAX_BOOST_DB if fit.own_db is None or request.lufs else _FINAL_BOOST_DB
        limits = {"ceiling_db": request.true_peak, "max_boost_db": boost, "silence_db": fit.silence_db}
        stages.append(LoudnessFit(fit.target_db, rate, channels, **limits))
    if fit.floor_db is not None:
        stages.append(_through(NoiseFloor(fit.floor_db, rate, request.seed), material))
    return tuple(stages)


def _through(treatment: Tilt | NoiseFloor, material: Material) -> SpectralStage:
    rate, channels = material.sample_rate, material.channels
    return SpectralStage(treatment, material.region, rate, channels, channels)


def _in_place(request: RenderRequest, material: Material) -> tuple[Stage, ...]:
    """Only in the frequency range asked for, and rising and falling as asked for."""
    rate, channels = material.sample_rate, material.channels
    stages: list[Stage] = []
    if request.low_hz or request.high_hz:
        stages.append(BandSplice(material.region, request.low_hz, request.high_hz, rate))
    if request.fade_in_seconds or request.fade_out_seconds:
        span = material.mask[0][0], material.mask[-1][1]
        fades = round(request.fade_in_seconds * rate), round(request.fade_out_seconds * rate)
        stages.append(Fades(span, *fades, channels))
    return tuple(stages)
