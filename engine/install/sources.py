"""Any checkpoint that can be installed, whatever its layout."""

from __future__ import annotations

from pathlib import Path

from engine.errors import EngineError, ErrorCode
from engine.install.checkpoint import Checkpoint
from engine.install.download import LOCAL_FILES
from engine.install.hub_layout import INDEX, INSTALLABLE, read_hub_folder
from engine.install.original_layout import read_original
from engine.networks.architecture import HeadReading


def read_checkpoint(
    path: Path,
    *,
    heads: HeadReading | None = None,
    ema: bool = True,
    tokenizer: Path | None = None,
    audio_tower: Path | None = None,
) -> Checkpoint:
    """The checkpoint at ``path``: a folder in the hub's layout, an original file, or a folder with one.

    heads: None is the layout's own reading, "diffusers" for folders and "original" for a file. ema: which
    of an original file's two sets the denoiser's weights are. tokenizer: for an original file, which has
    none of its own. audio_tower: a folder with the audio half of the checkpoint's own CLAP. Raises
    EngineError: NOT_FOUND, BAD_ARGUMENT, BAD_BUNDLE, NOT_ALLOWED or TOO_MUCH.
    """
    if not path.exists():
        raise EngineError(ErrorCode.NOT_FOUND, f"There is no file or folder {path}.")
    if path.is_dir() and (path / INDEX).is_file():
        if tokenizer:
            raise EngineError(
                ErrorCode.BAD_ARGUMENT, f"{path} has a tokenizer of its own; leave out the other one."
            )
        return read_hub_folder(path, heads=heads or "diffusers", audio_tower=audio_tower)
    file = _only_file(path) if path.is_dir() else path
    if file.suffix not in LOCAL_FILES:
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"{file} is no checkpoint: neither a folder with a {INDEX} nor a file that ends in "
            f"{', '.join(LOCAL_FILES)}; {INSTALLABLE}.",
        )
    return read_original(
        file, ema=ema, heads=heads or "original", tokenizer=tokenizer, audio_tower=audio_tower
    )


def _only_file(folder: Path) -> Path:
    """The one original checkpoint in a folder, as a download leaves it."""
    found = sorted(file for file in folder.iterdir() if file.suffix in LOCAL_FILES)
    if len(found) != 1:
        several = f"{len(found)} files of weights; name the one to install" if found else "no weights"
        raise EngineError(ErrorCode.BAD_BUNDLE, f"{folder} has no {INDEX}, and {several}; {INSTALLABLE}.")
    return found[0]
