"""A sound file as the panel needs it: what it is, its samples, its peaks as they become known."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.errors import EngineError, ErrorCode
from gui.sound.peaks import BASE_FRAMES, BLOCK_FRAMES, Int16, Peaks, Sound, extremes, grown
from gui.sound.peaks_cache import PeaksCache

# A recording longer than so many blocks is sketched first: two minutes at 48 kHz, read in no time.
_SKETCHED_BLOCKS = 5
_PLACES = 2000  # of a sketch: more than a screen has columns of points that are told apart
# In these formats any frame is found without decoding what is before it.
_QUICKLY_SOUGHT = frozenset({"WAV", "WAVEX", "RF64", "W64", "AIFF", "CAF", "AU"})


@dataclass(frozen=True)
class Recording:
    """A file that can be read; ``stamp`` changes when the file does."""

    path: str
    sample_rate: int
    channels: int
    frames: int
    stamp: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """The file's, without its folders."""
        return Path(self.path).name


def look_at(path: str) -> Recording:
    """What a file is. Raises EngineError(BAD_AUDIO or NOT_FOUND)."""
    with opened(path) as file:
        if not file.frames:
            raise EngineError(ErrorCode.BAD_AUDIO, f"{Path(path).name} is empty; export it again.")
        state = Path(path).stat()
        return Recording(
            str(Path(path).absolute()),
            file.samplerate,
            file.channels,
            file.frames,
            (state.st_size, state.st_mtime_ns),
        )


def read_frames(path: str, start: int, count: int) -> Sound:
    """(frames, channels) from ``start`` on, as many as there are. Raises EngineError."""
    with opened(path) as file:
        start = min(max(0, start), file.frames)
        file.seek(start)
        samples: Sound = file.read(min(count, file.frames - start), dtype="float32", always_2d=True)
        return samples


def read_peaks(recording: Recording, cache: PeaksCache) -> Iterator[Peaks]:
    """The recording's peaks, growing: at once all of them if they are in the cache. Raises EngineError."""
    key = (recording.path, *recording.stamp)
    base = cache.load(key, recording.frames, recording.channels)
    peaks = Peaks(recording.frames, recording.channels, base)
    yield peaks
    if peaks.is_complete:
        return
    with opened(recording.path) as file:
        if recording.frames > _SKETCHED_BLOCKS * BLOCK_FRAMES and file.format in _QUICKLY_SOUGHT:
            peaks.sketch = _sketch(file)
            yield peaks
            file.seek(0)
        yield from grown(peaks, _blocks(file, recording.frames))
    if peaks.is_complete:
        cache.save(key, peaks.base)


def _sketch(file: soundfile.SoundFile) -> Int16:
    """A look at evenly spaced places, so that all of a long recording is seen at once, if not exactly."""
    looks = np.zeros((_PLACES, BASE_FRAMES, file.channels), np.float32)
    for place in range(_PLACES):
        file.seek(place * file.frames // _PLACES)
        file.read(dtype="float32", always_2d=True, out=looks[place])
    return extremes(looks.reshape(-1, file.channels))


def _blocks(file: soundfile.SoundFile, frames: int) -> Iterator[NDArray[np.int16] | Sound]:
    """16-bit files as they are, which halves the work; others as floats."""
    dtype = "int16" if file.subtype == "PCM_16" else "float32"
    left = frames
    while left > 0:
        block = file.read(min(BLOCK_FRAMES, left), dtype=dtype, always_2d=True)
        if not len(block):
            raise EngineError(ErrorCode.BAD_AUDIO, f"{file.name} ends before it should; export it again.")
        left -= len(block)
        yield block


@contextlib.contextmanager
def opened(path: str) -> Iterator[soundfile.SoundFile]:
    """The file, to be read. Raises EngineError(BAD_AUDIO or NOT_FOUND), also for what is wrong further on."""
    if not Path(path).is_file():
        raise EngineError(ErrorCode.NOT_FOUND, f"There is no file {path}; check whether it was moved.")
    try:
        with soundfile.SoundFile(path) as file:
            yield file
    except (soundfile.LibsndfileError, OSError) as error:
        raise EngineError(
            ErrorCode.BAD_AUDIO, f"{Path(path).name} can't be read as sound; export it as WAV or FLAC."
        ) from error
