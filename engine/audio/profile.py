"""What a recording is like over time: how much of what frequency, in which channels, over what noise."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.stft import Listener, window_frames
from engine.audio.stretch import Stretch

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]

# Heard of each piece: all of it up to so long, else as many parts of it, evenly spaced.
_WHOLE_SECONDS, _PART_SECONDS, _PARTS = 10.0, 2.0, 5
# More than this much in all changes nothing.
_MOST_SECONDS = 60.0
# Heard at a time, in frames times channels.
_BLOCK_SAMPLES = 1 << 17
# 70 dB below full scale in every bin is silence: nothing to be fitted to.
_SILENT_POWER = 1e-10


@dataclass(frozen=True)
class Profile:
    """Means over windows, with the power of ``stft``'s spectra. None of it silent.

    power: (channels, bins). mono: (bins,) of the weighted sum of channels. shared: (channels, bins) each
    channel times the conjugate of that sum.
    """

    power: Float32
    mono: Float32
    shared: Complex64


def profile(
    pieces: Sequence[Stretch], reference: Float32, sample_rate: int
) -> Generator[None, None, Profile | None]:
    """Listens to the pieces; yields after every block. None if there is nothing to hear.

    reference: (channels,) the weights of the mono sum.
    """
    windows, power, mono, shared = 0, 0.0, 0.0, 0.0
    for part in heard_parts(pieces, sample_rate):
        listener = Listener(sample_rate, part.channels)
        for block in part.blocks(max(1, _BLOCK_SAMPLES // part.channels)):
            spectra = listener.push(block)
            middle = np.tensordot(reference, spectra, axes=1)
            power = power + (np.abs(spectra) ** 2).sum(axis=1)
            mono = mono + (np.abs(middle) ** 2).sum(axis=0)
            shared = shared + (spectra * middle.conj()).sum(axis=1)
            windows += spectra.shape[1]
            yield
    # The power of a full-scale sine in its bin grows with the square of the window.
    if not windows or np.max(power) / windows < _SILENT_POWER * window_frames(sample_rate) ** 2:
        return None
    return Profile(_mean(power, windows), _mean(mono, windows), np.asarray(shared / windows, np.complex64))


def _mean(total: float | Float32, windows: int) -> Float32:
    return np.asarray(total / windows, np.float32)


def heard_parts(pieces: Sequence[Stretch], sample_rate: int) -> Iterator[Stretch]:
    """What is heard of long pieces, so that half an hour takes no longer than a minute."""
    left = round(_MOST_SECONDS * sample_rate)
    whole, part = round(_WHOLE_SECONDS * sample_rate), round(_PART_SECONDS * sample_rate)
    for piece in pieces:
        if piece.frames <= whole:
            parts = [piece]
        else:
            starts = np.linspace(0, piece.frames - part, _PARTS).astype(int)
            parts = [piece.part(int(start), int(start) + part) for start in starts]
        for heard in parts:
            if 0 < heard.frames <= left:
                left -= heard.frames
                yield heard
