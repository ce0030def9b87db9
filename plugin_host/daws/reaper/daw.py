"""REAPER as the bridge sees it: the session in front, through the script that listens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.errors import EngineError
from plugin_host.bridge import Excerpt, Placement, Selection
from plugin_host.daws.reaper.media import keep_file
from plugin_host.daws.reaper.spool import Spool
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take, Track

TITLE = "REAPER"


class Reaper:
    """A ``Daw``. What was selected is remembered there, so takes find their item wherever it was moved."""

    name = TITLE
    placements = (Placement.TAKE, Placement.TRACK, Placement.LANE)

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._keys: dict[Region, str] = {}
        self._punch = ""  # by which the script knows takes that belong together

    def selection(self) -> Selection:
        """The only thing that is selected. Raises DawError, also where there are several."""
        several = self.selections()
        if len(several) > 1:
            raise DawError(f"{len(several)} things are selected in REAPER; select one for this.")
        return several[0]

    def selections(self) -> tuple[Selection, ...]:
        """Items, cut to the time selection if there is one, or tracks in the time selection.

        Frames are those of each item's own file. Raises DawError.
        """
        said = self._spool.call("selections", {})
        return tuple(self._selection(said, f"selection.{n}.") for n in range(1, int(said["count"]) + 1))

    def _selection(self, said: Mapping[str, str], prefix: str) -> Selection:
        start, frames, rate = (int(said[prefix + name]) for name in ("start", "frames", "rate"))
        region, key = Region(start, frames, rate), said[f"{prefix}key"]
        self._keys[region] = key
        return Selection(region, (Track(said[f"{prefix}track"], key),))

    def export(self, selection: Selection, handles: int, folder: Path) -> Excerpt:
        """The item's own samples, as 32-bit floats. Raises DawError."""
        path = folder / f"reaper-{selection.tracks[0].key}.wav"
        values = {"key": selection.tracks[0].key, "handles": handles, "path": path}
        said = self._spool.call("export", values)
        return Excerpt(path, selection.region, selection.region.start - int(said["before"]))

    def insert(self, takes: Sequence[Take], placement: Placement) -> None:
        """Copies takes into the project's own folder and puts them on its timeline, in one step to undo.

        A region that was not selected here gets a new track below the selected one. Raises DawError.
        """
        self._punch = secrets.token_hex(8)
        self._put(takes, placement)

    def join(self, takes: Sequence[Take], placement: Placement, beside: Sequence[Take]) -> None:
        """The script knows what it has put for this punch. Raises DawError."""
        del beside
        self._put(takes, placement)

    def _put(self, takes: Sequence[Take], placement: Placement) -> None:
        media = Path(self._spool.call("media", {})["media"])
        kept: list[Path] = []
        try:
            for take in takes:
                kept.append(_kept(take, media))
            rows = self._rows(takes, kept) | {"place": placement, "punch": self._punch}
            self._spool.call("insert", rows)
        except DawError:
            for path in kept:
                path.unlink(missing_ok=True)
            raise

    def tell(self, text: str) -> None:
        """In the help line below the tracks."""
        self._spool.tell(text)

    def _rows(self, takes: Sequence[Take], kept: Sequence[Path]) -> dict[str, object]:
        places = list(dict.fromkeys(map(self._place, takes)))
        rows: dict[str, object] = {"regions": len(places), "takes": len(takes)}
        for number, (region, key) in enumerate(places, 1):
            prefix = f"region.{number}."
            rows |= {f"{prefix}rate": region.sample_rate, f"{prefix}start": region.start}
            rows |= {f"{prefix}frames": region.frames, f"{prefix}key": key}
        for number, (take, path) in enumerate(zip(takes, kept, strict=True), 1):
            prefix = f"take.{number}."
            rows |= {f"{prefix}path": path, f"{prefix}name": take.name}
            rows |= {f"{prefix}region": places.index(self._place(take)) + 1}
        return rows

    def _place(self, take: Take) -> tuple[Region, str]:
        """Its region, and the key of what was selected there: its own, or the last with that region."""
        key = take.track.key if take.track else ""
        return take.region, key or self._keys.get(take.region, "")


def _kept(take: Take, media: Path) -> Path:
    try:
        return keep_file(take.path, media)
    except EngineError as error:
        raise DawError(error.sentence) from error
