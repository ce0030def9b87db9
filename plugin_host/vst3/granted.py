"""Folders from which the plugin may read takes, beside the account's own: the lines of a small file."""

from __future__ import annotations

import contextlib
from pathlib import Path

from engine.config import Home, make_home, write_private
from plugin_host.errors import DawError

_MAX_BYTES = 65536  # as source/Granted.hpp


def granted(home: Home) -> tuple[Path, ...]:
    """Those of the file; none where there is no file. Raises DawError where it can't be read."""
    try:
        text = home.granted.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise DawError(f"The file {home.granted} can't be read.") from error
    return tuple(Path(line) for line in text.splitlines() if line)


def grant(home: Home, folder: Path) -> tuple[Path, ...]:
    """From now on takes may be read from there, too; all that are granted. Raises DawError or EngineError."""
    real = folder.resolve()
    if not real.is_dir():
        raise DawError(f"There is no folder {folder}.")
    if real == Path(real.anchor):
        raise DawError(f"{real} is everything there is: grant the folder that the sessions lie in.")
    if "\n" in str(real):
        raise DawError("A folder with a line break in its name can't be granted.")
    return _write(home, (*(each for each in granted(home) if each != real), real))


def take_back(home: Home, folder: Path) -> tuple[Path, ...]:
    """Takes are no longer read from there; those that are left. Raises DawError or EngineError."""
    here = granted(home)
    going = {folder.absolute(), folder.resolve()}  # the drive may not be there any more
    if not going & set(here):
        raise DawError(f"{folder} was not granted.")
    return _write(home, tuple(each for each in here if each not in going))


def _write(home: Home, folders: tuple[Path, ...]) -> tuple[Path, ...]:
    text = "".join(f"{folder}\n" for folder in folders)
    if len(text.encode()) > _MAX_BYTES:
        raise DawError("So many folders can't be granted: take some back.")
    make_home(home)
    if text:
        write_private(home.granted, text)
    else:
        with contextlib.suppress(FileNotFoundError):
            home.granted.unlink()
    return folders
