"""Files that can be heard while takes are made: drafts, in which chunks of the take replace their frames."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile as sf

from engine.audio.atomic import check_output
from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import Piece
from engine.protocol.requests import FileSource, RenderRequest
from engine.protocol.sources import NewSource
from engine.take_names import numbered

_BLOCK_FRAMES = 1 << 16
# More of 32-bit samples than a WAV file can count.
_MOST_WAV_BYTES = 2**32 - 2**16


class Preview:
    """One file for each take, as long as the region from its first piece on."""

    def __init__(self, path: Path, request: RenderRequest) -> None:
        """Several takes are numbered as their own files are."""
        self._paths = [numbered(path, take, request.takes) for take in range(request.takes)]
        self._frames = _region_frames(request)
        self._files: dict[int, sf.SoundFile] = {}
        self._before: dict[Path, Path | None] = {}  # where waits what was in a draft's place

    def push(self, piece: Piece) -> Path | None:
        """Put a piece in its place; the file, if this was its first. Raises EngineError(CANT_WRITE)."""
        path = self._paths[piece.take]
        is_first = piece.take not in self._files
        try:
            if is_first:
                self._files[piece.take] = self._begun(path, piece)
            file = self._files[piece.take]
            file.seek(piece.frame_offset)
            file.write(np.frombuffer(piece.samples, "<f4").reshape(-1, piece.channels))
            file.flush()
        except (OSError, sf.LibsndfileError) as error:
            raise EngineError(ErrorCode.CANT_WRITE, f"The draft {path} can't be written: {error}.") from error
        return path if is_first else None

    def paths(self) -> tuple[Path, ...]:
        """Those that were begun, in order of the takes."""
        return tuple(self._paths[take] for take in sorted(self._files))

    def keep(self) -> None:
        """They stay, in the place of what was there."""
        self._close()
        for before in filter(None, self._before.values()):
            before.unlink(missing_ok=True)

    def remove(self) -> None:
        """They go, since the takes they were to become are none; what was in their place comes back."""
        self._close()
        for path, before in self._before.items():
            path.unlink(missing_ok=True)
            if before is not None:
                before.replace(path)

    def _close(self) -> None:
        for file in self._files.values():
            with contextlib.suppress(sf.LibsndfileError):
                file.close()

    def _set_aside(self, path: Path) -> None:
        """A file that is to be overwritten waits beside its place until the job has come to something."""
        before = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
        there = path.exists()
        if there:
            path.replace(before)
        self._before[path] = before if there else None

    def _begun(self, path: Path, piece: Piece) -> sf.SoundFile:
        """All of it silent; opened again, so that a player finds the length in its header."""
        self._set_aside(path)
        size = self._frames * piece.channels * 4
        kind = "RF64" if size > _MOST_WAV_BYTES else "WAV"
        silence = np.zeros((_BLOCK_FRAMES, piece.channels), np.float32)
        with sf.SoundFile(path, "w", piece.sample_rate, piece.channels, "FLOAT", format=kind) as file:
            for start in range(0, self._frames, _BLOCK_FRAMES):
                file.write(silence[: self._frames - start])
        return sf.SoundFile(path, "r+")


@contextmanager
def previewing(path: Path, request: RenderRequest) -> Iterator[Preview]:
    """While a job runs; one that does not come to its takes leaves no file. Raises EngineError."""
    for take in range(request.takes):
        check_output(numbered(path, take, request.takes), request.overwrite)
    preview = Preview(path, request)
    try:
        yield preview
    except BaseException:
        preview.remove()
        raise
    preview.keep()


def _region_frames(request: RenderRequest) -> int:
    """As the command line asks for a region: in frames."""
    source = request.source
    if isinstance(source, NewSource):
        return source.frames
    assert isinstance(source, FileSource)
    assert source.start.unit == source.end.unit == "frames"
    return round(source.end.value - source.start.value)
