"""Two sounds to be compared: a take and what it replaces, or another take, as loud as each other.

Alone they begin together. In their place each is heard with what is around it, and the same place of the
recording is the same place of both.
"""

from __future__ import annotations

from dataclasses import dataclass

import soundfile

from engine.errors import EngineError, ErrorCode
from gui.models.take_row import TakeRow
from gui.sound.levels import loudness, matching_gains
from gui.sound.peaks import Sound
from gui.sound.reel import FilePiece, LevelledPiece, MemoryPiece, Piece, Reel

# Heard before and after a take in its place: enough for a step or two.
CONTEXT_SECONDS = 2.0
# Loudness of more than this is measured over its beginning.
MAX_MEASURED_SECONDS = 60.0


@dataclass(frozen=True)
class Pair:
    """``other`` is None where there is nothing to compare with.

    offset: frames of the recording from where the take's region begins to where that of the other does.
    """

    take: Reel
    other: Reel | None = None
    offset: int = 0

    def across(self, position: int, to_other: bool) -> int:
        """The same place on the other side, in frames of its reel, for one in frames of this side's."""
        assert self.other is not None
        here, there = (self.take, self.other) if to_other else (self.other, self.take)
        offset = -self.offset if to_other else self.offset
        inside = round((position - here.take_start) * there.sample_rate / here.sample_rate)
        return max(0, there.take_start + inside + offset)


@dataclass(frozen=True)
class Heard:
    """A take as it is when it is asked for; ``streamed`` is what has arrived of it until it has a file."""

    row: TakeRow
    streamed: Sound | None


def pair_of(take: Heard, in_context: bool, other: Heard | None = None) -> Pair:
    """A take against another, or against what it replaces. Reads files: not for the thread that draws.

    Raises EngineError(BAD_AUDIO).
    """
    if other is not None:
        return _pair_of_takes(take, other, in_context)
    row = take.row
    made = _take_piece(take)
    end = row.source_start + row.frames
    original = file_piece(row.source_path, row.source_start, end) if row.source_path else None
    # In its place a take is heard as it is, against what is around it.
    gains = (1.0, 1.0) if in_context or original is None else _gains((row, made), (row, original))
    pieces = ((made, gains[0]), (original, gains[1]))
    first, second = (_reel(row, piece, gain, in_context) if piece else None for piece, gain in pieces)
    assert first is not None
    return Pair(first, second)


def _pair_of_takes(take: Heard, other: Heard, in_context: bool) -> Pair:
    """Both in their place, or both alone where one of them has none."""
    rows = (take.row, other.row)
    in_context = in_context and all(row.source_path for row in rows)
    pieces = (_take_piece(take), _take_piece(other))
    gains = _gains((rows[0], pieces[0]), (rows[1], pieces[1]))
    first, second = (_reel(*one, in_context) for one in zip(rows, pieces, gains, strict=True))
    same = in_context and rows[0].source_path == rows[1].source_path
    return Pair(first, second, rows[1].source_start - rows[0].source_start if same else 0)


def _reel(row: TakeRow, piece: Piece, gain: float, in_context: bool) -> Reel:
    if not (in_context and row.source_path):
        return Reel([piece], row.sample_rate, gain, 0, piece.frames, row.loop)
    end, margin = row.source_start + row.frames, round(CONTEXT_SECONDS * row.sample_rate)
    before = file_piece(row.source_path, max(0, row.source_start - margin), row.source_start)
    after = file_piece(row.source_path, end, end + margin)
    start = before.frames
    return Reel(
        [before, LevelledPiece(piece, gain), after], row.sample_rate, 1.0, start, start + piece.frames
    )


def _gains(first: tuple[TakeRow, Piece], second: tuple[TakeRow, Piece]) -> tuple[float, float]:
    measured = []
    for row, piece in (first, second):
        most = min(piece.frames, round(MAX_MEASURED_SECONDS * row.sample_rate))
        measured.append(loudness(piece.read(0, most), row.sample_rate))
    return matching_gains(*measured)


def _take_piece(take: Heard) -> Piece:
    """The region in a take's file, which is the whole recording where it was given a name."""
    row = take.row
    if not row.path:
        return _memory_piece(take.streamed)
    whole = file_piece(row.path)
    if row.entry is None or whole.frames <= row.frames:
        return whole
    place = row.entry.place
    return file_piece(row.path, place.start_frame, place.end_frame)


def _memory_piece(streamed: Sound | None) -> MemoryPiece:
    if streamed is None:
        raise EngineError(ErrorCode.BAD_AUDIO, "Nothing of this take has arrived yet; wait a moment.")
    return MemoryPiece(streamed)


def file_piece(path: str, start: int = 0, end: int | None = None) -> FilePiece:
    """A stretch of a file. Raises EngineError(BAD_AUDIO)."""
    try:
        return FilePiece(path, start, end)
    except (soundfile.LibsndfileError, OSError) as error:
        raise EngineError(
            ErrorCode.BAD_AUDIO, f"{path} can't be played; check whether it was moved or deleted."
        ) from error
