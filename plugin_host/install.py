"""What is to lie where a DAW looks for it: whole files of ours, and edits in the DAW's own."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from plugin_host.errors import DawError


class System(enum.StrEnum):
    """Operating systems, as folders differ between them."""

    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"


@dataclass(frozen=True)
class Where:
    """What an adapter has to know to say what it installs; all of it is data, so a test can be any system.

    ``command`` is how scripts start Punch-In: the absolute path of ``punchin``, and perhaps words after it.
    """

    system: System
    home: Path
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NewFile:
    """A file of ours, whole. It must not be there yet, unless it is ours."""

    path: Path
    content: bytes
    executable: bool = False


class Edit(Protocol):
    """A change in a text file that belongs to the DAW, and its way back.

    A DAW rewrites its files: the way back is from what the file is by then, and leaves the rest alone.
    """

    @property
    def path(self) -> Path:
        """The file; it may be missing, and is then made."""

    @property
    def summary(self) -> str:
        """What is changed, as half a sentence: "bind Ctrl+Alt+P to Punch-In"."""

    def apply(self, text: str) -> str:
        """The file's text with the change; the same text where it is made already. Raises DawError."""

    def undo(self, text: str, before: str) -> str:
        """The file's text without the change; ``before``: what it was before it. Raises DawError."""


@dataclass(frozen=True)
class Lines:
    """Lines that are added at the end of a file where they are missing, and taken out again."""

    path: Path
    summary: str
    lines: tuple[str, ...]

    def apply(self, text: str) -> str:
        """With the lines."""
        missing = [line for line in self.lines if line not in text.splitlines()]
        end = _newline(text)
        start = end if text and not text.endswith("\n") else ""
        return text + start + "".join(line + end for line in missing) if missing else text

    def undo(self, text: str, before: str) -> str:
        """Without those that were not there before; nothing else moves."""
        ours = set(self.lines) - set(before.splitlines())
        kept = [line for line in text.splitlines(keepends=True) if line.rstrip("\r\n") not in ours]
        return before if "".join(kept).rstrip() == before.rstrip() else "".join(kept)


@dataclass(frozen=True)
class IniValues:
    """Values of keys in one section of an ini file. Comments, order and every other line stay."""

    path: Path
    summary: str
    section: str  # "" for keys before the first section
    values: Mapping[str, str]

    def apply(self, text: str) -> str:
        """With the values."""
        for key, value in self.values.items():
            text = _set(text, self.section, key, value)
        return text

    def undo(self, text: str, before: str) -> str:
        """With the values as they were; what somebody has given another value since keeps it."""
        for key, value in self.values.items():
            if _get(text, self.section, key) == value:
                text = _set(text, self.section, key, _get(before, self.section, key))
        return before if _without_blanks(text) == _without_blanks(before) else text


@dataclass(frozen=True)
class Installation:
    """What makes a DAW know of Punch-In."""

    files: tuple[NewFile, ...] = ()
    edits: tuple[Edit, ...] = ()
    notes: tuple[str, ...] = ()  # sentences: what the user has to do besides, such as starting the DAW again


# Endings of sessions and projects. Whatever an adapter says: they are the user's work.
SESSIONS = (
    *(
        ".ardour",
        ".aup",
        ".aup3",
        ".rpp",
        ".rpp-bak",
        ".als",
        ".alc",
        ".ptx",
        ".ptf",
        ".pts",
        ".logicx",
        ".band",
    ),
    *(
        ".cpr",
        ".npr",
        ".song",
        ".flp",
        ".bwproject",
        ".drp",
        ".dra",
        ".reason",
        ".sesx",
        ".mmpz",
        ".qtr",
        ".wproj",
    ),
)


def check_sessions(installation: Installation) -> None:
    """Raises DawError where it would touch a session."""
    paths = [file.path for file in installation.files] + [edit.path for edit in installation.edits]
    for path in paths:
        if any(part.lower().endswith(SESSIONS) for part in path.parts):
            raise DawError(f"{path} is a session: Punch-In does not install anything there.")


def _lines_of(text: str, section: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line of a section, its head left out."""
    here = section == ""
    for number, line in enumerate(text.splitlines()):
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            here = stripped[1:-1] == section
        elif here:
            yield number, line


def _get(text: str, section: str, key: str) -> str | None:
    for _number, line in _lines_of(text, section):
        name, equals, value = line.partition("=")
        if equals and name.strip() == key:
            return value.strip()
    return None


def _set(text: str, section: str, key: str, value: str | None) -> str:
    """The text with one value; None takes the line out, and a section's head with its last line."""
    lines = text.splitlines()
    inside = list(_lines_of(text, section))
    at = [number for number, line in inside if line.partition("=")[0].strip() == key and "=" in line]
    if value is None:
        lines = [line for number, line in enumerate(lines) if number not in at]
        left = any(line.strip() for number, line in inside if number not in at)
        lines = lines if left or not at else [line for line in lines if line.strip() != f"[{section}]"]
    elif at:
        lines[at[-1]] = f"{key}={value}"
    elif inside or f"[{section}]" in (line.strip() for line in lines):
        lines.insert(_end_of(lines, inside, section), f"{key}={value}")
    else:
        lines += ([f"[{section}]"] if section else []) + [f"{key}={value}"]
    return "".join(line + _newline(text) for line in lines)


def _end_of(lines: list[str], inside: list[tuple[int, str]], section: str) -> int:
    """Where a new line of the section goes: after its last that is not blank."""
    filled = [number for number, line in inside if line.strip()]
    heads = [number for number, line in enumerate(lines) if line.strip() == f"[{section}]"]
    return max((*filled, *heads), default=-1) + 1


def _newline(text: str) -> str:
    """How lines end in a file."""
    return "\r\n" if "\r\n" in text else "\n"


def _without_blanks(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]
