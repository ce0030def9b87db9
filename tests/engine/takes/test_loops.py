"""What a WAV file says of a loop, as libsndfile reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from engine.takes.chunks import CONTAINERS, chunks_of
from engine.takes.loops import LoopMark, loop_chunks
from engine.takes.notes import Notes, note_new

# libsndfile's commands, and its structures as whole numbers, bytes and floats (sndfile.h).
GET_INSTRUMENT, GET_LOOP_INFO = 0x10D0, 0x10E0
LOOP_FORWARD = 801
INSTRUMENT = np.dtype([
    ("gain", "i4"), ("key", "6i1"), ("pad", "2i1"), ("count", "i4"), ("loops", "(16,4)u4"),
])  # fmt: skip
LOOP_INFO = np.dtype([
    ("numerator", "i2"), ("denominator", "i2"), ("mode", "i4"), ("beats", "i4"), ("bpm", "f4"),
    ("root", "i4"), ("future", "6i4"),
])  # fmt: skip


def marked(path: Path, mark: LoopMark | None) -> Path:
    """A WAV file of that loop."""
    frames = mark.frames if mark else 100
    sf.write(path, np.zeros((frames, 2)), 48_000, subtype="PCM_24")
    with path.open("r+b") as file:
        note_new(file, Notes(loop=mark))  # type: ignore[arg-type]  # a write is whole here
    return path


def said(path: Path, command: int, kind: np.dtype[Any]) -> Any:
    """What libsndfile knows; None if nothing."""
    answer = np.zeros(1, kind)
    with sf.SoundFile(path) as file:
        found = sf._snd.sf_command(file._file, command, sf._ffi.from_buffer(answer), kind.itemsize)
    return answer[0] if found else None


def names(path: Path) -> list[bytes]:
    """Its chunks."""
    with path.open("rb") as file:
        return [place.name for place in chunks_of(file, CONTAINERS[b"RIFF"])]


def test_a_sampler_finds_one_loop_over_all_of_it(tmp_path: Path) -> None:
    """Forward, for ever, from the first frame to the last."""
    instrument = said(marked(tmp_path / "a.wav", LoopMark(4801, 48_000)), GET_INSTRUMENT, INSTRUMENT)
    assert 1 == instrument["count"]
    mode, start, end, count = instrument["loops"][0]
    assert (LOOP_FORWARD, 0, 4801, 0) == (mode, start, end, count)


def test_a_sequencer_finds_the_tempo(tmp_path: Path) -> None:
    """Beats, their number in a bar, and how fast they go."""
    mark = LoopMark(4801, 48_000, tempo=93.5, bars=1.5, beats_per_bar=6)
    info = said(marked(tmp_path / "a.wav", mark), GET_LOOP_INFO, LOOP_INFO)
    assert (9, 6, 4, 93.5) == (info["beats"], info["numerator"], info["denominator"], info["bpm"])


@pytest.mark.parametrize("mark", [LoopMark(4801, 48_000), LoopMark(4801, 48_000, 120.0, 0.3, 4)])
def test_without_whole_beats_there_is_no_tempo(tmp_path: Path, mark: LoopMark) -> None:
    """A reader could only guess it, and guess wrong."""
    path = marked(tmp_path / "a.wav", mark)
    assert b"smpl" in names(path)
    assert b"acid" not in names(path)


def test_what_is_no_loop_says_nothing(tmp_path: Path) -> None:
    """Nor does one that is longer than the chunk can count."""
    assert {b"smpl", b"acid"}.isdisjoint(names(marked(tmp_path / "a.wav", None)))
    assert b"" == loop_chunks(LoopMark(2**32 + 1, 48_000))
    assert b"" != loop_chunks(LoopMark(2**32, 48_000))
