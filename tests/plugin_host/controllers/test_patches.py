"""Patches for controllers: addresses and keys are the protocol's, and they work where they can be run."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

import plugin_host
from engine.client import find_or_start
from engine.config import Home
from engine.lockfile import find_engine
from engine.protocol.osc import RawMessage, decode_packet
from engine.protocol.replies import REPLIES
from engine.protocol.requests import REQUESTS, FileSource, RenderRequest, parse_request
from tests.plugin_host.conftest import RATE

PATCHES = Path(plugin_host.__file__).parent / "controllers"
PD = PATCHES / "pd" / "punchin.pd"
SUPERCOLLIDER = PATCHES / "supercollider" / "punchin.scd"
SESSION = PATCHES / "open_stage_control" / "punchin.json"


def pd_keys() -> dict[str, list[str]]:
    """Of each ``oscformat``, the words of the message before it that are no values."""
    text = PD.read_text().replace("\n", " ")
    sent = re.findall(r"oscformat (punchin \w+);", text)
    lists = re.findall(r"#X msg \d+ \d+ list( [^;]*)?;", text)
    (asked,) = (one for one in lists if "path" in one)
    keys = {"/" + one.replace(" ", "/"): [] for one in sent}
    return keys | {"/punchin/render": [word for word in asked.split() if "$" not in word]}


def supercollider_keys() -> dict[str, list[str]]:
    """Of each ``sendMsg``, its quoted words after the address."""
    calls = re.findall(r"sendMsg\('([^']+)'(.*?)\)\s*[;}]", SUPERCOLLIDER.read_text(), re.DOTALL)
    return {address: re.findall(r"'(\w+)'", rest) for address, rest in calls}


def session_scripts() -> dict[str, str]:
    """The script of each button."""
    widgets = json.loads(SESSION.read_text())["content"]["widgets"]
    return {widget["id"]: widget["onValue"] for widget in widgets if "onValue" in widget}


def session_keys() -> dict[str, list[str]]:
    """Of each ``send``, its literal strings."""
    text = "\n".join(session_scripts().values())
    calls = re.findall(r"send\('[^']+', '([^']+)'((?:[^()]|\([^()]*\))*)\)", text)
    return {address: re.findall(r"type: 's', value: '(\w+)'", rest) for address, rest in calls}


@pytest.mark.parametrize("read", [pd_keys, supercollider_keys, session_keys])
def test_patches_speak_the_protocol(read: object) -> None:
    """Each asks, cancels and looks; with no key that a request does not have."""
    keys = read()  # type: ignore[operator]
    assert set(keys) == {"/punchin/render", "/punchin/cancel", "/punchin/status"}
    for address, names in keys.items():
        assert set(names) <= {key.name for key in REQUESTS[address].keys}
    assert keys["/punchin/render"] == ["path", "start", "end", "prompt", "strength", "takes"]


def test_patches_listen_to_replies_there_are() -> None:
    """Every address and route of a reply."""
    text = SUPERCOLLIDER.read_text() + SESSION.read_text()
    heard = set(re.findall(r"/punchin/[a-z/]+", text)) - set(REQUESTS)
    (routes,) = re.findall(r"route (progress [^;]*);", PD.read_text())
    heard |= {f"/punchin/{word}" for word in routes.split()}
    assert heard <= set(REPLIES)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two seconds of noise, in a folder with a space in its name."""
    folder = tmp_path / "my sounds"
    folder.mkdir()
    samples = np.random.default_rng(3).standard_normal((2 * RATE, 1)) * 0.1
    soundfile.write(folder / "scene.wav", samples, RATE, subtype="PCM_24")
    return folder / "scene.wav"


@pytest.fixture
def port(engine_home: Home) -> Iterator[int]:
    """Of a real engine."""
    with find_or_start(engine_home):
        lock = find_engine(engine_home)
        assert lock is not None
        yield lock.port


