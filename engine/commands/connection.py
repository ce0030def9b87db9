"""The engine that commands talk to: the one of this account."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.client import Client


def connect(start: bool, allow: Sequence[Path] = ()) -> Client:
    """A connection (``Connect`` in ``job.py``); the client is imported by commands that need it."""
    from engine.client import find, find_or_start
    from engine.config import IDLE_MINUTES, EngineOptions

    if not start:
        return find()
    return find_or_start(options=EngineOptions(idle_minutes=IDLE_MINUTES, allow=tuple(allow)))
