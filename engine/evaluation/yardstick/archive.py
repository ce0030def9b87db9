"""What was heard of the corpus, kept for the next time: listening to all of it takes a minute or more."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from engine.audio.atomic import new_file
from engine.evaluation.agreement import Float32
from engine.evaluation.yardstick.clips import RealClip, read_clip
from engine.evaluation.yardstick.hearing import Ears

# Of a long recording, so many parts as long as a take are listened to, from its start.
PARTS = 3
SHORTEST_SECONDS = 0.5  # of a part after the first; less is no sound to compare with


def parts_of(clip: RealClip, seconds: float) -> list[float]:
    """Where its parts start, in seconds."""
    starts = [number * seconds for number in range(PARTS)]
    return [start for start in starts if start == 0.0 or clip.seconds - start >= SHORTEST_SECONDS]


def heard_parts(ears: Ears, clip: RealClip, seconds: float) -> Float32:
    """The embedding of each part, (parts, 1024). Raises EngineError(BAD_AUDIO)."""
    return np.stack([ears.vector(read_clip(clip, seconds, start)) for start in parts_of(clip, seconds)])


def owners(clips: Sequence[RealClip], seconds: float) -> Iterator[RealClip]:
    """The clip of each part, in the order of ``heard_parts`` of one after the other."""
    for clip in clips:
        yield from [clip] * len(parts_of(clip, seconds))


def read_heard(work: Path, digest: str, seconds: float) -> Float32 | None:
    """What was kept, (parts, 1024); None where nothing was, or nothing that can be read."""
    try:
        kept: Float32 = np.load(_path(work, digest, seconds), allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    return kept if kept.ndim == 2 and kept.dtype == np.float32 and np.isfinite(kept).all() else None


def keep_heard(work: Path, digest: str, seconds: float, vectors: Float32) -> None:
    """Keeps it. Raises EngineError(CANT_WRITE)."""
    content = BytesIO()
    np.save(content, vectors, allow_pickle=False)
    work.mkdir(parents=True, exist_ok=True)
    with new_file(_path(work, digest, seconds), overwrite=True) as file:
        file.write(content.getvalue())


def _path(work: Path, digest: str, seconds: float) -> Path:
    """Named after all that decides what is in it."""
    content = f"yamnet told {digest} {seconds:g} {PARTS} {SHORTEST_SECONDS}"
    return work / f"heard-{hashlib.sha256(content.encode()).hexdigest()[:16]}.npy"
