"""Headers of plain sound files, drawn by hand, and of anything else."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import example, given
from hypothesis import strategies as st

from engine.audio import chunks
from engine.audio.chunks import SampleLayout, find_samples, plain_layout
from engine.audio.region import Region
from engine.audio.source import inspect_recording
from engine.audio.takefile import write_spliced


def riff(name: bytes, content: bytes) -> bytes:
    """A little-endian chunk, padded to two bytes."""
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def iff(name: bytes, content: bytes) -> bytes:
    """A big-endian chunk, padded to two bytes."""
    return name + struct.pack(">I", len(content)) + content + bytes(len(content) % 2)


def w64(name: bytes, content: bytes) -> bytes:
    """A chunk of Wave64: a long name, a length that counts its header, padded to eight bytes."""
    return name.ljust(16, b"\xf3") + struct.pack("<Q", 24 + len(content)) + content + bytes(-len(content) % 8)


def caf(name: bytes, content: bytes) -> bytes:
    """A chunk of Core Audio: a 64-bit length, no padding."""
    return name + struct.pack(">q", len(content)) + content


SAMPLES = b"the samples"
FILES = {
    "WAV": b"RIFF\0\0\0\0WAVE" + riff(b"odd!", b"odd") + riff(b"data", SAMPLES),
    "RIFX": b"RIFX\0\0\0\0WAVE" + iff(b"odd!", b"odd") + iff(b"data", SAMPLES),
    "RF64": b"RF64\xff\xff\xff\xffWAVE"
    + riff(b"ds64", struct.pack("<QQQI", 0, len(SAMPLES) + 1, 0, 0))
    + b"data\xff\xff\xff\xff"
    + SAMPLES
    + b"\0"
    + riff(b"PEAK", b""),
    "AIFF": b"FORM\0\0\0\0AIFF"
    + iff(b"odd!", b"odd")
    + iff(b"SSND", struct.pack(">II", 5, 0) + b"block" + SAMPLES),
    "W64": w64(b"riff", b"w" * 16)[:40] + w64(b"odd!", b"odd") + w64(b"data", SAMPLES),
    "CAF": b"caff\0\1\0\0" + caf(b"odd!", b"odd") + caf(b"data", bytes(4) + SAMPLES),
    "AU": b".snd" + struct.pack(">5I", 32, 0, 0, 0, 0) + b"comment." + SAMPLES,
    "little AU": b"dns." + struct.pack("<5I", 32, 0, 0, 0, 0) + b"comment." + SAMPLES,
}


@pytest.mark.parametrize("name", FILES)
def test_the_first_sample_is_found(name: str) -> None:
    """Behind odd chunks, offsets, counts and comments."""
    layout = find_samples(io.BytesIO(FILES[name]))
    assert layout is not None
    assert FILES[name][layout.data_offset :].startswith(SAMPLES)


def test_peaks_behind_the_samples_of_an_rf64_are_found() -> None:
    """Which takes the length from its other chunk."""
    layout = find_samples(io.BytesIO(FILES["RF64"]))
    assert layout is not None
    assert layout.stale == ((FILES["RF64"].index(b"PEAK"), b"JUNK"),)


@given(st.binary(max_size=200), st.sampled_from([b"", b"RIFF", b"RF64", b"FORM", b"riff", b"caff", b".snd"]))
@example(b"\0" * 8 + b"data" + b"\xff" * 8, b"caff")
@example(bytes(100), b"riff")
def test_any_bytes_come_to_an_end(content: bytes, magic: bytes) -> None:
    """No header makes the search fail or go on for ever."""
    layout = find_samples(io.BytesIO(magic + content))
    assert layout is None or layout.data_offset >= 0


def test_a_place_where_the_samples_are_not_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two bytes off, or beyond the end: then the take is encoded, and as exact."""
    source, output = tmp_path / "source.wav", tmp_path / "take.wav"
    sf.write(source, np.random.default_rng(0).uniform(-1, 1, 9_600), 48_000, subtype="PCM_24")
    before, _ = sf.read(source, dtype="int32")
    for offset in (42, 10**9):
        monkeypatch.setattr(chunks, "find_samples", lambda _, offset=offset: SampleLayout(offset, ()))
        assert plain_layout(inspect_recording(source)) is None
        write_spliced(source, output, Region(0, 4_800), [np.zeros((4_800, 1), np.float32)], overwrite=True)
        after, _ = sf.read(output, dtype="int32")
        np.testing.assert_array_equal(after, np.where(np.arange(9_600) < 4_800, 0, before))
