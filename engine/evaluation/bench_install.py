"""A checkpoint installed for the benchmark, by the engine's own installer, once."""

from __future__ import annotations

from pathlib import Path

from engine.evaluation.bench import Tell
from engine.models.bundle import load_bundle


def installed_bundle(checkpoint: Path, precision: str, tell: Tell, device: str = "auto") -> Path:
    """The bundle of a checkpoint in a precision, installed under PUNCHIN_HOME unless it is there already.

    device: where it is verified. Raises EngineError.
    """
    from engine.install.install import Options, install, plan_install
    from engine.install.licences import accept
    from engine.models.manifest import PRECISIONS

    (known,) = (name for name in PRECISIONS if name == precision)
    name = f"{checkpoint.name}-{precision}"
    plan = plan_install(str(checkpoint), Options(known, name=name, device=device))
    if plan.folder.is_dir():
        return load_bundle(plan.folder).folder
    accept(plan.source.licence, plan.source.repository)
    work, stage = install(plan), ""
    while True:
        try:
            news = next(work)
        except StopIteration as end:
            folder: Path = end.value
            return folder
        if news.stage != stage:
            stage = news.stage
            tell(f"{name}: {stage}")
