"""What takes are fitted to: the loudness, spectrum and noise of the region and of what is around it."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.floor import floor_db
from engine.audio.loudness import (
    SILENCE_DB,
    LoudnessMeter,
    channel_gains,
    channel_power,
    mono_channel,
    target_level,
)
from engine.audio.lufs import per_channel
from engine.audio.profile import Profile, profile
from engine.guide import Guide
from engine.material import Material
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.vocabulary import Highs

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Fit:
    """What takes are fitted to, measured once for all of them.

    target_db: the loudness per channel they should have; None: the model's own. own_db: that of the region
    which an edit follows; None: it follows nothing. gains: (channels,) the
    recording's balance, of mean square 1. reference: (channels,) the weights with which the model heard
    them. around: the recording where takes should be like it; None: there is nothing. floor_db: its noise,
    (channels, bands); None: not asked for, or nothing. gain_db: what brings this take to its loudness, where
    that was measured before; None: it follows from what is heard. lap: frames after which a loop comes
    round; 0: it is none. guide: what takes follow in time; None: nothing. silence_db: what is softer is no
    sound.
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
    silence_db: float = SILENCE_DB


def measured(request: RenderRequest, material: Material, silence_db: float) -> Generator[None, None, Fit]:
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
    level = (yield from _level(request, material, silence_db)) if fitted else None
    own = level if _follows(request, material) else None
    if request.lufs:
        target: float | None = per_channel(request.lufs, channels)
    else:
        target = level if level is None else (yield from _made_level(request, material, level, silence_db))
    balance = channel_gains(power)
    return Fit(target, own, balance, reference.astype(np.float32), around, noise, silence_db=silence_db)


def _level(request: RenderRequest, material: Material, silence_db: float) -> Generator[None, None, float]:
    pieces = request.mode, material.region, material.surroundings
    return (yield from target_level(*pieces, material.sample_rate, silence_db))


def _made_level(
    request: RenderRequest, material: Material, level: float, silence_db: float
) -> Generator[None, None, float]:
    """Of those parts of a restyled region that do not stay as they are; ``level``: of all of it."""
    spans = [material.region.part(*span) for span in material.mask]
    if request.mode is not Mode.TRANSFER or sum(part.frames for part in spans) == material.region.frames:
        return level
    meter = LoudnessMeter(material.sample_rate, silence_db)
    for part in spans:
        yield from meter.listen(part)
    heard = meter.loudness_db()
    return heard if heard > -math.inf else level


def _follows(request: RenderRequest, material: Material) -> bool:
    """Is anything made as much louder or softer than the original as the model's sound is?"""
    return request.mode is Mode.TRANSFER or keeps_highs(request, material)


def keeps_highs(request: RenderRequest, material: Material) -> bool:
    """What is put in another's place keeps nothing of that, unless it is asked to."""
    if material.recording is None:
        return False
    return request.highs is Highs.KEEP or (request.highs is Highs.AUTO and request.mode is Mode.TRANSFER)
