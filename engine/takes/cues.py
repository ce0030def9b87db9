"""Markers inside a file: cue points with labels in WAV, MARK in AIFF.

Sources: Microsoft's Multimedia Programming Interface (cue, adtl), Apple's Audio Interchange File Format.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from engine.takes.chunks import chunk

# What both kinds of file count frames and points in.
_LAST_FRAME = 2**32 - 1
_MOST_IN_AIFF = 2**15 - 1
_LONGEST_PASCAL = 255


@dataclass(frozen=True)
class Marker:
    """A named place, in frames from the start of the file."""

    frame: int
    label: str


def cue_chunks(markers: Sequence[Marker], order: str = "<") -> bytes:
    """Cue points and their labels, as RIFF chunks; nothing where there are none."""
    held = [marker for marker in markers if 0 <= marker.frame <= _LAST_FRAME]
    if not held:
        return b""
    points = b"".join(
        struct.pack(f"{order}II4sIII", number, marker.frame, b"data", 0, 0, marker.frame)
        for number, marker in enumerate(held, 1)
    )
    labels = b"".join(
        chunk(b"labl", struct.pack(f"{order}I", number) + _utf8(marker.label) + b"\0", order)
        for number, marker in enumerate(held, 1)
    )
    return chunk(b"cue ", struct.pack(f"{order}I", len(held)) + points, order) + chunk(
        b"LIST", b"adtl" + labels, order
    )


def mark_chunk(markers: Sequence[Marker]) -> bytes:
    """The same for AIFF."""
    held = [marker for marker in markers if 0 <= marker.frame <= _LAST_FRAME][:_MOST_IN_AIFF]
    if not held:
        return b""
    marks = b"".join(
        struct.pack(">hI", number, marker.frame) + _pascal(marker.label)
        for number, marker in enumerate(held, 1)
    )
    return chunk(b"MARK", struct.pack(">H", len(held)) + marks, ">")


def _pascal(text: str) -> bytes:
    """A text after its length, together an even number of bytes."""
    content = _utf8(text)[:_LONGEST_PASCAL]
    return bytes([len(content)]) + content + bytes((len(content) + 1) % 2)


def _utf8(text: str) -> bytes:
    return text.replace("\0", " ").encode("utf-8", "replace")
