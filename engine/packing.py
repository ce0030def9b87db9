"""Packs: takes that a sampler plays in turn, each as loud as the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from engine.audio.loudness import SILENCE_DB, LoudnessMeter
from engine.errors import EngineError, ErrorCode

Float32 = NDArray[np.float32]

# All takes of a pack are kept until the last is made; hits and steps are far shorter.
MAX_PACK_SECONDS = 60.0
# First takes are measured so much softer that no limiter changes them; then with the gains that this gives,
# because integrated loudness is gated: what counts as sound depends on the level.
PROBE_DB = -24.0
ROUNDS = 2


@dataclass(frozen=True)
class Loudness:
    """Of one take, in dB: -inf is silence."""

    loudness_db: float  # as ``LoudnessMeter`` has it
    peak_db: float


class PackMeter:
    """Measures one take as it is finished with a gain."""

    def __init__(self, sample_rate: int, gain_db: float, silence_db: float = SILENCE_DB) -> None:
        """Nothing heard yet."""
        self._gain_db = gain_db
        self._meter = LoudnessMeter(sample_rate, silence_db)
        self._peak = 0.0

    def push(self, block: Float32) -> None:
        """The next (frames, channels)."""
        self._meter.push(block)
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))

    def loudness(self) -> Loudness:
        """As it would be without the gain."""
        peak_db = 20.0 * math.log10(self._peak) if self._peak > 0.0 else -math.inf
        return Loudness(self._meter.loudness_db() - self._gain_db, peak_db - self._gain_db)


def check_pack(frames: int, sample_rate: int) -> None:
    """Raises EngineError(TOO_MUCH) for sounds that are too long for a pack."""
    if frames > MAX_PACK_SECONDS * sample_rate:
        raise EngineError(
            ErrorCode.TOO_MUCH,
            f"The sounds of a pack last {MAX_PACK_SECONDS:g} seconds at most: choose a shorter one, "
            "or ask for takes.",
        )


def pack_gains_db(takes: Sequence[Loudness], target_db: float | None, ceiling_db: float) -> tuple[float, ...]:
    """What each take is changed by, so that all are equally loud.

    That is ``target_db``, or the loudness of the middle one, but no more than lets the highest peak among
    them stay below the ceiling: a limiter would make that one softer. Silence stays as it is.
    """
    audible = [take for take in takes if math.isfinite(take.loudness_db)]
    if not audible:
        return (0.0,) * len(takes)
    wanted = median(take.loudness_db for take in audible) if target_db is None else target_db
    common = min(wanted, *(ceiling_db - take.peak_db + take.loudness_db for take in audible))
    return tuple(common - take.loudness_db if take in audible else 0.0 for take in takes)
