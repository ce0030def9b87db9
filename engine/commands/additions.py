"""Commands of packages that the engine does not know: they register themselves under an entry-point group.

The panel and the presets are such packages. An entry point is a module that offers what
``engine.commands.line.Command`` asks for and a ``SUMMARY``; it must be light, for it is read by every
``punchin --help``.
"""

from __future__ import annotations

from collections.abc import Container
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

GROUP = "punchin.commands"


def summaries(taken: Container[str]) -> dict[str, str]:
    """What each registered command does, by its name; a name that is taken can't be taken over."""
    return {point.name: load(point.name).SUMMARY for point in _points() if point.name not in taken}


def load(name: str) -> ModuleType:
    """The module of a registered command."""
    module = next(point for point in _points() if point.name == name).load()
    assert isinstance(module, ModuleType)
    return module


def _points() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP))
