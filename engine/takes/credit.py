"""Which model made a take and under which licence, written into the take itself, beside the samples.

Where a take is encoded anew it is a tag. Where it is a recording's own bytes it is one more chunk at the
end: an INFO list (WAV, RF64), an annotation (AIFF) or an information chunk (CAF). AU has no place for it,
in Wave64 what follows the samples is taken for more of them by some readers, and a file whose chunks do
not fill it exactly is left as it is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial

from engine.takes.chunks import CONTAINERS, Readable, chunk, chunks_of, read_at

# Lists of texts of a page; a longer one is not searched for the credit.
_MAX_SEARCHED_BYTES = 64 * 1024
_TEXTS = (b"LIST", b"ANNO", b"info")


def credit_text(model: str, licence: str) -> str:
    """What a take says of its making."""
    return f"Made with Punch-In by the model {model}, whose weights are under {licence}."


def credited_tags(tags: dict[str, str], credit: str) -> dict[str, str]:
    """Tags with the credit in the comment, behind what was there."""
    if not credit or credit in tags.get("comment", ""):
        return tags
    return {**tags, "comment": f"{tags.get('comment', '')} {credit}".strip()}


def credit_chunk(file: Readable, credit: str) -> bytes:
    """A chunk for the end of a recording's bytes; b"" where it has no place for it, or says it already."""
    magic, text = read_at(file, 0, 4), credit.encode("utf-8", "replace")
    if magic not in _CHUNKS or not credit or _says(file, magic, text):
        return b""
    return _CHUNKS[magic](text)


def _says(file: Readable, magic: bytes, text: bytes) -> bool:
    return any(
        text in read_at(file, place.payload, place.size)
        for place in chunks_of(file, CONTAINERS[magic])
        if place.name in _TEXTS and 0 <= place.size <= _MAX_SEARCHED_BYTES
    )


def _info_list(text: bytes, order: str = "<") -> bytes:
    """RIFF's list of texts, with a comment in it."""
    return chunk(b"LIST", b"INFO" + chunk(b"ICMT", text + b"\0", order), order)


def _annotation(text: bytes) -> bytes:
    return chunk(b"ANNO", text, ">")


def _information(text: bytes) -> bytes:
    """Core Audio's: how many pairs, then key and value, each with its end."""
    inside = struct.pack(">I", 1) + b"comments\0" + text + b"\0"
    return b"info" + struct.pack(">q", len(inside)) + inside


_CHUNKS: dict[bytes, Callable[[bytes], bytes]] = {
    b"RIFF": _info_list,
    b"RF64": _info_list,
    b"BW64": _info_list,
    b"RIFX": partial(_info_list, order=">"),
    b"FORM": _annotation,
    b"caff": _information,
}
