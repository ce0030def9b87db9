"""A take says which model made it and under which licence, and no sample knows."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from engine.audio.region import Region
from engine.audio.takefile import new_take, write_spliced
from engine.takes.additions import at_end
from engine.takes.credit import credit_chunk, credit_text, credited_tags

CREDIT = credit_text("audioldm-s-full-v2", "CC-BY-NC-SA-4.0")
REGION = Region(1_000, 2_000)
TAKE = np.zeros((1_000, 1), np.float32)
HELD = [
    ("WAV", "FILE"),
    ("WAV", "BIG"),
    ("RF64", "FILE"),
    ("AIFF", "FILE"),
    ("CAF", "FILE"),
    ("FLAC", "FILE"),
]
SUFFIXES = {"WAV": ".wav", "RF64": ".wav", "AIFF": ".aiff", "CAF": ".caf", "FLAC": ".flac"}


def record(path: Path, kind: str, endian: str, **tags: str) -> Path:
    """A short recording of this container."""
    samples = np.random.default_rng(4).integers(-(2**15), 2**15, 4_001, dtype=np.int16)
    with sf.SoundFile(path, "w", 16_000, 1, "PCM_16", endian, kind) as sound:
        for name, text in tags.items():
            setattr(sound, name, text)
        sound.write(samples)
    return path


def splice(source: Path, output: Path, credit: str = CREDIT) -> Path:
    """A take of the recording."""
    write_spliced(source, output, REGION, [TAKE], overwrite=True, credit=credit)
    return output


def samples_of(path: Path) -> bytes:
    """All samples, exactly."""
    return sf.read(path, dtype="int16")[0].tobytes()


@pytest.mark.parametrize(("kind", "endian"), HELD)
def test_every_container_holds_the_credit(tmp_path: Path, kind: str, endian: str) -> None:
    """Its words are in the file, and the samples are those of a take without it."""
    suffix = SUFFIXES[kind]
    source = record(tmp_path / f"in{suffix}", kind, endian)
    take = splice(source, tmp_path / f"out{suffix}")
    assert CREDIT.encode() in take.read_bytes()
    assert samples_of(splice(source, tmp_path / f"plain{suffix}", "")) == samples_of(take)


@pytest.mark.parametrize(("kind", "endian"), HELD)
def test_other_programs_read_the_credit(tmp_path: Path, kind: str, endian: str) -> None:
    """libsndfile shows it as the comment."""
    suffix = SUFFIXES[kind]
    take = splice(record(tmp_path / f"in{suffix}", kind, endian), tmp_path / f"out{suffix}")
    assert CREDIT in sf.SoundFile(take).copy_metadata()["comment"]


@pytest.mark.parametrize(("kind", "endian"), HELD)
def test_a_take_of_a_take_says_it_once(tmp_path: Path, kind: str, endian: str) -> None:
    """However often a region is made anew, the file does not grow."""
    suffix = SUFFIXES[kind]
    once = splice(record(tmp_path / f"in{suffix}", kind, endian), tmp_path / f"once{suffix}")
    twice = splice(once, tmp_path / f"twice{suffix}")
    assert 1 == twice.read_bytes().count(CREDIT.encode())


@pytest.mark.parametrize(("kind", "endian"), [("WAV", "FILE"), ("WAV", "BIG"), ("AIFF", "FILE")])
def test_the_header_counts_what_was_added(tmp_path: Path, kind: str, endian: str) -> None:
    """Strict readers stop where the header says, or refuse the file."""
    suffix = SUFFIXES[kind]
    content = splice(record(tmp_path / f"in{suffix}", kind, endian), tmp_path / f"out{suffix}").read_bytes()
    order = "<" if content[:4] == b"RIFF" else ">"
    assert (len(content) - 8,) == struct.unpack(f"{order}I", content[4:8])


def test_other_tags_stay(tmp_path: Path) -> None:
    """The recording's own words come first."""
    source = record(tmp_path / "in.flac", "FLAC", "FILE", title="Boots", comment="Take 3.")
    tags = sf.SoundFile(splice(source, tmp_path / "out.flac")).copy_metadata()
    assert ("Boots", f"Take 3. {CREDIT}") == (tags["title"], tags["comment"])
    assert tags["comment"] == credited_tags(tags, CREDIT)["comment"]


@pytest.mark.parametrize("kind", ["AU", "W64"])
def test_some_containers_have_no_place_for_it(tmp_path: Path, kind: str) -> None:
    """A take of such a recording is whole without."""
    source = record(tmp_path / f"in.{kind.lower()}", kind, "FILE")
    take = splice(source, tmp_path / f"out.{kind.lower()}")
    assert source.stat().st_size == take.stat().st_size


@pytest.mark.parametrize("rest", [b"x", b"trailing bytes of another program"])
def test_a_file_with_a_tail_is_left_as_it_is(tmp_path: Path, rest: bytes) -> None:
    """What lies behind the chunks would become one of them."""
    source = record(tmp_path / "in.wav", "WAV", "FILE")
    source.write_bytes(source.read_bytes() + rest)
    take = splice(source, tmp_path / "out.wav")
    assert source.stat().st_size == take.stat().st_size


def test_a_stream_of_unknown_length_is_left_as_it_is(tmp_path: Path) -> None:
    """Its last chunk goes on to the end, whatever is appended."""
    source = record(tmp_path / "in.wav", "WAV", "FILE")
    content = bytearray(source.read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = b"\xff\xff\xff\xff"
    source.write_bytes(content)
    with source.open("rb") as file:
        assert at_end(file, credit_chunk(file, CREDIT)) is None


@pytest.mark.parametrize("name", ["new.wav", "new.flac", "new.aiff"])
def test_a_new_sound_is_credited(tmp_path: Path, name: str) -> None:
    """So is one that is part of no recording."""
    with new_take(tmp_path / name, 48_000, 1, 1_000, credit=CREDIT) as take:
        take.push(TAKE)
    assert CREDIT == sf.SoundFile(tmp_path / name).copy_metadata()["comment"]
