"""A project file as the bridge sees it: read and never written; takes go into a copy beside it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile as sf

from engine.errors import EngineError
from plugin_host.bridge import Excerpt, Placement, Selection
from plugin_host.daws.reaper.media import keep_file
from plugin_host.daws.reaper.session import Item, Session, SessionTrack, read_session
from plugin_host.daws.reaper.session_copy import Placed, with_takes
from plugin_host.errors import DawError
from plugin_host.takes import header_of
from plugin_host.timeline import Region, Take, Track

VARIABLE = "PUNCHIN_REAPER_PROJECT"
_SUFFIX = " (Punch-In)"


@dataclass(frozen=True)
class _Found:
    """A selected item, or a stretch of it, by the frames of its file: ``first`` is the region's first there.

    Items lie between frames, so that the region's place in seconds is the item's, and not that of its number.
    """

    item: Item
    file: Path
    selection: Selection
    first: int

    @property
    def start(self) -> float:
        """Where its first frame is heard, in seconds."""
        rate = self.selection.region.sample_rate
        return self.item.position - self.item.active.offset + self.first / rate


class SessionFile:
    """A ``Daw`` without a REAPER: selection and items as they were saved."""

    name = "REAPER project"
    placements = (Placement.TAKE, Placement.TRACK)

    def __init__(self, path: Path) -> None:
        """Raises DawError for what is no project."""
        self._path = path
        self._session = _read(path)

    def selection(self) -> Selection:
        """The only thing that is selected. Raises DawError, also where there are several."""
        several = self.selections()
        if len(several) > 1:
            raise DawError(f"{len(several)} items are selected in {self._path.name}; select one for this.")
        return several[0]

    def selections(self) -> tuple[Selection, ...]:
        """The selected items, cut to the time selection where that touches them. Raises DawError.

        Without selected items: those of the selected tracks that the time selection touches. Frames are those
        of each item's file, as if the project had been at that rate from the start.
        """
        return tuple(found.selection for found in self._found())

    def export(self, selection: Selection, handles: int, folder: Path) -> Excerpt:
        """The file's own samples, with those that the item hides as handles. Raises DawError."""
        found = next((found for found in self._found() if found.selection == selection), None)
        if found is None:
            raise DawError(f"This is not what is selected in {self._path.name}.")
        region = selection.region
        begin = max(found.first - handles, 0, found.first - region.start)
        before = found.first - begin
        samples, rate = sf.read(
            found.file, before + region.frames + handles, begin, dtype="float32", always_2d=True
        )
        if not found.item.active.is_plain or len(samples) < before + region.frames:
            raise DawError(
                f"The item {found.item.active.name} is stretched, pitched, reversed or longer than its file; "
                "glue it in REAPER first."
            )
        path = folder / f"{found.file.stem}-{selection.tracks[0].key}.wav"
        sf.write(path, np.asarray(samples), rate, "FLOAT", format="WAV")
        return Excerpt(path, region, region.start - before)

    def insert(self, takes: Sequence[Take], placement: Placement) -> None:
        """Writes a copy of the project with the takes in it, under the first free name.

        Takes from elsewhere are copied to the project's recordings; copies go if this fails. Raises DawError.
        """
        copied: list[Path] = []
        try:
            kept = [self._kept(take, copied) for take in takes]
            text = with_takes(self._session, tuple(self._placed(kept)), placement, _guid)
            self._write_beside(text)
        except DawError:
            for path in copied:
                path.unlink(missing_ok=True)
            raise

    def _kept(self, take: Take, copied: list[Path]) -> Take:
        if take.path.parent.absolute() in (self._path.parent.absolute(), self._session.media.absolute()):
            return take
        try:
            copied.append(keep_file(take.path, self._session.media))
        except EngineError as error:
            raise DawError(error.sentence) from error
        return replace(take, path=copied[-1].absolute())

    def _write_beside(self, text: str) -> None:
        numbers = ("", *(f" {number}" for number in range(2, 1000)))
        for number in numbers:
            copy = self._path.with_name(f"{self._path.stem}{_SUFFIX}{number}{self._path.suffix}")
            if not copy.exists():
                return _write(copy, text)
        raise DawError(f"There are a thousand copies of {self._path.name}; remove some.")

    def tell(self, text: str) -> None:
        """Nobody is there."""

    def _found(self) -> tuple[_Found, ...]:
        chosen = tuple(self._chosen())
        if not chosen:
            raise DawError(f"Nothing is selected in {self._path.name}; select items with sound, and save it.")
        return tuple(self._measured(track, item) for track, item in chosen)

    def _chosen(self) -> Iterable[tuple[SessionTrack, Item]]:
        pairs = [(track, item) for track in self._session.tracks for item in track.items]
        if selected := [(track, item) for track, item in pairs if item.is_selected]:
            return selected
        return [(track, item) for track, item in pairs if track.is_selected and self._touched(item)]

    def _measured(self, track: SessionTrack, item: Item) -> _Found:
        take = item.active
        if take.file is None:
            raise DawError(f"The item {take.name} of {track.name} is no sound file; glue it in REAPER first.")
        if not take.file.is_file():
            raise DawError(f"{take.file} is not there.")
        frames, rate = header_of(take.file)
        start, end = self._touched(item) or (item.position, item.end)
        first, last = (round((take.offset + place - item.position) * rate) for place in (start, end))
        if last == frames + 1:  # an item that ends with its file, and begins between frames
            last = frames
        if first < 0 or last <= first:
            raise DawError(f"What is selected of the item {take.name} of {track.name} holds no sound.")
        region = Region(max(0, round(start * rate)), last - first, rate)
        return _Found(item, take.file, Selection(region, (Track(track.name, str(item.block.first)),)), first)

    def _touched(self, item: Item) -> tuple[float, float] | None:
        """The part of an item in the time selection, which is where and for how long it is heard there."""
        times = self._session.times
        if times and times[0] < item.end and times[1] > item.position:
            return max(item.position, times[0]), min(item.end, times[1])
        return None

    def _placed(self, takes: Sequence[Take]) -> Iterable[Placed]:
        """Takes by regions; what was selected here is known by its item, all else by its frames alone."""
        groups: dict[Selection, list[Take]] = {}
        for take in takes:
            groups.setdefault(Selection(take.region, (take.track,) if take.track else ()), []).append(take)
        found = {one.selection: one for one in self._found()} if any(take.track for take in takes) else {}
        for selection, group in groups.items():
            region, own = selection.region, found.get(selection)
            start = own.start if own else region.start / region.sample_rate
            end = start + region.frames / region.sample_rate
            yield Placed(tuple(group), start, end, 1 / region.sample_rate, own.item if own else None)


def _guid() -> str:
    return f"{{{str(uuid.uuid4()).upper()}}}"


def _read(path: Path) -> Session:
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise DawError(f"{path} can't be read ({error.strerror}).") from error
    return read_session(text, path.parent)


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(text.encode("utf-8", "surrogateescape"))
        part.replace(path)
    except OSError as error:
        raise DawError(f"{path} can't be written ({error.strerror}).") from error
    finally:
        part.unlink(missing_ok=True)
