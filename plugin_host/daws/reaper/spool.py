"""Calls to the script that listens in REAPER, which has no socket: files in a folder that both look into.

One call at a time: the script takes ``call.txt`` away and writes ``answer.txt``; ``listening.txt`` is written
anew every second. ``scripts/punchin/listening.lua`` is the other side.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from plugin_host.daws.reaper import lines
from plugin_host.errors import DawError

_LOOK_SECONDS = 0.05
_BEAT_SECONDS = 10.0  # without a sign of life; a dialog in REAPER holds scripts up
_TURN_SECONDS = 60.0  # for another caller to have its answer
NOT_LISTENING = (
    'REAPER does not listen: start the action "Punch-In: listen" there, and close dialogs that are open.'
)


class Spool:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_listening(self) -> bool:
        """Whether the script has been heard of just now."""
        try:
            return time.time() - (self._folder / "listening.txt").stat().st_mtime < _BEAT_SECONDS
        except OSError:
            return False

    def call(self, verb: str, values: Mapping[str, object]) -> dict[str, str]:
        """What REAPER answers, however long it works on it.

        Raises DawError with its sentence, or when nobody is there.
        """
        if not self.is_listening():
            raise DawError(NOT_LISTENING)
        try:
            with FileLock(self._folder / "call.lock", timeout=_TURN_SECONDS):
                return self._exchange(verb, values)
        except Timeout as error:
            raise DawError("Something else is talking to REAPER; wait for it, then try again.") from error
        except OSError as error:
            raise DawError(f"{self._folder} can't be used ({error}); free some space.") from error

    def tell(self, text: str) -> None:
        """A line for the person at REAPER; nobody waits for it."""
        with contextlib.suppress(OSError):
            lines.write(self._folder / "tell.txt", {"text": text})

    def _exchange(self, verb: str, values: Mapping[str, object]) -> dict[str, str]:
        name = secrets.token_hex(8)
        call, answer = self._folder / "call.txt", self._folder / "answer.txt"
        answer.unlink(missing_ok=True)
        lines.write(call, {"id": name, "verb": verb} | dict(values))
        try:
            return _without_error(self._wait(answer, name))
        finally:
            call.unlink(missing_ok=True)

    def _wait(self, answer: Path, name: str) -> dict[str, str]:
        while self.is_listening():
            said = lines.read(answer)
            if said is not None and said.get("id") == name:
                return said
            time.sleep(_LOOK_SECONDS)
        raise DawError(NOT_LISTENING)


def _without_error(answer: dict[str, str]) -> dict[str, str]:
    if answer.get("sentence"):
        raise DawError(answer["sentence"])
    return answer
