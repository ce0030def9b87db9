"""The layout for TouchOSC: read by another reader of such files, its scripts run in Lua, requests parsed."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from types import ModuleType

import pytest

import plugin_host
from engine.protocol.osc import TaggedArgument, decode_packet, encode_message
from engine.protocol.replies import REPLIES, Progress, encode_reply
from engine.protocol.requests import (
    REQUESTS,
    CancelRequest,
    Envelope,
    FileSource,
    Mode,
    NewSource,
    RenderRequest,
    StatusRequest,
    parse_request,
)

py2tosc = pytest.importorskip("py2tosc")

FOLDER = Path(plugin_host.__file__).parent / "controllers" / "touchosc"
APP = Path(__file__).parent / "touchosc_app.lua"
LUA = shutil.which("lua5.4") or shutil.which("lua5.3")
needs_lua = pytest.mark.skipif(LUA is None, reason="needs Lua (Debian: lua5.4)")


def maker() -> ModuleType:
    """``layout.py``, which lies beside the file and not in a package."""
    spec = importlib.util.spec_from_file_location("touchosc_layout", FOLDER / "layout.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def quoted(text: str) -> str:
    """A long string of Lua."""
    return f"[==[\n{text}]==]"


def as_lua(value: object) -> str:
    """A value of a control."""
    return quoted(value) if isinstance(value, str) else str(value).lower()


def layout_in_lua() -> str:
    """What py2tosc finds in the file, for the stand-in to take in."""
    lines = []
    for control in py2tosc.load(FOLDER / "punchin.tosc").root.walk():
        values = ", ".join(f"{value.key} = {as_lua(value.default)}" for value in control.values)
        words = [quoted(str(control.get(key, ""))) for key in ("name", "tag", "script")]
        lines.append(f"control({words[0]}, {words[1]}, {{ {values} }}, {words[2]})")
    return "\n".join(lines)


class Happened:
    """What the stand-in wrote."""

    def __init__(self, output: str) -> None:
        self.requests: list[Envelope] = []
        self.says: dict[str, str] = {}
        messages: list[tuple[str, list[TaggedArgument]]] = []
        for line in output.splitlines():
            kind, first, *rest = line.split("\t")
            if kind == "send":
                messages.append((first, []))
            elif kind == "argument":
                messages[-1][1].append((first, {"i": int, "f": float}.get(first, str)(rest[0])))
            else:
                self.says[first] = rest[0]
        for message in messages:
            (raw,) = decode_packet(encode_message(*message))
            self.requests.append(parse_request(raw))


def play(folder: Path, happens: str) -> Happened:
    """The layout in the stand-in, and lines of Lua about what happens to it."""
    assert LUA is not None
    (folder / "layout.lua").write_text(layout_in_lua())
    (folder / "do.lua").write_text(happens)
    command = [LUA, str(APP), str(folder / "layout.lua"), str(folder / "do.lua")]
    return Happened(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def test_the_layout_is_what_its_source_makes() -> None:
    """The file that is shipped was not forgotten when its source, or a preset in it, was changed."""
    made, shipped = maker().layout(), (FOLDER / "punchin.tosc").read_bytes()
    assert zlib.decompress(made) == zlib.decompress(shipped), "run python layout.py beside it"


def test_another_reader_finds_nothing_wrong() -> None:
    """Types, properties and values are those that TouchOSC's own files have; names are there once."""
    document = py2tosc.load(FOLDER / "punchin.tosc")
    assert [] == [str(issue) for issue in document.validate()]
    names = [control.get("name", "") for control in document.root.walk()]
    assert len(set(names)) == len(names)
    for control in document.root.children:
        x, y, width, height = control.get("frame")
        assert x >= 0 and y >= 0 and x + width <= 1024 and y + height <= 768, control.get("name")


def test_every_address_is_of_the_protocol() -> None:
    """Of what is sent and what is heard."""
    text = (FOLDER / "punchin.lua").read_text()
    sent = set(re.findall(r"send\('([^']+)'", text))
    heard = set(re.findall(r"\['(/punchin/[^']+)'\]", text))
    assert sent == {"/punchin/render", "/punchin/cancel", "/punchin/status"}
    assert sent <= set(REQUESTS) and heard <= set(REPLIES)


