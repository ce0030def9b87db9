"""Takes in a project's own folder: there they stay for as long as the project does."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.errors import EngineError, ErrorCode


def keep_file(take: Path, folder: Path) -> Path:
    """A copy of a take in ``folder``, under the first free name. Raises EngineError(CANT_WRITE)."""
    return _placed(folder, take.stem, lambda part: shutil.copyfile(take, part))


def keep_sound(name: str, folder: Path, write: Callable[[Path], None]) -> Path:
    """The same for a take that came over the network: ``write`` makes its file. Raises EngineError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(ErrorCode.CANT_WRITE, f"{folder} can't be made ({error}).") from error
    path = _first_free(folder, Path(name).stem)
    write(path)
    return path


def _placed(folder: Path, stem: str, write: Callable[[Path], object]) -> Path:
    """A file that takes its name when it is whole."""
    part = folder / f".punchin-{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(part)
        path = _first_free(folder, stem)
        part.replace(path)
    except OSError as error:
        raise EngineError(
            ErrorCode.CANT_WRITE,
            f"The take can't be put into {folder} ({error}); it stays in the take folder.",
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _first_free(folder: Path, stem: str) -> Path:
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(path for name in names if not (path := folder / f"{name}.wav").exists())
