"""A project file as the bridge sees it: read and never written; takes go into a copy beside it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile as sf

from plugin_host.bridge import Excerpt, Placement, Selection
from plugin_host.daws.reaper.session import Item, Session, read_session, with_takes
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take, Track

VARIABLE = "PUNCHIN_REAPER_PROJECT"
_SUFFIX = " (Punch-In)"


class SessionFile:
    """A ``Daw`` without a REAPER: selection and items as they were saved."""

    name = "REAPER project"
    placements = (Placement.TAKE, Placement.TRACK)

    def __init__(self, path: Path) -> None:
        """Raises DawError for what is no project."""
        self._path = path
        self._session = _read(path)

    def selection(self) -> Selection:
        """The selected item, cut to the time selection if that touches it. Raises DawError.

        Frames are those of its file, as if the project had been at that rate from the start.
        """
        track, item = self._selected()
        rate = sf.info(item.active.file).samplerate
        start, end = self._cut(item)
        region = Region(round(start * rate), round(end * rate) - round(start * rate), rate)
        return Selection(region, (Track(track, str(item.block.first)),))

    def export(self, selection: Selection, handles: int, folder: Path) -> Excerpt:
        """The file's own samples, with those that the item hides as handles. Raises DawError."""
        _, item = self._selected()
        region, take = selection.region, item.active
        first = round((take.offset - item.position) * region.sample_rate) + region.start
        begin = max(first - handles, 0, first - region.start)
        samples, rate = sf.read(
            take.file, region.frames + handles + first - begin, begin, dtype="float32", always_2d=True
        )
        if take.rate != 1.0 or len(samples) < first - begin + region.frames:
            raise DawError("The item is stretched, or its file too short; glue it in REAPER first.")
        path = folder / f"{take.file.stem}-excerpt.wav"
        sf.write(path, np.asarray(samples), rate, "FLOAT", format="WAV")
        return Excerpt(path, region, region.start - (first - begin))

    def insert(self, takes: Sequence[Take], placement: Placement) -> None:
        """Writes a copy of the project with the takes in it, under the first free name. Raises DawError."""
        text = with_takes(self._session, takes, placement, lambda: f"{{{str(uuid.uuid4()).upper()}}}")
        numbers = ("", *(f" {number}" for number in range(2, 1000)))
        for number in numbers:
            copy = self._path.with_name(f"{self._path.stem}{_SUFFIX}{number}{self._path.suffix}")
            if not copy.exists():
                return _write(copy, text)
        raise DawError(f"There are a thousand copies of {self._path.name}; remove some.")

    def tell(self, text: str) -> None:
        """Nobody is there."""

    def _selected(self) -> tuple[str, Item]:
        found = [
            (track.name, item) for track in self._session.tracks for item in track.items if item.is_selected
        ]
        if len(found) != 1:
            raise DawError(f"{len(found)} items are selected in {self._path.name}; select one, and save it.")
        if not found[0][1].active.file.is_file():
            raise DawError(f"{found[0][1].active.file} is not there.")
        return found[0]

    def _cut(self, item: Item) -> tuple[float, float]:
        start, end = item.position, item.position + item.length
        times = self._session.times
        if times and times[0] < end and times[1] > start:
            return max(start, times[0]), min(end, times[1])
        return start, end


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
