"""What is played: pieces of files and of memory, one after the other, as one sound."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from engine.errors import EngineError, ErrorCode
from gui.sound.peaks import Sound


class Piece(Protocol):
    """A stretch of sound."""

    frames: int

    def read(self, start: int, count: int) -> Sound:
        """(count, channels) from ``start`` on; both lie inside."""


class FilePiece:
    """[start, end) of a file, read when it is played."""

    def __init__(self, path: str, start: int = 0, end: int | None = None) -> None:
        """Raises soundfile's error for a file that can't be read."""
        self._file = soundfile.SoundFile(path)
        self.sample_rate: int = self._file.samplerate
        self._start = min(max(0, start), self._file.frames)
        last = self._file.frames if end is None else min(max(end, self._start), self._file.frames)
        self.frames = last - self._start
        self._lock = threading.Lock()

    def read(self, start: int, count: int) -> Sound:
        """As ``Piece`` says. Raises EngineError(BAD_AUDIO) where the file is damaged."""
        try:
            with self._lock:
                self._file.seek(self._start + start)
                samples: Sound = self._file.read(count, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise EngineError(
                ErrorCode.BAD_AUDIO, f"{Path(self._file.name).name} is damaged; export it again."
            ) from error
        return samples


class MemoryPiece:
    """Samples at hand, (frames, channels); those of a take that renders may still change."""

    def __init__(self, samples: Sound) -> None:
        self._samples = samples
        self.frames = len(samples)

    def read(self, start: int, count: int) -> Sound:
        """As ``Piece`` says."""
        return self._samples[start : start + count]


class LevelledPiece:
    """Another piece, louder or quieter than what is around it."""

    def __init__(self, piece: Piece, gain: float) -> None:
        self._piece, self._gain = piece, np.float32(gain)
        self.frames = piece.frames

    def read(self, start: int, count: int) -> Sound:
        """As ``Piece`` says."""
        return self._piece.read(start, count) * self._gain


@dataclass(frozen=True)
class Reel:
    """Pieces as one sound. ``take_start`` and ``take_end`` are where the take itself lies in it."""

    pieces: Sequence[Piece]
    sample_rate: int
    gain: float = 1.0
    take_start: int = 0
    take_end: int = 0
    loops: bool = False

    @property
    def frames(self) -> int:
        """Of all pieces."""
        return sum(piece.frames for piece in self.pieces)

    def read(self, start: int, count: int, channels: int) -> Sound:
        """(count, channels) from ``start`` on; silence where there is nothing."""
        out = np.zeros((count, channels), np.float32)
        offset = 0
        for piece in self.pieces:
            first, last = max(start, offset), min(start + count, offset + piece.frames)
            if first < last:
                part = as_channels(piece.read(first - offset, last - first), channels)
                out[first - start : first - start + len(part)] = part
            offset += piece.frames
        return out * np.float32(self.gain)


def as_channels(samples: Sound, channels: int) -> Sound:
    """(frames, channels): mono goes everywhere, more channels than there are speakers are averaged."""
    there = samples.shape[1]
    if there == channels:
        return samples
    if there == 1:
        return np.repeat(samples, channels, axis=1)
    if channels == 1 or there > channels:
        return np.repeat(samples.mean(axis=1, keepdims=True), channels, axis=1)
    return np.concatenate([samples, np.zeros((len(samples), channels - there), np.float32)], axis=1)
