"""What is wrong with a sound that a model made, found before anybody hears it.

A sound is looked at while it passes, in constant memory, at any rate: as it is decoded, so that a bad
candidate is made anew, and once more as the finished region.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.audio.loudness import LevelMeter
from engine.audio.splice import SEAM_CLICK, seam_discontinuity
from engine.audio.stft import Listener, frequencies

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# Below this level there is nothing, whatever the prompt.
SILENT_DB = -60.0
# Flat tops: as many samples in a row at the same height, which is full scale or the sound's own peak.
_CLIPPED_RUN = 4
_CLIPPED_RUNS = 3
_FULL_SCALE = 0.999
_FLAT = 1e-3
# A constant part of this height that is also this share of the sound pulls a speaker off its place.
_OFFSET, _OFFSET_SHARE = 0.01, 0.1
# An octave this much weaker than both of its neighbours was not made. Recordings of single tones have such
# gaps as well, but not from octave to octave with noise on both sides.
_HOLE_DB = 30.0
_LOWEST_HZ, _HIGHEST_SHARE = 125.0, 0.8
_BLOCK_FRAMES = 1 << 16


class Flaw(StrEnum):
    """Kinds of defects."""

    NOT_A_NUMBER = "not a number"
    SILENCE = "silence"
    CLIPPING = "clipping"
    OFFSET = "offset"
    HOLE = "hole"
    CLICK = "click"
    OFF_PROMPT = "off prompt"


@dataclass(frozen=True)
class Defect:
    """One flaw, and a sentence that says where and how much."""

    flaw: Flaw
    sentence: str


@dataclass(frozen=True)
class Report:
    """Everything found; nothing if the sound may be delivered."""

    defects: tuple[Defect, ...]

    @property
    def passed(self) -> bool:
        """Is there nothing wrong?"""
        return not self.defects

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to tell the user."""
        return tuple(defect.sentence for defect in self.defects)


class Inspection:
    """A sound looked at while it passes."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        """Nothing heard yet."""
        self._rate = sample_rate
        self._meter = LevelMeter(sample_rate)
        self._listener = Listener(sample_rate, channels)
        self._power = np.zeros(len(frequencies(sample_rate)))
        self._sum = np.zeros(channels)
        self._frames = 0
        self._peak = 0.0
        self._runs = np.zeros(channels, int)  # flat tops that have ended
        self._last = np.zeros((_CLIPPED_RUN, channels), np.float32)
        self._bad_frame: int | None = None

    def push(self, block: Float32) -> None:
        """Look at the next (frames, channels)."""
        for start in range(0, len(block), _BLOCK_FRAMES):
            self._look(block[start : start + _BLOCK_FRAMES])

    def report(self) -> Report:
        """What is wrong with all of it."""
        if self._bad_frame is not None:
            return Report((self._not_a_number(self._bad_frame),))
        if self._meter.level_db() < SILENT_DB:
            return Report((Defect(Flaw.SILENCE, f"It is silent (below {SILENT_DB:.0f} dB)."),))
        found = (self._clipping(), self._offset(), self._hole())
        return Report(tuple(defect for defect in found if defect is not None))

    def _look(self, block: Float32) -> None:
        finite = np.isfinite(block).all(axis=1)
        if self._bad_frame is None and not finite.all():
            self._bad_frame = self._frames + int(np.argmin(finite))
        if self._bad_frame is None:
            self._meter.push(block)
            self._sum += block.sum(axis=0, dtype=np.float64)
            self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))
            self._power += (np.abs(self._listener.push(block)) ** 2).sum(axis=(0, 1))
            beside = np.concatenate([self._last, block])
            self._runs += flat_tops(beside)
            self._last = beside[len(beside) - _CLIPPED_RUN :]
        self._frames += len(block)

    def _not_a_number(self, frame: int) -> Defect:
        seconds = frame / self._rate
        return Defect(Flaw.NOT_A_NUMBER, f"It holds a sample that is not a number at {seconds:.2f} s.")

    def _clipping(self) -> Defect | None:
        runs = int(self._runs.sum())
        if runs < _CLIPPED_RUNS:
            return None
        return Defect(Flaw.CLIPPING, f"It is clipped in {runs} places; lower the guidance.")

    def _offset(self) -> Defect | None:
        offset = float(np.abs(self._sum / max(1, self._frames)).max())
        if offset < max(_OFFSET, _OFFSET_SHARE * self._peak):
            return None
        return Defect(Flaw.OFFSET, f"It has a constant offset of {100 * offset:.0f} % of full scale.")

    def _hole(self) -> Defect | None:
        octaves, levels = octave_levels(self._power, self._rate)
        for centre, before, level, after in zip(octaves[1:], levels, levels[1:], levels[2:], strict=False):
            if level < min(before, after) - _HOLE_DB:
                return Defect(Flaw.HOLE, f"There is nothing in the octave around {centre:.0f} Hz.")
        return None


def flat_tops(waveform: Float32) -> NDArray[np.int_]:
    """How many times each channel, (frames, channels), comes to stay at one height, full scale or more, for
    ``_CLIPPED_RUN`` samples, those at its very start not counted. What passes above it is loud, not flat."""
    if not (np.abs(waveform) >= _FULL_SCALE).any():
        return np.zeros(waveform.shape[1], int)
    runs = np.lib.stride_tricks.sliding_window_view(waveform, _CLIPPED_RUN, axis=0)
    held = (np.abs(runs).min(axis=-1) >= _FULL_SCALE) & (np.ptp(runs, axis=-1) <= _FLAT)
    began: NDArray[np.int_] = (held[1:] & ~held[:-1]).sum(axis=0)
    return began


def octave_levels(power: Float64, sample_rate: int) -> tuple[list[float], list[float]]:
    """Middles in Hz of the octaves a sound should fill, and the mean power of a bin in each, in dB."""
    hz = frequencies(sample_rate)
    centres, levels = [], []
    centre = _LOWEST_HZ
    while centre * math.sqrt(2.0) < sample_rate / 2 * _HIGHEST_SHARE:
        inside = (hz >= centre / math.sqrt(2.0)) & (hz < centre * math.sqrt(2.0))
        if inside.any():
            centres.append(centre)
            levels.append(10.0 * math.log10(float(power[inside].mean()) + 1e-30))
        centre *= 2.0
    return centres, levels


def defects(sound: Float32, sample_rate: int) -> tuple[str, ...]:
    """Sentences about a sound that is there at once, (frames, channels); none if it may be delivered."""
    inspection = Inspection(sample_rate, sound.shape[1])
    inspection.push(sound)
    return inspection.report().sentences


def seam_defect(
    finished: Float32, original: Float32, joint_frame: int, sample_rate: int, seconds: float
) -> Defect | None:
    """A click at a seam, if there is one that was not in the recording.

    finished, original: (frames, channels) around the joint, which is before ``joint_frame`` of them and at
    ``seconds`` of the take.
    """
    heard = seam_discontinuity(finished, joint_frame, sample_rate)
    if heard <= max(SEAM_CLICK, seam_discontinuity(original, joint_frame, sample_rate)):
        return None
    return Defect(Flaw.CLICK, f"It clicks at {seconds:.3f} s, where it joins the recording.")


def prompt_defect(closeness: float, others: float) -> Defect | None:
    """A sound that is less like its prompt than like no prompt at all.

    closeness, others: its cosines with the prompt and with the empty one, as ``engine/ranking.py`` has them.
    """
    if closeness >= others:
        return None
    return Defect(Flaw.OFF_PROMPT, "It is further from the prompt than from none; word the prompt otherwise.")
