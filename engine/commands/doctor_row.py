"""What ``punchin doctor`` has to say about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Row:
    """One thing looked at; ``advice`` says what to do unless it is ok."""

    name: str
    state: State
    detail: str
    advice: str = ""
