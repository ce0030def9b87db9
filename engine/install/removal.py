"""A model is removed: first its name, in one step, then its files."""

from __future__ import annotations

import secrets
from pathlib import Path

from engine.errors import EngineError, ErrorCode
from engine.install.workplace import REMOVING, give_up, tidy, unfinished
from engine.models.catalogue import EMBEDDED, find_model, list_models, models_folder


def removable(name: str) -> Path:
    """The folder of a model, or of its interrupted installation.

    Raises EngineError: NOT_FOUND, or NOT_ALLOWED (embedded).
    """
    return _half_installed(name) or installed(name)


def _half_installed(name: str) -> Path | None:
    """Where the model was being installed, unless it is there."""
    if any(model.name == name for model in list_models()):
        return None
    return next((half.folder for half in unfinished(models_folder()) if half.name == name), None)


def installed(name: str) -> Path:
    """The folder of an installed model. Raises EngineError: NOT_FOUND, or NOT_ALLOWED (embedded)."""
    model = find_model(name)
    if model.folder == EMBEDDED:
        raise EngineError(
            ErrorCode.NOT_ALLOWED, f"{model.name} is part of Punch-In and goes when Punch-In is uninstalled."
        )
    return model.folder


def remove_model(name: str) -> None:
    """Remove a model, or what an interrupted installation of it left.

    Raises EngineError: NOT_FOUND, NOT_ALLOWED, BUSY or CANT_WRITE.
    """
    if _half_installed(name):
        give_up(models_folder(), name)
    else:
        put_away(installed(name))
    tidy(models_folder())


def put_away(folder: Path) -> Path:
    """Take a model's name from it; ``tidy`` deletes what is put away. Raises EngineError(CANT_WRITE)."""
    aside = folder.with_name(f"{REMOVING}{folder.name}-{secrets.token_hex(4)}")
    try:
        if folder.is_symlink():  # what it points to belongs to somebody else
            folder.unlink()
        else:
            folder.rename(aside)
    except OSError as error:
        raise EngineError(
            ErrorCode.CANT_WRITE,
            f"{folder} can't be removed ({error.strerror}); end the engine first (punchin quit).",
        ) from error
    return aside
