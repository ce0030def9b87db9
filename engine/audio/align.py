"""Phase alignment at seams: near each, a generated sound is read a little earlier or later.

By how much is what makes it most like the original over the seam. From there on the shift goes back to
nothing, so slowly that no pitch is heard to move, and the length stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.region import Span
from engine.audio.stretch import Stretch

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Half a period of 100 Hz: with it every sound above can be brought into phase.
MAX_SHIFT_SECONDS = 0.005
# Way back to no shift: with the largest one the pitch moves by 2.5 % for a moment.
_RETURN_SECONDS = 0.2
# Of a shorter way, which a short span has, the shift is at most this share.
_STEEPEST = 0.05
# What is compared: this much around the middle of a long seam.
_COMPARED_SECONDS = 0.1
# Below this correlation the sounds are unlike whatever the shift: 20 ms of noise reach half of it by chance.
# A smaller gain than this is not worth moving anything.
_LEAST_LIKENESS = 0.5
_LEAST_GAIN = 0.1
# A windowed sinc of this many neighbours on each side, where a sound is read between its frames.
_TAPS = 16
_SILENT = 1e-12
# Behind the region this much more of the sound is wanted, to be read ahead into.
MARGIN_SECONDS = MAX_SHIFT_SECONDS + 0.002


@dataclass(frozen=True)
class Seam:
    """The frames [start, end) over which original and generated change places.

    ``way``: frames of the span next to it that the shift has to go back to nothing. It is after a seam
    into the generated (``rising``), and before one out of it.
    """

    start: int
    end: int
    way: int
    rising: bool


def seams(
    mask: Sequence[Span], frames: int, feather_in: int, feather_out: int, at_start: bool, at_end: bool
) -> Iterator[Seam]:
    """The seams that a ``Splicer`` of the same arguments makes, but for those without a neighbour."""
    for start, end in mask:
        half = (end - start) // 2
        rising, falling = min(feather_in, half), min(feather_out, half)
        way = max(0, (end - start - rising - falling) // 2)
        if rising and not (at_start and start == 0):
            yield Seam(start, start + rising, way, True)
        if falling and not (at_end and end == frames):
            yield Seam(end - falling, end, way, False)


class Alignment:
    """A stage for a mono sound that begins ``lead`` frames before the region and may end after it.

    ``original``: the region, mono.
    """

    def __init__(self, original: Stretch, seams: Sequence[Seam], lead: int, sample_rate: int) -> None:
        """Start before the first frame."""
        self._original = original
        self._lead = lead
        self._reach = round(MAX_SHIFT_SECONDS * sample_rate)
        self._way = round(_RETURN_SECONDS * sample_rate)
        self._compared = round(_COMPARED_SECONDS * sample_rate)
        self._waiting = list(seams)
        self._shifts: list[tuple[Seam, int]] = []  # found, and not over yet
        self._held = np.zeros(0, np.float32)  # what arrived, from ``_first`` on
        self._first = -lead  # in frames of the region
        self._given = -lead

    def push(self, block: Float32) -> Float32:
        """Take (frames, 1), give what no later frame can change."""
        self._held = np.concatenate([self._held, block[:, 0]])
        return self._advance(self._first + len(self._held), last=False)

    def finish(self) -> Float32:
        """The rest."""
        return self._advance(self._first + len(self._held), last=True)

    def _advance(self, stop: int, last: bool) -> Float32:
        ready = stop if last else stop - self._reach - _TAPS
        while self._waiting:
            seam = self._waiting[0]
            if not last and seam.end + self._reach > stop:
                ready = min(ready, self._begins(seam))
                break
            self._shifts.append((self._waiting.pop(0), self._best_shift(seam)))
        if ready <= self._given:
            return np.zeros((0, 1), np.float32)
        aligned = self._read(self._given, ready)
        self._given = ready
        self._forget(ready)
        return aligned[:, None]

    def _begins(self, seam: Seam) -> int:
        """The first frame that a seam's shift moves."""
        return seam.start if seam.rising else seam.start - min(seam.way, self._way)

    def _forget(self, given: int) -> None:
        """Drop what no shift can reach any more."""
        keep = max(self._first, min(given, given - self._reach - _TAPS))
        for seam in self._waiting[:1]:
            keep = max(self._first, min(keep, seam.start - self._reach - _TAPS))
        self._held, self._first = self._held[keep - self._first :], keep
        self._shifts = [item for item in self._shifts if item[0].end + self._way + self._reach >= given]

    def _best_shift(self, seam: Seam) -> int:
        """Frames by which to read ahead, 0 if nothing is to be gained."""
        middle, half = (seam.start + seam.end) // 2, min(seam.end - seam.start, self._compared) // 2
        start, stop = middle - half, middle + half
        reach = min(self._reach, round(min(seam.way, self._way) * _STEEPEST))
        before = min(reach, start - self._first)
        after = min(reach, self._first + len(self._held) - stop)
        if stop - start < 2 or before < 0 or after < 0 or before + after == 0:
            return 0
        original = self._original.read(start, stop)[:, 0].astype(np.float64)
        generated = self._held[start - before - self._first : stop + after - self._first].astype(np.float64)
        likeness = _correlations(original, generated)  # of reading from -before to after
        best = int(np.argmax(likeness))
        if likeness[best] < max(_LEAST_LIKENESS, likeness[before] + _LEAST_GAIN):
            return 0
        return best - before

    def _read(self, start: int, stop: int) -> Float32:
        """The frames [start, stop), each at its shift."""
        at = np.arange(start, stop)
        shift = np.zeros(len(at))
        for seam, frames in self._shifts:
            shift += frames * self._course(seam, at)
        whole = self._held[np.clip(at + np.rint(shift).astype(int) - self._first, 0, len(self._held) - 1)]
        between = np.flatnonzero(shift != np.rint(shift))
        if len(between):
            whole[between] = self._between(at[between] + shift[between])
        aligned: Float32 = whole
        return aligned

    def _course(self, seam: Seam, at: NDArray[np.int64]) -> Float64:
        """How much of a seam's shift there is at each frame: all of it at the seam, none a way off.

        On the seam's other side is the original, where nobody hears it.
        """
        way = max(1, min(seam.way, self._way))
        inside = at - seam.end if seam.rising else seam.start - at
        outside = seam.start - at if seam.rising else at - seam.end
        gone = np.clip(np.where(inside > 0, inside / way, np.maximum(outside, 0)), 0.0, 1.0)
        course: Float64 = 0.5 + 0.5 * np.cos(np.pi * gone)
        return course

    def _between(self, places: Float64) -> Float32:
        """The sound at places between frames, (places,)."""
        first = np.floor(places).astype(int)
        taps = np.arange(-_TAPS + 1, _TAPS + 1)
        distance = places[:, None] - (first[:, None] + taps)
        kernel = np.sinc(distance) * (0.5 + 0.5 * np.cos(np.pi * distance / _TAPS))
        index = np.clip(first[:, None] + taps - self._first, 0, len(self._held) - 1)
        read: Float32 = (self._held[index] * kernel).sum(axis=1).astype(np.float32)
        return read


def _correlations(pattern: Float64, sound: Float64) -> Float64:
    """Normalised correlation of the pattern with each place of the sound that holds all of it."""
    size = 1 << (len(sound) + len(pattern)).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(pattern, size).conj()
    products = np.fft.irfft(spectrum, size)[: len(sound) - len(pattern) + 1]
    sums = np.concatenate([[0.0], np.cumsum(sound**2)])
    energies = sums[len(pattern) :] - sums[: -len(pattern)]
    likeness: Float64 = products / np.sqrt(np.maximum(energies, _SILENT) * max(pattern @ pattern, _SILENT))
    return likeness
