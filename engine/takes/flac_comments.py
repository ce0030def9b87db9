"""The comments of a FLAC file: all of them, where libsndfile knows ten.

Sources: RFC 9639 (metadata blocks), Xiph's Vorbis comment specification. A block is 24 bits long at most.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.takes.additions import insert
from engine.takes.chunks import Readable, Writable, read_at

MAGIC = b"fLaC"
_COMMENTS = 4  # the block's type
_LAST = 0x80
_MAX_BLOCK_BYTES = 2**24 - 1
_MAX_BLOCKS = 1024
_MAX_COMMENTS = 10_000

Comment = tuple[str, str]  # name, in capitals, and text


@dataclass(frozen=True)
class _Block:
    kind: int
    payload: int
    size: int


def read_comments(file: Readable) -> list[Comment]:
    """All comments in order; what can't be followed is left out."""
    block = _comment_block(file)
    return [] if block is None else list(_comments(read_at(file, block.payload, block.size)))


def add_comments(part: Writable, comments: Sequence[Comment]) -> bool:
    """Put ``comments`` behind those that are there. False where there is no room, and nothing was changed."""
    block = _comment_block(part)
    if block is None or not comments:
        return False
    content = read_at(part, block.payload, block.size)
    vendor_bytes = 4 + _whole(content, 0)
    count = _whole(content, vendor_bytes)
    extended = content + b"".join(map(_written, comments))
    if len(extended) > _MAX_BLOCK_BYTES:
        return False
    insert(part, block.payload + block.size, bytes(len(extended) - block.size))
    _overwrite(part, block.payload - 3, struct.pack(">I", len(extended))[1:])
    _overwrite(part, block.payload, extended)
    _overwrite(part, block.payload + vendor_bytes, struct.pack("<I", count + len(comments)))
    return True


def _overwrite(part: Writable, offset: int, content: bytes) -> None:
    part.seek(offset)
    part.write(content)


def _comment_block(file: Readable) -> _Block | None:
    return next((block for block in _blocks(file) if block.kind == _COMMENTS), None)


def _blocks(file: Readable) -> Iterator[_Block]:
    if read_at(file, 0, 4) != MAGIC:
        return
    offset = len(MAGIC)
    for _ in range(_MAX_BLOCKS):
        header = read_at(file, offset, 4)
        if len(header) < 4:
            return
        block = _Block(header[0] & ~_LAST, offset + 4, int.from_bytes(header[1:], "big"))
        yield block
        if header[0] & _LAST:
            return
        offset = block.payload + block.size


def _comments(content: bytes) -> Iterator[Comment]:
    offset = 4 + _whole(content, 0)
    count = min(_whole(content, offset), _MAX_COMMENTS)
    offset += 4
    for _ in range(count):
        size = _whole(content, offset)
        text = content[offset + 4 : offset + 4 + size]
        if len(text) < size or not size:
            return
        name, _, value = text.decode("utf-8", "replace").partition("=")
        yield name.upper(), value
        offset += 4 + size


def _written(comment: Comment) -> bytes:
    content = "=".join(comment).encode("utf-8", "replace")
    return struct.pack("<I", len(content)) + content


def _whole(content: bytes, offset: int) -> int:
    """A number of the block; 0 behind its end."""
    data = content[offset : offset + 4]
    return int(struct.unpack("<I", data)[0]) if len(data) == 4 else 0


def values_of(comments: Iterable[Comment], name: str) -> list[str]:
    """The texts of all comments of this name."""
    return [text for found, text in comments if found == name]
