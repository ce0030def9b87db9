"""A REAPER project file: its tracks, items and takes, and what is selected of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from plugin_host.daws.reaper.rpp_text import Block, Row, parse
from plugin_host.errors import DawError


@dataclass(frozen=True)
class ItemTake:
    """A take of an item, and which part of its file is heard (seconds)."""

    name: str
    file: Path | None  # None: MIDI, or what else is no file
    offset: float
    is_active: bool
    is_plain: bool  # its file as it is: not stretched, pitched, reversed or a section
    channel_mode: str = "0"


@dataclass(frozen=True)
class Item:
    """An item on the timeline (seconds)."""

    block: Block
    position: float
    length: float
    is_selected: bool
    takes: tuple[ItemTake, ...]

    @property
    def end(self) -> float:
        """Where it ends."""
        return self.position + self.length

    @property
    def active(self) -> ItemTake:
        """The take that is heard. Raises DawError for an empty item."""
        if not self.takes:
            raise DawError("The item is empty; select one with sound.")
        return next((take for take in self.takes if take.is_active), self.takes[0])


@dataclass(frozen=True)
class SessionTrack:
    """A track."""

    block: Block
    name: str
    is_selected: bool
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Session:
    """A project as it was saved."""

    lines: tuple[str, ...]
    end: str  # of a line
    sample_rate: int
    times: tuple[float, float] | None  # the time selection, in seconds
    tracks: tuple[SessionTrack, ...]
    media: Path  # where its recordings go


def read_session(text: str, folder: Path) -> Session:
    """The project of a text; ``folder`` is where files are that it names without one. Raises DawError."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = tuple(text.split(end))
    project = parse(lines)
    if project.tag != "REAPER_PROJECT":
        raise DawError("This is no REAPER project.")
    rate = project.numbers("SAMPLERATE")
    times = project.numbers("SELECTION") or (0.0, 0.0)
    tracks = tuple(_track(block, folder) for block in project.blocks("TRACK"))
    selected = (times[0], times[1]) if times[1] > times[0] else None
    media = folder / (_path(_second(project.row("RECORD_PATH")), folder) or folder)
    return Session(lines, end, int(rate[0]) if rate else 44_100, selected, tracks, media)


def _track(block: Block, folder: Path) -> SessionTrack:
    name = block.row("NAME")
    items = tuple(_item(item, folder) for item in block.blocks("ITEM"))
    return SessionTrack(block, _second(name), block.numbers("SEL")[:1] == (1.0,), items)


def _item(block: Block, folder: Path) -> Item:
    position, length = block.numbers("POSITION"), block.numbers("LENGTH")
    if not position or not length:
        raise DawError(f"The item at line {block.first + 1} has no place; save the project again in REAPER.")
    takes = tuple(_take(list(parts), folder) for parts in _takes(block))
    return Item(block, position[0], length[0], block.numbers("SEL")[:1] == (1.0,), takes)


def _takes(block: Block) -> Iterator[Sequence[Row | Block]]:
    """The parts of each take that has a source; a line TAKE begins the next one."""
    parts: list[Row | Block] = []
    for part in (*block.parts, Row(block.last, ("TAKE",))):
        if isinstance(part, Row) and part.words[:1] == ("TAKE",):
            if any(isinstance(found, Block) and found.tag == "SOURCE" for found in parts):
                yield parts
            parts = []
        parts.append(part)


def _take(parts: Sequence[Row | Block], folder: Path) -> ItemTake:
    block = Block(("TAKE",), 0, 0, tuple(parts))
    source = next(block.blocks("SOURCE"))
    named = source.row("FILE") or next((inner.row("FILE") for inner in source.blocks("SOURCE")), None)
    path, head = _second(named), block.row("TAKE")
    played = block.numbers("PLAYRATE")
    return ItemTake(
        _second(block.row("NAME")),
        _path(path, folder),
        (block.numbers("SOFFS") or (0.0,))[0],
        head is not None and "SEL" in head.words,
        played[:1] in ((), (1.0,)) and played[2:3] in ((), (0.0,)) and source.words[1:2] != ("SECTION",),
        _second(block.row("CHANMODE")) or "0",
    )


def _path(named: str, folder: Path) -> Path | None:
    if not named:
        return None
    return Path(named) if PureWindowsPath(named).is_absolute() else folder / named


def _second(row: Row | None) -> str:
    return row.words[1] if row and len(row.words) > 1 else ""
