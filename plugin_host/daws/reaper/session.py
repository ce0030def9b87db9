"""A REAPER project file: what is selected in it, and a copy of it with takes at their place. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PureWindowsPath

from plugin_host.daw import Placement
from plugin_host.daws.reaper.rpp_text import Block, Row, parse, quoted, seconds
from plugin_host.errors import DawError
from plugin_host.timeline import Take

_FADES = ("FADEIN", "FADEOUT")
_OWN_KEYS = ("IID", "IGUID", "GUID")  # of one item each
Guids = Callable[[], str]


@dataclass(frozen=True)
class ItemTake:
    """A take of an item, and which part of its file is heard (seconds)."""

    name: str
    file: Path
    offset: float
    rate: float
    is_active: bool


@dataclass(frozen=True)
class Item:
    """An item on the timeline (seconds)."""

    block: Block
    position: float
    length: float
    is_selected: bool
    takes: tuple[ItemTake, ...]

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
    return Session(lines, end, int(rate[0]) if rate else 44_100, selected, tracks)


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
    path = _second(named)
    head = block.row("TAKE")
    return ItemTake(
        _second(block.row("NAME")),
        Path(path) if PureWindowsPath(path).is_absolute() else folder / path,
        (block.numbers("SOFFS") or (0.0,))[0],
        (block.numbers("PLAYRATE") or (1.0,))[0],
        head is not None and "SEL" in head.words,
    )


def _second(row: Row | None) -> str:
    return row.words[1] if row and len(row.words) > 1 else ""


# Takes at their place


def with_takes(session: Session, takes: Sequence[Take], placement: Placement, guids: Guids) -> str:
    """The text of a project with takes of one region. Raises DawError where they can't go there."""
    if len({take.region for take in takes}) != 1:
        raise DawError("Put takes of one region at a time into a project file.")
    if placement is Placement.LANE:
        raise DawError("Lanes can't be written into a project file; let takes go to a track or a take.")
    if placement is Placement.TAKE:
        return _with_item_takes(session, takes, guids)
    return _with_track(session, takes, guids)


def _span(take: Take) -> tuple[float, float]:
    region = take.region
    return region.start / region.sample_rate, region.end / region.sample_rate


def _with_item_takes(session: Session, takes: Sequence[Take], guids: Guids) -> str:
    start, end = _span(takes[0])
    item = _around(session, start, end, 0.5 / takes[0].region.sample_rate)
    close = 0.5 / takes[0].region.sample_rate
    cuts = [item.position, start, end, item.position + item.length]
    pieces: list[str] = []
    for number, (begin, stop) in enumerate(pairwise(cuts)):
        if stop - begin > close:
            new = takes if number == 1 else ()
            pieces += _piece(session, item, (begin, stop), new, guids)
    return _replaced(session, item.block, pieces)


def _around(session: Session, start: float, end: float, close: float) -> Item:
    items = [item for track in session.tracks for item in track.items]
    fits = [
        item
        for item in items
        if item.takes and item.position - close <= start and end <= item.position + item.length + close
    ]
    if not fits:
        raise DawError("No item of the project holds the whole region; let takes go to a track.")
    return next((item for item in fits if item.is_selected), fits[0])


def _piece(
    session: Session, item: Item, span: tuple[float, float], takes: Sequence[Take], guids: Guids
) -> list[str]:
    """The item's lines, cut to a span; where it has its own ends its lines stay."""
    begin, stop = span
    whole = (item.position, item.position + item.length)
    is_first, is_last = abs(begin - whole[0]) < 1e-7, abs(stop - whole[1]) < 1e-7
    lines = list(session.lines[item.block.first : item.block.last + 1])
    rate = 1.0
    for part in _rows(item.block):
        at = part.line - item.block.first
        key = part.words[0] if part.words else ""
        rate = _rate_after(item.block, part) if key == "SOFFS" else rate
        lines[at] = _cut_line(lines[at], part, span, item, rate)
        if (key == "FADEIN" and not is_first) or (key == "FADEOUT" and not is_last):
            lines[at] = _with_words(lines[at], (*part.words[:2], "0", "0", *part.words[4:]))
        if key in _OWN_KEYS and not is_first:
            lines[at] = _with_words(lines[at], (key, guids())) if key != "IID" else ""
        if takes and key == "TAKE":
            lines[at] = lines[at].replace(" SEL", "")
    inner = _indent(lines[0]) + "  "
    added = [row for number, take in enumerate(takes) for row in _take_lines(take, inner, number == 0, guids)]
    return [line for line in (*lines[:-1], *added, lines[-1]) if line]


