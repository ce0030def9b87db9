"""The user's own sounds: found, heard, and made the source of new ones."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import Hit
from gui.models.ask import Task
from gui.models.asking import AskModel
from gui.models.audition import Audition
from gui.models.background import Background, Work
from gui.models.error_words import in_words
from gui.models.library_folders import LibraryFolders
from gui.models.library_search import LibrarySearch
from gui.models.source import SourceModel
from gui.models.timeline import Span
from gui.models.words import translate
from gui.sound.recording import Recording, look_at


class Library(QObject):
    """What is found, which folders it is in, and what is done with a hit."""

    said = Signal(str)
    used = Signal()  # a hit is the recording now

    def __init__(
        self,
        search: LibrarySearch,
        folders: LibraryFolders,
        background: Background,
        source: SourceModel,
        asking: AskModel,
        audition: Audition,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.search, self.folders = search, folders
        self._background, self._looking = background, Work()
        self._source, self._asking, self._audition = source, asking, audition
        folders.said.connect(self.said)

    def hear(self, hit: Hit, whole: bool = False) -> None:
        """Plays its stretch, or all of its file; stops what plays of it already."""
        if self._audition.is_on and self._audition.file == hit.path:
            self._audition.stop()
            return

        def play(recording: Recording) -> None:
            span = Span(0, recording.frames)
            self._audition.play_file(recording, span if whole else stretch_of(hit).within(span) or span)

        self._look_at(hit, play)

    def use(self, hit: Hit) -> None:
        """Opens it, its stretch chosen and to be restyled: the main button makes takes of it."""

        def open_it(_recording: Recording) -> None:
            self._audition.stop()
            self._source.open(hit.path, (hit.start_frame, hit.end_frame))
            self._asking.set(task=Task.RESTYLE, loop=False, vary=0.0)
            self.used.emit()

        self._look_at(hit, open_it)

    def _look_at(self, hit: Hit, then: Callable[[Recording], None]) -> None:
        self._looking.drop()
        self._looking = self._background.run(
            lambda: look_at(hit.path), then, lambda error: self._missed(hit, error)
        )

    def _missed(self, hit: Hit, error: EngineError) -> None:
        if error.code is not ErrorCode.NOT_FOUND:
            self.said.emit(in_words(error))
            return
        self.search.found.lose(hit.path)
        text = translate("Panel", "{0} has gone; index its folder again, so that it is found where it is.")
        self.said.emit(text.format(hit.path))


def stretch_of(hit: Hit) -> Span:
    """The part of the file that fits what was looked for."""
    return Span(hit.start_frame, hit.end_frame)
