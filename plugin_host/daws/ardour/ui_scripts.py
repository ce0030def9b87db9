"""Ardour's file of the user's scripts, ``ui_scripts``: our action and our timer, in and out again.

The file is XML around base64 around Lua: assignments ``scripts[1]["n"] = "Name"``, as Ardour's own serialiser
writes them (``ScriptManager`` in its ``luainstance.cc``). Strings are read, never run.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from plugin_host.errors import DawError

NAME = "Punch-In"
SLOTS = 9  # actions "script-1" to "script-9"
HOOK_ID = "20250901"
# LuaTimerDS, ten times a second, is signal 47 in Ardour 7 (of 49) and 8 (of 50); the highest comes first.
_SIGNALS = "01" + "0" * 47
_LUA = "Lua 5.3"
_EMPTY = '<UIScripts version="1"><ActionScript/><ActionHooks/></UIScripts>'
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_STATEMENT = re.compile(
    rb'\s*(?P<name>scripts(?:\[(?P<slot>\d+)\])?(?:\["(?P<key>\w+)"\])?(?:\[[^\]]*\])*)\s*=\s*'
    rb'(?P<value>\{\}|"(?:\\.|[^"\\])*"|[\w.+-]+)',
    re.DOTALL,
)


@dataclass(frozen=True)
class UiScripts:
    """The edit of that file: ``folder`` is where our scripts lie."""

    path: Path
    folder: Path

    @property
    def summary(self) -> str:
        """What is changed."""
        return f'add the action "{NAME}" and the timer that answers to Punch-In'

    def apply(self, text: str) -> str:
        """With both, in the first action that is free. Raises DawError if none is."""
        root = _parse(text, self.path)
        actions = _statements(_content(root.find("ActionScript")), self.path)
        free = free_slot(actions)
        if not any(_is_ours(actions, slot) for slot in _slots(actions)):
            _set(root, "ActionScript", _join(actions) + self._action(free, not actions))
        hooks = _child(root, "ActionHooks")
        if all(hook.get("name") != NAME for hook in hooks):
            hooks.append(self._hook())
        return _text(root)

    def undo(self, text: str, before: str) -> str:
        """Without ours; other scripts stay as Ardour has them by now."""
        root = _parse(text, self.path)
        actions = _statements(_content(root.find("ActionScript")), self.path)
        ours = {slot for slot in _slots(actions) if _is_ours(actions, slot)}
        kept = [each for each in actions if each["slot"] is None or int(each["slot"]) not in ours]
        if ours:
            _set(root, "ActionScript", _join(kept) if _slots(kept) else b"")
        hooks = _child(root, "ActionHooks")
        for hook in [hook for hook in hooks if hook.get("name") == NAME]:
            hooks.remove(hook)
        return before if _same(root, _parse(before, self.path)) else _text(root)

    def _action(self, slot: int, first: bool) -> bytes:
        place = b"scripts[%d]" % slot
        parts = [b"scripts = {}"] if first else []
        parts += [place + b" = {}", place + b'["n"] = ' + _quote(NAME)]
        parts += [place + b'["s"] = ' + _quote(_source("EditorAction", self.folder / "action.lua"))]
        parts += [place + b'["f"] = ' + _quote(_loader(self.folder, "action.lua"))]
        parts += [place + b'["a"] = {}']  # without arguments Ardour 8 drops all actions
        return b" " + b" ".join(parts) + b" "

    def _hook(self) -> ElementTree.Element:
        hook = ElementTree.Element("LuaCallback", lua=_LUA, id=HOOK_ID, name=NAME, signals=_SIGNALS)
        parts = [b"s = {}", b's["n"] = ' + _quote(NAME)]
        parts += [b's["s"] = ' + _quote(_source("EditorHook", self.folder / "hook.lua"))]
        parts += [b's["f"] = ' + _quote(_loader(self.folder, "hook.lua"))]
        hook.text = base64.b64encode(b" ".join(parts)).decode()
        return hook


Statement = dict[str, bytes | None]


def slot_of(text: str, path: Path) -> int:
    """Which action is ours, or the one that will be. Raises DawError."""
    actions = _statements(_content(_parse(text, path).find("ActionScript")), path)
    return next((slot for slot in _slots(actions) if _is_ours(actions, slot)), 0) or free_slot(actions)


def free_slot(actions: list[Statement]) -> int:
    """The first action that has no script. Raises DawError if all have one."""
    taken = _slots(actions)
    free = [slot for slot in range(1, SLOTS + 1) if slot not in taken]
    if not free and not any(_is_ours(actions, slot) for slot in taken):
        raise DawError(f"All {SLOTS} of Ardour's script actions are taken: free one in its script manager.")
    return free[0] if free else 0


def _loader(folder: Path, script: str) -> str:
    """What Ardour keeps of a script: it reads the real one, and does nothing when that is gone."""
    place = _quote(folder.as_posix()).decode()
    return (
        f'local folder = {place} local chunk = loadfile (folder .. "/{script}", "t") '
        "local fine, found = pcall (function () return chunk (folder) end) "
        "return fine and found or function () end"
    )


def _source(kind: str, path: Path) -> str:
    """What Ardour's script manager shows."""
    return f'ardour {{ ["type"] = "{kind}", name = "{NAME}" }}\n-- The script is in {path.as_posix()}\n'


