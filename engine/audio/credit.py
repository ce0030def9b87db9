"""Which model made a take and under which licence, written into the take itself, beside the samples.

Where a take is encoded anew it is a tag. Where it is a recording's own bytes it is one more chunk at the
end: an INFO list (WAV, RF64), an annotation (AIFF) or an information chunk (CAF). AU has no place for it,
in Wave64 what follows the samples is taken for more of them by some readers, and a file whose chunks do
not fill it exactly is left as it is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from engine.audio.chunks import CONTAINERS, ChunkPlace, Container, chunks_of, read_at

_UNKNOWN_SIZE = 0xFFFFFFFF


@dataclass(frozen=True)
class Addition:
    """What makes a file say more: bytes for its end, and header numbers (offset, bytes) that count them."""

    content: bytes
    patches: tuple[tuple[int, bytes], ...]


def credit_text(model: str, licence: str) -> str:
    """What a take says of its making."""
    return f"Made with Punch-In by the model {model}, whose weights are under {licence}."


def credited_tags(tags: dict[str, str], credit: str) -> dict[str, str]:
    """Tags with the credit in the comment, behind what was there."""
    if not credit or credit in tags.get("comment", ""):
        return tags
    return {**tags, "comment": f"{tags.get('comment', '')} {credit}".strip()}


def credit_chunk(file: BinaryIO, credit: str) -> Addition | None:
    """What to add to a recording's bytes; None where there is no place for it, or it is there already."""
    magic = read_at(file, 0, 4)
    container = CONTAINERS.get(magic)
    if container is None or magic not in _CHUNKS:
        return None
    chunks = list(chunks_of(file, container))
    end = file.seek(0, 2)
    content = _CHUNKS[magic](credit.encode("utf-8", "replace"))
    if not chunks or _after(chunks[-1], container) != end or _ends_with(file, end, content):
        return None
    return _counted(file, magic, chunks, end, content)


def _after(chunk: ChunkPlace, container: Container) -> int:
    """Where the next chunk would begin; -1 behind one that says it goes on to the end."""
    if chunk.size < 0:
        return -1
    return chunk.payload + -(-chunk.size // container.alignment) * container.alignment


def _ends_with(file: BinaryIO, end: int, content: bytes) -> bool:
    return end >= len(content) and read_at(file, end - len(content), len(content)) == content


def _counted(
    file: BinaryIO, magic: bytes, chunks: list[ChunkPlace], end: int, content: bytes
) -> Addition | None:
    """With the whole file's size, where its header counts it; None where the number has no room."""
    size = end + len(content)
    if magic == b"caff":  # counts nothing
        return Addition(content, ())
    order = ">" if magic in (b"RIFX", b"FORM") else "<"
    (counted,) = struct.unpack(f"{order}I", read_at(file, 4, 4))
    if counted == _UNKNOWN_SIZE:  # it is in the chunk that 64-bit files begin with
        long = next((chunk for chunk in chunks if chunk.name == b"ds64"), None)
        return Addition(content, ((long.payload, struct.pack("<Q", size - 8)),)) if long else None
    if size - 8 >= _UNKNOWN_SIZE:
        return None
    return Addition(content, ((4, struct.pack(f"{order}I", size - 8)),))


def _info_list(text: bytes, order: str = "<") -> bytes:
    """RIFF's list of texts, with a comment in it."""
    return _chunk(b"LIST", b"INFO" + _chunk(b"ICMT", text + b"\0", order), order)


def _annotation(text: bytes) -> bytes:
    return _chunk(b"ANNO", text, ">")


def _information(text: bytes) -> bytes:
    """Core Audio's: how many pairs, then key and value, each with its end."""
    inside = struct.pack(">I", 1) + b"comments\0" + text + b"\0"
    return b"info" + struct.pack(">q", len(inside)) + inside


def _chunk(name: bytes, content: bytes, order: str) -> bytes:
    return name + struct.pack(f"{order}I", len(content)) + content + bytes(len(content) % 2)


_CHUNKS: dict[bytes, Callable[[bytes], bytes]] = {
    b"RIFF": _info_list,
    b"RF64": _info_list,
    b"BW64": _info_list,
    b"RIFX": partial(_info_list, order=">"),
    b"FORM": _annotation,
    b"caff": _information,
}
