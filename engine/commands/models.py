"""``punchin models``: which models are there, what they are, and getting, checking and removing them.

The engine is not asked: a model that keeps it from starting can be looked at all the same.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.commands import models_install
from engine.commands.arguments import Parser, add_json_option, add_news_option
from engine.commands.exit_codes import ExitCode
from engine.commands.job import Connect
from engine.commands.outcome import Outcome, cancelled
from engine.errors import EngineError, ErrorCode

if TYPE_CHECKING:
    from engine.install.workplace import Unfinished
    from engine.models.catalogue import ModelEntry

EPILOG = ""
QUESTIONS = "list | info NAME | install REPO_OR_FOLDER | verify NAME | remove NAME"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    rows = parser.add_subparsers(dest="question", required=True, metavar=QUESTIONS, parser_class=Parser)
    add_json_option(rows.add_parser("list", help="every model, the default first"))
    models_install.add_arguments(rows.add_parser("install", help=models_install.SUMMARY))
    named = {}
    for name, summary in (
        ("info", "what one model is"),
        ("verify", "whether its files are whole"),
        ("remove", "delete an installed model"),
    ):
        row = named[name] = rows.add_parser(name, help=summary)
        row.add_argument("NAME", help="the model's name, as the list has it")
        add_json_option(row)
    named["verify"].add_argument(
        "--repair", action="store_true", help="make what is damaged again, from where the model came from"
    )
    named["verify"].add_argument(
        "--offline", action="store_true", help="repair from what was downloaded before"
    )
    add_news_option(named["verify"])
    named["remove"].add_argument("--yes", action="store_true", help="don't ask")


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Looks into the model folders, and changes what is in them."""
    if arguments.question == "list":
        return _list()
    if arguments.question == "install":
        return models_install.run(arguments)
    if arguments.question == "remove":
        return _remove(arguments.NAME, arguments.yes)
    if arguments.question == "info":
        return _info(arguments.NAME)
    return _repair(arguments) if arguments.repair else _verify(arguments.NAME)


def _list() -> Outcome:
    from engine.install.workplace import unfinished
    from engine.models.catalogue import list_models, models_folder

    models = list_models()
    names = {model.name for model in models}  # one that is there may be in repair
    halves = [half for half in unfinished(models_folder()) if half.name not in names]
    lines = tuple(map(_row, models)) or (f"No models; put one into {models_folder()}.",)
    lines += tuple(map(_unfinished_row, halves))
    value = {
        "models": [_value(model) for model in models],
        "unfinished": [{"name": half.name, "size_bytes": half.size_bytes} for half in halves],
    }
    return Outcome(value, lines)


def _unfinished_row(half: Unfinished) -> str:
    return (
        f"{half.name}  is not installed yet: {half.size_bytes / 1e6:.0f} MB are done. The same command goes "
        f"on with it, punchin models remove {half.name} gives it up."
    )


def _info(name: str) -> Outcome:
    from engine.models.catalogue import find_model

    model = find_model(name)
    return Outcome(_value(model), tuple(_describe(model)))


def _verify(name: str) -> Outcome:
    from engine.models.catalogue import find_model, verify_model

    model = find_model(name)
    problems = verify_model(name)
    value = {
        "name": model.name,
        "whole": not problems,
        "problems": problems,
        "left_out": left_out(model),
    }
    if not problems:
        return Outcome(value, tuple(filter(None, (f"{model.name} is whole.", left_out(model)))))
    advice = (
        f"{model.name} must be repaired (punchin models verify {model.name} --repair) or installed again."
    )
    return Outcome(value, tuple(problems), advice, ExitCode.CHECK)


def _repair(arguments: argparse.Namespace) -> Outcome:
    from engine.install.repair import repair_model

    with models_install.extra_needed():
        repaired = models_install.watch(repair_model(arguments.NAME, arguments.offline), arguments.news)
    value = {"name": arguments.NAME, "whole": True, "repaired": repaired}
    told = (
        f"{arguments.NAME}: made again: {', '.join(repaired)}." if repaired else f"{arguments.NAME} is whole."
    )
    return Outcome(value, (told,))


def _remove(name: str, without_asking: bool) -> Outcome:
    from engine.install.removal import removable, remove_model

    folder = removable(name)
    if not without_asking and not _agrees(f"Delete {folder}? [y/N] "):
        return cancelled(f"{name} was kept.")
    remove_model(name)
    return Outcome({"removed": name}, (f"{name} is removed.",))


def _agrees(question: str) -> bool:
    """The user's answer; where nobody can be asked, a reason to stop. Raises EngineError(NOT_ALLOWED)."""
    if not sys.stdin.isatty():
        raise EngineError(ErrorCode.NOT_ALLOWED, "Nobody can be asked here; add --yes to remove it.")
    return models_install.asked(question)


def _value(model: ModelEntry) -> dict[str, object]:
    return {
        "name": model.name,
        "licence": model.licence,
        "description": model.description,
        "sample_rate": model.sample_rate,
        "size_bytes": model.size_bytes,
        "precision": model.manifest.precision if model.manifest else "",
        "devices": _devices(model),
        "measured": dict(model.manifest.measured) if model.manifest else {},
        "folder": str(model.folder),
        "ranks": bool(model.manifest and model.manifest.specification.ranking),
        "left_out": left_out(model),
        "problem": model.problem,
    }


def left_out(model: ModelEntry) -> str:
    """A sentence about what of its checkpoint a model lacks, if anything."""
    made = model.manifest.provenance if model.manifest else None
    return made.left_out if made else ""


def _devices(model: ModelEntry) -> list[str]:
    """Where it can run on this machine."""
    from engine.models.devices import usable_devices

    return usable_devices(model.manifest) if model.manifest and not model.problem else []


def _with_warning(precision: str, device: str) -> str:
    from engine.models.devices import is_slow

    return f"{device} (slow in {precision})" if is_slow(precision, device) else device


def _row(model: ModelEntry) -> str:
    if model.problem or model.manifest is None:
        return f"{model.name}  can't be used: {model.problem}"
    size = f"{model.size_bytes / 1e6:.0f} MB"
    rate = f"{model.sample_rate / 1000:g} kHz"
    where = ", ".join(_with_warning(model.manifest.precision, device) for device in _devices(model))
    ranks = "ranks takes" if model.manifest.specification.ranking else "does not rank takes"
    parts = (model.name, size, rate, model.manifest.precision, f"on {where}", ranks, model.licence)
    return "  ".join(filter(None, (*parts, left_out(model))))


def _describe(model: ModelEntry) -> Iterator[str]:
    yield _row(model)
    if model.description:
        yield model.description
    if model.manifest and model.manifest.provenance:
        source = model.manifest.provenance
        at = f" at {source.revision}" if source.revision else ""
        yield f"From {source.repository}{at}: {source.layout} layout, {source.heads} heads."
    if model.manifest and model.manifest.training:
        made = model.manifest.training
        how = f"rank {made.rank}" if made.rank else "all weights"
        sounds = f"{made.sounds} sounds of {made.library}"
        yield f"Trained from {made.base} on {sounds}: {made.steps} steps, {how}."
    if model.manifest and model.manifest.measured:
        told = ", ".join(f"{name} {value:.2g}" for name, value in model.manifest.measured.items())
        yield f"{'Measured' if model.manifest.training else 'Distance from the original'}: {told}."
    yield str(model.folder)
