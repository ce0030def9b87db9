"""A stand-in for Ardour that runs the real scripts in a real Lua (``stub/ardour.lua``)."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import plugin_host.daws.ardour as package
from tests.plugin_host.daws.reaper.conftest import literal

STUB = Path(__file__).parent / "stub" / "ardour.lua"
SCRIPTS = Path(package.__file__).parent / "scripts"
RUN_SECONDS = 120


@dataclass(frozen=True)
class Scripts:
    """A Lua, the installed scripts, and the folder where they and Punch-In's processes meet."""

    lua: str
    folder: Path
    spool: Path

    def run(self, text: str) -> Any:
        """What Lua that ends in ``return ...`` comes to in the stand-in.

        ``script "name"`` loads one of ours, ``said`` is the sentence that a call ends with.
        """
        scenario = self.folder / "scenario.lua"
        scenario.write_text(
            f"""
            stub = dofile ({literal(str(STUB))})
            function script (name)
                return assert (loadfile ({literal(str(self.folder))} .. "/" .. name .. ".lua", "t"))
                    ({literal(str(self.folder))})
            end
            function said (what, ...)
                local fine, why = pcall (what, ...)
                return fine and "nothing" or why.sentence or why
            end
            io.write (stub.json ((function () {text} end) ()))
            """,
            encoding="utf-8",
        )
        done = subprocess.run(
            [self.lua, str(scenario)], capture_output=True, text=True, timeout=RUN_SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    """The scripts as they are installed; Ardour 7 and 8 have Lua 5.3 inside."""
    lua = shutil.which("lua5.3")
    if lua is None:
        pytest.skip("needs lua5.3 (Debian's package of that name)")
    made = Scripts(lua, tmp_path / "scripts", tmp_path / "spool")
    shutil.copytree(SCRIPTS, made.folder)
    made.spool.mkdir()
    settings = {"command": ["punchin"], "spool": str(made.spool)}
    (made.folder / "settings.lua").write_text(f"return {literal(settings)}\n", encoding="utf-8")
    return made
