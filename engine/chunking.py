"""A take in chunks, for whoever listens while it is made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.protocol.replies import CHUNK_BYTES, Chunk
from engine.render_job import RenderJob

Float32 = NDArray[np.float32]


class ChunkCutter:
    """Numbers the pieces of one take."""

    def __init__(self, job: RenderJob, take: int) -> None:
        self._job_id = job.request.job_id
        self._take = take
        self._channels = job.material.channels
        self._sample_rate = job.material.sample_rate
        self._sequence = 0
        self._position = 0

    def cut(self, block: Float32) -> Iterator[Chunk]:
        """The next (frames, channels) in chunks of at most ``CHUNK_BYTES``."""
        frames = max(1, CHUNK_BYTES // (4 * self._channels))
        for start in range(0, len(block), frames):
            piece = block[start : start + frames]
            yield Chunk(
                job_id=self._job_id,
                take=self._take,
                sequence=self._sequence,
                frame_offset=self._position,
                channels=self._channels,
                sample_rate=self._sample_rate,
                samples=piece.astype("<f4").tobytes(),
            )
            self._sequence += 1
            self._position += len(piece)
