"""The sounds of a folder, of any format, rate, channels and length, as mono pieces at the model's rate.

Nothing is read whole: a file comes in pieces of ten seconds, a long one in a few of them spread over it, and
a piece in blocks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from engine.audio.resample import resample
from engine.audio.source import check_finite, damaged, open_sound
from engine.errors import EngineError, ErrorCode

Float32 = NDArray[np.float32]

SUFFIXES = frozenset(
    (".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff")
)
SUFFIXES |= {".aifc", ".caf", ".mp3"}
PIECE_SECONDS = 10.24
MOST_PIECES = 12  # of one file: two minutes of an ambience say what there is to say
LOWEST_RATE, HIGHEST_RATE = 1_000, 1_000_000  # what is outside is a damaged header
MAX_CHANNELS = 256
_BLOCK_SAMPLES = 1 << 20
# Channels that cancel each other when mixed; then the loudest one is heard.
_CANCELLED = 0.1
_READ_FAILURES = (sf.LibsndfileError, RuntimeError)


def find_sounds(library: Path, closed: list[str] | None = None) -> list[PurePosixPath]:
    """Every sound file below a folder, hidden ones left out, by its path within it, in order of names.

    Folders that can't be looked into are added to ``closed``.
    """
    found = []

    def note(error: OSError) -> None:
        if closed is not None:
            closed.append(str(error.filename))

    for folder, folders, names in os.walk(library, onerror=note):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = Path(folder).relative_to(library)
        for name in names:
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                found.append(PurePosixPath(inside.as_posix()) / name)
    return sorted(found)


def sound_seconds(path: Path) -> float:
    """How long a file says that it sounds; 0 if it can't be read."""
    try:
        with open_sound(path) as sound:
            return float(min(1e6, max(0.0, sound.frames / max(1, sound.samplerate))))
    except EngineError:
        return 0.0


def used_seconds(seconds: float) -> float:
    """How much of a file of this length is read."""
    return min(seconds, MOST_PIECES * PIECE_SECONDS)


def read_pieces(path: Path, sample_rate: int) -> Iterator[Float32]:
    """Mono pieces (frames,) at ``sample_rate``, as loud as they are.

    Raises EngineError(BAD_AUDIO or NOT_FOUND).
    """
    with open_sound(path) as sound:
        _check(sound, path)
        position = 0
        for start, stop in _spans(sound):
            try:
                _move(sound, position, start)
                piece = _read_mono(sound, start, stop, path)
            except _READ_FAILURES as error:
                raise damaged(path) from error
            position = stop
            yield resample(piece[:, None], sound.samplerate, sample_rate)[:, 0]


def _check(sound: sf.SoundFile, path: Path) -> None:
    if not LOWEST_RATE <= sound.samplerate <= HIGHEST_RATE or not 1 <= sound.channels <= MAX_CHANNELS:
        raise EngineError(
            ErrorCode.BAD_AUDIO, f"{path} says it has {sound.channels} channels at {sound.samplerate} Hz."
        )
    if sound.frames <= 0:
        raise EngineError(ErrorCode.BAD_AUDIO, f"{path} holds no sound, or does not say how long it is.")
    if sound.subtype == "ALAC_20":  # libsndfile 1.2.2 writes past its buffers when it decodes these
        raise EngineError(ErrorCode.BAD_AUDIO, f"{path} is 20-bit Apple Lossless, which can't be read.")


def _spans(sound: sf.SoundFile) -> list[tuple[int, int]]:
    """(start, stop) of the pieces, in frames of the file."""
    length = round(PIECE_SECONDS * sound.samplerate)
    count = -(-sound.frames // length)
    if count <= MOST_PIECES:
        starts = [number * length for number in range(count)]
    else:
        starts = [int(start) for start in np.linspace(0, sound.frames - length, MOST_PIECES)]
    return [(start, min(sound.frames, start + length)) for start in starts]


def _move(sound: sf.SoundFile, position: int, start: int) -> None:
    """Forward, by decoding where the format can't seek exactly."""
    if start == position:
        return
    if sound.seekable():
        sound.seek(start)
        return
    step = max(1, _BLOCK_SAMPLES // sound.channels)
    for at in range(position, start, step):
        sound.read(min(step, start - at), dtype="float32")


def _read_mono(sound: sf.SoundFile, start: int, stop: int, path: Path) -> Float32:
    """(frames,): the mean of the channels, or the loudest one where they cancel each other."""
    step = max(1, _BLOCK_SAMPLES // sound.channels)
    mixed = []
    for at in range(start, stop, step):
        block = sound.read(min(step, stop - at), dtype="float32", always_2d=True)
        if len(block) != min(step, stop - at):
            raise damaged(path)
        check_finite(block, sound.samplerate, at, str(path))
        mixed.append(_mixed(block))
    return np.concatenate(mixed)


def _mixed(block: Float32) -> Float32:
    mean: Float32 = block.mean(axis=1, dtype=np.float32)
    levels = np.abs(block).max(axis=0)
    loudest = int(levels.argmax())
    if np.abs(mean).max(initial=0.0) < _CANCELLED * levels[loudest]:
        return np.ascontiguousarray(block[:, loudest])
    return mean
