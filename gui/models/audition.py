"""What is being heard: a take alone or in its place, the original against it, at the same loudness."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import soundfile
from PySide6.QtCore import QObject, Signal

from engine.errors import EngineError, ErrorCode
from gui.models.background import Background, Work
from gui.models.take_row import TakeRow
from gui.models.timeline import Span
from gui.sound.levels import loudness, matching_gains
from gui.sound.peaks import Sound
from gui.sound.playback import Device, Player, devices
from gui.sound.recording import Recording
from gui.sound.reel import FilePiece, MemoryPiece, Piece, Reel

# Heard before and after a take in its place: enough for a step or two.
CONTEXT_SECONDS = 2.0
# Loudness of more than this is measured over its beginning.
MAX_MEASURED_SECONDS = 60.0


class Side(StrEnum):
    """Which of the two is heard."""

    TAKE = "take"
    ORIGINAL = "original"


@dataclass(frozen=True)
class Pair:
    """A take and what it replaces, as loud as each other; ``original`` is None for what is new."""

    take: Reel
    original: Reel | None


class Audition(QObject):
    """The one thing that plays."""

    changed = Signal()
    failed = Signal(str)

    def __init__(self, background: Background, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background, self._player = background, player
        self._preparing = Work()
        self._pair: Pair | None = None
        self.row: TakeRow | None = None  # the take that is heard; None while it is the recording
        self.side = Side.TAKE
        self.in_context = False
        self.is_on = False
        self.devices: tuple[Device, ...] = ()
        self._start = 0  # of the recording, while it is heard

    @property
    def reel(self) -> Reel | None:
        """What is heard."""
        if self._pair is None:
            return None
        return self._pair.original if self.side is Side.ORIGINAL and self._pair.original else self._pair.take

    @property
    def can_compare(self) -> bool:
        """Whether there is an original to switch to."""
        return self._pair is not None and self._pair.original is not None

    @property
    def progress(self) -> float:
        """Where in the take the playhead is, 0 to 1; below 0 or above 1 in its context."""
        reel = self.reel
        if reel is None or reel.take_end <= reel.take_start:
            return 0.0
        return (self._player.position - reel.take_start) / (reel.take_end - reel.take_start)

    @property
    def recording_frame(self) -> int | None:
        """Where in the recording the playhead is; None while something else is heard."""
        if not self.is_on or self._pair is None:
            return None
        if self.row is None:
            return self._start + self._player.position
        reel = self.reel
        if reel is None or not self.row.source_path:
            return None
        return self.row.source_start + self._player.position - reel.take_start

    def play_take(self, row: TakeRow, in_context: bool = False) -> None:
        """Plays a take, or as much of it as there is."""
        streamed = row.streamed
        self._begin(row, lambda: pair_of(row, streamed, in_context), in_context)

    def play_recording(self, recording: Recording, start: int, span: Span | None = None) -> None:
        """Plays the recording: a span of it, or from a frame to its end."""
        first, last = (span.start, span.end) if span else (start, recording.frames)
        self._start = first

        def prepare() -> Pair:
            reel = Reel(
                [_file_piece(recording.path, first, last)], recording.sample_rate, 1.0, 0, last - first
            )
            return Pair(reel, None)

        self._begin(None, prepare, False)

    def compare(self) -> None:
        """The other side, at the same place."""
        if self._pair is None or self._pair.original is None:
            return
        self.side = Side.TAKE if self.side is Side.ORIGINAL else Side.ORIGINAL
        reel = self.reel
        if reel is not None:
            self._player.switch(reel)
        self.changed.emit()

    def stop(self) -> None:
        """Silence."""
        self._preparing.drop()
        self._player.stop()
        self._off()

    def look(self) -> bool:
        """Whether it still plays; called while it does, for the playhead."""
        if self.is_on and self._pair is not None and not self._player.is_playing:
            self._off()
        return self.is_on

    def list_devices(self) -> None:
        """Finds the devices there are; ``changed`` when they are known."""

        def found(names: tuple[Device, ...]) -> None:
            self.devices = names
            self.changed.emit()

        self._background.run(devices, found)

    def choose(self, device: str) -> None:
        """The device for what is played next."""
        self.stop()
        self._background.run(lambda: self._player.choose(device), lambda _: None)

    def close(self) -> None:
        """Gives the device back."""
        self._preparing.drop()
        self._player.close()

    def _begin(self, row: TakeRow | None, prepare: object, in_context: bool) -> None:
        self._preparing.drop()
        self.row, self.in_context, self.side, self.is_on, self._pair = row, in_context, Side.TAKE, True, None

        def ready() -> Pair:
            assert callable(prepare)
            pair: Pair = prepare()
            self._player.play(pair.take)
            return pair

        self._preparing = self._background.run(ready, self._started, self._fail)
        self.changed.emit()

    def _started(self, pair: Pair) -> None:
        self._pair = pair
        self.changed.emit()

    def _fail(self, error: EngineError) -> None:
        self._off()
        self.failed.emit(error.sentence)

    def _off(self) -> None:
        was_on, self.is_on, self._pair, self.row = self.is_on, False, None, None
        if was_on:
            self._background.run(self._player.rest, lambda _: None)
            self.changed.emit()


def pair_of(row: TakeRow, streamed: Sound | None, in_context: bool) -> Pair:
    """The reels of a take. Reads files: not for the thread that draws. Raises EngineError(BAD_AUDIO)."""
    take = _take_piece(row) if row.path else _memory_piece(streamed)
    end = row.source_start + row.frames
    original = _file_piece(row.source_path, row.source_start, end) if row.source_path else None
    before: list[Piece] = []
    after: list[Piece] = []
    if in_context and row.source_path:
        margin = round(CONTEXT_SECONDS * row.sample_rate)
        before = [_file_piece(row.source_path, max(0, row.source_start - margin), row.source_start)]
        after = [_file_piece(row.source_path, end, end + margin)]
    gains = _gains(row, take, original)

    def reel(piece: Piece, gain: float) -> Reel:
        start = sum(part.frames for part in before)
        loops = row.loop and not in_context
        return Reel([*before, piece, *after], row.sample_rate, gain, start, start + piece.frames, loops)

    # In its place a take is heard as it is, against what is around it.
    if in_context:
        gains = (1.0, 1.0)
    return Pair(reel(take, gains[0]), reel(original, gains[1]) if original else None)


def _gains(row: TakeRow, take: Piece, original: Piece | None) -> tuple[float, float]:
    if original is None:
        return 1.0, 1.0
    most = round(MAX_MEASURED_SECONDS * row.sample_rate)
    first, second = (
        loudness(piece.read(0, min(piece.frames, most)), row.sample_rate) for piece in (take, original)
    )
    return matching_gains(first, second)


def _take_piece(row: TakeRow) -> FilePiece:
    """The region in a take's file, which is the whole recording where it was given a name."""
    whole = _file_piece(row.path)
    if row.entry is None or whole.frames <= row.frames:
        return whole
    place = row.entry.place
    return _file_piece(row.path, place.start_frame, place.end_frame)


def _memory_piece(streamed: Sound | None) -> MemoryPiece:
    if streamed is None:
        raise EngineError(ErrorCode.BAD_AUDIO, "Nothing of this take has arrived yet; wait a moment.")
    return MemoryPiece(streamed)


def _file_piece(path: str, start: int = 0, end: int | None = None) -> FilePiece:
    try:
        return FilePiece(path, start, end)
    except (soundfile.LibsndfileError, OSError) as error:
        raise EngineError(
            ErrorCode.BAD_AUDIO, f"{path} can't be played; check whether it was moved or deleted."
        ) from error
