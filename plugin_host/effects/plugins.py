"""The VST3 plugins of this machine, by their names. Nothing is loaded here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from engine.errors import EngineError, ErrorCode

# Folders beside the system's own, parted as in PATH.
MORE_FOLDERS = "PUNCHIN_VST3"
_SUFFIX = ".vst3"
# Where a folder of plugins is deeper or has more files, it holds something else.
_MAX_DEPTH = 4
_MAX_FILES = 20_000


@dataclass(frozen=True)
class Installed:
    """A plugin that can be named; ``path`` is a file or, as VST3s are bundles, a folder."""

    name: str
    path: Path


@dataclass(frozen=True)
class Chosen:
    """A plugin that was named. part: which of several in one file; "": it has one only."""

    installed: Installed
    part: str = ""


def plugin_folders(
    system: str = sys.platform, home: Path | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Path, ...]:
    """Where VST3s lie, the user's own first; Steinberg's "Plug-in Locations" has the list."""
    home = home or Path.home()
    environment = os.environ if environment is None else environment
    more = [Path(folder) for folder in environment.get(MORE_FOLDERS, "").split(os.pathsep) if folder]
    return (*more, *_usual(system, home, environment))


def _usual(system: str, home: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    if system == "win32":
        local = environment.get("LOCALAPPDATA", str(home / "AppData/Local"))
        common = environment.get("COMMONPROGRAMFILES", "C:/Program Files/Common Files")
        return Path(local) / "Programs/Common/VST3", Path(common) / "VST3"
    if system == "darwin":
        return home / "Library/Audio/Plug-Ins/VST3", Path("/Library/Audio/Plug-Ins/VST3")
    return home / ".vst3", Path("/usr/lib/vst3"), Path("/usr/local/lib/vst3")


def installed_plugins(folders: Sequence[Path]) -> tuple[Installed, ...]:
    """All of them, by name; of two with the same name the one that is found first."""
    found: dict[str, Installed] = {}
    for folder in folders:
        for path in sorted(_plugins_in(folder)):
            found.setdefault(path.stem, Installed(path.stem, path))
    return tuple(sorted(found.values(), key=lambda plugin: plugin.name.casefold()))


def _plugins_in(folder: Path) -> Iterator[Path]:
    seen = 0
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            if name.lower().endswith(_SUFFIX):
                yield Path(place) / name
        deep = len(Path(place).relative_to(folder).parts) >= _MAX_DEPTH
        folders[:] = [] if deep else [name for name in folders if not name.lower().endswith(_SUFFIX)]
        seen += len(files)
        if seen > _MAX_FILES:
            return


def find_plugin(name: str, installed: Sequence[Installed]) -> Chosen:
    """By its name, whatever its capitals; FILE/PART for one of several in a file.

    Raises EngineError(BAD_EFFECT) for one that is not installed.
    """
    wanted, _, part = name.partition("/")
    for plugin in installed:
        if plugin.name.casefold() == wanted.casefold():
            return Chosen(plugin, part)
    near = get_close_matches(wanted, [plugin.name for plugin in installed], 1)
    hint = f"did you mean {near[0]}?" if near else '"punchin effects list" shows what is.'
    raise EngineError(ErrorCode.BAD_EFFECT, f'The plugin "{name}" is not installed on this machine; {hint}')
