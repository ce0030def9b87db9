"""What goes where a DAW looks for it: seen before it is done, and undone to the byte."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


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
class Installation:
    """What makes a DAW know of Punch-In."""

    files: tuple[NewFile, ...] = ()
    edits: tuple[Edit, ...] = ()
    notes: tuple[str, ...] = ()  # sentences: what the user has to do besides, such as starting the DAW again
