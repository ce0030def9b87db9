"""What is changed in Audacity so that it listens, and where it keeps its files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from plugin_host.errors import DawError
from plugin_host.install import Installation, NewFile, System, Where

MODULE = "mod-script-pipe"
ENABLED = "1"
MACRO = "Punch-In send selection"
# Where packages put Audacity's modules. An AppImage has them inside, and writes their path down itself.
_MODULES = {
    System.LINUX: (
        "/usr/lib*/audacity/modules",
        "/usr/lib/*/audacity/modules",
        "/usr/local/lib/audacity/modules",
    ),
    System.MACOS: ("/Applications/Audacity.app/Contents/modules",),
    System.WINDOWS: ("C:/Program Files/Audacity/modules", "C:/Program Files (x86)/Audacity/modules"),
}
_PROGRAMS = {
    System.LINUX: (),
    System.MACOS: ("/Applications/Audacity.app",),
    System.WINDOWS: (
        "C:/Program Files/Audacity/Audacity.exe",
        "C:/Program Files (x86)/Audacity/Audacity.exe",
    ),
}


def settings_path(where: Where) -> Path:
    """audacity.cfg. On Linux, 3.2 and later follow XDG unless there is a folder of an earlier one."""
    match where.system:
        case System.WINDOWS:
            roaming = where.environment.get("APPDATA", str(where.home / "AppData" / "Roaming"))
            return Path(roaming) / "audacity" / "audacity.cfg"
        case System.MACOS:
            return where.home / "Library" / "Application Support" / "audacity" / "audacity.cfg"
    old = where.home / ".audacity-data"
    if old.is_dir():
        return old / "audacity.cfg"
    base = where.environment.get("XDG_CONFIG_HOME") or str(where.home / ".config")
    return Path(base) / "audacity" / "audacity.cfg"


def macro_folder(where: Where) -> Path:
    """Where Audacity looks for macros: beside its settings, or, with XDG, among its data."""
    settings = settings_path(where).parent
    if where.system is not System.LINUX or settings.name == ".audacity-data":
        return settings / "Macros"
    base = where.environment.get("XDG_DATA_HOME") or str(where.home / ".local" / "share")
    return Path(base) / "audacity" / "Macros"


def version(where: Where) -> str:
    """As Audacity has written it into its settings; "" where there is no Audacity."""
    path = settings_path(where)
    text = path.read_text(errors="replace") if path.is_file() else ""
    numbers = [read_setting(text, "Version", key) for key in ("Major", "Minor", "Micro")]
    if all(numbers):
        return ".".join(number or "" for number in numbers)
    return "not started yet" if _is_there(where) else ""


def _is_there(where: Where) -> bool:
    if where.system is System.LINUX:
        return shutil.which("audacity", path=where.environment.get("PATH")) is not None
    return any(Path(place).exists() for place in _PROGRAMS[where.system])


def installation(where: Where) -> Installation:
    """The module is enabled, and there is a macro that hands the selection over as a file."""
    path = settings_path(where)
    folder = where.home / "Punch-In" / "From Audacity"
    return Installation(
        files=(
            NewFile(macro_folder(where) / f"{MACRO}.txt", macro(folder).encode()),
            NewFile(folder / "README.txt", _FOLDER_README.encode()),
        ),
        edits=(EnableModule(path, find_module(where.system)),),
        notes=(
            "Start Audacity; from then on the panel gets its selection and puts takes onto its tracks.",
            f'Under Tools > Apply Macro, "{MACRO}" writes what is selected into {folder}.',
        ),
    )


_FOLDER_README = f"""Audacity's macro "{MACRO}" writes what is selected there into this folder,
as selection.wav: open it in Punch-In's panel.
"""


def macro(folder: Path) -> str:
    """A macro can't start a program, so this one does what it can: a file in a known place."""
    place = str(folder / "selection.wav").replace("\\", "/").replace('"', '\\"')
    return (
        'SetPreference:Name="/FileFormats/ExportFormat_SF1_Type/WAV_10000" Reload="0" Value="6"\n'
        f'Export2:Filename="{place}" NumChannels="2"\n'
    )


