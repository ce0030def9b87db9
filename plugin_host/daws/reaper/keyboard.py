"""REAPER's list of actions and keys, ``reaper-kb.ini``: ours are added to it and taken out, the rest stays.

A script is a line ``SCR flags section id "title" "file"``, the file below ``Scripts``; a key is
``KEY modifiers code command section``. REAPER writes the file anew when it ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from plugin_host.errors import DawError

FOLDER = "Punch-In"  # below Scripts
_MAIN = 0  # the section of the arrange window
_ASK = 4  # flags: started while it runs, REAPER asks what to do, unless the script has said so itself
_AGAIN = 516  # flags: started while it runs, it starts once more; ours says then that it is at work
_CONTROL_ALT, _CONTROL_ALT_SHIFT = 1 + 8 + 16, 1 + 8 + 16 + 4


@dataclass(frozen=True)
class Key:
    """A key that is suggested: modifiers as REAPER counts them, and the key's code."""

    modifiers: int
    code: int
    name: str


@dataclass(frozen=True)
class Action:
    """A script that shows in REAPER's list of actions."""

    file: str
    title: str
    flags: int
    key: Key | None = None

    @property
    def identifier(self) -> str:
        """The same on every machine, so that toolbars and custom actions can name it."""
        return "RS" + hashlib.sha1(f"{FOLDER}/{self.file}".encode(), usedforsecurity=False).hexdigest()

    @property
    def line(self) -> str:
        """Its line in the file."""
        return f'SCR {self.flags} {_MAIN} {self.identifier} "Custom: {self.title}" "{FOLDER}/{self.file}"'


ACTIONS = (
    Action("punch_in.lua", "Punch-In: punch in", _AGAIN, Key(_CONTROL_ALT, ord("P"), "Ctrl+Alt+P")),
    Action(
        "again.lua",
        "Punch-In: punch in again",
        _AGAIN,
        Key(_CONTROL_ALT_SHIFT, ord("P"), "Ctrl+Alt+Shift+P"),
    ),
    Action("insert_takes.lua", "Punch-In: insert takes", _AGAIN),
    Action("listen.lua", "Punch-In: listen", _ASK),
    Action("settings.lua", "Punch-In: settings", _AGAIN),
)


@dataclass(frozen=True)
class KeyboardEdit:
    """The change in the file (``plugin_host.install.Edit``); refused while REAPER runs."""

    path: Path
    is_running: Callable[[], bool]

    @property
    def summary(self) -> str:
        """What it comes to."""
        keys = " and ".join(action.key.name for action in ACTIONS if action.key)
        return f"add {len(ACTIONS)} actions to REAPER's list, with {keys} where those keys are free"

    def apply(self, text: str) -> str:
        """The file with our actions, and with our keys as far as nobody has them. Raises DawError."""
        self._refuse_while_running()
        kept = _without_actions(text)
        taken = {tuple(words[1:3]) for words in _keys(kept)}
        ours = {tuple(words[1:3]): line for line, words in _our_keys(text)}
        added = [action.line for action in ACTIONS] + list(ours.values())
        for action in ACTIONS:
            if action.key and not ours and (str(action.key.modifiers), str(action.key.code)) not in taken:
                added.append(_key_line(action, action.key))
        return _joined(kept, added, text)

    def undo(self, text: str, before: str) -> str:
        """The file without our actions, and without any key that leads to one. Raises DawError."""
        self._refuse_while_running()
        kept = _without_actions(text)
        return before if kept == before.splitlines() else _joined(kept, [], text)

    def _refuse_while_running(self) -> None:
        if self.is_running():
            raise DawError(
                "REAPER is running, and would write over this when it ends; quit it, then try again."
            )


def _key_line(action: Action, key: Key) -> str:
    return f"KEY {key.modifiers} {key.code} _{action.identifier} {_MAIN}"


def _is_ours(word: str) -> bool:
    return word.lstrip("_") in {action.identifier for action in ACTIONS}


def _words(line: str) -> list[str]:
    return line.split()[:5]


def _without_actions(text: str) -> list[str]:
    """All lines but ours."""
    return [line for line in text.splitlines() if len(_words(line)) < 4 or not _is_ours(_words(line)[3])]


def _keys(rows: list[str]) -> Iterator[list[str]]:
    return (
        words for words in map(_words, rows) if words[:1] == ["KEY"] and len(words) == 5 and words[4] == "0"
    )


def _our_keys(text: str) -> Iterator[tuple[str, list[str]]]:
    """Keys that lead to our actions, also those that the user has chosen."""
    for line in text.splitlines():
        words = _words(line)
        if words[:1] == ["KEY"] and len(words) == 5 and _is_ours(words[3]):
            yield line, words


def _joined(kept: list[str], added: list[str], text: str) -> str:
    """With the line ends that the file has."""
    end = "\r\n" if "\r\n" in text else "\n"
    return "".join(line + end for line in (*kept, *added))
