"""What becomes of takes: learnt from the index, kept, starred, given away, thrown away.

A live draft lies in the engine's scratch folder and is in no index. It goes with the next draft, or with the
panel, unless somebody wants it: then it moves into the take folder and is a take like any other.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QFile, QObject, Signal

from engine import history
from engine.config import Home
from engine.errors import EngineError
from engine.history import Entry, Mark, Page, Query
from gui.models.background import Background, Work
from gui.models.effects import EffectsModel, Playing
from gui.models.engine_words import in_our_words
from gui.models.envelope import Envelope, envelope_of
from gui.models.error_words import in_words
from gui.models.take_list import TakeList
from gui.models.take_row import RowState, TakeRow, row_of
from gui.models.words import translate
from gui.sound.recording import look_at, read_frames

PAGE = 500  # takes; further ones come when somebody looks that far
MAX_ROWS = 5000  # that a new search begins with
# An envelope is read of no more than this; a longer take shows its beginning.
MAX_ENVELOPE_SECONDS = 120

Then = Callable[[], object]


class TakeHistory(QObject):
    """The takes of the list and what is on the disk of them, reached in the background."""

    said = Signal(str)
    searched = Signal()  # a page of takes is in the list

    def __init__(self, home: Home, background: Background, takes: TakeList, effects: EffectsModel) -> None:
        super().__init__(takes)
        self._home, self._background, self._takes, self._effects = home, background, takes, effects
        self._scratch: set[str] = set()  # drafts that were made, whatever became of them
        self._waiting: list[tuple[Sequence[TakeRow], Then]] = []  # for drafts to come out of their effects
        self._query = Query()  # what is looked for
        self._last: Entry | None = None  # of what was found of it
        self._reading = Work()
        self._discarded: set[int] = set()  # takes; the index may not know yet
        self._marks: deque[tuple[TakeRow, Mark]] = deque()
        self._is_marking = False
        takes.more_wanted.connect(self._more)
        effects.told.connect(self._playing)
        effects.ended.connect(self._treated)

    def refresh(self) -> None:
        """Reads the index of takes anew, as far as it is looked for."""
        self._read(self._query, look=True)

    def search(self, query: Query) -> None:
        """Looks for takes in the whole index, the newest first; the list gets them page by page."""
        if query != self._query:
            self._query = query
            self._takes.shorten(MAX_ROWS)
            self._read(query)

    def _more(self) -> None:
        """The page behind the last one."""
        self._takes.has_more = False  # nor again before it is here
        self._read(replace(self._query, after=self._last))

    def _read(self, query: Query, look: bool = False) -> None:
        def work() -> tuple[Page, list[TakeRow]]:
            page = history.page(self._home, query, PAGE, look)
            return page, [row_of(entry) for entry in page.entries]

        self._reading.drop()
        self._reading = self._background.run(work, self._arrived, self._fail)

    def _arrived(self, found: tuple[Page, list[TakeRow]]) -> None:
        page, rows = found
        self._last = page.entries[-1] if page.entries else None
        self._takes.know(page.takes, page.models, page.has_more)
        self._takes.set_history([row for row in rows if row.entry and row.entry.id not in self._discarded])
        self.searched.emit()

    def close(self) -> None:
        """Drafts that somebody wanted are takes, the others go. After the background's end: it waits."""
        for row in self._takes.rows:
            if row.scratch and not row.live and row.path:
                with contextlib.suppress(EngineError):  # it stays where it is
                    history.adopt(self._home, Path(row.path))
        history.throw_away_scratch(self._home, sorted(self._scratch))

    # A take that is done

    def arrived(self, row: TakeRow) -> None:
        """A take has its file: what the index knows of it, and how it looks as a whole."""
        if row.scratch:
            self._scratch.add(row.path)
        else:
            self._background.run(
                lambda: history.of_path(self._home, row.path), lambda entry: self._takes.note(row, entry)
            )
        self.show_envelope(row)

    def treat(self, rows: Sequence[TakeRow]) -> None:
        """The engine touches no take of a job that is over: now they go through their effects."""
        for row in rows:
            if row.state is RowState.DONE and row.path and row.is_dry:
                self._effects.add(row.path, row.effects)

    def show_envelope(self, row: TakeRow) -> None:
        """Reads the small waveform of a take's file."""

        def arrived(envelope: Envelope) -> None:
            row.envelope = envelope
            self._takes.touched([row])

        self._background.run(lambda: envelope_of_take(row), arrived, lambda _: self._missing(row))

    def _missing(self, row: TakeRow) -> None:
        row.path = ""
        self._takes.touched([row])

    def _playing(self, path: str, playing: Playing) -> None:
        """How far its effects are."""
        text = translate("Panel", "{0} ({1} of {2})")
        which = text.format(playing.title, playing.number + 1, playing.count)
        rows = [row for row in self._takes.rows if row.path == path and row.is_dry]
        for row in rows:
            row.effect = which if playing.count > 1 else playing.title
            row.progress, row.seconds_left = playing.share, playing.seconds_left
        self._takes.touched(rows)

    def _treated(self, path: str, is_wet: bool, sentence: str) -> None:
        found = [row for row in self._takes.rows if row.path == path]
        for row in found:
            row.is_dry, row.effect, row.progress, row.seconds_left = False, "", 1.0, -1.0
            if not is_wet:
                row.effects = ()
                sentence = translate("Panel", "Without its effects: {0}").format(sentence)
                self.said.emit(sentence)
            row.sentence = " ".join(part for part in (row.sentence, sentence) if part)
            self._takes.touched([row])
            self.arrived(row)
        if not found:  # a draft that was dropped in the middle of it may have been written after that
            self._throw_away_scratch([path])
        waiting, self._waiting = self._waiting, []
        for rows, then in waiting:
            self.own(rows, then)

    # What the user does with takes

    def own(self, rows: Sequence[TakeRow], then: Then) -> None:
        """Calls ``then`` when these takes are in the take folder; drafts among them stop being drafts."""
        drafts = [row for row in rows if row.scratch and row.path]
        for row in drafts:
            row.live = False  # no other takes its place
        self._takes.touched(drafts)
        if any(row.is_dry for row in drafts):
            self._waiting.append((rows, then))
        elif drafts:
            self._adopt(drafts[0], partial(self.own, rows, then))
        else:
            then()

    def _adopt(self, row: TakeRow, then: Then) -> None:
        def adopted(entry: Entry) -> None:
            self._scratch.discard(row.path)
            row.scratch, row.path = False, entry.path
            self._takes.note(row, entry)
            then()

        def failed(error: EngineError) -> None:
            row.live = True
            self._takes.touched([row])
            self._fail(error)

        self._background.run(partial(history.adopt, self._home, Path(row.path)), adopted, failed)

    def keep(self, rows: Sequence[TakeRow], kept: bool) -> None:
        """Kept takes are never pruned."""
        self.own(rows, partial(self._mark, rows, Mark(kept=kept)))

    def rate(self, rows: Sequence[TakeRow], rating: int) -> None:
        """0 to 5 stars."""
        self.own(rows, partial(self._mark, rows, Mark(rating=rating)))

    def discard(self, rows: Sequence[TakeRow]) -> None:
        """Takes out of the list and their files into the trash; what is kept or still renders stays."""
        if any(row.kept for row in rows):
            self.said.emit(translate("Panel", "What is kept stays; press K on it first."))
        going = [row for row in rows if not row.kept and row not in self._takes.unfinished()]
        self._takes.remove(going)
        self._discarded.update(row.entry.id for row in going if row.entry)
        for row in going:
            if row.path:
                self._effects.drop(row.path)
        self._throw_away_scratch([row.path for row in going if row.path and row.scratch])
        paths = [row.path for row in going if row.path and not row.scratch]
        if paths:
            self._background.run(lambda: list(_thrown_away(self._home, paths)), self._say_all)

    def export(self, rows: Sequence[TakeRow], folder: Path) -> None:
        """Copies takes, and a table of what they are, into a folder."""

        def done(copies: list[Path]) -> None:
            self.said.emit(translate("Panel", "{0} takes are in {1}.").format(len(copies), folder))

        def owned() -> None:
            numbers = [row.entry.id for row in rows if row.entry]
            self._background.run(lambda: history.export(self._home, numbers, folder), done, self._fail)

        self.own(rows, owned)

    def _mark(self, rows: Sequence[TakeRow], opinion: Mark) -> None:
        self._marks += [(row, opinion) for row in rows if row.entry is not None]
        if not self._is_marking:
            self._mark_next()

    def _mark_next(self) -> None:
        """One after the other: of two at once, what the index said to the first could arrive last."""
        self._is_marking = bool(self._marks)
        if not self._marks:
            return
        row, opinion = self._marks.popleft()
        assert row.entry is not None

        def marked(entry: Entry) -> None:
            self._takes.note(row, entry)
            self._mark_next()

        def failed(error: EngineError) -> None:
            self._fail(error)
            self._mark_next()

        self._background.run(partial(history.mark, self._home, row.entry.id, opinion), marked, failed)

    def _throw_away_scratch(self, paths: Sequence[str]) -> None:
        if paths:
            self._background.run(lambda: history.throw_away_scratch(self._home, paths), lambda _: None)

    def _say_all(self, sentences: Sequence[str]) -> None:
        for sentence in sentences:
            self.said.emit(sentence)

    def _fail(self, error: EngineError) -> None:
        self.said.emit(in_words(error))


def envelope_of_take(row: TakeRow) -> Envelope:
    """The small waveform of a take's file. Raises EngineError."""
    recording = look_at(row.path)
    start = row.entry.place.start_frame if row.entry and recording.frames > row.frames else 0
    most = min(row.frames, MAX_ENVELOPE_SECONDS * recording.sample_rate)
    return envelope_of(read_frames(row.path, start, most))


def _thrown_away(home: Home, paths: Sequence[str]) -> Iterator[str]:
    """Into the trash where there is one; sentences about what could not go."""
    for path in paths:
        try:
            entry: Entry = history.of_path(home, path)
        except EngineError:
            continue
        if Path(path).parent.resolve() != home.takes.resolve():
            continue  # somebody gave this file its name: it is theirs
        if QFile.moveToTrash(path):
            history.forget(home, [entry.id])
        else:
            yield from map(in_our_words, history.throw_away(home, [entry.id]))
