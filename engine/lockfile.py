"""The lock file: which engine of this account runs, and where it answers."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from engine.config import HOME_VARIABLE, Home, write_private
from engine.errors import EngineError, ErrorCode
from engine.processes import process_lives

# The engine answers at once or is not there; a machine that swaps may need a moment.
CONNECT_SECONDS = 2.0
# An engine that has the right but does not answer yet is starting, or ending; both take well under a second.
RIGHT_SECONDS = 10.0
_POLL_SECONDS = 0.02


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
        # One that stays, in a folder that can't be written any more, is stale like that of a killed engine.
        with contextlib.suppress(OSError):
            home.lock.unlink()


def find_engine(home: Home) -> Lock | None:
    """The engine of the lock file if its process lives and its port answers; None if the file is stale.

    An engine that was killed leaves its file. By then its number may be another process's, and its port that
    of another account's engine: so somebody must hold the right to run, too.
    """
    lock = read_lock(home)
    if lock is None or not process_lives(lock.pid) or not _is_held(home) or not _answers(lock):
        return None
    return lock


def _is_held(home: Home) -> bool:
    """Does an engine have the right to run? Yes where nobody can tell."""
    try:
        with home.right.open("rb") as file:
            return _hold(file.fileno(), shared=True) is not True
    except OSError:
        return True


def _answers(lock: Lock) -> bool:
    """Does something listen there?"""
    try:
        socket.create_connection((lock.host, lock.port), timeout=CONNECT_SECONDS).close()
    except (OSError, OverflowError):
        return False
    return True


@contextlib.contextmanager
def right_to_run(home: Home) -> Iterator[None]:
    """Makes this process the account's only engine, whatever its port, until it leaves or dies.

    Of two that start at one time, one waits until the other answers. Raises EngineError(BUSY) then.
    """
    with home.right.open("ab") as file:
        deadline = time.monotonic() + RIGHT_SECONDS
        while (held := _hold(file.fileno())) is False:
            _refuse_second(home, find_engine(home), is_last=time.monotonic() > deadline)
            time.sleep(_POLL_SECONDS)
        if held is None:
            _refuse_second(home, find_engine(home))
        yield


def _refuse_second(home: Home, other: Lock | None, is_last: bool = False) -> None:
    if other is not None:
        raise EngineError(
            ErrorCode.BUSY,
            f"An engine runs already, on {other.host} port {other.port} (process {other.pid}): use that one, "
            f"end it, or set {HOME_VARIABLE} to another folder for a second one.",
        )
    if is_last:
        raise EngineError(
            ErrorCode.BUSY, f"Another engine has the folder {home.state} and does not answer; end it first."
        )


# Takes the file if nobody has it, ``shared`` with others who only look, and says whether it did; None: this
# file system has no locks, and only the port and the lock file tell. Closing the file gives it back.
if sys.platform == "win32":
    import msvcrt

    def _hold(descriptor: int, shared: bool = False) -> bool | None:  # noqa: ARG001 - Windows shares none
        try:
            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _hold(descriptor: int, shared: bool = False) -> bool | None:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True