def _quote(text: str) -> bytes:
    escaped = text.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def _parse(text: str, path: Path) -> ElementTree.Element:
    try:
        root = ElementTree.fromstring(text.strip() or _EMPTY)
    except ElementTree.ParseError as error:
        raise DawError(f"{path} is not a file of Ardour's scripts ({error}); nothing was changed.") from error
    if root.tag != "UIScripts":
        raise DawError(f"{path} is not a file of Ardour's scripts; nothing was changed.")
    return root


def _text(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return _HEAD + ElementTree.tostring(root, encoding="unicode") + "\n"


def _same(one: ElementTree.Element, other: ElementTree.Element) -> bool:
    return _shape(one) == _shape(other)


def _shape(root: ElementTree.Element) -> tuple[list[bytes], list[tuple[object, ...]]]:
    """What counts: the actions and the hooks, without blanks."""
    actions = _statements(_content(root.find("ActionScript")), Path("ui_scripts"))
    hooks: list[tuple[object, ...]] = [
        (hook.text, *sorted(hook.items())) for hook in _child(root, "ActionHooks")
    ]
    return [(each["whole"] or b"").strip() for each in actions if each["slot"] is not None], hooks


def _child(root: ElementTree.Element, tag: str) -> ElementTree.Element:
    found = root.find(tag)
    return ElementTree.SubElement(root, tag) if found is None else found


def _content(node: ElementTree.Element | None) -> bytes:
    text = "" if node is None or node.text is None else node.text.strip()
    try:
        return base64.b64decode(text, validate=False)
    except binascii.Error as error:
        raise DawError("Ardour's file of scripts is damaged; nothing was changed.") from error


def _set(root: ElementTree.Element, tag: str, content: bytes) -> None:
    node = _child(root, tag)
    node.text = base64.b64encode(content).decode()
    node.set("lua", _LUA)


def _statements(content: bytes, path: Path) -> list[Statement]:
    """The assignments, each with its own bytes. Raises DawError for anything else."""
    found: list[Statement] = []
    position = 0
    while content[position:].strip(b" \t\r\n\0"):
        match = _STATEMENT.match(content, position)
        if match is None:
            raise DawError(f"{path} holds scripts of a kind that is not known; nothing was changed.")
        found.append({**match.groupdict(), "whole": match[0]})
        position = match.end()
    return found


def _slots(actions: list[Statement]) -> set[int]:
    return {int(each["slot"]) for each in actions if each["slot"] is not None}


def _is_ours(actions: list[Statement], slot: int) -> bool:
    wanted = str(slot).encode()
    return any(
        each["slot"] == wanted and each["key"] == b"n" and each["value"] == _quote(NAME) for each in actions
    )


def _join(actions: list[Statement]) -> bytes:
    return b"".join(each["whole"] or b"" for each in actions)