@needs_lua
def test_a_new_sound_is_asked_for(tmp_path: Path) -> None:
    """Without a recording: the prompt whose button was pressed, faders' seconds, takes; nothing streamed."""
    happened = play(tmp_path, "press('prompt5')\npress('render')\nsays('prompt')")
    (render,) = (envelope.request for envelope in happened.requests)
    assert isinstance(render, RenderRequest)
    assert isinstance(render.source, NewSource)
    assert render.mode is Mode.GENERATE
    assert (render.prompt, render.takes, render.want_chunks) == (happened.says["prompt"], 1, False)
    assert "explosion" in render.prompt


@needs_lua
def test_a_region_of_a_recording_is_asked_for(tmp_path: Path) -> None:
    """Its path from another program, its start by steps; then it is cancelled."""
    happened = play(
        tmp_path,
        "arrives('/controller/recording', { 's', '/a b.wav' })\n"
        "arrives('/controller/prompt', { 's', 'boots' })\n"
        "press('step5')\npress('step4')\npress('render')\npress('cancel')\npress('status')",
    )
    render, cancel, status = (envelope.request for envelope in happened.requests)
    assert isinstance(render, RenderRequest)
    assert isinstance(render.source, FileSource)
    assert (render.source.path, render.prompt, render.strength) == ("/a b.wav", "boots", pytest.approx(0.6))
    start, end = (place.in_frames(48_000) for place in (render.source.start, render.source.end))
    assert (start, end) == (52_800, pytest.approx(52_800 + round((0.2 + 9.8 * 0.1) * 48_000), abs=1))
    assert cancel == CancelRequest(render.job_id)
    assert status == StatusRequest()


@needs_lua
def test_each_prompt_and_step_is_a_request_that_can_be_read(tmp_path: Path) -> None:
    """All buttons of the layout, with a render after each; below zero a recording does not go."""
    names = [control.get("name", "") for control in py2tosc.load(FOLDER / "punchin.tosc").root.children]
    buttons = [name for name in names if re.fullmatch(r"(prompt|step)\d", name)]
    lines = ["arrives('/controller/recording', { 's', '/a.wav' })"]
    lines += [f"press('{name}')\npress('render')" for name in buttons]
    happened = play(tmp_path, "\n".join(lines))
    prompts = [envelope.request.prompt for envelope in happened.requests]  # type: ignore[union-attr]
    assert len(prompts) == 14
    assert len(set(prompts)) == 8


@needs_lua
def test_the_token_goes_with_every_message(tmp_path: Path) -> None:
    """As engines on other machines demand."""
    happened = play(tmp_path, "set('token', 'sesame')\npress('render')\npress('cancel')\npress('status')")
    assert ["sesame"] * 3 == [envelope.token for envelope in happened.requests]


@needs_lua
def test_answers_are_shown(tmp_path: Path) -> None:
    """Progress as words and as a bar, a take's path, a failure's sentence; strangers are left to others."""
    (progress,) = decode_packet(encode_reply(Progress("touch-1", "denoising", 5, 20, 3.2)))
    values = ", ".join(
        f"{{ 'x', {quoted(value) if isinstance(value, str) else value} }}" for value in progress.arguments
    )
    happened = play(tmp_path, f"arrives('{progress.address}', {values})\nsays('progress')\nsays('meter')")
    assert happened.says == {"progress": "denoising 5 of 20, 3 s left", "meter": "0.25"}
    failed = "arrives('/punchin/failed', { 's', '' }, { 's', 'bad_region' }, { 's', 'Choose another.' })"
    taken = "arrives('/punchin/take', { 's', 'j' }, { 'i', 0 }, { 's', '/t.wav' }, { 'i', 9 })"
    strange = "assert(arrives('/other') == false)"
    happened = play(tmp_path, f"{failed}\n{taken}\n{strange}\nsays('progress')\nsays('take')")
    assert happened.says == {"progress": "Choose another.", "take": "/t.wav"}
