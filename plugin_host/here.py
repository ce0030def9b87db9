"""This machine, as adapters want to know it."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from engine.config import module_command
from plugin_host.install import System, Where

_SYSTEMS = {"darwin": System.MACOS, "win32": System.WINDOWS}


def here() -> Where:
    """The account that runs this, and the command that started it."""
    return Where(_SYSTEMS.get(sys.platform, System.LINUX), Path.home(), our_command(), dict(os.environ))


def our_command() -> tuple[str, ...]:
    """What starts Punch-In from anywhere: the installed command, or else this Python with our code."""
    name = "punchin.exe" if sys.platform == "win32" else "punchin"
    installed = Path(sysconfig.get_path("scripts")) / name
    ours = Path(__file__).resolve().parents[1] == Path(sysconfig.get_path("purelib")).resolve()
    return (str(installed),) if ours and installed.is_file() else module_command("engine")
