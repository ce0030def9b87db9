"""Ardour's keys: one more binding, and out again.

Ardour reads either its own file of keys or the user's, whole; so the user's begins as a copy of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from plugin_host.errors import DawError

KEY = "Primary-Secondary-p"  # Ctrl+Alt+P; on a Mac, Cmd+Ctrl+P
_GLOBAL = re.compile(r'(<Bindings name="Global">\s*<Press>)')
_OURS = re.compile(r'\n? *<Binding key="[^"]*" action="LuaAction/script-\d" group="Punch-In"/>')
_BINDING = re.compile(r'<Binding key="([^"]*)" action="([^"]*)"')


@dataclass(frozen=True)
class KeyBinding:
    """The edit of the user's file of keys: ``own`` is what Ardour's own says."""

    path: Path
    own: str
    slot: int

    @property
    def summary(self) -> str:
        """What is changed."""
        return "bind Ctrl+Alt+P to Punch-In"

    def apply(self, text: str) -> str:
        """With the key, unless it, or the action, is bound to something already. Raises DawError."""
        text = text if text.strip() else self.own
        action = f"LuaAction/script-{self.slot}"
        bound = {key: what for key, what in _BINDING.findall(text)}
        if action in bound.values():
            return text
        if KEY in bound:
            raise DawError(
                f"Ctrl+Alt+P is {bound[KEY]} in {self.path}: free it in Ardour's Window > Keyboard Shortcuts."
            )
        line = f'\n   <Binding key="{KEY}" action="{action}" group="Punch-In"/>'
        edited, number = _GLOBAL.subn(lambda match: match[0] + line, text, count=1)
        if not number:
            raise DawError(f"{self.path} has no global keys; nothing was changed.")
        return edited

    def undo(self, text: str, before: str) -> str:
        """Without it; what else the user has bound since stays."""
        bound = re.compile(rf'\n? *<Binding key="{KEY}" action="LuaAction/script-{self.slot}"[^>]*/>')
        text = bound.sub("", _OURS.sub("", text))
        return before if text.split() in (before.split(), self.own.split()) else text
