"""From the band that a model makes to all that the host's rate holds, and from one channel to all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.bands import bands_per_octave
from engine.audio.crossover import Crossover
from engine.audio.extension import Extension, reference_band
from engine.audio.highs import KeptHighs
from engine.audio.image import Image, PlacedImage, mono_of, widened
from engine.audio.profile import Profile

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]

# Of the surroundings' spectrum, as it is followed above the crossover.
_OFFSETS_PER_OCTAVE = 12.0
_PLACES_PER_OCTAVE = 3.0
_LOWEST_OFFSET_DB, _HIGHEST_OFFSET_DB = -90.0, 6.0
# Decorrelated sounds may be this much louder than what they are unlike.
_MAX_DIFFUSE = 10.0 ** (12.0 / 20.0)
# At width 1 what is wide is as loud as what is not, so channels have nothing in common; at 2 they oppose
# each other by half.
_ANGLES = np.deg2rad([0.0, 45.0, 60.0])
# A recording whose next octave is further down than this has no highs.
_NO_HIGHS_DB = -40.0
_SILENT = 1e-16


@dataclass(frozen=True)
class FullBand:
    """A treatment for ``SpectralStage``.

    Without a crossover nothing is added above. With one, ``kept`` re-shapes the original there, and the
    extension does what it can't; without ``kept`` all of it is extension. reference: (channels,) as for
    ``FollowedImage``.
    """

    image: Image
    reference: Float32
    width: float = 1.0
    crossover: Crossover | None = None
    extension: Extension | None = None
    kept: KeptHighs | None = None

    def __call__(self, generated: Complex64, original: Complex64) -> Complex64:
        """See Treatment."""
        return widened(self._channels(generated, original), self.width)

    def rest(self) -> Complex64:
        """Nothing is held back."""
        return np.zeros((len(self.reference), 0, 1), np.complex64)

    def _channels(self, generated: Complex64, original: Complex64) -> Complex64:
        if self.crossover is None or self.extension is None:
            return self.image(generated, original, np.ones(generated.shape[2], np.float32))
        low, high = self.crossover.low, self.crossover.high
        above = self.extension(generated)
        if self.kept is None:
            return self.image(low * generated + high * above, original, low)
        middle = mono_of(original, self.reference[:, None, None])
        shares = self.kept.shares(generated[0], middle)
        filled = low * generated + high * shares.extension * above
        both = self.image(filled, original, low) + high * shares.original * original
        return self.crossover.levelled(both, self.kept.likeness(generated[0], middle))


def fitted_extension(
    around: Profile | None, crossover: Crossover, sample_rate: int, *, asked_for: bool, lap: int = 0
) -> Extension:
    """As bright as the surroundings. Where there are none, or none that have highs while highs were
    ``asked_for``, as bright as its own slope makes it."""
    if around is None:
        return Extension(crossover, sample_rate, lap=lap)
    offsets = offsets_db(around, crossover, sample_rate)
    octave = slice(crossover.last, 2 * crossover.last)
    if asked_for and offsets[octave].mean() < _NO_HIGHS_DB:
        return Extension(crossover, sample_rate, lap=lap)
    return Extension(crossover, sample_rate, offsets, lap=lap)


def offsets_db(around: Profile, crossover: Crossover, sample_rate: int) -> Float32:
    """How loud a recording is in each bin, relative to what lies just below a crossover, (bins,)."""
    bands = bands_per_octave(sample_rate, _OFFSETS_PER_OCTAVE)
    width = bands.weights.sum(axis=1)
    level = 10.0 * np.log10(bands.gathered(around.power.mean(axis=0)) / width + _SILENT)
    below = 10.0 * np.log10(
        around.power.mean(axis=0)[reference_band(crossover, sample_rate)].mean() + _SILENT
    )
    offsets = np.clip(bands.spread(level - below), _LOWEST_OFFSET_DB, _HIGHEST_OFFSET_DB)
    return offsets.astype(np.float32)


def placed_as(around: Profile, mixing: Float32, sample_rate: int) -> PlacedImage:
    """The image of a recording as it was on average, in each band."""
    bands = bands_per_octave(sample_rate, _PLACES_PER_OCTAVE)
    power, mono, shared = (bands.gathered(part) for part in (around.power, around.mono, around.shared.real))
    direct = shared / (mono + _SILENT)
    rest = np.maximum(power - direct * shared, 0.0) / (mono + _SILENT)
    diffuse = np.minimum(np.sqrt(rest), _MAX_DIFFUSE)
    return PlacedImage(
        bands.spread(direct.astype(np.float32)), bands.spread(diffuse.astype(np.float32)), mixing
    )


def placed_wide(width: float, mixing: Float32, bins: int) -> PlacedImage:
    """As wide as asked for, 0 to 2, in the middle; neither a channel nor the sum of them is coloured."""
    angle = np.interp(width, (0.0, 1.0, 2.0), _ANGLES)
    shape = np.ones((len(mixing), bins), np.float32)
    return PlacedImage(np.float32(np.cos(angle)) * shape, np.float32(np.sin(angle)) * shape, mixing)


def placed_at(balance: Float32, bins: int) -> PlacedImage:
    """At one gain for each channel, (channels,)."""
    shape = np.ones((len(balance), bins), np.float32)
    return PlacedImage(balance[:, None] * shape, 0.0 * shape, np.zeros((len(balance), 0), np.float32))


def placed_alike(channels: int, bins: int) -> PlacedImage:
    """The same in every channel."""
    return placed_at(np.ones(channels, np.float32), bins)
