"""What a take's file says it was made from: the description of its bext chunk (EBU Tech 3285)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from plugin_host.timeline import Take

_DESCRIPTION_BYTES = 256


def recipe_of(take: Take) -> str:
    """One line; the take's name where its file says nothing."""
    described = _description(take.path)
    return f"{take.name}: {described}" if described and described != take.name else take.name


def _description(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return " ".join(
                _bext(file)[:_DESCRIPTION_BYTES].split(b"\0")[0].decode("ascii", "replace").split()
            )
    except OSError:
        return ""


def _bext(file: BinaryIO) -> bytes:
    """The beginning of the chunk, or nothing."""
    if file.read(12)[8:] != b"WAVE":
        return b""
    while len(header := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", header)
        if name == b"bext":
            return file.read(_DESCRIPTION_BYTES)
        file.seek(size + size % 2, 1)
    return b""
