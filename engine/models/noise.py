"""Noise that is a pure function of a seed and a place, so that overlapping pieces of a sound agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# One turn of the generator's counter gives four 64-bit words, each two uniform numbers of 32 bits.
NORMALS_PER_TURN = 8
# Moves frames before the start of the sound to the counter's positive side, where turns are in order.
FIRST_PLACE = 2**40


def frame_noise(seed: int, first_frame: int, frames: int, channels: int, lap: int = 0) -> NDArray[np.float32]:
    """Standard normal noise (frames, channels) from the absolute frame ``first_frame`` (negative: before 0).

    With ``lap``, that of the frames [0, lap) over and over.

    Philox is a counter-based generator (Salmon et al. 2011): frame f starts at the same count
    whatever was drawn before. Box & Muller (1958) makes normals because it uses a fixed number of words.
    """
    if lap:
        places = np.arange(first_frame, first_frame + frames) % lap
        first, last = int(places.min(initial=lap)), int(places.max(initial=lap))
        return frame_noise(seed, first, last + 1 - first, channels)[places - first]
    turns = -(-channels // NORMALS_PER_TURN)
    counter = (FIRST_PLACE + first_frame) * turns
    words = np.random.Philox(key=seed, counter=counter).random_raw(frames * turns * 4)
    radius_bits, angle_bits = words >> np.uint64(32), words & np.uint64(0xFFFFFFFF)
    # Half a step up: never zero, whose logarithm is not finite.
    radius = np.sqrt(-2.0 * np.log((radius_bits + 0.5) * 2.0**-32))
    angle = angle_bits * (2.0 * np.pi * 2.0**-32)
    normals = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return normals.reshape(frames, turns * NORMALS_PER_TURN)[:, :channels].astype(np.float32)
