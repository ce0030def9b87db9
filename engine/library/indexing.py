"""A folder taken into the index: what is new is heard, what moved recognised, what is gone forgotten."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from engine.audio.source import check_name, inspect_recording, open_bytes
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.library import shelf
from engine.library.database import Database, opened
from engine.library.folder import FoundFile, Walk, check_folder, is_below
from engine.library.hearing import check_length, hear
from engine.library.models import deafness, enrol
from engine.library.wording import descriptions, words_of_name
from engine.models.interface import Model
from engine.protocol.library_requests import IndexRequest
from engine.protocol.replies import Done, Indexed, Notice, Progress, Reply, Skipped
from engine.stopwatch import Stopwatch

_Result = TypeVar("_Result")

# Read between two looks whether the job was cancelled.
_HASH_BYTES = 1 << 22
# Files that are listed between two such looks.
_LISTED_TOGETHER = 1000
# Texts that are read in one call.
_TEXTS_TOGETHER = 32


def index_folder(
    request: IndexRequest, model: Model, home: Home, clock: Callable[[], float]
) -> Iterator[Reply]:
    """Progress, Skipped for what can't be used, then Indexed and Done; ``clock`` counts seconds.

    Each file is noted as soon as it was heard: a run that is stopped, or dies, is gone on with by the next.
    Raises EngineError: NOT_FOUND for a folder that is not there, CANT_WRITE, TOO_MUCH.
    """
    watch = Stopwatch(clock)
    folder = check_folder(request.folder)
    with opened(home) as database:
        yield from (Notice(request.job_id, sentence) for sentence in database.notices)
        number, replaced = enrol(database, model.specification)
        yield from _remarks(request.job_id, model, replaced)
        counts = shelf.begin_folder(database, str(folder))
        run = _Run(request.job_id, folder, model, database, number, clock, counts)
        try:
            yield from run.steps(watch)
        except BaseException:
            shelf.leave_folder(database, str(folder), counts)
            raise
        shelf.finish_folder(database, str(folder), time.time())
        yield run.summary()
    yield Done(request.job_id, 0, watch.timings())


def _remarks(job_id: str, model: Model, replaced: bool) -> Iterator[Notice]:
    name = model.specification.name
    if replaced:
        yield Notice(job_id, f"The model {name} is not what it was: everything is heard anew.")
    yield from deafness(job_id, model)


@dataclass
class _Run:
    """One run over one folder, and what it came to so far."""

    job_id: str
    folder: Path
    model: Model
    database: Database
    number: int  # the model's, in the index
    clock: Callable[[], float]
    counts: shelf.Counts
    known: dict[str, shelf.Known] = field(default_factory=dict)
    todo: list[FoundFile] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)  # files that are where they were no more
    done: int = 0  # of them
    bytes_done: int = 0
    bytes_left: int = 0
    begun: float = 0.0
    problems: int = 0

    @property
    def hears(self) -> bool:
        """Whether the model has ears."""
        return self.model.specification.ranking is not None

    def steps(self, watch: Stopwatch) -> Iterator[Reply]:
        """Everything, in order."""
        with watch.stage("reading"):
            yield from self.look_around()
        with watch.stage("listening"):
            yield from self.listen()
        with watch.stage("names"):
            yield from self.read_texts()

    # What there is

    def look_around(self) -> Iterator[Reply]:
        """Finds what is to be done, and what is gone."""
        self.known = shelf.known_files(self.database, str(self.folder), self.number)
        walk, seen = Walk(self.folder), set[str]()
        for count, file in enumerate(walk.files()):
            seen.add(file.path)
            yield from self._sort_by_name(file)
            if count % _LISTED_TOGETHER == 0:
                yield Progress(self.job_id, "reading", 0, 0, -1.0)
        for closed in map(_shown, walk.closed):
            yield self._skip(closed, f"The folder {closed} can't be looked into; what was known of it stays.")
        self.bytes_left = sum(file.size for file in self.todo)
        self.lost = [path for path in self.known if path not in seen and not _is_in(path, walk.closed)]

    def _sort_by_name(self, file: FoundFile) -> Iterator[Reply]:
        """What has a name that no message and no table can carry is told at once."""
        try:
            check_name(file.path)
        except EngineError as error:
            yield self._skip(_shown(file.path), error.sentence)
        else:
            yield from self._sort(file, self.known.get(file.path))

    def _sort(self, file: FoundFile, known: shelf.Known | None) -> Iterator[Reply]:
        """Nothing need be done about a file that is as it was."""
        is_same = known is not None and (known.size, known.changed) == (file.size, file.changed)
        if known is not None and is_same and known.problem:
            yield self._skip(file.path, known.problem)
        elif known is None or not is_same or (self.hears and not known.heard):
            self.todo.append(file)

    # Listening

    def listen(self) -> Iterator[Reply]:
        """Hears what is new, then forgets what is gone: a sound that moved is known by then."""
        self.begun = self.clock()
        for file in self.todo:
            yield self._progress()
            try:
                yield from self._take_in(file)
            except EngineError as error:
                if error.code not in (ErrorCode.BAD_AUDIO, ErrorCode.NOT_FOUND):
                    raise
                shelf.remove_files(self.database, [file.path])  # what was known of it is not true any more
                yield self._skip(file.path, error.sentence)
            self.done += 1
            self.bytes_done += file.size
            self.bytes_left -= file.size
        shelf.remove_files(self.database, self.lost)
        self.counts.gone += len(self.lost)
        yield self._progress()

    def _take_in(self, file: FoundFile) -> Iterator[Reply]:
        path = Path(file.path)
        digest = yield from self._meanwhile(_digest(path))
        sound = shelf.find_sound(self.database, digest, self.number)
        if sound is None or (self.hears and not sound.heard and not sound.problem):
            sound = yield from self._meanwhile(self._hear(path, digest))
        elif file.path not in self.known:
            self.counts.moved += 1
        texts = (words_of_name(path, self.folder), *(() if sound.problem else descriptions(path)))
        shelf.put_file(self.database, file, sound.id, filter(None, texts))
        if sound.problem:
            yield self._skip(file.path, sound.problem)

    def _hear(self, path: Path, digest: str) -> Generator[None, None, shelf.Sound]:
        """Listens, and notes what was heard, or why nothing was."""
        info, problem, spans = None, "", None
        try:
            info = inspect_recording(path)
            check_length(info)
            if self.hears:
                spans = yield from hear(path, self.model)
                self.counts.heard += 1
        except EngineError as error:
            if error.code is not ErrorCode.BAD_AUDIO:
                raise
            problem = error.sentence.replace(
                str(path), path.name
            )  # the same sound may lie elsewhere tomorrow
        number = shelf.put_sound(self.database, digest, info, problem, self.number, spans)
        return shelf.Sound(number, problem, spans is not None)

    def _meanwhile(self, steps: Generator[None, None, _Result]) -> Generator[Reply, None, _Result]:
        """What ``steps`` comes to; each step is a moment to be cancelled at."""
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                result: _Result = stop.value
                return result
            yield self._progress()

    # Reading

    def read_texts(self) -> Iterator[Reply]:
        """Lets the model read what names and descriptions say."""
        while texts := shelf.unread_texts(self.database, self.number, _TEXTS_TOGETHER):
            vectors = self.model.encode_text([text for _, text in texts])
            vectors = vectors.reshape(len(texts), -1)
            shelf.put_texts(self.database, self.number, [number for number, _ in texts], vectors)
            yield self._progress()

    # News

    def summary(self) -> Indexed:
        """What it came to."""
        known = shelf.known_files(self.database, str(self.folder), self.number).values()
        sounds = sum(not file.problem for file in known)
        counts = self.counts
        return Indexed(self.job_id, sounds, counts.heard, counts.moved, counts.gone, self.problems)

    def _progress(self) -> Progress:
        """What is left is reckoned from the bytes that are done."""
        spent = self.clock() - self.begun
        left = spent * self.bytes_left / self.bytes_done if self.bytes_done else -1.0
        return Progress(self.job_id, "listening", self.done, len(self.todo), left)

    def _skip(self, path: str, sentence: str) -> Skipped:
        self.problems += 1
        return Skipped(self.job_id, path, sentence)


def _digest(path: Path) -> Generator[None, None, str]:
    """The SHA-256 of a file; yields while it reads. Raises EngineError(NOT_FOUND or BAD_AUDIO)."""
    digest = hashlib.sha256()
    with open_bytes(path) as file:
        while data := file.read(_HASH_BYTES):
            digest.update(data)
            yield
    return digest.hexdigest()


def _shown(path: str) -> str:
    """A path as a message can carry it."""
    return path.encode("utf-8", "replace").decode("utf-8")


def _is_in(path: str, folders: Collection[str]) -> bool:
    return any(is_below(path, folder) for folder in folders)
