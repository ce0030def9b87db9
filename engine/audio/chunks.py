"""Where the samples lie inside a WAV, RF64, W64, AIFF, CAF or AU file.

Knowing that, a take can be the recording's own bytes with some samples overwritten: time stamps,
markers and every other chunk stay, whether libsndfile knows them or not. Sources: RIFF/WAVE, EBU Tech
3306 (RF64), Sony's Wave64, AIFF-C, Apple's Core Audio Format, Sun's AU.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from engine.audio.formats import byte_order, decode, exact_dtype, sample_bytes
from engine.audio.source import SourceInfo, open_bytes, open_sound

# Peak values and overviews describe samples that will no longer be there. They are renamed, which
# leaves everything in its place: readers skip padding.
_STALE = {b"PEAK": b"JUNK", b"levl": b"JUNK", b"peak": b"free", b"ovvw": b"free"}
_PLAIN_SUBTYPES = (
    "PCM_S8",
    "PCM_U8",
    "PCM_16",
    "PCM_24",
    "PCM_32",
    "FLOAT",
    "DOUBLE",
    "ULAW",
    "ALAW",
)
_PROBE_FRAMES = 4096
_SIZE_IN_DS64 = 0xFFFFFFFF


@dataclass(frozen=True)
class SampleLayout:
    """Where a file's first sample is, and which bytes elsewhere must change once samples do."""

    data_offset: int
    stale: tuple[tuple[int, bytes], ...]  # (offset, new bytes)


@dataclass(frozen=True)
class Container:
    """How the chunks of a kind of file follow each other."""

    first_chunk: int
    id_bytes: int
    size_format: str
    size_counts_header: bool = False
    alignment: int = 2


@dataclass(frozen=True)
class ChunkPlace:
    """Where a chunk lies."""

    name: bytes  # the first four bytes of its identifier
    offset: int  # of its header
    payload: int  # offset of its content
    size: int  # of its content


CONTAINERS = {
    b"RIFF": Container(12, 4, "<I"),
    b"RF64": Container(12, 4, "<I"),
    b"BW64": Container(12, 4, "<I"),
    b"RIFX": Container(12, 4, ">I"),
    b"FORM": Container(12, 4, ">I"),
    b"riff": Container(40, 16, "<Q", size_counts_header=True, alignment=8),
    b"caff": Container(8, 4, ">q", alignment=1),
}
_AU_SIZE_FORMAT = {b".snd": ">I", b"dns.": "<I"}


def plain_layout(info: SourceInfo) -> SampleLayout | None:
    """Where the recording's samples lie, or None where they are compressed or can't be told.

    Trusts no header: samples decoded from the bytes there must be what libsndfile reads.
    """
    if info.subtype not in _PLAIN_SUBTYPES:
        return None
    with open_bytes(info.path) as file:
        layout = find_samples(file)
        if layout is None or not _holds_samples(file, layout, info):
            return None
    return layout


def find_samples(file: BinaryIO) -> SampleLayout | None:
    """What the headers say of a file with plain samples, or None if it is no container known here."""
    magic = read_at(file, 0, 4)
    if magic in _AU_SIZE_FORMAT:
        return SampleLayout(_number(file, 4, _AU_SIZE_FORMAT[magic]), ())
    if magic not in CONTAINERS:
        return None
    chunks = list(chunks_of(file, CONTAINERS[magic]))
    offsets = [_first_sample(file, chunk) for chunk in chunks if chunk.name in (b"data", b"SSND")]
    stale = tuple((chunk.offset, _STALE[chunk.name]) for chunk in chunks if chunk.name in _STALE)
    return SampleLayout(offsets[0], stale) if offsets else None


def chunks_of(file: BinaryIO, container: Container) -> Iterator[ChunkPlace]:
    """Every chunk in order, as far as the headers can be followed."""
    size_bytes = struct.calcsize(container.size_format)
    header_bytes = container.id_bytes + size_bytes
    end = file.seek(0, 2)
    long_data_bytes = 0
    offset = container.first_chunk
    while offset + header_bytes <= end:
        name = read_at(file, offset, 4)
        size = _number(file, offset + container.id_bytes, container.size_format)
        if container.size_counts_header:
            size -= header_bytes
        payload = offset + header_bytes
        if name == b"ds64":
            long_data_bytes = _number(file, payload + 8, "<Q")
        if name == b"data" and size == _SIZE_IN_DS64:
            size = long_data_bytes
        yield ChunkPlace(name, offset, payload, size)
        if size < 0:
            return  # a length that says "to the end of the file", or nonsense
        offset = payload + -(-size // container.alignment) * container.alignment


def _first_sample(file: BinaryIO, chunk: ChunkPlace) -> int:
    if chunk.name == b"SSND":
        return chunk.payload + 8 + _number(file, chunk.payload, ">I")
    return chunk.payload + (4 if read_at(file, 0, 4) == b"caff" else 0)  # Core Audio counts edits first


def _holds_samples(file: BinaryIO, layout: SampleLayout, info: SourceInfo) -> bool:
    """Are the first and last frames where the layout says, as far as a probe can tell?"""
    frame_bytes = sample_bytes(info.subtype) * info.channels
    if layout.data_offset + info.frames * frame_bytes > file.seek(0, 2):
        return False
    with open_sound(info.path) as sound:
        for frame in (0, max(0, info.frames - _PROBE_FRAMES)):
            sound.seek(frame)
            expected = sound.read(_PROBE_FRAMES, dtype=exact_dtype(info.subtype), always_2d=True)
            data = read_at(file, layout.data_offset + frame * frame_bytes, len(expected) * frame_bytes)
            found = decode(data, info.channels, info.subtype, byte_order(info))
            if found.tobytes() != expected.tobytes():
                return False
    return True


def read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    """Up to ``size`` bytes from a place."""
    file.seek(offset)
    return file.read(size)


def _number(file: BinaryIO, offset: int, size_format: str) -> int:
    """A number of the header; 0 where the file has ended, which no check of the layout will accept."""
    data = read_at(file, offset, struct.calcsize(size_format))
    return int(struct.unpack(size_format, data)[0]) if len(data) == struct.calcsize(size_format) else 0
