"""The engine that commands talk to: the one of this account."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.client import Client


def connect(start: bool, allow: Sequence[Path] = ()) -> Client:
    """A connection (``Connect`` in ``job.py``); the client is imported by commands that need it."""
    from dataclasses import replace

    from engine.client import AUTOMATIC, find, find_or_start

    if not start:
        return find()
    return find_or_start(options=replace(AUTOMATIC, allow=tuple(allow)))
