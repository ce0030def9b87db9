"""Which models there are and where: the embedded one, then those in the user's data folder.

Looking reads manifests only; ONNX Runtime is imported when a model is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from engine.config import HOME_VARIABLE
from engine.errors import EngineError, ErrorCode
from engine.models.bundle import find_file_problems, load_bundle, read_manifest, verify_bundle
from engine.models.manifest import Manifest
from engine.models.section import MANIFEST, shorten

if TYPE_CHECKING:
    from engine.models.placement import PlacedModel
    from engine.models.resident import Claim

EMBEDDED = Path(__file__).parent / "embedded"
AUTO, CPU = "auto", "cpu"  # as in ``devices.py``, without what that imports


@dataclass(frozen=True)
class ModelEntry:
    """One model. ``problem`` is "" or a sentence about why it can't be used.

    ``manifest`` is None, and what comes from it is empty, if it can't be read.
    """

    name: str
    folder: Path
    licence: str
    description: str
    sample_rate: int
    size_bytes: int
    problem: str
    manifest: Manifest | None = None


def models_folder() -> Path:
    """Where installed models lie, each in a folder of its own: under PUNCHIN_HOME if that is set."""
    chosen = os.environ.get(HOME_VARIABLE, "")
    home = Path(chosen).absolute() if chosen else platformdirs.user_data_path("punch-in", appauthor=False)
    return home / "models"


def list_models() -> list[ModelEntry]:
    """Every model that is there, the default first, damaged ones included. Files are measured, not hashed."""
    return list(_with_doubles_marked(map(_entry, _folders())))


def find_model(name: str = "") -> ModelEntry:
    """The model of this name, or the default. Raises EngineError(NOT_FOUND) that tells which there are."""
    models = list_models()
    for model in models:
        if name in ("", model.name):
            return model
    names = ", ".join(model.name for model in models)
    wanted = f"no model {shorten(name)}" if name else "no model"
    there = f"there are: {names}" if names else f"put one into {models_folder()}"
    raise EngineError(ErrorCode.NOT_FOUND, f"There is {wanted} here; {there}.")


def claim_model(name: str = "", device: str = AUTO) -> Claim:
    """Which model a name means, and the memory it may take. Raises EngineError: NOT_FOUND or BAD_BUNDLE."""
    from engine.models.footprint import whole_bytes, working_bytes
    from engine.models.resident import Claim

    folder = find_model(name).folder
    manifest = read_manifest(folder)
    version = f"{folder} {(folder / MANIFEST).stat().st_mtime_ns}"
    where = CPU if device == AUTO else device
    sizes = whole_bytes(manifest, where), working_bytes(manifest, where)
    return Claim(manifest.specification.name, version, *sizes)


def load_model(name: str = "", device: str = AUTO) -> PlacedModel:
    """The model of this name, or the default, checked and ready.

    Raises EngineError: NOT_FOUND, BAD_BUNDLE, or NO_DEVICE.
    """
    from engine.models.placement import place_model

    return place_model(load_bundle(find_model(name).folder), device)


def verify_model(name: str = "") -> list[str]:
    """A sentence for everything that is wrong with a model's files. Raises EngineError(NOT_FOUND)."""
    return verify_bundle(find_model(name).folder)


def _folders() -> Iterator[Path]:
    """The folders with a manifest; the embedded one is first, which makes it the default.

    A folder whose name begins with a dot is a model being installed or removed, and no model.
    """
    if (EMBEDDED / MANIFEST).is_file():
        yield EMBEDDED
    try:
        installed = sorted(models_folder().iterdir())
    except OSError:
        return  # nothing was installed yet
    visible = (folder for folder in installed if not folder.name.startswith("."))
    yield from (folder for folder in visible if (folder / MANIFEST).is_file())


def _entry(folder: Path) -> ModelEntry:
    """What a folder's manifest says, or, if it can't be used, the folder's name and why."""
    try:
        manifest = read_manifest(folder)
    except EngineError as error:
        return ModelEntry(folder.name, folder, "", "", 0, 0, error.sentence)
    problems = list(find_file_problems(folder, manifest, with_hashes=False))
    return ModelEntry(
        name=manifest.specification.name,
        folder=folder,
        licence=manifest.specification.licence,
        description=manifest.description,
        sample_rate=manifest.specification.mel.sample_rate,
        size_bytes=sum(record.size_bytes for record in manifest.files.values()),
        problem=" ".join(f"{problem}." for problem in problems),
        manifest=manifest,
    )


def _with_doubles_marked(entries: Iterable[ModelEntry]) -> Iterator[ModelEntry]:
    """A second model of one name is never found by it, and says so."""
    first: dict[str, Path] = {}
    for entry in entries:
        if first.setdefault(entry.name, entry.folder) == entry.folder:
            yield entry
        else:
            yield replace(entry, problem=f"The model in {first[entry.name]} has the same name.")
