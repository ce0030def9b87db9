"""The log-mel of a sound of any length, in pieces."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.audio.mel import Float32, MelParameters, log_mel
from engine.audio.stretch import Stretch

_PIECE_FRAMES = 6_000


def mel_pieces(sound: Stretch, parameters: MelParameters, gain: float = 1.0) -> Iterator[Float32]:
    """Of one channel made louder by ``gain``, (mel_frames, n_mels); a last part of a hop is a whole one.

    Joined they are ``log_mel`` of the whole, but for what is mirrored at its ends.
    """
    hop = parameters.hop_length
    margin = -(-parameters.win_length // (2 * hop))
    frames = -(-sound.frames // hop)
    for start in range(0, frames, _PIECE_FRAMES):
        stop = min(start + _PIECE_FRAMES, frames)
        first, last = max(0, start - margin), stop + margin
        samples = sound.read(first * hop, min(last * hop, sound.frames))[:, 0] * np.float32(gain)
        padded = np.pad(samples, (0, (last - first) * hop - len(samples)))
        yield log_mel(padded, parameters)[start - first : stop - first]
