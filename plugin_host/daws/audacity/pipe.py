"""The two pipes of Audacity's mod-script-pipe: commands go into one, answers come out of the other.

Whoever opens a pipe that nobody holds at its other end waits for ever, and so does whoever waits for an
answer while Audacity shows a dialog. So nothing here blocks: every step has a time limit.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from filelock import FileLock, Timeout

from plugin_host.errors import DawError

# Of the module's own buffer, 1024 bytes: a longer line would be taken for two commands.
MAX_LINE_BYTES = 1000
MAX_ANSWER_BYTES = 16 * 1024 * 1024
_END = b"\n\n"
_PAUSE_SECONDS = 0.02

NOT_LISTENING = (
    "Audacity takes no commands: start it, set mod-script-pipe to Enabled under Edit > Preferences > Modules,"
    ' and start it again. Or end it and run "punchin daw install audacity", which does the same.'
)
NOT_RUNNING = (
    "Audacity is not running, or was started without mod-script-pipe: start it, or start it again"
    " (Edit > Preferences > Modules says whether the module is Enabled)."
)
SILENT = "Audacity does not answer: stop playback and recording there, close its dialogs, and try again."
GONE = "Audacity has ended. Your takes are in the take folder; start it, and put them in again."
OCCUPIED = "Something else is giving Audacity commands; try again when it is done."


class NotDone(DawError):  # noqa: N818 - it has answered
    """Audacity says that it could not do what it was told."""


class Silent(DawError):  # noqa: N818 - it may still answer
    """No answer in time."""


@dataclass(frozen=True)
class PipeNames:
    """Where an operating system has the two pipes."""

    commands: str
    answers: str


# Windows' are those that Audacity's manual names; they were not run.
WINDOWS = PipeNames(r"\\.\pipe\ToSrvPipe", r"\\.\pipe\FromSrvPipe")


def posix_names(user: int, folder: str = "/tmp") -> PipeNames:
    """Of Linux and macOS, for a user's number."""
    return PipeNames(*(f"{folder}/audacity_script_pipe.{way}.{user}" for way in ("to", "from")))


def names_here() -> PipeNames:
    """Of this system and user."""
    return WINDOWS if sys.platform == "win32" else posix_names(os.getuid())


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds."""

    listener: float = 3.0  # for Audacity to open its ends: it does so anew after every client
    greeting: float = 20.0  # for its first answer: it may be starting
    again: float = 4.0  # until it is greeted again
    answer: float = 20.0
    turn: float = 30.0  # for another client of ours to be done


class Pipe:
    """A connection to a running Audacity. One at a time: answers carry no name of who asked."""

    def __init__(self, commands: int, answers: int, patience: Patience) -> None:
        self._commands = commands
        self._answers = answers
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
        _, ready, _ = select.select([], [self._commands], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise Silent(SILENT)
        try:
            os.write(self._commands, line + b"\n")  # whole: a pipe takes 4096 bytes at once, or none
        except BlockingIOError as error:
            raise Silent(SILENT) from error
        except BrokenPipeError as error:
            raise DawError(GONE) from error

    def _answer(self, deadline: float) -> str:
        """Text, a line with a verdict, an empty line."""
        while _END not in self._read.lstrip(b"\n"):
            self._read += self._piece(deadline)
            if len(self._read) > MAX_ANSWER_BYTES:
                raise DawError("Audacity says more than is believed; start it again.")
        answer, _, self._read = self._read.lstrip(b"\n").partition(_END)
        return answer.decode("utf-8", "replace")

    def _piece(self, deadline: float) -> bytes:
        ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise Silent(SILENT)
        piece = os.read(self._answers, 65536)
        if not piece:  # nobody holds the other end
            raise DawError(GONE)
        return piece


@contextlib.contextmanager
def open_pipe(names: PipeNames, patience: Patience | None = None) -> Iterator[Pipe]:
    """A connection that has been answered, for a ``with``. Raises DawError."""
    if sys.platform == "win32":
        raise DawError(
            "Audacity's pipes are not read on Windows yet: drag takes from the panel onto its tracks."
        )
    patience = patience or Patience()
    _check_ours(names)
    with _turn(names, patience.turn), contextlib.ExitStack() as held:
        answers = os.open(names.answers, os.O_RDONLY | os.O_NONBLOCK)
        held.callback(os.close, answers)
        commands = _until_held(names.commands, patience.listener)
        held.callback(os.close, commands)
        pipe = Pipe(commands, answers, patience)
        pipe.greet()
        yield pipe


def _check_ours(names: PipeNames) -> None:
    """Everybody may put something into the folder of temporary files."""
    for name in (names.commands, names.answers):
        try:
            what = Path(name).stat(follow_symlinks=False)
        except OSError as error:
            raise DawError(NOT_LISTENING) from error
        if not stat.S_ISFIFO(what.st_mode) or what.st_uid != os.getuid():
            raise DawError(f"{name} is not Audacity's: somebody else has put it there. Remove it first.")


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