def until(process: subprocess.Popen[str], word: str) -> list[str]:
    """What it prints, up to a line with this word; the test's time limit ends it if there is none."""
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.strip())
        if word in line:
            return lines
    raise AssertionError(f"it ended after {lines}")


@pytest.mark.skipif(shutil.which("pd") is None, reason="needs Pure Data (Debian: puredata-core)")
def test_pd_makes_a_take(port: int, recording: Path) -> None:
    """In Pd itself, told over its own wires: a path with spaces, seconds as single floats, one take."""
    path = str(recording).replace(" ", "\\ ")
    told = [
        f"punchin-port {port}",
        f"punchin-path symbol {path}",
        "punchin-start 0.25",
        "punchin-end 1.25",
        "punchin-prompt symbol boots\\ on\\ gravel",
        "punchin-status bang",
        "punchin-render bang",
    ]
    words = [word for line in told for word in ("-send", line)]
    process = subprocess.Popen(
        ["pd", "-nogui", "-noaudio", "-nomidi", "-stderr", "-open", str(PD), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        lines = until(process, "done:")
    finally:
        process.kill()
        process.communicate()
    assert any(line.startswith("reply: status reply") for line in lines)
    assert any(line.startswith("progress: pd-1 denoising") for line in lines)
    (take,) = (line for line in lines if line.startswith("take: pd-1"))
    made = re.search(r"(/.*\.wav) (\d+)", take.replace("\\ ", " "))
    assert made is not None, take
    assert soundfile.info(made[1]).frames == int(made[2]) == RATE


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_the_sessions_buttons_ask_for_takes(tmp_path: Path) -> None:
    """Their scripts, run by Node with what Open Stage Control gives them, make requests that can be read."""
    values = {"path": "/a b.wav", "start": 0.5, "end": 1.5, "prompt": "boots", "strength": 0.4, "takes": 2}
    program = tmp_path / "press.js"
    program.write_text(
        f"const values = {json.dumps(values)}, sent = []\n"
        "const get = id => values[id], set = (id, value) => { values[id] = value }\n"
        "const send = (target, address, ...args) => sent.push([target, address, args.map(a => a.value)])\n"
        + "".join(f";(function (value) {{ {script} }})(1)\n" for script in session_scripts().values())
        + "console.log(JSON.stringify(sent))\n"
    )
    sent = json.loads(subprocess.run(["node", program], capture_output=True, check=True, text=True).stdout)
    assert {target for target, _, _ in sent} == {"127.0.0.1:9123"}
    requests = [parse_request(RawMessage(address, tuple(args))).request for _, address, args in sent]
    (render,) = (one for one in requests if isinstance(one, RenderRequest))
    assert isinstance(render.source, FileSource)
    assert (render.source.start.in_frames(RATE), render.source.end.in_frames(RATE)) == (8_000, 24_000)
    assert (render.prompt, render.strength, render.takes) == ("boots", 0.4, 2)
    assert len(requests) == 3


@pytest.mark.skipif(shutil.which("sclang") is None, reason="needs SuperCollider's sclang")
def test_supercollider_asks_for_takes(tmp_path: Path) -> None:
    """In sclang itself: what arrives at a socket is the request."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as engine:
        engine.bind(("127.0.0.1", 0))
        engine.settimeout(60)
        program = tmp_path / "press.scd"
        text = SUPERCOLLIDER.read_text().replace("9123", str(engine.getsockname()[1]))
        program.write_text(text.strip() + ';\n~punchin[\\render].("/a b.wav", 0.5, 1.5, "boots", 0.4, 2);\n')
        quiet = {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1"}
        process = subprocess.Popen(
            ["sclang", str(program)], stdout=subprocess.DEVNULL, env=os.environ | quiet
        )
        try:
            (message,) = decode_packet(engine.recv(65536))
        finally:
            process.kill()
            process.wait()
    render = parse_request(message).request
    assert isinstance(render, RenderRequest)
    assert (render.job_id, render.prompt, render.takes) == ("sc-1", "boots", 2)
