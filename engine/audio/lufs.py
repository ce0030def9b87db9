"""Integrated loudness as BS.1770 and EBU R 128 define it, measured by libebur128 while a sound passes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from pyebur128 import ChannelType, MeasurementMode, R128State, get_loudness_global

Float32 = NDArray[np.float32]

# The standard's blocks are so long; a shorter sound has no integrated loudness.
BLOCK_SECONDS = 0.4


class IntegratedLoudness:
    """Of everything pushed so far. It keeps 8 bytes for every 0.1 s."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        """Nothing heard yet."""
        self._state = R128State(channels, sample_rate, MeasurementMode.MODE_I)
        # What stands where in a file of many channels is not known: each counts the same.
        for channel in range(channels):
            self._state.set_channel(channel, ChannelType.LEFT)

    def push(self, block: Float32) -> None:
        """Add (frames, channels)."""
        if len(block):
            self._state.add_frames(np.ascontiguousarray(block, np.float32).reshape(-1), len(block))

    def lufs(self) -> float:
        """``-inf`` for what is shorter than a block, or below the standard's gate of -70."""
        loudness = float(get_loudness_global(self._state))
        return loudness if math.isfinite(loudness) else -math.inf


def integrated_lufs(waveform: Float32, sample_rate: int) -> float:
    """Of one sound, (frames, channels)."""
    meter = IntegratedLoudness(sample_rate, waveform.shape[1])
    meter.push(waveform)
    return meter.lufs()


def per_channel(lufs: float, channels: int) -> float:
    """What each of equally loud channels must have for all of them together to have this."""
    return lufs - 10.0 * math.log10(channels)
