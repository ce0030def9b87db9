"""What edits do: how much a transfer gains for what it loses, and how well a filled gap sits in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.mel import MelParameters, log_mel
from engine.audio.splice import SEAM_CLICK, seam_discontinuity
from engine.evaluation.agreement import Float32
from engine.evaluation.yamnet import SAMPLE_RATE
from engine.evaluation.yardstick.hearing import Answer

Float64 = NDArray[np.float64]

STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)
# Of the recordings with a gap, in seconds.
GAP_RECORDING, GAP = 4.0, (1.5, 2.5)
# What lies further below the loudest of two sounds does not tell them apart: 60 dB, in nats.
_RANGE = 60.0 / 20.0 * np.log(10.0)
_MEL = MelParameters()


@dataclass(frozen=True)
class TransferPoint:
    """All transfers of one strength, means. gained: of the probability of what the prompt expects, over the
    source's own; distance: from the source, log-mel, nats; closeness_gained: of the model's own CLAP."""

    strength: float
    hit: float
    gained: float
    distance: float
    closeness_gained: float | None = None


@dataclass(frozen=True)
class Edited:
    """One transfer: the source and what became of it, both heard against the new prompt."""

    source: Answer
    made: Answer
    distance: float


@dataclass(frozen=True)
class GapSound:
    """One recording with its gap filled, by a model, by itself, or by another recording.

    seams: the discontinuity at both edges, against the sound around; about 1 is smooth, above 4 a click.
    spectrum: mean distance of the gap's spectrum from that around it, nats.
    """

    seams: tuple[float, float]
    spectrum: float


@dataclass(frozen=True)
class GapRow:
    """Of all recordings: medians, the seams' 95th percentile, and the share of seams that click."""

    seam: float
    worst_seam: float
    clicks: float
    spectrum: float


def transfer_point(strength: float, edits: Sequence[Edited]) -> TransferPoint:
    """Means over edits of one strength."""
    heard = [(edit.source.closeness, edit.made.closeness) for edit in edits]
    closer = [made - source for source, made in heard if source is not None and made is not None]
    likelier = [edit.made.score.probability - edit.source.score.probability for edit in edits]
    return TransferPoint(
        strength=strength,
        hit=float(np.mean([edit.made.score.hit for edit in edits])),
        gained=float(np.mean(likelier)),
        distance=float(np.mean([edit.distance for edit in edits])),
        closeness_gained=float(np.mean(closer)) if closer else None,
    )


def log_mel_distance(one: Float32, other: Float32) -> float:
    """Mean difference of two sounds of one length, (frames,) at 16 kHz, in nats, 60 dB down at most."""
    return _mean_difference(log_mel(one, _MEL), log_mel(other, _MEL))


def gap_sound(sound: Float32, gap: tuple[float, float] = GAP) -> GapSound:
    """A recording, (frames,) at 16 kHz, with its gap filled."""
    start, end = (round(seconds * SAMPLE_RATE) for seconds in gap)
    one, other = (seam_discontinuity(sound[:, None], frame, SAMPLE_RATE) for frame in (start, end))
    inside = _spectrum(sound[start:end])
    around = _spectrum(sound[:start], sound[end:])
    return GapSound((one, other), _mean_difference(inside, around))


def gap_row(gaps: Sequence[GapSound]) -> GapRow:
    """Of several recordings."""
    seams = np.array([gap.seams for gap in gaps]).ravel()
    return GapRow(
        seam=float(np.median(seams)),
        worst_seam=float(np.quantile(seams, 0.95)),
        clicks=float(np.mean(seams > SEAM_CLICK)),
        spectrum=float(np.median([gap.spectrum for gap in gaps])),
    )


def foreign(recording: Float32, other: Float32, gap: tuple[float, float] = GAP) -> Float32:
    """A recording whose gap holds another one's sound at the same loudness, cut in hard: what filling must be
    better than."""
    start, end = (round(seconds * SAMPLE_RATE) for seconds in gap)
    wanted, there = (float(np.sqrt(np.mean(sound[start:end] ** 2))) for sound in (recording, other))
    filled = recording.copy()
    filled[start:end] = other[start:end] * (wanted / max(there, 1e-9))
    return filled


def _spectrum(*sounds: Float32) -> Float64:
    """The mean power of each band, as a logarithm of amplitude, (bands,)."""
    mels = np.concatenate([log_mel(sound, _MEL) for sound in sounds]).astype(np.float64)
    return np.asarray(0.5 * np.log(np.exp(2.0 * mels).mean(axis=0)))


def _mean_difference(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    floor = max(float(one.max()), float(other.max())) - _RANGE
    return float(np.mean(np.abs(np.maximum(one, floor) - np.maximum(other, floor)), dtype=np.float64))
