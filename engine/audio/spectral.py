"""A stage that changes a sound's spectrum, with the original's spectrum beside it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.stft import Analyser, Synthesiser
from engine.audio.stretch import Stretch

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]

# Frames times channels of spectra at a time: some megabytes.
_PIECE_SAMPLES = 1 << 17


class Treatment(Protocol):
    """What is done to spectra, in order, window by window."""

    def __call__(self, generated: Complex64, original: Complex64) -> Complex64:
        """(inputs, windows, bins) and the original's (channels, windows, bins) at the same time ->
        (outputs, windows, bins), which may be fewer windows: what is held back comes later."""

    def rest(self) -> Complex64:
        """What was held back."""


class SpectralStage:
    """Spectra of what passes, and of the original beside it, through a treatment and back into sound."""

    def __init__(
        self, treatment: Treatment, original: Stretch, sample_rate: int, inputs: int, outputs: int
    ) -> None:
        """``original`` is as long as what will pass."""
        self._treatment = treatment
        self._outputs = outputs
        self._original = original
        self._heard = Analyser(sample_rate, inputs)
        self._beside = Analyser(sample_rate, original.channels)
        self._synthesiser = Synthesiser(sample_rate, outputs)
        self._piece = max(1, _PIECE_SAMPLES // max(inputs, outputs, original.channels))
        self._taken = 0
        self._given = 0

    def push(self, block: Float32) -> Float32:
        """Take (frames, inputs), give (frames, outputs): half a window less than was taken."""
        pieces = [self._nothing()]
        for start in range(0, len(block), self._piece):
            piece = block[start : start + self._piece]
            beside = self._original.read(self._taken, self._taken + len(piece))
            self._taken += len(piece)
            pieces.append(self._treated(self._heard.push(piece), self._beside.push(beside)))
        return np.concatenate(pieces)

    def finish(self) -> Float32:
        """The rest."""
        last = self._treated(self._heard.finish(), self._beside.finish())
        return np.concatenate([last, self._sounding(self._treatment.rest())])

    def _treated(self, generated: Complex64, original: Complex64) -> Float32:
        if not generated.shape[1]:
            return self._nothing()
        return self._sounding(self._treatment(generated, original))

    def _sounding(self, spectra: Complex64) -> Float32:
        """Cut where what was taken ends; the last window reaches further."""
        sound = self._synthesiser.push(spectra)[: self._taken - self._given]
        self._given += len(sound)
        return sound

    def _nothing(self) -> Float32:
        return np.zeros((0, self._outputs), np.float32)
