"""When a sound begins: who asks for a slam at a cut wants it at the cut."""

from __future__ import annotations

import numpy as np

from engine.evaluation.agreement import Float32

# Two frames of film late is noticed beside a picture; this is five.
LATE_SECONDS = 0.2
# So far below the loudest moment it is not begun.
_RANGE_DB = 30.0
_MOMENT_SECONDS = 0.01


def begins(sound: Float32, sample_rate: int) -> float:
    """Seconds until a mono sound, (frames,), is within 30 dB of its loudest 10 ms; of silence 0."""
    hop = round(_MOMENT_SECONDS * sample_rate)
    moments = sound[: sound.size // hop * hop].reshape(-1, hop).astype(np.float64)
    power = np.square(moments).mean(axis=1)
    if not power.any():
        return 0.0
    return float(np.argmax(power >= power.max() * 10.0 ** (-_RANGE_DB / 10.0))) * hop / sample_rate


def is_late(sound: Float32, sample_rate: int) -> bool:
    """Does it begin later than somebody who placed it would have it?"""
    return begins(sound, sample_rate) > LATE_SECONDS
