"""Takes that were wanted for now only, such as a panel's live drafts: in a folder of their own, in no index.

Who asked for one throws it away, or adopts it (``engine/history.py``). What a client that died has left goes
when an engine starts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from engine.config import Home

# A client that lives that long with one draft has forgotten it.
LIFE_SECONDS = 24 * 3600


def is_scratch(home: Home, path: Path) -> bool:
    """Whether a file lies in the scratch folder."""
    return path.parent.resolve() == home.scratch.resolve()


def throw_away(home: Home, paths: Iterable[Path]) -> None:
    """Deletes takes of the scratch folder; what lies elsewhere stays."""
    for path in paths:
        if is_scratch(home, path):
            with contextlib.suppress(OSError):  # on Windows somebody may hear it: a later start sweeps
                path.unlink(missing_ok=True)


def sweep_scratch(home: Home, now: float) -> None:
    """Deletes what has been left; ``now`` in seconds since the epoch."""
    with contextlib.suppress(OSError):
        for path in list(home.scratch.iterdir()):
            if now - path.stat().st_mtime > LIFE_SECONDS:
                throw_away(home, [path])
