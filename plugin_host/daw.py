"""What a DAW is to us: four verbs, and the values they take and give. No engine, no sound."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from plugin_host.timeline import Region, Take, Track


class Placement(enum.StrEnum):
    """What takes become in a DAW."""

    TRACK = "track"  # a new track for each
    LANE = "lane"  # a layer or lane above what is there
    TAKE = "take"  # a take of the item that is there


@dataclass(frozen=True)
class Selection:
    """What is selected in a DAW: a stretch of its timeline, and which tracks of it."""

    region: Region
    tracks: tuple[Track, ...] = ()


@dataclass(frozen=True)
class Excerpt:
    """The audio of a selection with handles, as a WAV file of 32-bit floats.

    ``region`` is the selection. ``start`` is the place on the timeline of the file's first frame, so the
    handle before is ``region.start - start`` frames.
    """

    path: Path
    region: Region
    start: int


@runtime_checkable
class SelectsSeveral(Protocol):
    """A DAW that can say of each thing that is selected what it is, at the rate that it has."""

    def selections(self) -> tuple[Selection, ...]:
        """All that is selected, one at least. Raises DawError if nothing is."""


class Daw(Protocol):
    """A DAW with the session that is open in it. Every verb raises DawError."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def placements(self) -> tuple[Placement, ...]:
        """What takes can become there; the first is what happens when nothing is said."""

    def selection(self) -> Selection:
        """What is selected. Raises DawError if nothing is."""

    def export(self, selection: Selection, handles: int, folder: Path) -> Excerpt:
        """Writes the selection's audio, with ``handles`` frames on each side, into ``folder``, bit-exactly.

        Handles may come out shorter at the start of the timeline and at the end of what there is.
        """

    def insert(self, takes: Sequence[Take], placement: Placement) -> None:
        """Puts takes at the exact frame where their region starts: all of them, or none."""

    def tell(self, text: str) -> None:
        """Shows a line to whoever works in the DAW, or drops it where the DAW has no place for one."""


@runtime_checkable
class JoinsTakes(Protocol):
    """A DAW in which takes of one punch can appear one after the other."""

    def join(self, takes: Sequence[Take], placement: Placement, beside: Sequence[Take]) -> None:
        """As ``insert``, where those of ``beside`` were put before and stay the ones that are heard.

        All of them are one step to undo, unless somebody has worked there since: then these are another one.
        Raises DawError.
        """
