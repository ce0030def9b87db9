"""Writes ``punchin.tosc``, a layout for TouchOSC: ``python layout.py``.

The file is XML under zlib. A control has properties, values and children; its script is Lua. Rows of the
layout are from top to bottom; places are in points of a screen of 1024 by 768, which TouchOSC scales.
"""

from __future__ import annotations

import tomllib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from xml.dom.minidom import Document, Element

HERE = Path(__file__).parent
FACTORY = HERE.parents[2] / "presets" / "factory"
PROMPTS = (
    "foley/water-splash",
    "foley/dry-leaves",
    "foley/wood-chop",
    "foley/blade-whoosh",
    "impacts/explosion",
    "impacts/concrete-smash",
    "ambience/brook",
    "weather/heavy-rain",
)

SIZE = (1024, 768)
MARGIN, GAP = 16, 8
ROW = 66

Setting = bool | int | float | str | tuple[int, ...] | tuple[float, ...]
GREY, BLUE, RED, GREEN = (
    (0.25, 0.25, 0.25, 1.0),
    (0.2, 0.4, 0.7, 1.0),
    (0.7, 0.25, 0.2, 1.0),
    (0.2, 0.6, 0.35, 1.0),
)
# What TouchOSC's editor writes of every control.
EVERYWHERE: dict[str, Setting] = {
    "background": True,
    "color": GREY,
    "cornerRadius": 1.0,
    "grabFocus": True,
    "interactive": True,
    "locked": False,
    "orientation": 0,
    "outline": True,
    "outlineStyle": 1,
    "pointerPriority": 0,
    "shape": 1,
    "visible": True,
}

# What a button says to the layout's script when it is pressed; its tag is the value.
PRESSED = """function onValueChanged(key)
  if key == 'x' and self.values.x == 1 then root:notify('{verb}', self.tag) end
end
"""


@dataclass(frozen=True)
class Control:
    """A control: type, place (x, y, width, height), properties, and the values it begins with."""

    kind: str
    name: str
    frame: tuple[int, ...]
    properties: tuple[tuple[str, Setting], ...] = ()
    values: tuple[tuple[str, Setting], ...] = ()


def layout() -> bytes:
    """The file."""
    document = Document()
    root = document.appendChild(document.createElement("lexml"))
    root.setAttribute("version", "6")
    script = (HERE / "punchin.lua").read_text(encoding="utf-8")
    everything = Control("GROUP", "punchin", (0, 0, *SIZE), (("script", script), ("interactive", True)))
    node = root.appendChild(_node(document, everything))
    node.insertBefore(document.createElement("includes"), node.firstChild)
    children = node.appendChild(document.createElement("children"))
    for control in controls():
        children.appendChild(_node(document, control))
    return zlib.compress(document.toxml(encoding="UTF-8"), 9)


