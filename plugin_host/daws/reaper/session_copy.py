"""The text of a REAPER project with takes at their place: edits of lines, all others stay. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from plugin_host.daw import Placement
from plugin_host.daws.reaper.rpp_text import Block, Row, quoted, seconds
from plugin_host.daws.reaper.session import Item, Session, SessionTrack
from plugin_host.errors import DawError
from plugin_host.timeline import Take

_FADES = ("FADEIN", "FADEOUT")
_OWN_KEYS = ("IID", "IGUID", "GUID")  # of one item each
_SAME = 1e-7  # seconds; a frame at 192 kHz has fifty times as many
Guids = Callable[[], str]


@dataclass(frozen=True)
class Placed:
    """Takes of one region, and where they go: ``start`` and ``end`` in seconds, one frame's ``close``.

    ``item`` is what they were made of, where that is known.
    """

    takes: tuple[Take, ...]
    start: float
    end: float
    close: float
    item: Item | None = None


@dataclass(frozen=True)
class _Edit:
    """Lines in place of ``first`` to ``last``, which is ``first - 1`` where they only come in between."""

    first: int
    last: int
    lines: tuple[str, ...]


def with_takes(session: Session, places: Sequence[Placed], placement: Placement, guids: Guids) -> str:
    """The text of a project with takes in it. Raises DawError where they can't go there."""
    if placement is Placement.LANE:
        raise DawError("Lanes can't be written into a project file; let takes go to a track or a take.")
    edits = _item_edits if placement is Placement.TAKE else _track_edits
    return session.end.join(_edited(session.lines, tuple(edits(session, places, guids))))


def _edited(lines: Sequence[str], edits: Sequence[_Edit]) -> Iterator[str]:
    here = 0
    for edit in sorted(edits, key=lambda edit: edit.first):
        yield from lines[here : edit.first]
        yield from edit.lines
        here = edit.last + 1
    yield from lines[here:]


# Takes of an item


def _item_edits(session: Session, places: Sequence[Placed], guids: Guids) -> Iterator[_Edit]:
    """Each item once, however many regions lie in it."""
    by_item: dict[int, tuple[Item, list[Placed]]] = {}
    for place in places:
        item = place.item or _around(session, place)
        by_item.setdefault(item.block.first, (item, []))[1].append(place)
    for item, within in by_item.values():
        yield _Edit(item.block.first, item.block.last, tuple(_pieces(session, item, within, guids)))


def _around(session: Session, place: Placed) -> Item:
    items = [item for track in session.tracks for item in track.items]
    fits = [
        item
        for item in items
        if item.takes and item.position - place.close <= place.start and place.end <= item.end + place.close
    ]
    if not fits:
        raise DawError("No item of the project holds the whole region; let takes go to a track.")
    return next((item for item in fits if item.is_selected), fits[0])


def _pieces(session: Session, item: Item, places: Sequence[Placed], guids: Guids) -> Iterator[str]:
    """The item, cut at the ends of each region; what is less than a frame is no piece."""
    ordered = sorted(places, key=lambda place: place.start)
    if any(one.end - one.close > other.start for one, other in pairwise(ordered)):
        raise DawError("Two of these regions overlap in one item; let takes go to a track.")
    here, is_first = item.position, True
    for place in ordered:
        begin, stop = _within(item, place, here)
        if begin - here > place.close:
            yield from _piece(session, item, _Cut(here, begin, is_first), (), guids)
            is_first = False
        cut = _Cut(begin, stop, is_first, max(0.0, begin - place.start))
        yield from _piece(session, item, cut, place.takes, guids)
        here, is_first = stop, False
    if item.end - here > places[0].close:
        yield from _piece(session, item, _Cut(here, item.end, False), (), guids)


def _within(item: Item, place: Placed, here: float) -> tuple[float, float]:
    """Where the region's piece begins and ends, not before ``here``; it takes along what is left behind it.

    A start is not drawn back to the item's, though less than a frame away: the take would be early.
    """
    begin = here if place.start < here + _SAME else place.start
    stop = item.end if place.end > item.end - place.close else place.end
    return begin, stop


@dataclass(frozen=True)
class _Cut:
    """A stretch of an item (seconds); its new takes begin ``late`` in their files."""

    begin: float
    stop: float
    is_first: bool
    late: float = 0.0


def _piece(session: Session, item: Item, cut: _Cut, takes: Sequence[Take], guids: Guids) -> Iterator[str]:
    """The item's lines, cut; where it has its own ends its lines stay."""
    lines = list(session.lines[item.block.first : item.block.last + 1])
    rate, is_last = 1.0, cut.stop == item.end
    for part in _rows(item.block):
        at = part.line - item.block.first
        key = part.words[0] if part.words else ""
        rate = _rate_after(item.block, part) if key == "SOFFS" else rate
        lines[at] = _cut_line(lines[at], part, cut, item, rate)
        if (key == "FADEIN" and not cut.is_first) or (key == "FADEOUT" and not is_last):
            lines[at] = _with_words(lines[at], (*part.words[:2], "0", "0", *part.words[4:]))
        if key in _OWN_KEYS and not cut.is_first:
            lines[at] = _with_words(lines[at], (key, guids())) if key != "IID" else ""
        if takes and key == "TAKE":
            lines[at] = lines[at].replace(" SEL", "")
    inner, sound = _indent(lines[0]) + "  ", _Sound(cut.late, item.active.channel_mode)
    yield from (line for line in lines[:-1] if line)
    for number, take in enumerate(takes):
        yield from _take_lines(take, sound, inner, number == 0, guids)
    yield lines[-1]


