"""Write-ahead logging for an index that several processes open at once."""

from __future__ import annotations

import time
from collections.abc import Callable

_PAUSE_SECONDS = 0.02


def write_ahead(
    execute: Callable[[str], object], is_busy: Callable[[Exception], bool], seconds: float
) -> None:
    """Switch a database to its write-ahead log; it stays as it is where the file system can't.

    While two processes switch a new file at once, SQLite tells one of them that it is busy without waiting as
    it does for anything else: so the waiting, of ``seconds`` at most, is here.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            execute("PRAGMA journal_mode = WAL")
            return
        except Exception as error:  # the two libraries have no error in common
            if not is_busy(error) or time.monotonic() > until:
                raise
        time.sleep(_PAUSE_SECONDS)
