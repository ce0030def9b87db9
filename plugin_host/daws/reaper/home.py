"""The folder where REAPER's scripts and our processes meet, which nobody else can read."""

from __future__ import annotations

from pathlib import Path

from engine.config import find_home, make_home


def spool_folder() -> Path:
    """Its path."""
    return find_home().state / "reaper"


def make_spool() -> Path:
    """The same, made. Raises EngineError(CANT_WRITE)."""
    make_home(find_home())
    folder = spool_folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
