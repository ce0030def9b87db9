"""What ``punchin panel`` leaves for the command line, in the shape it prints: lines, or a value as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """As ``engine.commands.outcome.Outcome``, which the panel does not import."""

    value: Mapping[str, object] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    complaint: str = ""
    code: int = 0
