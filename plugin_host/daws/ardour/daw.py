"""Ardour with its open session, by the four verbs; the work is done by the script inside of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from plugin_host.bridge import Excerpt, Placement, Selection
from plugin_host.daws.ardour.floats import write_wav
from plugin_host.daws.ardour.spool import Spool, Values
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take, Track

# A long selection is read in pieces while Ardour goes on: at worst ten times slower than real time.
_EXPORT_SECONDS_PER_SECOND = 10.0
_EXPORT_SECONDS = 30.0
_INSERT_SECONDS = 600.0
_PERCENT = re.compile(r"(\d+) %")


class ArdourDaw:
    """See ``bridge.Daw``."""

    name = "Ardour"
    placements = (Placement.LANE, Placement.TRACK)

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._track = ""  # the key of the track that was selected; takes become its layers

    def hello(self, seconds: float) -> str:
        """The name of the session that is open. Raises DawError if Ardour does not answer for so long."""
        return self._spool.ask("hello", {}, seconds)["session"][0]

    def selection(self) -> Selection:
        """The selected range on a track, or else the selected regions."""
        answer = self._spool.ask("selection", {})
        region = Region(*(int(answer[key][0]) for key in ("start", "frames", "rate")))
        track = Track(answer["name"][0], answer["key"][0])
        self._track = track.key
        return Selection(region, (track,))

    def export(self, selection: Selection, handles: int, folder: Path) -> Excerpt:
        """As the track's playlist sounds, before any plugin, fades and layers included."""
        span = selection.region.with_handles(handles)
        path = folder.absolute() / "excerpt.wav"
        raw = path.with_suffix(".floats")
        values: Values = {
            "key": selection.tracks[0].key,
            "start": span.start,
            "frames": span.frames,
            "path": str(raw),
        }
        seconds = _EXPORT_SECONDS + _EXPORT_SECONDS_PER_SECOND * float(span.seconds)
        try:
            answer = self._spool.ask("export", values, seconds)
            channels, block, rate = (int(answer[key][0]) for key in ("channels", "block", "rate"))
            write_wav(raw, path, span.frames, channels, block, rate)
        finally:
            raw.unlink(missing_ok=True)
        return Excerpt(path, selection.region, span.start)

    def insert(self, takes: Sequence[Take], placement: Placement) -> None:
        """As layers the first take is on top; of new tracks all but the first are muted. One step of undo."""
        self.join(takes, placement, ())

    def join(self, takes: Sequence[Take], placement: Placement, beside: Sequence[Take]) -> None:
        """Those of ``beside`` stay on top, or the ones that are not muted."""
        if not takes:
            return
        self._stop_if_cancelled()
        values: Values = {
            "path": [str(take.path.absolute()) for take in takes],
            "name": [take.name for take in takes],
            "start": [take.region.start for take in takes],
            "frames": [take.region.frames for take in takes],
            "placement": placement.value,
            "key": self._track,
            "beside": [str(take.path.absolute()) for take in beside],
        }
        answer = self._spool.ask("insert", values, _INSERT_SECONDS)
        _check_places(takes, answer.get("place", []))

    def tell(self, text: str) -> None:
        """In Ardour's ruler, over the selection. Raises KeyboardInterrupt, as Ctrl-C does, once cancelled."""
        self._stop_if_cancelled()
        percent = _PERCENT.search(text)
        self._spool.report(text.removeprefix("Punch-In: "), int(percent[1]) / 100 if percent else 0.0)

    def close(self, sentence: str = "") -> None:
        """Takes that away; says in Ardour why nothing came of a key press."""
        self._spool.ask("close", {"sentence": sentence} if sentence else {})

    def _stop_if_cancelled(self) -> None:
        if self._spool.cancelled():
            raise KeyboardInterrupt


def _check_places(takes: Sequence[Take], places: Sequence[str]) -> None:
    expected = [f"{take.region.start} {take.region.frames}" for take in takes]
    if list(places) != expected:
        raise DawError(
            f"Ardour put the takes at {', '.join(places)} instead of {', '.join(expected)}: undo it."
        )
