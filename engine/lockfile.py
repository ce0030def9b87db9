"""The lock file: which engine of this account runs, and where it answers."""

from __future__ import annotations

import contextlib
import json
import socket
from dataclasses import asdict, dataclass

from engine.config import Home, write_private
from engine.processes import process_lives

# The engine answers at once or is not there; a machine that swaps may need a moment.
CONNECT_SECONDS = 2.0


@dataclass(frozen=True)
class Lock:
    """One running engine. ``host`` is where a client on the same machine connects to."""

    pid: int
    host: str
    port: int
    version: str


def write_lock(home: Home, lock: Lock) -> None:
    """Says that this engine runs. Raises EngineError(CANT_WRITE)."""
    write_private(home.lock, json.dumps(asdict(lock)))


def read_lock(home: Home) -> Lock | None:
    """What the lock file says, or None when there is none that can be read."""
    try:
        fields = json.loads(home.lock.read_text(encoding="utf-8"))
        return Lock(int(fields["pid"]), str(fields["host"]), int(fields["port"]), str(fields["version"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def remove_lock(home: Home, pid: int) -> None:
    """Removes the lock file if it is that of process ``pid``."""
    lock = read_lock(home)
    if lock is not None and lock.pid == pid:
        with contextlib.suppress(FileNotFoundError):
            home.lock.unlink()


def find_engine(home: Home) -> Lock | None:
    """The engine of the lock file if its process lives and its port answers; None if the file is stale."""
    lock = read_lock(home)
    if lock is None or not process_lives(lock.pid) or not _answers(lock):
        return None
    return lock


def _answers(lock: Lock) -> bool:
    """Does something listen there?"""
    try:
        socket.create_connection((lock.host, lock.port), timeout=CONNECT_SECONDS).close()
    except (OSError, OverflowError):
        return False
    return True
