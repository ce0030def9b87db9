"""What a script hears of its job: a file written anew with every news, and every second without any."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from plugin_host.daws.reaper import lines

FILE = "status.txt"
CANCEL_FILE = "cancel"
BEAT_SECONDS = 1.0  # scripts give up after twenty without one
_LOOK_SECONDS = 0.1
_LEAST_SECONDS = 0.1  # between two writes of progress


class State(StrEnum):
    """The words of the file."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class MadeTake:
    """A take that lies where the project wants it; ``excerpt`` counts from 1."""

    excerpt: int
    path: Path
    name: str
    note: str


class JobStatus:
    """The file, by whoever has news. May be used from several threads."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._beat = 0
        self._written = 0.0
        self._values: dict[str, object] = {
            "state": State.RUNNING, "text": "starting", "share": 0.0, "take.count": 0,
        }  # fmt: skip
        self._takes = 0

    def progress(self, text: str, share: float) -> None:
        """What is done now, and how much of all is done (0 to 1)."""
        with self._lock:
            self._values |= {"text": text, "share": round(share, 4)}
            if time.monotonic() - self._written >= _LEAST_SECONDS:
                self._write()

    def beat(self) -> None:
        """Says that the process lives."""
        with self._lock:
            self._write()

    def made(self, take: MadeTake) -> None:
        """One more take is done: the script puts it into the project at once."""
        with self._lock:
            self._takes += 1
            rows = {f"take.{self._takes}.{key}": value for key, value in vars(take).items()}
            self._values |= rows | {"take.count": self._takes}
            self._write()

    def end(self, state: State, text: str, notice: str = "") -> None:
        """The last word. Takes that were done are in it, however it ended."""
        with self._lock:
            self._values |= {"state": state, "text": text, "share": 1.0, "notice": notice}
            self._write()

    def _write(self) -> None:
        self._beat += 1
        self._written = time.monotonic()
        lines.write(self._path, {"beat": self._beat} | self._values)


@contextmanager
def living(status: JobStatus, folder: Path, cancel: Callable[[], None]) -> Iterator[None]:
    """Meanwhile the status says that we live, and ``cancel`` is called once if the script asks for it."""
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(status, folder, cancel, over), daemon=True)
    status.beat()
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(status: JobStatus, folder: Path, cancel: Callable[[], None], over: threading.Event) -> None:
    asked = False
    beaten = time.monotonic()
    while not over.wait(_LOOK_SECONDS):
        if not asked and (folder / CANCEL_FILE).exists():
            asked = True
            cancel()
        if time.monotonic() - beaten >= BEAT_SECONDS:
            beaten = time.monotonic()
            status.beat()
