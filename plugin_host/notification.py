"""A line on the desktop, for a DAW that has no place for one: each replaces the one before.

Linux only, by ``notify-send`` (libnotify 0.8); where that is missing nothing is shown. Elsewhere none can be
replaced by the next, and a notification for every step of a render would be worse than none.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator

_PROGRAM = "notify-send"
_LEAST_SECONDS = 1.0  # between two
_SEND_SECONDS = 5.0  # a desktop that hangs holds nothing up for longer
_TITLE = "Punch-In"


class Notification:
    """One notification on the desktop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._number = ""
        self._shown = float("-inf")
        self._waiting = ""

    def show(self, text: str) -> None:
        """Shows a line, or keeps it until enough time has gone by since the last."""
        self._waiting = text.removeprefix(f"{_TITLE}: ")
        if self._clock() - self._shown >= _LEAST_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Shows what still waits: the last word is never left out."""
        program = shutil.which(_PROGRAM)
        if program and self._waiting:
            self._send([program, f"--app-name={_TITLE}", "--print-id", *self._replacing(), "--"])
        self._waiting, self._shown = "", self._clock()

    def _replacing(self) -> tuple[str, ...]:
        return (f"--replace-id={self._number}",) if self._number else ()

    def _send(self, command: list[str]) -> None:
        words = [*command, _TITLE, self._waiting]
        with contextlib.suppress(OSError, subprocess.SubprocessError):  # no desktop is no reason to fail
            done = subprocess.run(words, capture_output=True, text=True, timeout=_SEND_SECONDS, check=True)
            self._number = done.stdout.strip() if done.stdout.strip().isdigit() else ""


@contextlib.contextmanager
def notification() -> Iterator[Notification]:
    """One for a ``with``, at whose end the last word is shown."""
    shown = Notification()
    try:
        yield shown
    finally:
        shown.flush()
