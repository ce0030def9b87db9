"""A conversation with a running Audacity by its mod-script-pipe: one command, one answer."""

from __future__ import annotations

import contextlib
import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from secrets import token_hex

from filelock import FileLock, Timeout

from plugin_host.daws.audacity.fifos import open_fifos
from plugin_host.daws.audacity.transport import Patience, PipeNames, Silent, Transport
from plugin_host.daws.audacity.windows_pipes import open_windows_pipes
from plugin_host.errors import DawError

# Of the module's own buffer, 1024 bytes: a longer line would be taken for two commands.
MAX_LINE_BYTES = 1000
MAX_ANSWER_BYTES = 16 * 1024 * 1024
_END = b"\n\n"
OCCUPIED = "Something else is giving Audacity commands; try again when it is done."


class NotDone(DawError):  # noqa: N818 - it has answered
    """Audacity says that it could not do what it was told."""


class Pipe:
    """A connection to a running Audacity. One at a time: answers carry no name of who asked."""

    def __init__(self, transport: Transport, patience: Patience) -> None:
        self._transport = transport
        self._patience = patience
        self._read = b""

    def ask(self, command: str, seconds: float | None = None) -> str:
        """Sends one command; its answer without the last line, which says whether it was done.

        Raises DawError: too long, silent, gone, or not done.
        """
        answer = self._exchange(command, seconds or self._patience.answer)
        text, _, verdict = answer.rstrip("\n").rpartition("\n")
        if not verdict.endswith("OK"):
            verb = command.partition(":")[0]
            raise NotDone(
                f"Audacity could not do {verb}{': ' + text.strip() if text.strip() else ''}."
                " Stop playback and recording there, close its dialogs, and try again."
            )
        return text.strip("\n")

    def greet(self) -> None:
        """Waits until Audacity answers to us, past what it still had to say to whoever was here before.

        What it is told before it has a window it forgets, so it is told again. Answers come in order: that
        to the last greeting is the last one.
        """
        deadline = time.monotonic() + self._patience.greeting
        while True:
            word = f"punch-in-{token_hex(8)}"
            self._write(f'Message: Text="{word}"', deadline)
            try:
                self._until(word, min(deadline, time.monotonic() + self._patience.again))
                return
            except Silent:
                if time.monotonic() >= deadline:
                    raise

    def _until(self, word: str, deadline: float) -> None:
        while word not in self._answer(deadline):
            pass

    def _exchange(self, command: str, seconds: float) -> str:
        deadline = time.monotonic() + seconds
        self._write(command, deadline)
        return self._answer(deadline)

    def _write(self, command: str, deadline: float) -> None:
        line = command.encode()
        if len(line) > MAX_LINE_BYTES or b"\n" in line:
            raise DawError(
                f"{command[:60]}... is too long for Audacity: use shorter names of files and folders."
            )
        self._transport.send(line, deadline)

    def _answer(self, deadline: float) -> str:
        """Text, a line with a verdict, an empty line."""
        while _END not in self._read.lstrip(b"\n"):
            # Windows' line ends may lie in two pieces.
            self._read = (self._read + self._transport.receive(deadline)).replace(b"\r\n", b"\n")
            if len(self._read) > MAX_ANSWER_BYTES:
                raise DawError("Audacity says more than is believed; start it again.")
        answer, _, self._read = self._read.lstrip(b"\n").partition(_END)
        return answer.decode("utf-8", "replace")


@contextlib.contextmanager
def open_pipe(names: PipeNames, patience: Patience | None = None) -> Iterator[Pipe]:
    """A connection that has been answered, for a ``with``. Raises DawError."""
    patience = patience or Patience()
    with _turn(names, patience.turn), _opened(names, patience.listener) as transport:
        pipe = Pipe(transport, patience)
        pipe.greet()
        yield pipe


def _opened(names: PipeNames, seconds: float) -> AbstractContextManager[Transport]:
    if sys.platform == "win32":
        return open_windows_pipes(names, seconds)
    return open_fifos(names, seconds)


@contextlib.contextmanager
def _turn(names: PipeNames, seconds: float) -> Iterator[None]:
    name = hashlib.sha256(names.commands.encode()).hexdigest()[:16]
    lock = FileLock(Path(tempfile.gettempdir()) / f"punchin-audacity-{name}.lock", timeout=seconds)
    try:
        lock.acquire()
    except Timeout as error:
        raise DawError(OCCUPIED) from error
    try:
        yield
    finally:
        lock.release()
