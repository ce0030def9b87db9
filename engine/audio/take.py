"""A take on its way into a file: samples in order, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.audio.ebu_meter import EbuMeter
from engine.errors import EngineError, ErrorCode
from engine.takes.bext import Loudness
from engine.takes.notes import Notes

Float32 = NDArray[np.float32]
Put = Callable[[int, Float32], None]  # a block, and its first frame counted from the region's


class Take:
    """A take file being filled: counts what is pushed, and refuses what does not fit."""

    def __init__(
        self, subtype: str, frames: int, channels: int, credit: str = "", meter: EbuMeter | None = None
    ) -> None:
        """``subtype`` is the file's encoding; ``frames`` is the length of the region.

        ``meter``: hears what is pushed, where that is the whole file and the file has a place for it.
        """
        self.subtype = subtype
        self.path: Path | None = None  # of its file, once that is there
        self.notes = Notes(credit)
        self._put: Put | None = None
        self._frames = frames
        self._channels = channels
        self._position = 0
        self._meter = meter

    def open(self, put: Put) -> None:
        """From now on ``put`` does the writing."""
        self._put = put

    def push(self, block: Float32) -> None:
        """The next (frames, channels) of the region, full scale at 1."""
        assert self._put is not None
        if block.ndim != 2 or block.shape[1] != self._channels:
            raise _model_fault(f"gave a block of shape {block.shape} for {self._channels} channels")
        if self._position + len(block) > self._frames:
            raise _model_fault("gave more sound than the region holds")
        if not np.isfinite(block).all():
            raise _model_fault("gave samples that are not numbers")
        self._put(self._position, block)
        if self._meter is not None:
            self._meter.push(block)
        self._position += len(block)

    def note(self, notes: Notes) -> None:
        """What the file will say of itself; the credit stays. At any time before the end."""
        self.notes = replace(notes, credit=self.notes.credit)

    def loudness(self) -> Loudness:
        """Of the file, as far as it is filled; nothing where nobody measured it."""
        return Loudness() if self._meter is None else self._meter.loudness()

    def check_complete(self) -> None:
        """Raise INTERNAL unless the region was filled."""
        if self._position != self._frames:
            raise _model_fault("gave less sound than the region holds")


def _model_fault(what: str) -> EngineError:
    return EngineError(ErrorCode.INTERNAL, f"The model {what}; try another seed or model.")
