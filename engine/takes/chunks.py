"""The chunks that WAV, RF64, W64, AIFF and CAF files are made of, followed as far as headers can be trusted.

Sources: RIFF/WAVE, EBU Tech 3306 (RF64), Sony's Wave64, AIFF-C, Apple's Core Audio Format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

# Editors write a few dozen. A hostile file may be millions of empty ones.
MAX_CHUNKS = 16_384
_SIZE_IN_DS64 = 0xFFFFFFFF


class Readable(Protocol):
    """A file whose bytes can be looked at anywhere."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move; returns the new position."""

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes from the present position."""


class Writable(Readable, Protocol):
    """One that can be written, too; a write is whole or raises."""

    def write(self, data: bytes, /) -> None:
        """Write ``data`` at the present position."""


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


def chunks_of(file: Readable, container: Container) -> Iterator[ChunkPlace]:
    """Every chunk in order, as far as the headers can be followed, and ``MAX_CHUNKS`` at most."""
    size_bytes = struct.calcsize(container.size_format)
    header_bytes = container.id_bytes + size_bytes
    end = file.seek(0, 2)
    long_data_bytes = 0
    offset = container.first_chunk
    for _ in range(MAX_CHUNKS):
        if offset + header_bytes > end:
            return
        name = read_at(file, offset, 4)
        size = number(file, offset + container.id_bytes, container.size_format)
        if container.size_counts_header:
            size -= header_bytes
        payload = offset + header_bytes
        if name == b"ds64":
            long_data_bytes = number(file, payload + 8, "<Q")
        if name == b"data" and size == _SIZE_IN_DS64:
            size = long_data_bytes
        yield ChunkPlace(name, offset, payload, size)
        if size < 0:
            return  # a length that says "to the end of the file", or nonsense
        offset = payload + -(-size // container.alignment) * container.alignment


def chunk(name: bytes, content: bytes, order: str = "<") -> bytes:
    """A chunk of RIFF (order "<"), RIFX or AIFF (">"), padded to an even length."""
    return name + struct.pack(f"{order}I", len(content)) + content + bytes(len(content) % 2)


def after(place: ChunkPlace, container: Container) -> int:
    """Where the next chunk would begin; -1 behind one that says it goes on to the end."""
    if place.size < 0:
        return -1
    return place.payload + -(-place.size // container.alignment) * container.alignment


def read_at(file: Readable, offset: int, size: int) -> bytes:
    """Up to ``size`` bytes from a place."""
    file.seek(offset)
    return file.read(size)


def number(file: Readable, offset: int, size_format: str) -> int:
    """A number of the header; 0 where the file has ended, which no check of the layout will accept."""
    data = read_at(file, offset, struct.calcsize(size_format))
    return int(struct.unpack(size_format, data)[0]) if len(data) == struct.calcsize(size_format) else 0
