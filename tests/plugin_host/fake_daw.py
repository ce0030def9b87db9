"""A DAW of a few arrays, which can be told to fail at each of its verbs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from plugin_host.bridge import Excerpt, Placement, Selection
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take, Track


class FakeDaw:
    """One recording on one track, and what is inserted on tracks of its own."""

    name = "Fake"
    placements = (Placement.TRACK, Placement.LANE)

    def __init__(self, samples: NDArray[np.float32], sample_rate: int, region: Region | None) -> None:
        """``samples``: (frames, channels) from the timeline's start on. ``region``: what is selected."""
        self.samples = samples
        self.sample_rate = sample_rate
        self.region = region
        self.tracks: list[tuple[str, int, NDArray[np.float32]]] = []  # name, start, samples
        self.told: list[str] = []
        self.fails = ""  # the verb that does
        self.shift = 0  # frames by which an export is off

    def selection(self) -> Selection:
        """The region on the only track."""
        self._may_fail("selection")
        if self.region is None:
            raise DawError("Nothing is selected: drag over a part of a track first.")
        return Selection(self.region, (Track("Location"),))

    def export(self, selection: Selection, handles: int, folder: Path) -> Excerpt:
        """A float WAV of what there is."""
        self._may_fail("export")
        wide = selection.region.with_handles(handles)
        path = folder / "excerpt.wav"
        soundfile.write(path, self.samples[wide.start : wide.end], self.sample_rate, subtype="FLOAT")
        return Excerpt(path, selection.region, wide.start + self.shift)

    def insert(self, takes: Sequence[Take], placement: Placement) -> None:
        """A track for each."""
        self._may_fail("insert")
        del placement
        for take in takes:
            samples, rate = soundfile.read(take.path, dtype="float32", always_2d=True)
            assert rate == self.sample_rate
            self.tracks.append((take.name, take.region.start, samples))

    def tell(self, text: str) -> None:
        """Kept."""
        self._may_fail("tell")
        self.told.append(text)

    def played(self) -> NDArray[np.float32]:
        """What is heard when the last inserted take covers what is below it."""
        heard = self.samples.copy()
        _name, start, samples = self.tracks[-1]
        heard[start : start + len(samples)] = samples
        return heard

    def _may_fail(self, verb: str) -> None:
        if self.fails == verb:
            raise DawError(f"The DAW has no {verb} today.")


class JoiningDaw(FakeDaw):
    """One that takes takes one by one. ``steps``: how many takes each step to undo has."""

    def __init__(self, samples: NDArray[np.float32], sample_rate: int, region: Region | None) -> None:
        super().__init__(samples, sample_rate, region)
        self.steps: list[int] = []
        self.refuses = 0  # so many times the next take

    def insert(self, takes: Sequence[Take], placement: Placement) -> None:
        """A step of its own."""
        if self.refuses:
            self.refuses -= 1
            raise DawError("A dialog is open.")
        super().insert(takes, placement)
        self.steps.append(len(takes))

    def join(self, takes: Sequence[Take], placement: Placement, beside: Sequence[Take]) -> None:
        """More of the newest step."""
        names = [name for name, _start, _samples in self.tracks]
        assert beside and [take.name for take in beside] == names[-len(beside) :]
        assert self.steps[-1] == len(beside)
        self.insert(takes, placement)
        self.steps[-2:] = [sum(self.steps[-2:])]
