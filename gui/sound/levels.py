"""How loud two sounds are, so that neither is preferred because it is louder."""

from __future__ import annotations

import math

import numpy as np
import pyebur128

from gui.sound.peaks import Sound

_BLOCK_SECONDS = 0.4  # of BS.1770; what is shorter is repeated until it fills some of them
_SILENCE_LUFS = -70.0


def loudness(samples: Sound, sample_rate: int) -> float:
    """Integrated loudness in LUFS of (frames, channels); -70 for silence."""
    if not len(samples):
        return _SILENCE_LUFS
    times = math.ceil(3 * _BLOCK_SECONDS * sample_rate / len(samples)) if len(samples) else 1
    whole = np.tile(samples, (max(1, times), 1)) if times > 1 else samples
    state = pyebur128.R128State(whole.shape[1], sample_rate, pyebur128.MeasurementMode.MODE_I)
    state.add_frames(np.ascontiguousarray(whole).ravel(), len(whole))
    measured = pyebur128.get_loudness_global(state)
    return max(_SILENCE_LUFS, measured) if math.isfinite(measured) else _SILENCE_LUFS


def matching_gains(first: float, second: float) -> tuple[float, float]:
    """Gains that make two sounds of these loudnesses equally loud: the louder one goes down."""
    if min(first, second) <= _SILENCE_LUFS:
        return 1.0, 1.0
    quieter = min(first, second)
    return 10.0 ** ((quieter - first) / 20.0), 10.0 ** ((quieter - second) / 20.0)
