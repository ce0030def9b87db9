"""Where a mono sound stands among the channels.

In each band, what a channel has of the sound is a gain on the mono sum and a rest that the sum does not
explain: reverberation, width. Every treatment here gives channels whose mean is the mono sound itself, so
nothing is coloured when they are added up.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.bands import Bands, Smoothing, bands_per_octave
from engine.audio.stft import window_frames

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]

# An image is followed in bands of a third octave: wide enough for a steady estimate,
_BANDS_PER_OCTAVE = 3.0
# over a time in which panned sounds hardly move.
_SECONDS = 0.04
# Limits on how far the rest follows the generated sound, as power.
_MAX_BOOST, _MAX_CUT = 10.0 ** (12.0 / 10.0), 10.0 ** (-40.0 / 10.0)
# Where the original is this much quieter than what was made, its place says little: the whole region's does.
_UNHEARD = 10.0 ** (-30.0 / 10.0)
_SILENT = 1e-16


class Image(Protocol):
    """From what a model made to channels."""

    def __call__(self, generated: Complex64, original: Complex64, residual: Float32) -> Complex64:
        """(inputs, windows, bins), the mono sound first; (channels, windows, bins) -> the latter's shape.

        residual: (bins,) how much of the original's unexplained rest is wanted, 0 to 1.
        """


class FollowedImage:
    """The place of the original at the same time, and its rest as loud as the new sound makes it."""

    def __init__(self, reference: Float32, balance: Float32, sample_rate: int) -> None:
        """reference: (channels,) the weights with which the model's mono sound was made of the channels;
        balance: (channels,) gains where the original is silent."""
        self._reference = reference[:, None, None]
        self._balance = balance[:, None, None]
        self._bands = bands_per_octave(sample_rate, _BANDS_PER_OCTAVE)
        self._smoothing = Smoothing(_SECONDS, window_frames(sample_rate) / 2 / sample_rate)

    def __call__(self, generated: Complex64, original: Complex64, residual: Float32) -> Complex64:
        """See Image."""
        mono, middle = generated[0], mono_of(original, self._reference)
        made, there, shared = self._energies(mono, middle, original)
        unheard = _UNHEARD * made + _SILENT
        place = (shared + unheard * self._balance) / (there + unheard)  # (channels, windows, bands)
        ratio = np.clip(made / (there + _SILENT), _MAX_CUT, _MAX_BOOST).astype(np.float32)
        real, imaginary = place.real.astype(np.float32), place.imag.astype(np.float32)
        gains = self._bands.spread(real) + 1j * self._bands.spread(imaginary)
        rest = original - gains * middle
        followed: Complex64 = gains * mono + np.sqrt(self._bands.spread(ratio)) * residual * rest
        return followed

    def _energies(
        self, mono: Complex64, middle: Complex64, original: Complex64
    ) -> tuple[Float32, Float32, Complex64]:
        """Smoothed: of the new sound, of the original's mono, and what each channel shares with that."""
        shared = original * middle.conj()
        rows = [np.abs(mono) ** 2, np.abs(middle) ** 2, *shared.real, *shared.imag]
        smooth = self._smoothing.push(
            np.stack([gathered(self._bands, row) for row in rows], axis=1)
        ).transpose(1, 0, 2)
        channels = len(original)
        return smooth[0], smooth[1], smooth[2 : 2 + channels] + 1j * smooth[2 + channels :]


class OwnImage:
    """A sound of its own in every channel."""

    def __call__(self, generated: Complex64, original: Complex64, residual: Float32) -> Complex64:  # noqa: ARG002
        """See Image; there are as many inputs as channels."""
        return generated


class PlacedImage:
    """A place and a width that do not change: of the recording around, or as asked for."""

    def __init__(self, direct: Float32, diffuse: Float32, mixing: Float32) -> None:
        """direct, diffuse: (channels, bins) amplitudes of the mono sound, and of sounds unlike it, which
        are the inputs behind the first; mixing: (channels, inputs - 1) their signs and shares."""
        self._direct = direct[:, None, :]
        self._diffuse = diffuse[:, None, :]
        self._mixing = mixing

    def __call__(self, generated: Complex64, original: Complex64, residual: Float32) -> Complex64:  # noqa: ARG002
        """See Image; the original has no part in it."""
        spread = np.tensordot(self._mixing, generated[1:], axes=1)
        return (self._direct * generated[:1] + self._diffuse * spread).astype(np.complex64, copy=False)


def mono_of(original: Complex64, reference: Float32) -> Complex64:
    """The channels as the model heard them: (channels, windows, bins) -> (windows, bins)."""
    mono: Complex64 = (reference * original).sum(axis=0)
    return mono


def gathered(bands: Bands, row: Float32) -> Float32:
    """A row of bins, (windows, bins), as bands in single precision."""
    return bands.gathered(row.astype(np.float32, copy=False))


def widened(channels: Complex64, width: float) -> Complex64:
    """Every channel's difference from the mean of all, times ``width``; 1 changes nothing."""
    if width == 1.0:
        return channels
    mean = channels.mean(axis=0)
    wide: Complex64 = mean + np.float32(width) * (channels - mean)
    return wide