def find_module(system: System, places: tuple[str, ...] = ()) -> Path | None:
    """The file of the module, where a package has put it."""
    for pattern in places or _MODULES[system]:
        anchor = Path(pattern).anchor
        for folder in sorted(Path(anchor).glob(pattern[len(anchor) :])) if anchor else ():
            for found in sorted(folder.glob(f"{MODULE}.*")):
                return found
    return None


def is_running() -> bool:
    """Whether an Audacity runs here: at its end it would write its own settings over ours."""
    names = {"audacity", "audacity.exe"}
    return any((process.info["name"] or "").lower() in names for process in psutil.process_iter(["name"]))


@dataclass(frozen=True)
class EnableModule:
    """``mod-script-pipe=1`` in audacity.cfg, and its way back to what was there."""

    path: Path
    module: Path | None
    running: Callable[[], bool] = is_running
    summary: str = "enable mod-script-pipe, by which Audacity takes commands of programs of yours"

    def apply(self, text: str) -> str:
        """Raises DawError while Audacity runs, or where nothing tells it which file the module is."""
        self._check_not_running()
        if not read_setting(text, "ModulePath", MODULE):
            if self.module is None:
                raise DawError(
                    "Audacity's mod-script-pipe was not found: start Audacity once, end it, and try again."
                )
            text = write_setting(text, "ModulePath", MODULE, str(self.module))
            text = write_setting(text, "ModuleDateTime", MODULE, _changed(self.module))
        return write_setting(text, "Module", MODULE, ENABLED)

    def undo(self, text: str, before: str) -> str:
        """Raises DawError while Audacity runs."""
        self._check_not_running()
        for group in ("Module", "ModulePath", "ModuleDateTime"):
            text = write_setting(text, group, MODULE, read_setting(before, group, MODULE))
        return text

    def _check_not_running(self) -> None:
        if self.running():
            raise DawError(
                "Audacity is running, and would write over its settings when it ends: end it first."
            )


def _changed(module: Path) -> str:
    """When the file was changed, as Audacity notes it: it asks again about a module that is not the same."""
    return datetime.fromtimestamp(int(module.stat().st_mtime), UTC).strftime("%Y-%m-%dT%H:%M:%S")


def read_setting(text: str, group: str, key: str) -> str | None:
    """A value of audacity.cfg, whose groups are flat: ``[A/B]``."""
    here = ""
    for line in text.splitlines():
        if line.startswith("["):
            here = line.strip().strip("[]")
        elif here == group and line.startswith(f"{key}="):
            return line.partition("=")[2]
    return None


def write_setting(text: str, group: str, key: str, value: str | None) -> str:
    """The text with another value; None: without the key, and without its group if that was all of it."""
    lines = text.splitlines(keepends=True)
    ending = "\r\n" if "\r\n" in text else "\n"
    start = next((i for i, line in enumerate(lines) if line.strip() == f"[{group}]"), None)
    if start is None:
        added = "" if value is None else f"[{group}]{ending}{key}={value}{ending}"
        return text + (ending if added and text and not text.endswith("\n") else "") + added
    end = next((i for i in range(start + 1, len(lines)) if lines[i].startswith("[")), len(lines))
    kept = [line for line in lines[start + 1 : end] if not line.startswith(f"{key}=")]
    if value is not None:
        place = next((i for i in range(start + 1, end) if lines[i].startswith(f"{key}=")), None)
        at = len(kept) if place is None else place - start - 1
        kept.insert(at, f"{key}={value}{ending}")
    head = [] if value is None and not kept else [lines[start]]
    return "".join([*lines[:start], *head, *kept, *lines[end:]])
