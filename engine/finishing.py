"""From the model's mono sound to the final region: rate and band, channels, loudness and seams."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.align import MARGIN_SECONDS, Alignment, Seam, seams
from engine.audio.band import BandPass, BandSplice
from engine.audio.crossover import Crossover, crossover, has_highs
from engine.audio.decorrelate import Decorrelator, mixing
from engine.audio.extension import Extension
from engine.audio.fades import Fades
from engine.audio.floor import NoiseFloor, floor_db
from engine.audio.follow import Follower
from engine.audio.fullband import FullBand, fitted_extension, placed_alike, placed_as, placed_at, placed_wide
from engine.audio.highs import KeptHighs
from engine.audio.image import FollowedImage, Image
from engine.audio.limiter import Limiter
from engine.audio.loudness import (
    MAX_BOOST_DB,
    LoudnessFit,
    channel_gains,
    channel_power,
    mono_channel,
    target_level,
)
from engine.audio.lufs import per_channel
from engine.audio.profile import Profile, profile
from engine.audio.resample import StreamResampler
from engine.audio.spectral import SpectralStage
from engine.audio.splice import EDGE_FADE_SECONDS, Splicer
from engine.audio.stages import Chain, Crop, OnlySpans, Skip, Spread, Stage
from engine.audio.stft import frequencies
from engine.audio.stretch import mixed_down
from engine.audio.tilt import Tilt
from engine.canvas import Canvas
from engine.guide import Guide
from engine.material import Material
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.vocabulary import Highs, Stereo

Float32 = NDArray[np.float32]

# More decorrelated sounds than this are not told apart; further channels get mixtures of them.
_MOST_DECORRELATED = 8
# A take that was level with the original before its highs and channels were made needs no more than this.
_FINAL_BOOST_DB = 6.0


@dataclass(frozen=True)
class Fit:
    """What takes are fitted to, measured once for all of them.

    target_db: the loudness per channel they should have; None: the model's own. own_db: that of the region
    which an edit follows; None: it follows nothing. gains: (channels,) the
    recording's balance, of mean square 1. reference: (channels,) the weights with which the model heard
    them. around: the recording where takes should be like it; None: there is nothing. floor_db: its noise,
    (channels, bands); None: not asked for, or nothing. gain_db: what brings this take to its loudness, where
    that was measured before; None: it follows from what is heard. lap: frames after which a loop comes
    round; 0: it is none. guide: what takes follow in time; None: nothing.
    """

    target_db: float | None
    own_db: float | None
    gains: Float32
    reference: Float32
    around: Profile | None
    floor_db: Float32 | None
    gain_db: float | None = None
    lap: int = 0
    guide: Guide | None = None


def measured(request: RenderRequest, material: Material) -> Generator[None, None, Fit]:
    """Listens to the material; yields after every block of it, because half an hour takes a while."""
    rate, channels = material.sample_rate, material.channels
    power = yield from channel_power([material.region])
    if not power.any():
        power = yield from channel_power([material.before, material.after])
    channel = yield from mono_channel([material.region])
    reference = np.full(channels, 1.0 / channels) if channel is None else np.eye(channels)[channel]
    pieces = (material.region,) if request.mode is Mode.TRANSFER else ()
    around = yield from profile((*pieces, *material.surroundings), reference.astype(np.float32), rate)
    noise = (yield from floor_db(material.surroundings, rate)) if request.noise_floor else None
    fitted = request.match_loudness or request.lufs != 0.0
    level = (yield from _level(request, material)) if fitted else None
    own = level if _follows(request, material) else None
    target = per_channel(request.lufs, channels) if request.lufs else level
    return Fit(target, own, channel_gains(power), reference.astype(np.float32), around, noise)


def _level(request: RenderRequest, material: Material) -> Generator[None, None, float]:
    return (
        yield from target_level(request.mode, material.region, material.surroundings, material.sample_rate)
    )


def _follows(request: RenderRequest, material: Material) -> bool:
    """Is anything made as much louder or softer than the original as the model's sound is?"""
    return request.mode is Mode.TRANSFER or _keeps_highs(request, material)


def finishing(request: RenderRequest, material: Material, canvas: Canvas, model_rate: int, fit: Fit) -> Chain:
    """The stages of one take: (frames, 1) at the model's rate in, the region's (frames, channels) out."""
    rate = material.sample_rate
    span, lead, margin = material.span.frames, canvas.lead_frames, round(MARGIN_SECONDS * rate)
    return Chain(
        StreamResampler(model_rate, rate, 1, lead + span + margin),
        *_aligned(request, material, fit, lead),
        Skip(lead),
        Crop(span),
        Spread(np.array([canvas.gain], np.float32)),
        *followed(fit, rate, canvas.gain),
        *_levelled(fit, rate),
        *treated(request, material, fit, model_rate),
        _splicer(request, material),
    )


