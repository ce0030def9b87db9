"""The host's channels, and all of its band, of a sound that a model makes: one, or one for each channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.crossover import Crossover, crossover, has_highs
from engine.audio.decorrelate import Decorrelator, mixing
from engine.audio.extension import Extension
from engine.audio.fullband import FullBand, fitted_extension, placed_alike, placed_as, placed_at, placed_wide
from engine.audio.highs import KeptHighs
from engine.audio.image import FollowedImage, Image, OwnImage
from engine.audio.spectral import SpectralStage
from engine.audio.stages import Spread, Stage
from engine.audio.stft import frequencies
from engine.audio.stretch import mixed_down
from engine.errors import EngineError, ErrorCode
from engine.fit import Fit, keeps_highs
from engine.material import Material
from engine.protocol.requests import Mode, RenderRequest
from engine.protocol.vocabulary import Highs, Stereo

Float32 = NDArray[np.float32]

# More decorrelated sounds than this are not told apart; further channels get mixtures of them.
_MOST_DECORRELATED = 8
# Each takes as long as a take in mono.
MOST_SOUNDS = 8


def sounds_of(request: RenderRequest, material: Material) -> int:
    """How many sounds the model makes side by side: one, or one for each channel."""
    return material.channels if request.stereo is Stereo.EACH else 1


def check_sounds(request: RenderRequest, material: Material) -> None:
    """Raises EngineError(TOO_MUCH) for more sounds side by side than anybody waits for."""
    if sounds_of(request, material) > MOST_SOUNDS:
        raise EngineError(
            ErrorCode.TOO_MUCH,
            f"Stereo each takes {MOST_SOUNDS} channels at most, not {material.channels}: choose wide.",
        )


def all_channels(request: RenderRequest, material: Material, fit: Fit, model_rate: int) -> tuple[Stage, ...]:
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
    inputs = sounds_of(request, material) + count
    return (*spread, SpectralStage(treatment, original, rate, inputs, outputs), *everywhere)


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
    width = 1.0 if request.stereo in (Stereo.WIDE, Stereo.EACH) else request.width
    if model_rate is None:
        return FullBand(image, reference, width)
    edge = crossover(model_rate, material.sample_rate)
    kept = KeptHighs(edge, material.sample_rate) if keeps_highs(request, material) else None
    return FullBand(image, reference, width, edge, _extension(request, material, fit, edge), kept)


def _extension(request: RenderRequest, material: Material, fit: Fit, edge: Crossover) -> Extension:
    asked_for = request.highs is Highs.EXTEND
    return fitted_extension(fit.around, edge, material.sample_rate, asked_for=asked_for, lap=fit.lap)


def _image(
    request: RenderRequest, material: Material, fit: Fit, outputs: int, reference: Float32, count: int
) -> Image:
    bins = len(frequencies(material.sample_rate))
    if outputs == 1:
        return placed_alike(1, bins)
    if request.stereo is Stereo.EACH:
        return OwnImage()
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
    if request.stereo is Stereo.EACH:
        return 0
    placed = material.recording is not None and request.mode is not Mode.TRANSFER and fit.around is not None
    return min(outputs - 1, _MOST_DECORRELATED) if wide or placed else 0


def _new_and_mono(request: RenderRequest, material: Material) -> bool:
    return material.recording is None and request.stereo is Stereo.KEEP
