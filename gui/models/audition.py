"""What is being heard: a take alone or in its place, and against it the original or the marked take."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QObject, Signal

from engine.errors import EngineError
from gui.models.background import Background, Work
from gui.models.error_words import in_words
from gui.models.pair import Heard, Pair, file_piece, pair_of
from gui.models.take_row import TakeRow
from gui.models.timeline import Span
from gui.models.words import translate
from gui.sound.playback import Device, Instead, Player, devices
from gui.sound.recording import Recording
from gui.sound.reel import Reel


class Side(StrEnum):
    """Which of the two is heard."""

    TAKE = "take"
    ORIGINAL = "original"
    MARKED = "marked"


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
        self.against: TakeRow | None = None  # another take that it is compared with
        self.marked: TakeRow | None = None  # the take that others are to be compared with
        self.side = Side.TAKE
        self.in_context = False
        self.is_on = False
        self.devices: tuple[Device, ...] = ()
        self.file = ""  # a sound that is neither a take nor the recording
        self._start = 0  # of the recording, while it is heard
        self._wish = Work()  # what is to be heard, until something else is or nothing
        self._told = Instead.NOTHING  # what was said of the device

    @property
    def reel(self) -> Reel | None:
        """What is heard."""
        if self._pair is None:
            return None
        return self._pair.take if self.side is Side.TAKE else self._pair.other

    @property
    def can_compare(self) -> bool:
        """Whether there is something to switch to."""
        return self._pair is not None and self._pair.other is not None

    @property
    def heard(self) -> TakeRow | None:
        """The take that sounds, or whose original does."""
        return self.against if self.side is Side.MARKED else self.row

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
        if not self.is_on or self._pair is None or self.file:
            return None
        if self.row is None:
            return self._start + self._player.position
        reel, heard = self.reel, self.heard
        if reel is None or heard is None or not heard.source_path:
            return None
        return heard.source_start + self._player.position - reel.take_start

    def mark(self, row: TakeRow | None) -> None:
        """The take that others are compared with; None for none."""
        self.marked = row
        self.changed.emit()

    def play_take(self, row: TakeRow, in_context: bool = False, against: TakeRow | None = None) -> None:
        """Plays as much of a take as there is; ``compare`` then switches to another, or its original."""
        take = Heard(row, row.streamed)
        other = Heard(against, against.streamed) if against is not None else None
        self._begin(row, partial(pair_of, take, in_context, other), in_context, against)

    def play_recording(self, recording: Recording, start: int, span: Span | None = None) -> None:
        """Plays the recording: a span of it, or from a frame to its end."""
        first, last = (span.start, span.end) if span else (start, recording.frames)
        self._start = first
        self._begin(None, lambda: _alone(recording, first, last))

    def play_file(self, recording: Recording, span: Span) -> None:
        """Plays a span of a sound that is not the open one; ``file`` is its path meanwhile."""
        self._begin(None, lambda: _alone(recording, span.start, span.end), file=recording.path)

    def compare(self) -> None:
        """The other side, at the same place."""
        pair = self._pair
        if pair is None or pair.other is None:
            return
        to_other, before = self.side is Side.TAKE, self.reel
        position = pair.across(self._player.position, to_other)
        self.side = self._other_side if to_other else Side.TAKE
        after = pair.other if to_other else pair.take
        if before is not None and before.sample_rate == after.sample_rate:
            self._player.switch(after, position)
        else:  # a device of another rate has to be opened
            play = partial(self._player.play, after, position, self._wanted())
            self._background.run(play, lambda _: None, self._fail)
        self.changed.emit()

    @property
    def _other_side(self) -> Side:
        return Side.MARKED if self.against is not None else Side.ORIGINAL

    def stop(self) -> None:
        """Silence."""
        self._preparing.drop()
        self._wish.drop()
        self._player.stop()
        self._off()

    def look(self) -> bool:
        """Whether it still plays; called while it does, for the playhead."""
        if self.is_on and self._pair is not None and not self._player.is_playing:
            trouble = self._player.trouble
            self._off() if trouble is None else self._fail(trouble)
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
        self._wish.drop()
        self._player.close()

    def _begin(
        self,
        row: TakeRow | None,
        prepare: Callable[[], Pair],
        in_context: bool = False,
        against: TakeRow | None = None,
        file: str = "",
    ) -> None:
        self._preparing.drop()
        self.row, self.against, self.in_context, self.file = row, against, in_context, file
        self.side, self.is_on, self._pair = Side.TAKE, True, None
        wanted = self._wanted()

        def ready() -> Pair:
            pair = prepare()
            self._player.play(pair.take, wanted=wanted)
            return pair

        self._preparing = self._background.run(ready, self._started, self._fail)
        self.changed.emit()

    def _wanted(self) -> Callable[[], bool]:
        """Whether what is asked for now is still to be heard, when it could be."""
        self._wish.drop()
        wish = self._wish = Work()
        return lambda: not wish.is_dropped

    def _started(self, pair: Pair) -> None:
        self._pair = pair
        if self._player.instead is not self._told:
            self._told = self._player.instead
            self._tell_device()
        self.changed.emit()

    def _tell_device(self) -> None:
        match self._told:
            case Instead.SYSTEM:
                self.failed.emit(
                    translate("Panel", "The chosen sound device is not there: the system's own plays.")
                )
            case Instead.SILENCE:
                self.failed.emit(
                    translate("Panel", "There is no sound device: it plays in silence. Connect one.")
                )

    def _fail(self, error: EngineError) -> None:
        self._off()
        self.failed.emit(in_words(error))

    def _off(self) -> None:
        was_on = self.is_on
        self.is_on, self._pair, self.row, self.against, self.side = False, None, None, None, Side.TAKE
        self.file = ""
        if was_on:
            self._background.run(self._player.rest, lambda _: None)
            self.changed.emit()


def _alone(recording: Recording, start: int, end: int) -> Pair:
    """A stretch of a recording, with nothing to compare it with."""
    reel = Reel([file_piece(recording.path, start, end)], recording.sample_rate, 1.0, 0, end - start)
    return Pair(reel)
