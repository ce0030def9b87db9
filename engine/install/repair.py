"""A damaged model is made whole: what is damaged is converted again, from where the model came from."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.errors import EngineError, ErrorCode
from engine.install.install import TEXTS, Options, Plan, make_bundle, plan_install
from engine.install.progress import Work
from engine.install.removal import installed, put_away
from engine.install.workplace import Workplace, open_workplace, tidy
from engine.models.bundle import find_file_problems, read_manifest
from engine.models.catalogue import models_folder
from engine.models.manifest import TOKENIZER, Manifest
from engine.models.provenance import Provenance


def repair_model(name: str, offline: bool = False) -> Work[list[str]]:
    """Make the damaged files of an installed model again; gives their names.

    The whole files are taken over, and the model is compared with its original anew. Until that is done
    the damaged one stays as it is. Raises EngineError: NOT_FOUND where its source is gone, and as
    ``install``.
    """
    folder = installed(name)
    manifest = read_manifest(folder)
    damaged = [problem.partition(" ")[0] for problem in find_file_problems(folder, manifest)]
    if not damaged:
        return []
    plan = _plan(folder, manifest, damaged, offline)
    from engine.install.convert import conversion_files

    with open_workplace(models_folder(), plan.name, plan.key) as place:
        stages = conversion_files(manifest) | {TEXTS: [TOKENIZER, manifest.attribution]}
        _take_over(folder, stages, damaged, place)
        yield from make_bundle(plan, place)
        put_away(folder)
        place.publish(folder)
    tidy(models_folder())
    return damaged


def _plan(folder: Path, manifest: Manifest, damaged: list[str], offline: bool) -> Plan:
    """The installation that made the model. Raises EngineError."""
    made = manifest.provenance
    if made is None:
        raise EngineError(
            ErrorCode.NOT_FOUND,
            f"{manifest.specification.name} was not made from a checkpoint; get it again where you got it.",
        )
    own_tokenizer = folder / TOKENIZER if TOKENIZER not in damaged else None
    options = Options(
        precision=manifest.precision,
        heads=made.heads,
        ema=made.weights == "ema",
        name=manifest.specification.name,
        audio_tower=Path(made.audio_tower) if made.audio_tower else None,
        tokenizer=own_tokenizer if made.layout == "original" else None,
    )
    _check_source(made)
    return plan_install(made.repository, options, made.revision, offline)


def _check_source(made: Provenance) -> None:
    """Raises EngineError(NOT_FOUND) for a folder or file that is gone."""
    for path in filter(None, ("" if made.revision else made.repository, made.audio_tower)):
        if not Path(path).exists():
            raise EngineError(
                ErrorCode.NOT_FOUND,
                f"The model was made from {path}, which is not there any more; put it back or install anew.",
            )


def _take_over(
    folder: Path, stages: Mapping[str, Sequence[str]], damaged: list[str], place: Workplace
) -> None:
    """The stages whose files are all whole need not be done again."""
    for stage, files in stages.items():
        if files and not set(files) & set(damaged):
            for name in files:
                _link(folder / name, place.bundle / name)
            place.finish(stage, files)


def _link(path: Path, other: Path) -> None:
    """The same file under another name, or a copy where the file system has no such names."""
    other.unlink(missing_ok=True)
    try:
        other.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, other)
