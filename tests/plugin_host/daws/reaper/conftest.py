"""A stand-in for REAPER that runs the real scripts in a real Lua (``stub/reaper.lua``)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

import plugin_host.daws.reaper as package

STUB = Path(__file__).parent / "stub"
SCRIPTS = Path(package.__file__).parent / "scripts"
# REAPER 7 has Lua 5.4 inside, those before it 5.3.
INTERPRETERS = ("lua5.4", "lua5.3")
RUN_SECONDS = 120


@dataclass(frozen=True)
class Reaper:
    """One REAPER: its Lua, its resource folder, Punch-In's spool."""

    lua: str
    folder: Path
    command: Sequence[str]

    @property
    def spool(self) -> Path:
        """Where the scripts and Punch-In's processes meet."""
        return self.folder / "spool"

    @property
    def scripts(self) -> Path:
        """The installed scripts."""
        return self.folder / "Scripts" / "Punch-In"

    def run(
        self, action: str, project: dict[str, Any], setup: str = "", each: str = "", rounds: int = 2000
    ) -> Any:
        """What an action in a project comes to; ``setup`` and ``each`` (before every round) are Lua."""
        text = f"""
            package.path = {literal(str(self.scripts / "punchin" / "?.lua"))} .. ";" .. package.path
            stub = dofile({literal(str(STUB / "reaper.lua"))})
            stub.project({literal(project)})
            {setup}
            stub.run({literal(str(self.scripts / action))}, {rounds}, function(round) {each} end)
            io.write(stub.json(stub.state()))
        """
        return json.loads(self.lua_output(text))

    def lua_output(self, text: str) -> str:
        """What a piece of Lua prints."""
        scenario = self.folder / "scenario.lua"
        scenario.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [self.lua, str(scenario)], capture_output=True, text=True, timeout=RUN_SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def module(self, text: str) -> Any:
        """What a function of a script's module comes to: Lua that ends in ``return ...``, as JSON."""
        path = literal(str(self.scripts / "punchin" / "?.lua"))
        return json.loads(
            self.lua_output(f"""
                package.path = {path} .. ";" .. package.path
                stub = dofile({literal(str(STUB / "reaper.lua"))})
                io.write(stub.json((function() {text} end)()))
            """)
        )


@pytest.fixture(params=INTERPRETERS)
def reaper(request: pytest.FixtureRequest, tmp_path: Path) -> Reaper:
    """A REAPER with the scripts installed, whose command for Punch-In is there but does nothing."""
    lua = shutil.which(request.param)
    if lua is None:
        pytest.skip(f"needs {request.param} (Debian's package of that name)")
    command = tmp_path / "punchin"
    command.write_text("")
    made = Reaper(lua, tmp_path, (str(command),))
    shutil.copytree(SCRIPTS, made.scripts)
    made.spool.mkdir()
    point_at(made, made.command)
    return made


def point_at(reaper: Reaper, command: Sequence[str]) -> None:
    """Has the scripts start another command."""
    text = f"return {literal({'command': list(command), 'spool': str(reaper.spool)})}\n"
    (reaper.scripts / "punchin" / "installed.lua").write_text(text, encoding="utf-8")


def literal(value: Any) -> str:
    """A Python value as Lua writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "nil"
        case int() | float():
            return repr(value)
        case str():
            return '"' + "".join(f"\\{ord(c):03d}" if c in '"\\\n\r' else c for c in value) + '"'
        case dict():
            return (
                "{" + ",".join(f"[{literal(key)}]={literal(element)}" for key, element in value.items()) + "}"
            )
        case _:
            return "{" + ",".join(literal(element) for element in value) + "}"


def sound(frames: int, channels: int = 1, seed: int = 1) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Noise that no two places of are alike."""
    return np.random.default_rng(seed).uniform(-0.9, 0.9, (frames, channels)).astype(np.float32)


def write_wav(path: Path, samples: np.ndarray[Any, Any], rate: int, subtype: str = "FLOAT") -> Path:
    """A recording."""
    sf.write(path, samples, rate, subtype, format="WAV")
    return path


def item(path: Path, position: float, length: float, **more: Any) -> dict[str, Any]:
    """An item of one take; ``values`` of the item, ``take`` values of the take."""
    take = {"file": str(path), "name": more.get("name", path.stem), "values": more.get("take", {})}
    values = {"D_POSITION": position, "D_LENGTH": length, "B_UISEL": int(more.get("selected", True))}
    return {"values": values | more.get("values", {}), "takes": [take]}


def fake_takes(paths: Sequence[Path], excerpt: int = 1, state: str = "done", text: str = "") -> str:
    """Lua that stands for Punch-In's process: it answers at once with these takes."""
    rows = [("beat", "1"), ("state", state), ("text", text), ("take.count", str(len(paths)))]
    for number, path in enumerate(paths, 1):
        rows += [(f"take.{number}.excerpt", str(excerpt)), (f"take.{number}.path", str(path))]
        rows += [(f"take.{number}.name", path.stem), (f"take.{number}.note", "prompt: gravel")]
    return f"""
        stub.execute = function(line)
            local folder = line:match('"([^"]*)"$')
            stub.extra.folder = folder
            assert(require("lines").write(folder .. "/status.txt", {literal(rows)}))
            return ""
        end
        stub.extra = {{}}
        stub.ext["Punch-In/handles"] = "0.1"
        stub.inputs = {{ "boots on gravel\\ntransfer\\n0.6\\n2" }}
    """
