"""Between a recording's sample rate and a model's, without moving a sound by a sample.

soxr's linear-phase filters have no delay once its own latency is taken off, which it does. What it
leaves open is the length: it rounds, and a round trip would then be a frame short or long. Here the
caller always says how many frames come out.
"""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

QUALITY = "VHQ"


def resampled_frames(frames: int, from_rate: int, to_rate: int) -> int:
    """How many frames at ``to_rate`` cover ``frames`` at ``from_rate``, rounded up."""
    return -(-frames * to_rate // from_rate)


def resample(waveform: Float32, from_rate: int, to_rate: int, frames: int | None = None) -> Float32:
    """The same sound at another rate: what is at t seconds stays at t seconds.

    waveform: (any, channels). Returns (frames, channels), by default as many as cover the sound;
    past its end it is taken to be silent.
    """
    resampler = StreamResampler(
        from_rate,
        to_rate,
        waveform.shape[1],
        resampled_frames(len(waveform), from_rate, to_rate) if frames is None else frames,
    )
    return np.concatenate([resampler.push(waveform), resampler.finish()])


class StreamResampler:
    """``resample`` for a sound that comes in blocks; the joined output does not depend on their sizes.

    The output lags the input by soxr's filter, 0.1 to 0.3 s of input, until ``finish``.
    """

    def __init__(self, from_rate: int, to_rate: int, channels: int, frames: int) -> None:
        """``frames`` is the length of all that will come out."""
        self._from_rate = from_rate
        self._to_rate = to_rate
        self._channels = channels
        self._missing = frames
        self._frames = frames
        self._taken = 0
        self._stream = (
            None
            if from_rate == to_rate
            else soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32", quality=QUALITY)
        )

    def push(self, block: Float32) -> Float32:
        """Take (any, channels) at the first rate, give what is ready at the second."""
        self._taken += len(block)
        return self._crop(self._convert(block, last=False))

    def finish(self) -> Float32:
        """The rest, after silence for whatever the input was short of."""
        # One frame more than needed, so that soxr's rounding can't come out short.
        needed = resampled_frames(self._frames, self._to_rate, self._from_rate) + 1
        silence = np.zeros((max(0, needed - self._taken), self._channels), np.float32)
        return self._crop(self._convert(silence, last=True))

    def _convert(self, block: Float32, last: bool) -> Float32:
        if self._stream is None:
            return block
        converted: Float32 = self._stream.resample_chunk(np.ascontiguousarray(block), last=last)
        return converted

    def _crop(self, block: Float32) -> Float32:
        cropped = block[: self._missing]
        self._missing -= len(cropped)
        return cropped
