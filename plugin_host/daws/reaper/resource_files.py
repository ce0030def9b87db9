"""What makes REAPER know of Punch-In: scripts in its folder, actions in its list."""

from __future__ import annotations

import json
import os
import re
import sys
from importlib.resources import files
from pathlib import Path

import psutil

from engine.config import HOME_VARIABLE
from plugin_host.daws.reaper.home import make_spool
from plugin_host.daws.reaper.keyboard import FOLDER, KeyboardEdit
from plugin_host.install import Installation, NewFile, System, Where

_RUNNING = frozenset({"reaper", "reaper.exe"})
_ROOT = Path(__file__).resolve().parents[3]
_SCRIPTS = files("plugin_host.daws.reaper") / "scripts"
_INSTALLED = "punchin/installed.lua"
_NOTE = (
    'Start REAPER; the actions are in its list under "Punch-In". Select an item and press Ctrl+Alt+P '
    '(Cmd+Option+P on a Mac). For the panel and "punchin daw", start the action "Punch-In: listen" once.'
)


def resource_folder(where: Where) -> Path:
    """Where REAPER keeps an account's settings and scripts."""
    match where.system:
        case System.WINDOWS:
            return Path(where.environment.get("APPDATA") or where.home / "AppData" / "Roaming") / "REAPER"
        case System.MACOS:
            return where.home / "Library" / "Application Support" / "REAPER"
        case System.LINUX:
            return Path(where.environment.get("XDG_CONFIG_HOME") or where.home / ".config") / "REAPER"


def installed_version(where: Where) -> str:
    """What REAPER has noted of itself there; "" where it has never run."""
    folder = resource_folder(where)
    if not (folder / "reaper.ini").is_file():
        return ""
    try:
        text = (folder / "reaper-install-rev.txt").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found = re.search(r"\d+\.\d+\w*", text)
    return found[0] if found else "of an unknown version"


def installation(where: Where) -> Installation:
    """Files and actions. Raises EngineError where the account's own folder can't be made."""
    resources = resource_folder(where)
    target = resources / "Scripts" / FOLDER
    launcher = target / "launch.py"
    scripts = tuple(NewFile(target / name, content) for name, content in sorted(_script_files().items()))
    facts = (NewFile(target / _INSTALLED, _facts(where, launcher)), NewFile(launcher, _launcher()))
    return Installation(scripts + facts, (KeyboardEdit(resources / "reaper-kb.ini", is_running),), (_NOTE,))


def is_running() -> bool:
    """Whether there is a REAPER at work on this machine."""
    return any((process.info["name"] or "").lower() in _RUNNING for process in psutil.process_iter(["name"]))


def _script_files() -> dict[str, bytes]:
    """Their contents by their paths below our folder; all but the one that is made anew here."""
    found = {}
    for folder in ("", "punchin/"):
        for entry in (_SCRIPTS / folder).iterdir() if folder else _SCRIPTS.iterdir():
            if entry.name.endswith(".lua") and folder + entry.name != _INSTALLED:
                found[folder + entry.name] = entry.read_bytes()
    return found


def _facts(where: Where, launcher: Path) -> bytes:
    """What the scripts have to know of this machine, in Lua."""
    command = (_python(where.system), "-P", str(launcher))
    words = ", ".join(map(_quoted, command))
    text = f'-- Written by "punchin daw install reaper".\n\nreturn {{ command = {{ {words} }}, '
    return f"{text}spool = {_quoted(make_spool().as_posix())} }}\n".encode()


def _python(system: System) -> str:
    """This Python; on Windows the one that opens no black window."""
    python = Path(sys.executable)
    quiet = python.with_name("pythonw.exe")
    return str(quiet if system is System.WINDOWS and quiet.exists() else python)


def _quoted(text: str) -> str:
    """A Lua string: bytes beyond plain ones by their numbers."""
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03d}" for byte in text.encode()
    )
    return f'"{plain}"'


def _launcher() -> bytes:
    """A Python file that finds this installation; REAPER's way to start a process likes short arguments."""
    home = os.environ.get(HOME_VARIABLE, "")
    chosen = f"os.environ.setdefault({HOME_VARIABLE!r}, {json.dumps(home)})\n" if home else ""
    return (
        '# Written by "punchin daw install reaper"; started by the scripts beside it.\n'
        "import os\nimport runpy\nimport sys\n\n"
        f"root = {json.dumps(str(_ROOT))}\n"
        "if root not in sys.path:\n    sys.path.insert(0, root)\n"
        f"{chosen}"
        'runpy.run_module("plugin_host.daws.reaper.job", run_name="__main__", alter_sys=True)\n'
    ).encode()