def controls() -> Iterator[Control]:
    """All of them, each row from left to right."""
    yield from _captioned(
        0, "recording: the whole path on the engine's machine; empty: a new sound", "recording"
    )
    yield from _captioned(1, "token, if the engine asks for one", "token")
    yield from _captioned(2, "what it should sound like", "prompt", _prompts()[0][1])
    for number, (title, prompt) in enumerate(_prompts()):
        place = _cell(3 + number // 4, number % 4, 4)
        yield from _button(f"prompt{number + 1}", place, title, "prompt", GREY, prompt)
    yield from _captioned(5, "start in the recording, seconds", "start", "0.00", cells=(0, 2, 8))
    for number, seconds in enumerate((-10, -1, -0.1, 0.1, 1, 10)):
        yield from _button(
            f"step{number + 1}", _cell(5, 2 + number, 8), f"{seconds:+g}", "step", GREY, str(seconds)
        )
    yield from _fader(_cell(6, 0, 3), "length", "length, 0.2 to 10 s", 0.1)
    yield from _fader(_cell(6, 1, 3), "strength", "strength, 0 to 1", 0.6)
    yield from _takes(_cell(6, 2, 3))
    yield from _button("render", _cell(7, 0, 3), "render", "render", GREEN)
    yield from _button("cancel", _cell(7, 1, 3), "cancel", "cancel", RED)
    yield from _button("status", _cell(7, 2, 3), "status", "status", BLUE)
    yield from _captioned(8, "progress", "progress")
    yield Control(
        "FADER", "meter", _bar(_cell(8, 0, 1)), (("interactive", False), ("orientation", 1)), (("x", 0.0),)
    )
    yield from _captioned(9, "the newest take", "take")


def _prompts() -> list[tuple[str, str]]:
    """Titles and prompts of presets that come with Punch-In."""
    texts = [(FACTORY / f"{name}.toml").read_text(encoding="utf-8") for name in PROMPTS]
    return [(preset["name"], preset["prompt"]) for preset in map(tomllib.loads, texts)]


def _cell(row: int, column: int, columns: int, across: int = 1) -> tuple[int, ...]:
    """The place of some cells of a row that has so many."""
    width = (SIZE[0] - 2 * MARGIN + GAP) / columns
    left, right = round(MARGIN + column * width), round(MARGIN + (column + across) * width) - GAP
    return left, MARGIN + row * (ROW + GAP), right - left, ROW


def _captioned(
    row: int, caption: str, name: str, text: str = "", cells: tuple[int, int, int] = (0, 1, 1)
) -> Iterator[Control]:
    """A text below the words that say what it is."""
    x, y, width, _ = _cell(row, cells[0], cells[2], cells[1])
    yield _label(f"{name} caption", (x, y, width, 20), caption, 12, background=False)
    yield _label(name, (x, y + 22, width, ROW - 22), text, 18)


def _label(name: str, frame: tuple[int, ...], text: str, size: int, *, background: bool = True) -> Control:
    properties = (
        ("background", background),
        ("interactive", False),
        ("outline", background),
        ("textSize", size),
    )
    looks = (("textColor", (1.0, 1.0, 1.0, 1.0)), ("textClip", True), ("textAlignH", 2), ("textAlignV", 2))
    return Control("LABEL", name, frame, (*properties, *looks), (("text", text),))


def _button(
    name: str, frame: tuple[int, ...], words: str, verb: str, color: tuple[float, ...], value: str = ""
) -> Iterator[Control]:
    """A button with its words over it, which let touches through."""
    script = PRESSED.format(verb=verb)
    properties = (("buttonType", 0), ("color", color), ("press", True), ("release", True))
    yield Control("BUTTON", name, frame, (*properties, ("script", script), ("tag", value)), (("x", 0.0),))
    yield _label(f"{name} caption", frame, words, 18, background=False)


def _fader(frame: tuple[int, ...], name: str, caption: str, value: float) -> Iterator[Control]:
    properties = (("color", BLUE), ("orientation", 1), ("response", 1))
    yield _label(f"{name} caption", (*frame[:3], 20), caption, 12, background=False)
    yield Control("FADER", name, _below(frame), properties, (("x", value),))


def _takes(frame: tuple[int, ...]) -> Iterator[Control]:
    yield _label("takes caption", (*frame[:3], 20), "takes, 1 to 8", 12, background=False)
    properties = (("color", BLUE), ("orientation", 1), ("radioType", 0), ("steps", 8))
    yield Control("RADIO", "takes", _below(frame), properties, (("x", 0),))


def _below(frame: tuple[int, ...]) -> tuple[int, ...]:
    return frame[0], frame[1] + 22, frame[2], frame[3] - 22


def _bar(frame: tuple[int, ...]) -> tuple[int, ...]:
    return frame[0], frame[1] + ROW - 6, frame[2], 6


def _node(document: Document, control: Control) -> Element:
    """Properties in the order of their names, as TouchOSC writes them."""
    node = document.createElement("node")
    node.setAttribute("ID", str(uuid5(NAMESPACE_URL, f"punchin.tosc/{control.name}")))
    node.setAttribute("type", control.kind)
    given = EVERYWHERE | {"name": control.name, "frame": control.frame}
    properties = node.appendChild(document.createElement("properties"))
    for key, value in sorted((given | dict(control.properties)).items()):
        properties.appendChild(_property(document, key, value))
    values = node.appendChild(document.createElement("values"))
    for key, value in (*control.values, ("touch", False)):
        values.appendChild(_value(document, key, value))
    return node


def _property(document: Document, key: str, value: Setting) -> Element:
    element = document.createElement("property")
    element.appendChild(_text(document, "key", key, quoted=True))
    if isinstance(value, tuple):
        element.setAttribute("type", "r" if key == "frame" else "c")
        parts = element.appendChild(document.createElement("value"))
        for name, part in zip("xywh" if key == "frame" else "rgba", value, strict=True):
            parts.appendChild(_text(document, name, f"{part:g}"))
        return element
    element.setAttribute("type", _type(value))
    words = value if isinstance(value, str) else f"{value:g}"
    element.appendChild(_text(document, "value", words, quoted=isinstance(value, str)))
    return element


def _type(value: Setting) -> str:
    letters: Sequence[tuple[type, str]] = ((bool, "b"), (int, "i"), (float, "f"), (str, "s"))
    return next(letter for kind, letter in letters if isinstance(value, kind))


def _value(document: Document, key: str, default: Setting) -> Element:
    element = document.createElement("value")
    words = str(default).lower() if isinstance(default, bool) else str(default)
    element.appendChild(_text(document, "key", key, quoted=True))
    element.appendChild(_text(document, "locked", "0"))
    element.appendChild(_text(document, "lockedDefaultCurrent", "0"))
    element.appendChild(_text(document, "default", words, quoted=True))
    element.appendChild(_text(document, "defaultPull", "0"))
    return element


def _text(document: Document, name: str, words: str, *, quoted: bool = False) -> Element:
    element = document.createElement(name)
    node = document.createCDATASection(words) if quoted else document.createTextNode(words)
    element.appendChild(node)
    return element


if __name__ == "__main__":
    (HERE / "punchin.tosc").write_bytes(layout())
