"""Messages between REAPER's scripts and our processes: a file with one ``key value`` to a line.

A file appears whole and ends with the line ``end``. ``scripts/punchin/lines.lua`` is the other side: Lua has
no JSON, and this is all that is needed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

MAX_BYTES = 1 << 20  # of a message; the longest has a prompt and some hundred paths
_LAST = "end"
_ROW = re.compile(r"([A-Za-z0-9_.]+) (.*)")
_ESCAPED = re.compile(r"\\(.)")
_MEANINGS = {"n": "\n", "r": "\r"}


def encode(values: Mapping[str, object]) -> str:
    """The text of a message."""
    rows = (f"{key} {_escaped(str(value))}" for key, value in values.items())
    return "\n".join((*rows, _LAST, ""))


def decode(text: str) -> dict[str, str] | None:
    """The values of a message; None for one that is not whole."""
    rows = text.replace("\r\n", "\n").split("\n")
    if rows[-2:] != [_LAST, ""]:
        return None
    found = (_ROW.fullmatch(row) for row in rows[:-2])
    return {match[1]: _plain(match[2]) for match in found if match}


def read(path: Path) -> dict[str, str] | None:
    """The values of a message's file; None while there is none, or none that is whole."""
    try:
        with path.open("rb") as file:
            return decode(file.read(MAX_BYTES).decode("utf-8", "replace"))
    except OSError:
        return None


def write(path: Path, values: Mapping[str, object]) -> None:
    """Puts a message in place, whole, for its owner's eyes. Raises OSError."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.touch(mode=0o600)
    part.write_text(encode(values), encoding="utf-8", newline="\n")
    part.replace(path)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda match: _MEANINGS.get(match[1], match[1]), text)
