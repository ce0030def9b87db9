"""The two pipes of Linux and macOS: files of the kind FIFO in the folder of temporary files."""

from __future__ import annotations

import contextlib
import os
import select
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from plugin_host.daws.audacity.transport import GONE, NOT_LISTENING, NOT_RUNNING, SILENT, PipeNames, Silent
from plugin_host.errors import DawError

_PAUSE_SECONDS = 0.02


class Fifos:
    """A ``Transport`` over two descriptors that do not block."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers

    def send(self, line: bytes, deadline: float) -> None:
        """Sends a line, whole. Raises Silent or DawError."""
        _, ready, _ = select.select([], [self._commands], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise Silent(SILENT)
        try:
            os.write(self._commands, line + b"\n")  # whole: a pipe takes 4096 bytes at once, or none
        except BlockingIOError as error:
            raise Silent(SILENT) from error
        except BrokenPipeError as error:
            raise DawError(GONE) from error

    def receive(self, deadline: float) -> bytes:
        """The next bytes. Raises Silent or DawError."""
        ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise Silent(SILENT)
        piece = os.read(self._answers, 65536)
        if not piece:  # nobody holds the other end
            raise DawError(GONE)
        return piece


@contextlib.contextmanager
def open_fifos(names: PipeNames, seconds: float) -> Iterator[Fifos]:
    """Both, as soon as Audacity holds its ends; at most so many seconds from now. Raises DawError."""
    _check_ours(names)
    with contextlib.ExitStack() as held:
        answers = os.open(names.answers, os.O_RDONLY | os.O_NONBLOCK)
        held.callback(os.close, answers)
        commands = _until_held(names.commands, seconds)
        held.callback(os.close, commands)
        yield Fifos(commands, answers)


def _check_ours(names: PipeNames) -> None:
    """Everybody may put something into the folder of temporary files."""
    for name in (names.commands, names.answers):
        try:
            what = Path(name).stat(follow_symlinks=False)
        except OSError as error:
            raise DawError(NOT_LISTENING) from error
        if not stat.S_ISFIFO(what.st_mode) or what.st_uid != os.getuid():
            raise DawError(f"{name} is not Audacity's: somebody else has put it there. Remove it first.")


def _until_held(name: str, seconds: float, sleep: Callable[[float], None] = time.sleep) -> int:
    """The writing end; opening it fails at once while nobody reads."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return os.open(name, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if time.monotonic() > deadline:
                raise DawError(NOT_RUNNING) from error
        sleep(_PAUSE_SECONDS)
