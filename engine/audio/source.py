"""Recordings as they lie on disk: what they are, and the samples of a span.

Nothing here loads a recording whole: an hour-long file costs as much memory as the span asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from engine.errors import EngineError, ErrorCode

Float32 = NDArray[np.float32]

# Below 8 kHz there is nothing to edit; above 192 kHz no converter records.
MIN_SAMPLE_RATE = 8_000
MAX_SAMPLE_RATE = 192_000
# Seventh-order ambisonics is 64 channels, the widest layout people deliver.
MAX_CHANNELS = 64
# What is larger overflows where it is squared; nothing that was recorded is.
LOUDEST = 1e6

# Read into a fixed number of samples when frames are decoded only to be passed over.
_SKIP_SAMPLES = 1 << 18
# libsndfile lands on the right sample when it seeks in these. In Vorbis and MP3 it was measured to be
# off, so everything else is decoded from the start.
_EXACT_SEEK = ("PCM_", "FLOAT", "DOUBLE", "ALAC_", "ALAW", "ULAW")
# Headers of streams that were never finished carry a length like this.
_UNKNOWN_LENGTH = 1 << 62


@dataclass(frozen=True)
class SourceInfo:
    """What a recording is, in soundfile's words; ``frames`` is its length."""

    path: Path
    sample_rate: int
    channels: int
    frames: int
    format: str
    subtype: str
    endian: str

    @property
    def duration_seconds(self) -> float:
        """How long it sounds."""
        return self.frames / self.sample_rate


def open_sound(path: Path) -> sf.SoundFile:
    """The opened file, positioned at its start; the caller closes it, and moves with ``seek_exactly`` only.

    Raises NOT_FOUND, or BAD_AUDIO when it is no recording that can be read.
    """
    _check_is_file(path)
    try:
        sound = sf.SoundFile(str(path))
    except sf.LibsndfileError as error:
        raise EngineError(
            ErrorCode.BAD_AUDIO,
            f"{path} can't be read as a sound ({error.error_string.rstrip('.')}); save it as WAV or FLAC.",
        ) from error
    if not _seeks_exactly(sound):
        # soundfile seeks after every read if it may, which makes libsndfile's MP3 decoder lose its state.
        sound.seekable = lambda: False
    return sound


def check_name(path: str) -> None:
    """Raise BAD_AUDIO for a name that no message, no table and not libsndfile can carry."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        raise EngineError(
            ErrorCode.BAD_AUDIO, "The file's name is no text in this system's encoding; rename it."
        ) from None


def inspect_recording(path: Path) -> SourceInfo:
    """What the recording at ``path`` is, checked against the engine's limits; no sample is read."""
    with open_sound(path) as sound:
        info = SourceInfo(
            path=path,
            sample_rate=sound.samplerate,
            channels=sound.channels,
            frames=sound.frames,
            format=sound.format,
            subtype=sound.subtype,
            endian=sound.endian,
        )
    _check_recording(info)
    return info


def check_layout(sample_rate: int, channels: int, name: str) -> None:
    """Raise BAD_AUDIO unless the engine works at this rate and with this many channels."""
    if not MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE:
        raise EngineError(
            ErrorCode.BAD_AUDIO,
            f"{name} has a sample rate of {sample_rate} Hz; convert it to one between "
            f"{MIN_SAMPLE_RATE} and {MAX_SAMPLE_RATE} Hz.",
        )
    if not 1 <= channels <= MAX_CHANNELS:
        raise EngineError(
            ErrorCode.BAD_AUDIO, f"{name} has {channels} channels; the engine takes 1 to {MAX_CHANNELS}."
        )


def check_finite(waveform: Float32, sample_rate: int, first_frame: int, name: str) -> None:
    """Raise BAD_AUDIO, saying where, if a sample is NaN, infinite, or larger than any recording's.

    waveform: (frames, channels); ``first_frame`` is its position in the sound called ``name``.
    """
    sound = np.abs(waveform) <= LOUDEST  # which nothing is that is no number
    if sound.all():
        return
    frame = int(np.argmin(sound.all(axis=1)))
    what = "not a number" if not np.isfinite(waveform[frame]).all() else "a million times full scale"
    raise EngineError(
        ErrorCode.BAD_AUDIO,
        f"{name} holds a sample that is {what} at {(first_frame + frame) / sample_rate:.4f} s; repair it or "
        "select another region.",
    )


def read_span(path: Path, start_frame: int, end_frame: int) -> Float32:
    """The samples of [start_frame, end_frame), (frames, channels), full scale at 1.

    Samples of up to 24 bits come through exactly. Raises BAD_AUDIO for a file that ends too early or
    holds NaN or infinity in the span.
    """
    recording = Recording(path)
    try:
        return recording.read(start_frame, end_frame)
    finally:
        recording.close()


