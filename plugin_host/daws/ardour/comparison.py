"""Sounds of Ardour's beside those that it should have, sample by sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from plugin_host.errors import DawError

Samples = npt.NDArray[np.float32]  # (frames, channels)
_PROBE = 64  # frames that are alike nowhere else


def read_samples(path: Path) -> Samples:
    """All of a file."""
    samples: Samples = soundfile.read(path, dtype="float32", always_2d=True)[0]
    return samples


def place_of(take: Samples, heard: Samples) -> int:
    """The frame where a take begins in what is heard, by a piece of its middle. Raises DawError."""
    middle = len(take) // 2
    probe = take[middle : middle + _PROBE, 0]
    windows = np.lib.stride_tricks.sliding_window_view(heard[:, 0], _PROBE)
    found = np.flatnonzero((windows == probe).all(axis=1))
    if len(found) != 1:
        raise DawError("The take was not heard in what Ardour bounced.")
    return int(found[0]) - middle


def differing(found: Samples, expected: Samples) -> int:
    """How many samples are others. Raises DawError where there are more of them, or fewer."""
    if found.shape != expected.shape:
        raise DawError(f"{found.shape} frames and channels came instead of {expected.shape}.")
    return int(np.count_nonzero(found != expected))
