"""A take in chunks, for whoever listens while it is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.protocol.replies import CHUNK_BYTES, Chunk, Draft
from engine.render_job import RenderJob

Float32 = NDArray[np.float32]
PieceKind = TypeVar("PieceKind", Chunk, Draft)


class Cutter(Generic[PieceKind]):
    """Numbers the pieces of one take, or of its draft."""

    def __init__(self, kind: type[PieceKind], job: RenderJob, take: int) -> None:
        """Start with the region's first frame."""
        self._kind: type[PieceKind] = kind
        self._job_id = job.request.job_id
        self._take = take
        self._channels = job.material.channels
        self._sample_rate = job.material.sample_rate
        self._sequence = 0
        self.position = 0  # of the next frame, from the region's first

    def cut(self, block: Float32) -> Iterator[PieceKind]:
        """The next (frames, channels) in pieces of at most ``CHUNK_BYTES``."""
        frames = max(1, CHUNK_BYTES // (4 * self._channels))
        for start in range(0, len(block), frames):
            piece = block[start : start + frames]
            yield self._kind(
                job_id=self._job_id,
                take=self._take,
                sequence=self._sequence,
                frame_offset=self.position,
                channels=self._channels,
                sample_rate=self._sample_rate,
                samples=piece.astype("<f4").tobytes(),
            )
            self._sequence += 1
            self.position += len(piece)

    def skip(self, frames: int) -> None:
        """Leave out the next frames."""
        self.position += frames
