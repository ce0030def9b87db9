"""Audio that a client streams, on its way into a file that the worker can read like any other."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from engine.config import MAX_STREAMS, Home, spool_path
from engine.errors import EngineError, ErrorCode
from engine.peers import Peer
from engine.protocol.requests import AudioRequest, RenderRequest, StreamSource

_SAMPLE_BYTES = 4  # float32
_IEEE_FLOAT = 3  # the format tag of float samples in a WAV file


class Streams:
    """The streams that are arriving, by the names of their jobs."""

    def __init__(self, home: Home, clock: Callable[[], float]) -> None:
        self._home = home
        self._clock = clock
        self._streams: dict[str, Stream] = {}
        self._last_blob: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def __contains__(self, job_id: object) -> bool:
        return job_id in self._streams

    def __getitem__(self, job_id: str) -> Stream:
        return self._streams[job_id]

    def all(self) -> tuple[str, ...]:
        """Every job that is being sent."""
        return tuple(self._streams)

    def of(self, client: str) -> tuple[str, ...]:
        """The jobs this client is sending."""
        return tuple(job_id for job_id, stream in self._streams.items() if stream.peer.name == client)

    def silent_for(self, seconds: float) -> tuple[str, ...]:
        """The jobs of which nothing has come for longer than that."""
        now = self._clock()
        return tuple(job_id for job_id, last in self._last_blob.items() if now - last > seconds)

    def begin(self, peer: Peer, request: RenderRequest, source: StreamSource) -> None:
        """Gets ready for a job's audio. Raises EngineError (BAD_ARGUMENT, TOO_MUCH, CANT_WRITE)."""
        if not peer.streams:
            raise EngineError(
                ErrorCode.BAD_ARGUMENT, "Audio is streamed over TCP only; connect by TCP or give a path."
            )
        if len(self) >= MAX_STREAMS:
            raise EngineError(
                ErrorCode.TOO_MUCH, f"{MAX_STREAMS} streams are arriving; send this one when one is done."
            )
        self._streams[request.job_id] = Stream(peer, request, source, self._home)
        self._last_blob[request.job_id] = self._clock()

    def write(self, peer: Peer, audio: AudioRequest) -> Stream | None:
        """Takes the next blob; the stream, if this was its last. Raises EngineError, and drops the stream."""
        job_id = audio.job_id
        if job_id not in self.of(peer.name):
            raise EngineError(ErrorCode.NOT_FOUND, f'No job "{job_id}" of yours waits for audio.')
        try:
            self[job_id].write(audio)
        except EngineError:
            self.drop(job_id)
            raise
        self._last_blob[job_id] = self._clock()
        return self._forget(job_id) if self[job_id].complete else None

    def drop(self, job_id: str) -> Stream:
        """Gives a stream up."""
        stream = self._forget(job_id)
        stream.discard()
        return stream

    def _forget(self, job_id: str) -> Stream:
        del self._last_blob[job_id]
        return self._streams.pop(job_id)


class Stream:
    """One job whose audio is arriving: blobs in order, without gaps, as many frames as were declared.

    The file is a WAV from its first byte on, so that nothing but its samples has to be written.
    """

    def __init__(self, peer: Peer, request: RenderRequest, source: StreamSource, home: Home) -> None:
        """Begins the spool file. Raises EngineError(CANT_WRITE)."""
        self.peer = peer
        self.request = request
        self.path = spool_path(home, request.job_id)
        self._source = source
        self._frames = 0
        try:
            home.spool.mkdir(mode=0o700, exist_ok=True)
            self._file: BinaryIO = self.path.open("wb")
            self._file.write(wav_header(source))
        except OSError as error:
            raise _cant_spool(self.path, error) from error

    @property
    def complete(self) -> bool:
        """Are all frames there?"""
        return self._frames == self._source.frames

    def write(self, audio: AudioRequest) -> None:
        """Adds the next blob. Raises EngineError (BAD_ARGUMENT, CANT_WRITE); the stream is lost then."""
        frames = self._check(audio)
        try:
            self._file.write(audio.samples)
            self._frames += frames
            if self.complete:
                self._file.close()
        except OSError as error:
            raise _cant_spool(self.path, error) from error

    def discard(self) -> None:
        """Removes what has arrived."""
        with contextlib.suppress(OSError):  # the last bytes may not fit on a full disk: they go anyway
            self._file.close()
        remove_spooled(self.path)

    def _check(self, audio: AudioRequest) -> int:
        """The blob's frames. Raises EngineError(BAD_ARGUMENT) if it is not the next one."""
        frames, rest = divmod(len(audio.samples), self._source.channels * _SAMPLE_BYTES)
        if rest or not frames:
            raise EngineError(
                ErrorCode.BAD_ARGUMENT,
                f"A blob must hold whole frames of {self._source.channels} float32 samples each.",
            )
        if audio.frame_offset != self._frames:
            raise EngineError(
                ErrorCode.BAD_ARGUMENT,
                f"The next blob must start at frame {self._frames}, not at {audio.frame_offset}.",
            )
        if self._frames + frames > self._source.frames:
            raise EngineError(
                ErrorCode.BAD_ARGUMENT,
                f"The stream is longer than the {self._source.frames} frames declared.",
            )
        return frames


def wav_header(source: StreamSource) -> bytes:
    """All of a float32 WAV file of this format before its samples (RIFF, with the fact chunk)."""
    frame_bytes = source.channels * _SAMPLE_BYTES
    data_bytes = source.frames * frame_bytes
    format_chunk = struct.pack(
        "<4sIHHIIHHH",
        b"fmt ",
        18,
        _IEEE_FLOAT,
        source.channels,
        source.sample_rate,
        source.sample_rate * frame_bytes,
        frame_bytes,
        8 * _SAMPLE_BYTES,
        0,
    )
    fact_chunk = struct.pack("<4sII", b"fact", 4, source.frames)
    data_chunk = struct.pack("<4sI", b"data", data_bytes)
    chunks = b"WAVE" + format_chunk + fact_chunk + data_chunk
    return struct.pack("<4sI", b"RIFF", len(chunks) + data_bytes) + chunks


def remove_spooled(path: Path) -> None:
    """Removes one spool file, if it is there."""
    with contextlib.suppress(OSError):  # on Windows the worker may hold it: the next start sweeps
        path.unlink()


def sweep_spool(home: Home) -> None:
    """Removes what an engine that was killed has left."""
    for path in home.spool.glob("*.wav"):
        remove_spooled(path)


def _cant_spool(path: Path, error: OSError) -> EngineError:
    return EngineError(
        ErrorCode.CANT_WRITE, f"The audio can't be kept in {path.parent} ({error.strerror}); free some space."
    )