def _rows(block: Block) -> Iterator[Row]:
    return (part for part in block.parts if isinstance(part, Row))


def _rate_after(block: Block, offset: Row) -> float:
    """The play rate of the take whose SOFFS this is: its line comes after it."""
    rates = (row for row in _rows(block) if row.line > offset.line and row.words[:1] == ("PLAYRATE",))
    found = next(rates, None)
    return float(found.words[1]) if found else 1.0


def _cut_line(line: str, row: Row, cut: _Cut, item: Item, rate: float) -> str:
    match row.words[:1]:
        case ("POSITION",) if cut.begin != item.position:
            return _with_words(line, ("POSITION", seconds(cut.begin)))
        case ("LENGTH",) if (cut.begin, cut.stop) != (item.position, item.end):
            return _with_words(line, ("LENGTH", seconds(cut.stop - cut.begin)))
        case ("SOFFS",) if cut.begin != item.position:
            offset = float(row.words[1]) + (cut.begin - item.position) * rate
            return _with_words(line, ("SOFFS", seconds(offset), *row.words[2:]))
    return line


def _with_words(line: str, words: Sequence[str]) -> str:
    return _indent(line) + " ".join(words)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


# Takes on tracks of their own


def _track_edits(session: Session, places: Sequence[Placed], guids: Guids) -> Iterator[_Edit]:
    """Below the track that regions were made of, as many as they need so that none lies over another."""
    if not session.tracks:
        raise DawError("The project has no track; make one in REAPER first.")
    by_track: dict[int, tuple[SessionTrack, list[Placed]]] = {}
    for place in places:
        above = _track_of(session, place)
        by_track.setdefault(above.block.first, (above, []))[1].append(place)
    for above, group in by_track.values():
        lines = [line for row in _side_by_side(group) for line in _track_lines(session, above, row, guids)]
        yield _Edit(above.block.last + 1, above.block.last, tuple(lines))


def _track_of(session: Session, place: Placed) -> SessionTrack:
    """The one of its item, else the selected one or the last."""
    if place.item is not None:
        line = place.item.block.first
        return next(track for track in session.tracks if track.block.first < line < track.block.last)
    return next((track for track in session.tracks if track.is_selected), session.tracks[-1])


def _side_by_side(places: Sequence[Placed]) -> list[list[Placed]]:
    rows: list[list[Placed]] = []
    for place in sorted(places, key=lambda place: place.start):
        free = next((row for row in rows if row[-1].end - place.close < place.start), None)
        if free is None:
            rows.append([place])
        else:
            free.append(place)
    return rows


def _track_lines(
    session: Session, above: SessionTrack, places: Sequence[Placed], guids: Guids
) -> Iterator[str]:
    indent = _indent(session.lines[above.block.first])
    yield f"{indent}<TRACK {guids()}"
    yield f"{indent}  NAME {quoted((above.name or 'Track') + ' Punch-In')}"
    for place in places:
        yield from _item_lines(place, indent + "  ", guids)
    yield f"{indent}>"


def _item_lines(place: Placed, indent: str, guids: Guids) -> Iterator[str]:
    yield f"{indent}<ITEM"
    inner = indent + "  "
    rows = (f"POSITION {seconds(place.start)}", f"LENGTH {seconds(place.end - place.start)}", "LOOP 0")
    yield from (
        inner + row for row in (*rows, *(f"{fade} 1 0 0 1 0 0 0" for fade in _FADES), f"IGUID {guids()}")
    )
    sound = _Sound(0.0, place.item.active.channel_mode if place.item else "0")
    yield from _sound_lines(place.takes[0], sound, inner, guids, "VOLPAN 1 0 1 -1")
    for take in place.takes[1:]:
        yield from _take_lines(take, sound, inner, False, guids)
    yield f"{indent}>"


# The lines of a take


@dataclass(frozen=True)
class _Sound:
    """How a take's file is played: from ``late`` seconds on, its channels as the item's own."""

    late: float
    channel_mode: str


def _take_lines(take: Take, sound: _Sound, indent: str, is_active: bool, guids: Guids) -> Iterator[str]:
    """One more take of an item that has one."""
    yield indent + ("TAKE SEL" if is_active else "TAKE")
    yield from _sound_lines(take, sound, indent, guids, "TAKEVOLPAN 0 1 -1")


def _sound_lines(take: Take, sound: _Sound, indent: str, guids: Guids, level: str) -> Iterator[str]:
    yield f"{indent}NAME {quoted(take.name)}"
    played = (level, f"SOFFS {seconds(sound.late)}", "PLAYRATE 1 1 0 -1 0 0.0025")
    yield from (indent + row for row in (*played, f"CHANMODE {sound.channel_mode}"))
    yield f"{indent}GUID {guids()}"
    yield from (f"{indent}<SOURCE WAVE", f"{indent}  FILE {quoted(str(take.path))}", f"{indent}>")
