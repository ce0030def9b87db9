"""Which takes ``punchin takes`` is about: filters, dates and ages, numbers and spans of them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from engine.commands.arguments import UsageError, quoted, whole
from engine.takes.index import Query

MAX_IDS = 10_000
_AGE = re.compile(r"(\d{1,6})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_IDS = re.compile(r"(\d{1,12})(?:-(\d{1,12}))?", re.ASCII)


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Options of commands that show takes."""
    add = parser.add_argument
    add("--model", default="", metavar="NAME", help="only takes of this model")
    add("--since", metavar="SINCE", help="only takes made since")
    add("--rating", type=whole, default=0, metavar="N", help="only takes rated so well, or better")
    add("--missing", action="store_true", help="only takes whose file is gone")
    add(
        "--with",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="only takes with this in their recipe, such as sampler=ddim or steps=20",
    )


def query_of(arguments: argparse.Namespace, text: str, limit: int | None) -> Query:
    """What the options ask for. Raises UsageError."""
    if limit is not None and limit < 1:
        raise UsageError("--limit must be 1 or more.")
    return Query(
        text=text,
        model=arguments.model,
        since=_date("--since", getattr(arguments, "since", None)),
        before=_date("--older", getattr(arguments, "older", None)),
        rating=getattr(arguments, "rating", 0),
        unrated=getattr(arguments, "unrated", False),
        settings=tuple(_setting(text) for text in getattr(arguments, "settings", ())),
        limit=limit,
    )


def ids_of(texts: Sequence[str]) -> list[int]:
    """``3 7 12-15`` as numbers, each once. Raises UsageError."""
    numbers: dict[int, None] = {}
    for text in (part for whole_text in texts for part in whole_text.split(",")):
        match = _IDS.fullmatch(text)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            raise UsageError(f"{quoted(text)} is no take: give numbers such as 3, or spans such as 12-15.")
        if last - first >= MAX_IDS:
            raise UsageError(f"{quoted(text)} is more than {MAX_IDS} takes.")
        numbers |= dict.fromkeys(range(first, last + 1))
    return list(numbers)


def _date(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        if match := _AGE.fullmatch(text):
            return datetime.now().astimezone() - timedelta(**{_UNITS[match[2]]: int(match[1])})
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option}: {quoted(text)} is no date: use 2026-03-01, or an age such as 7d."
        ) from None


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--with: {quoted(text)} is no setting: write KEY=VALUE, such as steps=20.")
    return name, value
