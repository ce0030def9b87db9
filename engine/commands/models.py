"""``punchin models list | info NAME | verify NAME``: which models are there, and are their files whole.

The engine is not asked: a model that keeps it from starting can be looked at all the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.commands.arguments import add_json_option
from engine.commands.exit_codes import ExitCode
from engine.commands.job import Connect
from engine.commands.outcome import Outcome

if TYPE_CHECKING:
    from engine.models.catalogue import ModelEntry

EPILOG = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    rows = parser.add_subparsers(dest="question", required=True, metavar="list | info NAME | verify NAME")
    add_json_option(rows.add_parser("list", help="every model, the default first"))
    for name, summary in (("info", "what one model is"), ("verify", "whether its files are whole")):
        row = rows.add_parser(name, help=summary)
        row.add_argument("NAME", help="the model's name, as the list has it")
        add_json_option(row)


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Looks into the model folders."""
    if arguments.question == "list":
        return _list()
    return _info(arguments.NAME) if arguments.question == "info" else _verify(arguments.NAME)


def _list() -> Outcome:
    from engine.models.catalogue import list_models, models_folder

    models = list_models()
    lines = tuple(map(_row, models)) or (f"No models; put one into {models_folder()}.",)
    return Outcome({"models": [_value(model) for model in models]}, lines)


def _info(name: str) -> Outcome:
    from engine.models.catalogue import find_model

    model = find_model(name)
    return Outcome(_value(model), tuple(_describe(model)))


def _verify(name: str) -> Outcome:
    from engine.models.catalogue import find_model, verify_model

    model = find_model(name)
    problems = verify_model(name)
    value = {"name": model.name, "whole": not problems, "problems": problems}
    if not problems:
        return Outcome(value, (f"{model.name} is whole.",))
    return Outcome(value, tuple(problems), f"{model.name} must be installed again.", ExitCode.CHECK)


def _value(model: ModelEntry) -> dict[str, object]:
    return {
        "name": model.name,
        "licence": model.licence,
        "description": model.description,
        "sample_rate": model.sample_rate,
        "size_bytes": model.size_bytes,
        "folder": str(model.folder),
        "problem": model.problem,
    }


def _row(model: ModelEntry) -> str:
    if model.problem:
        return f"{model.name}  can't be used: {model.problem}"
    return f"{model.name}  {model.size_bytes / 1e6:.0f} MB  {model.sample_rate / 1000:g} kHz  {model.licence}"


def _describe(model: ModelEntry) -> Iterator[str]:
    yield _row(model)
    if model.description:
        yield model.description
    yield str(model.folder)
