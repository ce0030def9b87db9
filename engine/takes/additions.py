"""Bytes that make a file of chunks say more: at its end, or ahead of its samples.

Nothing that was there changes but the numbers that count the whole file. A file whose chunks do not fill
it exactly is left as it is: what follows them would become one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from engine.takes.chunks import CONTAINERS, ChunkPlace, Readable, Writable, after, chunks_of, read_at

BIG_ENDIAN = (b"RIFX", b"FORM")
WAVES = (b"RIFF", b"RF64", b"BW64", b"RIFX")
_UNKNOWN_SIZE = 0xFFFFFFFF
_SHIFTED_BYTES = 1 << 20  # moved at a time


@dataclass(frozen=True)
class Addition:
    """``content`` for ``offset``, ahead of what is there; ``patches`` (offset, bytes) count it in headers."""

    offset: int
    content: bytes
    patches: tuple[tuple[int, bytes], ...]


def byte_order(magic: bytes) -> str:
    """How struct calls the order of a container's numbers."""
    return ">" if magic in BIG_ENDIAN else "<"


def at_end(file: Readable, content: bytes) -> Addition | None:
    """``content``, whole chunks, behind all others; None where there is no place for it."""
    chunks = _chunks(file)
    return _counted(file, chunks, file.seek(0, 2), content) if chunks else None


def before_samples(file: Readable, content: bytes) -> Addition | None:
    """``content``, whole chunks, ahead of a WAV file's samples; None where there is no place for it."""
    if read_at(file, 0, 4) not in WAVES:
        return None
    chunks = _chunks(file)
    data = next((place for place in chunks if place.name == b"data"), None)
    return _counted(file, chunks, data.offset, content) if data else None


def add(part: Writable, addition: Addition) -> None:
    """Do it."""
    insert(part, addition.offset, addition.content)
    for offset, number in addition.patches:
        part.seek(offset)
        part.write(number)


def insert(part: Writable, offset: int, content: bytes) -> None:
    """Put ``content`` at ``offset``; what lies from there on moves back, its end first."""
    position = part.seek(0, 2)
    while position > offset:
        start = max(offset, position - _SHIFTED_BYTES)
        data = read_at(part, start, position - start)
        part.seek(start + len(content))
        part.write(data)
        position = start
    part.seek(offset)
    part.write(content)


def _chunks(file: Readable) -> list[ChunkPlace]:
    """All chunks of a file that they fill exactly, else none."""
    container = CONTAINERS.get(read_at(file, 0, 4))
    if container is None:
        return []
    chunks = list(chunks_of(file, container))
    return chunks if chunks and after(chunks[-1], container) == file.seek(0, 2) else []


def _counted(file: Readable, chunks: list[ChunkPlace], offset: int, content: bytes) -> Addition | None:
    """With the whole file's new size, where its header counts it; None where the number has no room."""
    magic, size = read_at(file, 0, 4), file.seek(0, 2) + len(content)
    if magic == b"caff":  # counts nothing
        return Addition(offset, content, ())
    order = byte_order(magic)
    (counted,) = struct.unpack(f"{order}I", read_at(file, 4, 4))
    if counted == _UNKNOWN_SIZE:  # it is in the chunk that 64-bit files begin with
        long = next((place for place in chunks if place.name == b"ds64"), None)
        patch = struct.pack("<Q", size - 8)
        return Addition(offset, content, ((long.payload, patch),)) if long else None
    if size - 8 >= _UNKNOWN_SIZE:
        return None
    return Addition(offset, content, ((4, struct.pack(f"{order}I", size - 8)),))
