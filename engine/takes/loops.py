"""What tells samplers and sequencers that a WAV file is a loop: chunks ``smpl`` and, with a tempo, ``acid``.

Sources: Microsoft's Multimedia Programming Interface (smpl); what is known of Sonic Foundry's acid chunk, as
libsndfile reads it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from engine.takes.chunks import chunk

_LAST_FRAME = 2**32 - 1
_MIDDLE_C = 60
_FORWARD, _FOR_EVER = 0, 0
_STRETCHED = 4  # follows the tempo of what it is put into, and has no root note
_QUARTERS = 4
_UNKNOWN = 0x8000  # what every writer of the chunk puts there


@dataclass(frozen=True)
class LoopMark:
    """A loop over a whole file; without a tempo, 0, it has no beats."""

    frames: int
    sample_rate: int
    tempo: float = 0.0
    bars: float = 0.0
    beats_per_bar: int = 4


def loop_chunks(mark: LoopMark | None, order: str = "<") -> bytes:
    """Both, as RIFF chunks; nothing where there is no loop. Only whole beats can be said."""
    if mark is None or not 0 < mark.frames <= _LAST_FRAME + 1:
        return b""
    beats = mark.bars * mark.beats_per_bar
    counted = mark.tempo > 0.0 and beats >= 1.0 and beats == round(beats)
    return _smpl(mark, order) + (_acid(mark, round(beats), order) if counted else b"")


def _smpl(mark: LoopMark, order: str) -> bytes:
    """One loop from the first frame to the last, as it is counted there."""
    period = round(1e9 / mark.sample_rate)  # of a sample, in nanoseconds
    head = struct.pack(f"{order}9I", 0, 0, period, _MIDDLE_C, 0, 0, 0, 1, 0)
    loop = struct.pack(f"{order}6I", 0, _FORWARD, 0, mark.frames - 1, 0, _FOR_EVER)
    return chunk(b"smpl", head + loop, order)


def _acid(mark: LoopMark, beats: int, order: str) -> bytes:
    meter = struct.pack(f"{order}IHHf", beats, _QUARTERS, mark.beats_per_bar, mark.tempo)
    head = struct.pack(f"{order}IHHf", _STRETCHED, _MIDDLE_C, _UNKNOWN, 0.0)
    return chunk(b"acid", head + meter, order)
