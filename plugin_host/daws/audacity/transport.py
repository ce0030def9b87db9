"""What carries commands to Audacity and its answers back: two one-way pipes, whatever a system has for that.

Whoever opens a pipe that nobody holds at its other end waits for ever, and so does whoever waits for an
answer while Audacity shows a dialog. So nothing here blocks: every step has a time limit.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Protocol

from plugin_host.errors import DawError

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


class Silent(DawError):  # noqa: N818 - it may still answer
    """No answer in time."""


class Transport(Protocol):
    """Two open pipes. Deadlines are on the clock of ``time.monotonic``."""

    def send(self, line: bytes, deadline: float) -> None:
        """Sends a line, without its end, whole. Raises Silent, or DawError where Audacity has ended."""

    def receive(self, deadline: float) -> bytes:
        """The next bytes of answers, at least one; lines end in \\n or \\r\\n. Raises Silent or DawError."""


@dataclass(frozen=True)
class PipeNames:
    """Where an operating system has the two pipes."""

    commands: str
    answers: str


# As Audacity's manual names them.
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