def _rows(block: Block) -> Iterator[Row]:
    return (part for part in block.parts if isinstance(part, Row))


def _rate_after(block: Block, offset: Row) -> float:
    """The play rate of the take whose SOFFS this is: its line comes after it."""
    rates = (row for row in _rows(block) if row.line > offset.line and row.words[:1] == ("PLAYRATE",))
    found = next(rates, None)
    return float(found.words[1]) if found else 1.0


def _cut_line(line: str, row: Row, span: tuple[float, float], item: Item, rate: float) -> str:
    begin, stop = span
    match row.words[:1]:
        case ("POSITION",):
            return line if begin == item.position else _with_words(line, ("POSITION", seconds(begin)))
        case ("LENGTH",):
            return (
                line if span == (item.position, item.position + item.length) else _length(line, begin, stop)
            )
        case ("SOFFS",) if begin != item.position:
            offset = float(row.words[1]) + (begin - item.position) * rate
            return _with_words(line, ("SOFFS", seconds(offset), *row.words[2:]))
    return line


def _length(line: str, begin: float, stop: float) -> str:
    return _with_words(line, ("LENGTH", seconds(stop - begin)))


def _with_words(line: str, words: Sequence[str]) -> str:
    return _indent(line) + " ".join(words)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _take_lines(take: Take, indent: str, is_active: bool, guids: Guids) -> Iterator[str]:
    """One more take of an item that has one."""
    yield indent + ("TAKE SEL" if is_active else "TAKE")
    yield from _sound_lines(take, indent, guids, "TAKEVOLPAN 0 1 -1")


def _sound_lines(take: Take, indent: str, guids: Guids, level: str) -> Iterator[str]:
    yield f"{indent}NAME {quoted(take.name)}"
    yield from (indent + row for row in (level, "SOFFS 0", "PLAYRATE 1 1 0 -1 0 0.0025", "CHANMODE 0"))
    yield f"{indent}GUID {guids()}"
    yield from (f"{indent}<SOURCE WAVE", f"{indent}  FILE {quoted(str(take.path))}", f"{indent}>")


def _with_track(session: Session, takes: Sequence[Take], guids: Guids) -> str:
    """A track of its own for them, below the selected one or the last."""
    if not session.tracks:
        raise DawError("The project has no track; make one in REAPER first.")
    above = next((track for track in session.tracks if track.is_selected), session.tracks[-1])
    indent = _indent(session.lines[above.block.first])
    name = quoted(f"{above.name or 'Track'} Punch-In")
    rows = [f"{indent}<TRACK {guids()}", f"{indent}  NAME {name}", *_item_lines(takes, indent + "  ", guids)]
    lines = session.lines
    return session.end.join(
        (*lines[: above.block.last + 1], *rows, f"{indent}>", *lines[above.block.last + 1 :])
    )


def _item_lines(takes: Sequence[Take], indent: str, guids: Guids) -> Iterator[str]:
    start, end = _span(takes[0])
    yield f"{indent}<ITEM"
    inner = indent + "  "
    rows = (f"POSITION {seconds(start)}", f"LENGTH {seconds(end - start)}", "LOOP 0")
    yield from (
        inner + row for row in (*rows, *(f"{fade} 1 0 0 1 0 0 0" for fade in _FADES), f"IGUID {guids()}")
    )
    yield from _sound_lines(takes[0], inner, guids, "VOLPAN 1 0 1 -1")
    for take in takes[1:]:
        yield from _take_lines(take, inner, False, guids)
    yield f"{indent}>"


def _replaced(session: Session, block: Block, lines: Sequence[str]) -> str:
    return session.end.join((*session.lines[: block.first], *lines, *session.lines[block.last + 1 :]))