class Recording:
    """A recording that stays open and is read anywhere, always forward where it can't seek exactly."""

    def __init__(self, path: Path) -> None:
        """Raises NOT_FOUND or BAD_AUDIO."""
        self.info = inspect_recording(path)
        self._stamp = _stamp(path)
        self._sound = open_sound(path)
        self._position = 0

    @property
    def seeks_exactly(self) -> bool:
        """If not, every step back costs decoding from the start: keep what is needed more than once."""
        return _seeks_exactly(self._sound)

    def read(self, start: int, stop: int) -> Float32:
        """The frames [start, stop), (frames, channels), full scale at 1.

        Samples of up to 24 bits come through exactly. Raises BAD_AUDIO for a file that ends too early or
        holds NaN or infinity there.
        """
        try:
            self._move(start)
            waveform: Float32 = self._sound.read(stop - start, dtype="float32", always_2d=True)
        except sf.LibsndfileError as error:
            raise damaged(self.info.path) from error
        if len(waveform) != stop - start:
            raise damaged(self.info.path)
        self._position = stop
        check_finite(waveform, self.info.sample_rate, start, str(self.info.path))
        return waveform

    def check_unchanged(self) -> None:
        """Raise BAD_AUDIO if the file was written to, or NOT_FOUND if it is gone."""
        _check_is_file(self.info.path)
        if _stamp(self.info.path) != self._stamp:
            raise EngineError(
                ErrorCode.BAD_AUDIO, f"{self.info.path} was changed during the render; try again."
            )

    def close(self) -> None:
        """It can't be read any more."""
        self._sound.close()

    def _move(self, frame: int) -> None:
        if frame == self._position:
            return
        if self.seeks_exactly:
            self._sound.seek(frame)
            return
        if frame < self._position:
            self._sound.close()
            self._sound, self._position = open_sound(self.info.path), 0
        _pass_over(self._sound, frame - self._position)


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The file as bytes; what goes wrong while they are read is NOT_FOUND or BAD_AUDIO."""
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise EngineError(ErrorCode.NOT_FOUND, f"{path} is gone; check the path.") from error
    except OSError as error:
        raise EngineError(ErrorCode.BAD_AUDIO, f"{path} can't be read: {error.strerror}.") from error


def seek_exactly(sound: sf.SoundFile, frame: int) -> None:
    """Move from the start to ``frame``: by decoding up to there where the format can't seek exactly."""
    if _seeks_exactly(sound):
        sound.seek(frame)
        return
    _pass_over(sound, frame)


def _pass_over(sound: sf.SoundFile, frames: int) -> None:
    step = max(1, _SKIP_SAMPLES // sound.channels)
    for start in range(0, frames, step):
        sound.read(min(step, frames - start), dtype="float32")


def _seeks_exactly(sound: sf.SoundFile) -> bool:
    return sound.format != "PAF" and str(sound.subtype).startswith(_EXACT_SEEK)


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file is written to."""
    try:
        status = path.stat()
    except OSError as error:
        raise EngineError(ErrorCode.BAD_AUDIO, f"{path} can't be read: {error.strerror}.") from error
    return status.st_size, status.st_mtime_ns


def _check_is_file(path: Path) -> None:
    """Anything else than a plain file (a pipe, a device) could hold the job for ever."""
    check_name(str(path))
    try:
        if not path.exists():
            raise EngineError(ErrorCode.NOT_FOUND, f"There is no file {path}; check the path.")
        if not path.is_file():
            raise EngineError(ErrorCode.BAD_AUDIO, f"{path} is not a file; name a recording.")
        if path.stat().st_size == 0:
            raise EngineError(ErrorCode.BAD_AUDIO, f"{path} is an empty file; record or export it again.")
        with path.open("rb"):
            pass
    except OSError as error:
        raise EngineError(ErrorCode.BAD_AUDIO, f"{path} can't be opened: {error.strerror}.") from error
    if path.suffix.lower() == ".raw":
        raise EngineError(ErrorCode.BAD_AUDIO, f"{path} has no header that says its rate; save it as WAV.")


def _check_recording(info: SourceInfo) -> None:
    check_layout(info.sample_rate, info.channels, str(info.path))
    if info.frames == 0:
        raise EngineError(ErrorCode.BAD_AUDIO, f"{info.path} holds no sound; record or export it again.")
    if not 0 < info.frames < _UNKNOWN_LENGTH:
        raise EngineError(ErrorCode.BAD_AUDIO, f"{info.path} does not say how long it is; save it as WAV.")
    if info.subtype == "ALAC_20":
        # libsndfile 1.2.2 writes past its buffers when it decodes these.
        raise EngineError(
            ErrorCode.BAD_AUDIO,
            f"{info.path} is 20-bit Apple Lossless, which can't be read; save it as 24-bit.",
        )


def damaged(path: Path | str) -> EngineError:
    """A recording that ends in the middle."""
    return EngineError(
        ErrorCode.BAD_AUDIO, f"{path} is damaged: it ends before its header says; export it again."
    )
