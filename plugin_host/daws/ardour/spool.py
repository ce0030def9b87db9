"""How we talk to the script inside of Ardour: files of lines in a folder of ours, one question at a time.

The script looks ten times a second. OSC is not needed, so it makes no difference whether a session has it on.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from plugin_host.errors import DawError

Values = Mapping[str, "str | int | Sequence[str | int]"]

# The script looks every 0.1 s, unless Ardour is busy loading a session or shows a dialog.
ANSWER_SECONDS = 20.0
_POLL_SECONDS = 0.01
_LONGEST_ANSWER = 1024 * 1024


class Spool:
    """The folder that the script and we know of."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._lock = FileLock(folder / "lock")

    def ask(self, verb: str, values: Values, seconds: float = ANSWER_SECONDS) -> dict[str, list[str]]:
        """What the script answers; raises DawError with its sentence, or if nothing comes for so long."""
        name = secrets.token_hex(8)
        try:
            with self._lock.acquire(timeout=seconds):
                (self._folder / "answer").unlink(missing_ok=True)
                self._put("request", {**values, "verb": verb, "id": name})
                answer = self._wait(name, seconds)
        except Timeout as error:
            raise DawError("Ardour is busy with another question of Punch-In's; try again.") from error
        if "error" in answer:
            raise DawError(answer["error"][0])
        return answer

    def report(self, text: str, share: float) -> None:
        """Shows how far a job is, 0 to 1; nobody waits until it is seen."""
        self._put("news", {"text": text, "share": f"{share:.3f}"})

    def cancelled(self) -> bool:
        """Whether the user pressed Cancel in Ardour since the last look."""
        with contextlib.suppress(FileNotFoundError):
            (self._folder / "cancel").unlink()
            return True
        return False

    def clear(self) -> None:
        """Forgets what an earlier job left."""
        for name in ("news", "cancel"):
            (self._folder / name).unlink(missing_ok=True)

    def _put(self, name: str, values: Values) -> None:
        draft = self._folder / f"{name}.{secrets.token_hex(4)}"
        try:
            draft.write_text(format_lines(values), encoding="utf-8", newline="\n")
            draft.replace(self._folder / name)
        except OSError as error:
            raise DawError(f"{self._folder} can't be written ({error.strerror}).") from error

    def _wait(self, name: str, seconds: float) -> dict[str, list[str]]:
        path = self._folder / "answer"
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if path.stat().st_size <= _LONGEST_ANSWER:
                    answer = parse_lines(path.read_text(encoding="utf-8", errors="replace"))
                    if answer.get("id") == [name]:
                        path.unlink(missing_ok=True)
                        return answer
            time.sleep(_POLL_SECONDS)
        (self._folder / "request").unlink(missing_ok=True)
        raise DawError(
            "Ardour does not answer: open a session in it and close its dialogs. If there never was an answer, "
            'run "punchin daw install ardour" and start Ardour again.'
        )


def format_lines(values: Values) -> str:
    """Lines "key=value"; a list gives its key several times."""
    return "".join(
        f"{key}={_escape(str(each))}\n"
        for key, value in values.items()
        for each in ([value] if isinstance(value, str | int) else value)
    )


def parse_lines(text: str) -> dict[str, list[str]]:
    """Each key with all of its values."""
    found: dict[str, list[str]] = {}
    for line in text.split("\n"):
        key, equals, value = line.partition("=")
        if equals:
            found.setdefault(key, []).append(_unescape(value))
    return found


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "")


def _unescape(text: str) -> str:
    return "\\".join(piece.replace("\\n", "\n") for piece in text.split("\\\\"))
