"""Sound that is read where it is needed is the sound, whatever it lies in and however it is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.source import Recording
from engine.audio.stretch import BLOCK_SAMPLES, Stretch, held, silence
from engine.audio.workspace import Workspace
from engine.models.interface import Float32

RATE = 44_100
FRAMES = 30_000
SOUND = np.random.default_rng(0).uniform(-0.5, 0.5, (FRAMES, 2)).astype(np.float32)
SPANS = st.lists(st.tuples(st.integers(0, FRAMES), st.integers(0, FRAMES)).map(sorted), max_size=5)
# Exact seekers, and those that must be decoded from their start.
FILES = {"wav": "PCM_24", "flac": "PCM_16", "aiff": "FLOAT", "ogg": "VORBIS", "mp3": "MPEG_LAYER_III"}


@pytest.fixture(scope="module", params=[*FILES, "held", "silence", "temporary"])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stretch, Float32]]:
    """A stretch, and all of it as an array that was read in one go."""
    folder = tmp_path_factory.mktemp("stretch")
    with Workspace(folder) as workspace:
        if request.param == "held":
            yield held(SOUND), SOUND
        elif request.param == "silence":
            yield silence(FRAMES, 2), np.zeros_like(SOUND)
        elif request.param == "temporary":
            kept = workspace.temporary(2)
            for block in np.array_split(SOUND, 7):
                kept.append(block)
            yield kept.stretch(), SOUND
        else:
            path = folder / f"tape.{request.param}"
            sf.write(path, SOUND, RATE, subtype=FILES[request.param])
            whole, _ = sf.read(path, dtype="float32", always_2d=True)
            yield Stretch(workspace.open(path), 2, 0, len(whole)), whole


@given(spans=SPANS)
def test_any_read_is_the_arrays_slice(pair: tuple[Stretch, Float32], spans: list[list[int]]) -> None:
    """In any order, overlapping, and empty ones."""
    stretch, whole = pair
    for start, stop in spans:
        np.testing.assert_array_equal(whole[start:stop], stretch.read(start, stop))


@given(outer=st.tuples(st.integers(0, FRAMES), st.integers(0, FRAMES)).map(sorted), data=st.data())
def test_a_part_of_a_part(pair: tuple[Stretch, Float32], outer: list[int], data: st.DataObject) -> None:
    """Is where it is."""
    stretch, whole = pair
    start, stop = outer
    part = stretch.part(start, stop)
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, part.frames)] * 2)))
    inner = part.part(first, last)
    assert last - first == inner.frames
    np.testing.assert_array_equal(whole[start:stop][first:last], inner.read(0, inner.frames))


@given(frames=st.integers(500, 50_000))
def test_blocks_joined_are_the_whole(pair: tuple[Stretch, Float32], frames: int) -> None:
    """None longer than was asked for."""
    stretch, whole = pair
    blocks = list(stretch.blocks(frames))
    assert {frames, len(blocks[-1])} >= {len(block) for block in blocks}
    np.testing.assert_array_equal(whole, np.concatenate(blocks))


@pytest.mark.parametrize(("channels", "frames"), [(1, 262_144), (64, 4_096)])
def test_a_block_is_a_megabyte(channels: int, frames: int) -> None:
    """Whatever the channels."""
    block = next(silence(10**9, channels).blocks())
    assert (frames, channels) == block.shape
    assert BLOCK_SAMPLES == block.size


def test_a_stretch_of_nothing_has_no_blocks() -> None:
    """And can be read."""
    assert [] == list(silence(0, 3).blocks())
    assert (0, 3) == silence(0, 3).read(0, 0).shape


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (2, 1), (0, 11), (11, 11)])
def test_outside_there_is_nothing(start: int, stop: int) -> None:
    """It is a defect to ask."""
    with pytest.raises(ValueError, match="stretch of 10"):
        silence(10, 1).read(start, stop)
    with pytest.raises(ValueError, match="stretch of 10"):
        silence(10, 1).part(start, stop)


def test_reading_forward_never_starts_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a format can't seek exactly every step back is a decoding from the start."""
    path = tmp_path / "tape.ogg"
    sf.write(path, SOUND, RATE, subtype="VORBIS")
    opened: list[Path] = []
    real = sf.SoundFile
    monkeypatch.setattr(sf, "SoundFile", lambda *a, **k: opened.append(Path(a[0])) or real(*a, **k))
    recording = Recording(path)
    before = len(opened)
    for start in range(0, 20_000, 1_000):
        recording.read(start, start + 700)
    assert before == len(opened)
    recording.read(5, 10)
    assert before + 1 == len(opened)
    recording.close()
