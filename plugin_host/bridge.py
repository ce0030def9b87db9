"""The line from a selection in a DAW to takes in place, over the four verbs of its adapter."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from engine.errors import EngineError
from engine.protocol.replies import Cancelled, Done, Failed, Notice, Progress, Queued, Reply, TakeDone
from engine.protocol.requests import FileSource, RenderRequest, frames
from plugin_host.daw import Daw, Excerpt, JoinsTakes, Placement, Selection, SelectsSeveral
from plugin_host.errors import DawError
from plugin_host.takes import header_of
from plugin_host.timeline import Region, Take

__all__ = [
    "HANDLES_SECONDS",
    "Daw",
    "Engine",
    "Excerpt",
    "MakeRequest",
    "Placement",
    "Selection",
    "Stopped",
    "Watch",
    "punch_in",
    "put_in",
    "source_of",
    "take_all_out",
    "take_out",
]

# As much of the surroundings as a model of ten seconds has room for beside a short region.
HANDLES_SECONDS = 8.0


class Engine(Protocol):
    """What the line needs of an engine: ``engine.client.Client``, or a test's."""

    def render(self, request: RenderRequest) -> Iterator[Reply]:
        """Sends a job; yields its replies to the last. Raises EngineError."""


MakeRequest = Callable[[FileSource, Region], RenderRequest]
Watch = Callable[[Reply], None]
Treat = Callable[[Take], None]


class Stopped(DawError):  # noqa: N818 - it is how a job ends, not an error
    """The job was cancelled before all of its takes were there."""


def take_out(daw: Daw, folder: Path, handles_seconds: float = HANDLES_SECONDS) -> Excerpt:
    """What is selected, as a file in ``folder``, checked. Raises DawError."""
    return _exported(daw, daw.selection(), folder, handles_seconds)


def take_all_out(
    daw: Daw, folder: Path, handles_seconds: float = HANDLES_SECONDS
) -> tuple[tuple[Selection, Excerpt], ...]:
    """The same of everything that is selected, where the DAW can say so. Raises DawError."""
    several = daw.selections() if isinstance(daw, SelectsSeveral) else (daw.selection(),)
    return tuple((one, _exported(daw, one, folder, handles_seconds)) for one in several)


def _exported(daw: Daw, selection: Selection, folder: Path, handles_seconds: float) -> Excerpt:
    handles = round(handles_seconds * selection.region.sample_rate)
    excerpt = daw.export(selection, handles, folder)
    _check_excerpt(excerpt, selection.region, daw.name)
    return excerpt


def source_of(excerpt: Excerpt) -> FileSource:
    """The selection within the file of the excerpt, as the engine is told of it."""
    start = excerpt.region.start - excerpt.start
    return FileSource(str(excerpt.path), frames(start), frames(start + excerpt.region.frames))


def punch_in(
    daw: Daw,
    engine: Engine,
    make_request: MakeRequest,
    folder: Path,
    placement: Placement | None = None,
    handles_seconds: float = HANDLES_SECONDS,
    watch: Watch = lambda _reply: None,
    treat: Treat = lambda _take: None,
) -> tuple[Take, ...]:
    """The whole line: what is selected goes out, through the engine, and its takes appear in place.

    Each take appears as soon as it is done where the DAW can join takes, and otherwise all when the last is;
    those that have appeared stay, however the job ends. The DAW is told how it goes, and why it does not.
    ``folder`` takes the excerpt; takes are made where the engine makes them, and stay there whatever the DAW
    says to them. ``placement`` None: the DAW's first choice. ``treat`` changes a take's file before it goes
    in. Of several things that are selected each is a request, one after the other. Raises DawError, Stopped
    among them.
    """
    putting = _Putting(daw, _placement(daw, placement), treat)
    with _told(daw):
        for selection, excerpt in take_all_out(daw, folder, handles_seconds):
            request = make_request(source_of(excerpt), excerpt.region)
            if request.time_reference < 0:  # so that the file itself says where it belongs
                request = replace(request, time_reference=excerpt.region.start)
            _follow(daw, engine.render(request), selection, watch, putting)
        putting.finish()
        daw.tell(f"Punch-In: {_so_many(len(putting.placed))} in place.")
    return tuple(putting.placed)