def treated(request: RenderRequest, material: Material, fit: Fit, model_rate: int) -> tuple[Stage, ...]:
    """From a mono sound at the host's rate, as long as the material's region, to what is spliced in."""
    rate, channels = material.sample_rate, material.channels
    return (
        *_all_channels(request, material, fit, model_rate),
        OnlySpans(material.mask, channels),
        *_fitted(request, material, fit),
        *_in_place(request, material),
        Limiter(rate, channels, 10.0 ** (request.true_peak / 20.0)),
    )


def followed(
    fit: Fit, rate: int, gain: float, first_frame: int = 0, lap_frames: int = 0
) -> tuple[Stage, ...]:
    """As loud over time as the guide, of a mono sound that is ``gain`` times as loud as the model's."""
    guide = fit.guide
    if guide is None:
        return ()
    follower = Follower(
        guide.hops_db,
        rate,
        envelope=guide.envelope,
        onsets=guide.onsets,
        gain_db=20.0 * math.log10(gain),
        first_frame=first_frame,
        lap_frames=lap_frames,
    )
    return (follower,)


def _levelled(fit: Fit, rate: int) -> tuple[Stage, ...]:
    """Level with the original, before what is left of that is re-shaped by how they differ."""
    return () if fit.own_db is None else (LoudnessFit(fit.own_db, rate, 1),)


def _aligned(request: RenderRequest, material: Material, fit: Fit, lead: int) -> tuple[Stage, ...]:
    """In phase with the original at the seams; a new sound has none."""
    if material.recording is None:
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
    )


def _all_channels(request: RenderRequest, material: Material, fit: Fit, model_rate: int) -> tuple[Stage, ...]:
    """The host's channels and all of its band."""
    rate, channels = material.sample_rate, material.channels
    alike = channels > 1 and (request.stereo is Stereo.MONO or _new_and_mono(request, material))
    outputs = 1 if alike else channels
    original, reference = material.region, fit.reference
    if alike:
        original, reference = mixed_down(material.region, fit.reference), np.ones(1, np.float32)
    edge = None if request.highs is Highs.OFF or not has_highs(model_rate, rate) else model_rate
    count = _decorrelated(request, material, fit, outputs)
    everywhere = (Spread(np.ones(channels, np.float32)),) if alike else ()
    if edge is None and outputs == 1:
        return everywhere
    treatment = _full_band(request, material, fit, outputs, reference, count, edge)
    spread = (Decorrelator(rate, count),) if count else ()
    return (*spread, SpectralStage(treatment, original, rate, 1 + count, outputs), *everywhere)


def _full_band(
    request: RenderRequest,
    material: Material,
    fit: Fit,
    outputs: int,
    reference: Float32,
    count: int,
    model_rate: int | None,
) -> FullBand:
    image = _image(request, material, fit, outputs, reference, count)
    width = 1.0 if request.stereo is Stereo.WIDE else request.width
    if model_rate is None:
        return FullBand(image, reference, width)
    edge = crossover(model_rate, material.sample_rate)
    kept = KeptHighs(edge, material.sample_rate) if _keeps_highs(request, material) else None
    return FullBand(image, reference, width, edge, _extension(request, material, fit, edge), kept)


def _extension(request: RenderRequest, material: Material, fit: Fit, edge: Crossover) -> Extension:
    asked_for = request.highs is Highs.EXTEND
    return fitted_extension(fit.around, edge, material.sample_rate, asked_for=asked_for, lap=fit.lap)


def _keeps_highs(request: RenderRequest, material: Material) -> bool:
    """What is put in another's place keeps nothing of that, unless it is asked to."""
    if material.recording is None:
        return False
    return request.highs is Highs.KEEP or (request.highs is Highs.AUTO and request.mode is Mode.TRANSFER)


def _image(
    request: RenderRequest, material: Material, fit: Fit, outputs: int, reference: Float32, count: int
) -> Image:
    bins = len(frequencies(material.sample_rate))
    if outputs == 1:
        return placed_alike(1, bins)
    if request.stereo is Stereo.WIDE:
        return placed_wide(request.width, mixing(outputs, count), bins)
    balance = fit.gains / fit.gains.mean()
    if request.mode is Mode.TRANSFER:
        return FollowedImage(reference, balance, material.sample_rate)
    if fit.around is None:
        return placed_at(balance, bins)
    return placed_as(fit.around, mixing(outputs, count), material.sample_rate)


def _decorrelated(request: RenderRequest, material: Material, fit: Fit, outputs: int) -> int:
    """How many sounds unlike the model's the image is made with."""
    wide = request.stereo is Stereo.WIDE
    placed = material.recording is not None and request.mode is not Mode.TRANSFER and fit.around is not None
    return min(outputs - 1, _MOST_DECORRELATED) if wide or placed else 0


def _new_and_mono(request: RenderRequest, material: Material) -> bool:
    return material.recording is None and request.stereo is Stereo.KEEP


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
        fits = {"ceiling_db": request.true_peak, "max_boost_db": boost}
        stages.append(LoudnessFit(fit.target_db, rate, channels, **fits))
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
