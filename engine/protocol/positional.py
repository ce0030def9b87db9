"""Messages whose arguments stand in a fixed order, and rows of them at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import EngineError, ErrorCode
from engine.protocol.osc import Argument, TaggedArgument

_INT32 = range(-(2**31), 2**31)
_PYTHON_TYPES: dict[str, type] = {"s": str, "i": int, "h": int, "i h": int, "f": float, "b": bytes}


@dataclass(frozen=True)
class Item:
    """One argument: its name, which is the dataclass field's too, and its OSC type.

    The type "i h" is ``i`` below 2**31 and ``h`` from there on: Pd stops reading at an ``h``.
    """

    name: str
    type_tags: str
    meaning: str
    unit: str = ""


_COUNT = Item("count", "i", "how many rows follow")


@dataclass(frozen=True)
class Rows:
    """The end of a message that lists something: how many, then ``items`` so many times."""

    name: str
    items: tuple[Item, ...]
    build: Callable[..., Any]  # takes one row's values


def tag_items(items: Sequence[Item], values: Sequence[Any]) -> Iterator[TaggedArgument]:
    """Values with the types they travel in."""
    for item, value in zip(items, values, strict=True):
        yield (_shortest(value) if item.type_tags == "i h" else item.type_tags), value


def tag_rows(rows: Rows, values: Sequence[Any]) -> Iterator[TaggedArgument]:
    """The number of ``values``, then each one's fields; a tuple is its own fields."""
    yield "i", len(values)
    for row in values:
        fields = row if isinstance(row, tuple) else [getattr(row, item.name) for item in rows.items]
        yield from tag_items(rows.items, fields)


def read_items(items: Sequence[Item], arguments: Sequence[Argument]) -> dict[str, Any]:
    """Arguments by name; raises BAD_MESSAGE when their number or types are others."""
    if len(arguments) != len(items):
        raise _bad(f"{len(items)} arguments should stand where there are {len(arguments)}.")
    for item, value in zip(items, arguments, strict=True):
        if type(value) is not _PYTHON_TYPES[item.type_tags]:
            raise _bad(f"The argument {item.name} should have the OSC type {item.type_tags}.")
    return {item.name: value for item, value in zip(items, arguments, strict=True)}


def read_rows(rows: Rows, arguments: Sequence[Argument]) -> tuple[Any, ...]:
    """The rows, built; raises BAD_MESSAGE."""
    width = len(rows.items)
    count = read_items((_COUNT,), arguments[:1])["count"]
    values = arguments[1:]
    if count * width != len(values):
        raise _bad(f"The number of {rows.name} should come first, then {width} arguments for each.")
    starts = range(0, len(values), width)
    return tuple(rows.build(*read_items(rows.items, values[i : i + width]).values()) for i in starts)


def _shortest(value: int) -> str:
    return "i" if value in _INT32 else "h"


def _bad(sentence: str) -> EngineError:
    return EngineError(ErrorCode.BAD_MESSAGE, sentence)
