"""Peaks on disk, so that a recording that was opened before is drawn at once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gui.sound.peaks import BASE_FRAMES, Int16

# An hour of stereo is 5.4 MB: the last two hundred hours that were looked at.
MAX_BYTES = 1 << 30

Key = tuple[str, int, int]  # path, size, when it was changed


@dataclass(frozen=True)
class PeaksCache:
    """One folder of them. A cache that can't be read or written is none, and nobody need hear of it."""

    folder: Path

    def load(self, key: Key, frames: int, channels: int) -> Int16 | None:
        """The finest level of a recording; None if it is not there or is of another shape."""
        path = self._path(key)
        try:
            base = np.load(path, allow_pickle=False)
            os.utime(path)  # the least recently used go first
        except (OSError, ValueError, EOFError):
            return None
        fits = base.dtype == np.int16 and base.shape == (-(-frames // BASE_FRAMES), channels, 2)
        return base if fits else None

    def save(self, key: Key, base: Int16) -> None:
        """Keeps it, whole or not at all."""
        path = self._path(key)
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("wb") as file:
                    np.save(file, base, allow_pickle=False)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            self._prune()

    def _path(self, key: Key) -> Path:
        return self.folder / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}.npy"

    def _prune(self) -> None:
        files = sorted(
            ((file.stat().st_mtime_ns, file.stat().st_size, file) for file in self.folder.glob("*.npy")),
            reverse=True,
        )
        total = 0
        for _, size, file in files:
            total += size
            if total > MAX_BYTES:
                file.unlink()
