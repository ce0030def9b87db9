"""The text of a REAPER project: lines of words, in blocks from ``<TAG`` to ``>``.

Edits here are of lines, and every other line stays as REAPER has written it: a library that writes whole
projects (rpp, which the tests read with) would write each of them anew in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plugin_host.errors import DawError

_WORD = re.compile(r'"([^"]*)"|\'([^\']*)\'|`([^`]*)`|(\S+)')
_QUOTES = "\"'`"


@dataclass(frozen=True)
class Row:
    """A line of a block: where it is in the project, and its words without quotes."""

    line: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A block: its first line's words, and its lines and blocks in order; ``last`` is that of the ``>``."""

    words: tuple[str, ...]
    first: int
    last: int
    parts: tuple[Row | Block, ...]

    @property
    def tag(self) -> str:
        """What kind of block it is."""
        return self.words[0]

    def blocks(self, tag: str) -> Iterator[Block]:
        """Blocks of a kind in it."""
        return (part for part in self.parts if isinstance(part, Block) and part.tag == tag)

    def row(self, key: str) -> Row | None:
        """The first line with a key."""
        rows = (part for part in self.parts if isinstance(part, Row))
        return next((row for row in rows if row.words and row.words[0] == key), None)

    def numbers(self, key: str) -> tuple[float, ...]:
        """The numbers behind a key; () where it is not there. Raises DawError."""
        row = self.row(key)
        try:
            return tuple(map(float, row.words[1:])) if row else ()
        except ValueError as error:
            raise DawError(f"Line {row.line + 1 if row else 0} of the project makes no sense.") from error


def parse(lines: Sequence[str]) -> Block:
    """The project, which is one block. Raises DawError for what is none, or was cut short."""
    open_blocks: list[tuple[int, tuple[str, ...], list[Row | Block]]] = []
    for number, line in enumerate(lines):
        text = line.strip()
        if text.startswith("<"):
            open_blocks.append((number, words_of(text[1:]) or ("",), []))
        elif text == ">" and open_blocks:
            first, words, parts = open_blocks.pop()
            block = Block(words, first, number, tuple(parts))
            if not open_blocks:
                return block
            open_blocks[-1][2].append(block)
        elif open_blocks:
            open_blocks[-1][2].append(Row(number, words_of(text)))
    raise DawError("This is no whole REAPER project; save it again in REAPER.")


def words_of(text: str) -> tuple[str, ...]:
    """Words parted by blanks; one in quotes of any of three kinds is one."""
    if text.startswith("|"):
        return (text,)
    return tuple(
        next((group for group in found.groups() if group is not None), "") for found in _WORD.finditer(text)
    )


def quoted(text: str) -> str:
    """A word as REAPER writes it; where it has all three quotes, one kind gives way."""
    quote = next((mark for mark in _QUOTES if mark not in text), "`")
    return f"{quote}{text.replace(quote, chr(39)) if quote in text else text}{quote}"


def seconds(value: float) -> str:
    """A time with the digits that REAPER writes, of which a frame at 192 kHz takes up six."""
    return f"{value:.14f}".rstrip("0").rstrip(".")
