"""The two named pipes of Windows.

mod-script-pipe makes both duplex and of messages (its PipeServer.cpp): a message of at most 1023 bytes is one
command, and answers come in messages of that size. ``multiprocessing.connection`` speaks such pipes, and can
wait for one with a time limit; it puts nothing of its own around a message.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client
from typing import Protocol

from plugin_host.daws.audacity.transport import GONE, NOT_LISTENING, NOT_RUNNING, SILENT, PipeNames, Silent
from plugin_host.errors import DawError

# What the module's own sample ends a command with there; it takes line ends away before it reads.
_LINE_END = b"\r\n\0"
_PAUSE_SECONDS = 0.05


class Connection(Protocol):
    """What is needed of ``multiprocessing.connection.Connection``."""

    def send_bytes(self, buf: bytes) -> None:
        """Sends one message; waits while the other side's buffer is full."""

    def recv_bytes(self) -> bytes:
        """The next message. Raises EOFError or OSError where the other side has gone."""

    def poll(self, timeout: float) -> bool:
        """Whether a message has come, or will have within so many seconds."""

    def close(self) -> None:
        """Lets go of it."""


Open = Callable[[str], Connection]


class WindowsPipes:
    """A ``Transport`` over two connections."""

    def __init__(self, commands: Connection, answers: Connection) -> None:
        self._commands = commands
        self._answers = answers

    def send(self, line: bytes, deadline: float) -> None:
        """Sends a line as one message. Raises Silent or DawError."""
        problems: list[OSError] = []

        def work() -> None:
            try:
                self._commands.send_bytes(line + _LINE_END)
            except OSError as error:
                problems.append(error)

        # A write can't be given a time limit there; closing the pipe ends the thread of one that hangs.
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            raise Silent(SILENT)
        if problems:
            raise DawError(GONE) from problems[0]

    def receive(self, deadline: float) -> bytes:
        """The next message, without the zeros that C strings end with. Raises Silent or DawError."""
        try:
            while self._answers.poll(max(0.0, deadline - time.monotonic())):
                if piece := self._answers.recv_bytes().replace(b"\0", b""):
                    return piece
        except (EOFError, OSError) as error:
            raise DawError(GONE) from error
        raise Silent(SILENT)


def open_connection(name: str) -> Connection:
    """One pipe, both ways. Raises OSError: FileNotFoundError where there is none."""
    return Client(name, "AF_PIPE")


@contextlib.contextmanager
def open_windows_pipes(
    names: PipeNames, seconds: float, connect: Open = open_connection
) -> Iterator[WindowsPipes]:
    """Both, commands first, as the module waits for them; within so many seconds. Raises DawError."""
    deadline = time.monotonic() + seconds
    with contextlib.ExitStack() as held:
        connections = []
        for name in (names.commands, names.answers):
            connection = _until_there(name, deadline, connect)
            held.callback(connection.close)
            connections.append(connection)
        yield WindowsPipes(*connections)


def _until_there(name: str, deadline: float, connect: Open) -> Connection:
    """After each client the module makes its pipes anew, and for a moment there are none."""
    while True:
        try:
            return connect(name)
        except FileNotFoundError as error:
            if time.monotonic() > deadline:
                raise DawError(NOT_LISTENING) from error
        except OSError as error:  # another client has it
            if time.monotonic() > deadline:
                raise DawError(NOT_RUNNING) from error
        time.sleep(_PAUSE_SECONDS)
