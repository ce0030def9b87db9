"""Where Ardour 7 and 8 keep what is theirs and what is the user's, on each system."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from plugin_host.install import System, Where

VERSIONS = (8, 7)  # the newest first


@dataclass(frozen=True)
class Ardour:
    """One installed version: the folder of the user's settings, and the file of Ardour's own keys."""

    number: int
    settings: Path
    keys: Path


def settings_folder(where: Where, number: int) -> Path:
    """Where that version keeps the user's settings."""
    name = f"Ardour{number}" if where.system is System.MACOS else f"ardour{number}"
    if where.system is System.MACOS:
        return where.home / "Library" / "Preferences" / name
    if where.system is System.WINDOWS:
        local = where.environment.get("LOCALAPPDATA", "")
        return (Path(local) if local else where.home / "AppData" / "Local") / name
    chosen = where.environment.get("XDG_CONFIG_HOME", "")
    return (Path(chosen) if chosen else where.home / ".config") / name


def key_files(where: Where, number: int) -> tuple[Path, ...]:
    """Where that version's own keys may lie."""
    match where.system:
        case System.MACOS:
            return (Path(f"/Applications/Ardour{number}.app/Contents/Resources/ardour.keys"),)
        case System.WINDOWS:
            programs = Path(where.environment.get("PROGRAMFILES", r"C:\Program Files"))
            return (programs / f"Ardour{number}" / "share" / f"ardour{number}" / "ardour.keys",)
    bundles = sorted(Path("/opt").glob(f"Ardour-{number}.*/etc/ardour.keys"), reverse=True)
    return (
        Path(f"/etc/ardour{number}/ardour.keys"),
        Path(f"/usr/local/etc/ardour{number}/ardour.keys"),
        *bundles,
    )


def installed(where: Where) -> tuple[Ardour, ...]:
    """The versions that are here, the newest first."""
    found = []
    for number in VERSIONS:
        settings = settings_folder(where, number)
        keys = next((path for path in key_files(where, number) if path.is_file()), None)
        if keys is not None:
            found.append(Ardour(number, settings, keys))
    return tuple(found)


def program() -> str:
    """What starts Ardour here, or ""."""
    return next((path for name in ("ardour", "ardour8", "ardour7") if (path := shutil.which(name))), "")


def exact_version(number: int) -> str:
    """Such as "7.3.0", where the name of its program says so; else the number alone."""
    names = [path.name for path in Path(f"/usr/lib/ardour{number}").glob(f"ardour-{number}.*")]
    found = re.match(r"ardour-([\d.]+)", names[0]) if names else None
    return found[1] if found else str(number)