class _Putting:
    """The takes of one punch on their way into the DAW, in the order in which they are done."""

    def __init__(self, daw: Daw, placement: Placement, treat: Treat) -> None:
        self._daw = daw
        self._placement = placement
        self._treat = treat
        self._joins = isinstance(daw, JoinsTakes)
        self.placed: list[Take] = []
        self.waiting: list[Take] = []

    def push(self, take: Take) -> None:
        """One more is done. What is in the way of putting it may be gone when the job ends, and is said then.

        Raises EngineError where its treatment fails.
        """
        self.waiting.append(take)
        self._treat(take)
        if self._joins:
            try:
                self._put()
            except DawError as error:
                self._joins = False
                _tell_what_can_be_told(self._daw, error.sentence)

    def finish(self) -> None:
        """Puts what is still waiting. Raises DawError, which says where takes are."""
        if self.waiting:
            try:
                self._put()
            except DawError as error:
                raise DawError(self.said(error.sentence)) from error

    def said(self, sentence: str) -> str:
        """That, and where the takes are that were done before."""
        placed = f"{_are(len(self.placed))} in place." if self.placed else ""
        return " ".join(filter(None, (sentence, placed, _kept(take.path for take in self.waiting))))

    def _put(self) -> None:
        takes = tuple(self.waiting)
        if isinstance(self._daw, JoinsTakes) and self.placed:
            self._daw.join(takes, self._placement, tuple(self.placed))
        else:
            self._daw.insert(takes, self._placement)
        self.placed += takes
        self.waiting.clear()


def put_in(daw: Daw, takes: Sequence[Take], placement: Placement | None = None) -> None:
    """Takes appear where they belong. Raises DawError, which says where their files stay."""
    placement = _placement(daw, placement)
    try:
        daw.insert(takes, placement)
    except DawError as error:
        raise DawError(f"{error.sentence} {_kept(take.path for take in takes)}".strip()) from error


def _placement(daw: Daw, asked: Placement | None) -> Placement:
    if asked is not None and asked not in daw.placements:
        possible = ", ".join(daw.placements)
        raise DawError(f"In {daw.name}, takes can't become a {asked}; choose one of these: {possible}.")
    return asked or daw.placements[0]


@contextlib.contextmanager
def _told(daw: Daw) -> Iterator[None]:
    """What goes wrong inside is told in the DAW, too, where whoever asked for it is looking."""
    try:
        yield
    except EngineError as error:
        _tell_what_can_be_told(daw, error.sentence)
        raise DawError(error.sentence) from error
    except DawError as error:
        _tell_what_can_be_told(daw, error.sentence)
        raise


def _tell_what_can_be_told(daw: Daw, sentence: str) -> None:
    with contextlib.suppress(DawError):  # the DAW itself may be what is gone
        daw.tell(f"Punch-In: {sentence}")


def _follow(
    daw: Daw, replies: Iterator[Reply], selection: Selection, watch: Watch, putting: _Putting
) -> None:
    """Sees one job through; a failure says in its sentence where the takes are that were done before."""
    told = ""
    try:
        for reply in replies:
            watch(reply)
            if (news := _news(reply, len(putting.placed))) not in ("", told):
                daw.tell(news)
                told = news
            match reply:
                case TakeDone():
                    putting.push(_take(reply, selection))
                case Failed():
                    raise DawError(reply.sentence)
                case Cancelled():
                    raise Stopped("The job was cancelled.")
                case Done():
                    return
    except (EngineError, DawError) as error:
        kind = Stopped if isinstance(error, Stopped) else DawError
        raise kind(putting.said(error.sentence)) from error
    raise DawError(putting.said("The engine ended before the job did."))


def _news(reply: Reply, placed: int) -> str:
    """What is worth a line in the DAW, where so many takes are in place."""
    match reply:
        case Queued(position=position) if position:
            return f"Punch-In: waiting for {position} other {'job' if position == 1 else 'jobs'}."
        case Progress(stage=stage, step=step, total=total, seconds_left=left):
            percent = f" {100 * step // total} %" if total else ""
            rest = f", {left:.0f} s left" if left >= 0 else ""
            return f"Punch-In: {stage}{percent}{rest}" + (f", {placed} in place" if placed else "")
        case Notice(sentence=sentence):
            return f"Punch-In: {sentence}"
    return ""


def _take(reply: TakeDone, selection: Selection) -> Take:
    path, region = Path(reply.path), selection.region
    length, rate = header_of(path)
    if (length, rate) != (region.frames, region.sample_rate):
        raise DawError(
            f"The take {path} has {length} frames at {rate} Hz, and the selection {region.frames} at "
            f"{region.sample_rate} Hz: it was not put into the session."
        )
    return Take(path, region, path.stem, selection.tracks[0] if selection.tracks else None)


def _check_excerpt(excerpt: Excerpt, region: Region, name: str) -> None:
    length, rate = header_of(excerpt.path)
    before, end = region.start - excerpt.start, region.end - excerpt.start
    if excerpt.region != region or rate != region.sample_rate or before < 0 or end > length:
        raise DawError(
            f"{name} was asked for frames {region.start} to {region.end} at {region.sample_rate} Hz and gave "
            f"{excerpt.start} to {excerpt.start + length} at {rate} Hz: select what lies in a recording."
        )


def _so_many(number: int) -> str:
    return "1 take" if number == 1 else f"{number} takes"


def _are(number: int) -> str:
    return f"{_so_many(number)} {'is' if number == 1 else 'are'}"


def _kept(paths: Iterable[Path]) -> str:
    """Where takes are that did not get into the session."""
    names = [str(path) for path in paths]
    return f"{_so_many(len(names))} made before that can still be used: {', '.join(names)}." if names else ""
