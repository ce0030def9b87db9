"""``punchin bench [models]``: how fast this machine is, each number beside its target."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands.arguments import UsageError, add_json_option, number, whole
from engine.commands.job import Connect
from engine.commands.outcome import Outcome

if TYPE_CHECKING:
    from engine.evaluation.bench import Measure
    from engine.evaluation.model_report import Question, Report

EPILOG = (
    "An engine of its own is started for it; close other applications first.\n"
    "\n"
    "punchin bench models measures a full-size AudioLDM checkpoint against diffusers, which takes some\n"
    "minutes, 4 to 10 GB of disk, and the extras torch, diffusers and transformers. With --device cuda it\n"
    "measures S and L on the GPU instead, everything in fp16, and tells each number as it comes.\n"
)
SIZES = ("s", "m", "l")
DEVICES = ("cpu", "cuda")
# The names of engine/evaluation/model_report.py, which is imported only when it is asked for.
PRECISIONS = ("int8", "fp32", "torch")
MAX_REPEATS = 99
MAX_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add = parser.add_argument
    add("WHAT", nargs="?", choices=("engine", "models"), default="engine", help="the engine, or the models")
    add("--markdown", action="store_true", help="print a section for engine/evaluation/RESULTS.md")
    add_json_option(parser)
    models = parser.add_argument_group("for punchin bench models").add_argument
    models("--device", choices=DEVICES, default="cpu", help="where (%(default)s)")
    models("--dry-run", action="store_true", help="what --device cuda does, on the CPU and tiny checkpoints")
    models("--size", choices=SIZES, help="of the random checkpoint (s; with --device cuda s and l)")
    models("--model", metavar="FOLDER", type=Path, help="a checkpoint in the hub's layout instead")
    models("--precision", action="append", choices=PRECISIONS, help="int8; may be given several times")
    models("--steps", type=whole, help="of both sides (each one's default)")
    models("--seconds", type=number, default=10.24, help="of sound (%(default)s)")
    models("--repeats", type=whole, default=3, help="the median of so many rounds counts (%(default)s)")
    models("--work", metavar="FOLDER", type=Path, help="keep checkpoint and bundles there for the next time")
    models("--picture", metavar="FILE", type=Path, help="draw the result as a PNG")


def run(arguments: argparse.Namespace, _connect: Connect) -> Outcome:
    """Measures; a target that is missed is told, and is no failure of the command."""
    return _models(arguments) if arguments.WHAT == "models" else _engine(arguments)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _engine(arguments: argparse.Namespace) -> Outcome:
    from engine.evaluation import bench

    with tempfile.TemporaryDirectory(prefix="punchin-bench-") as folder:
        measures = bench.measure(Path(folder), _tell)
    return _outcome(measures, arguments.markdown, {}, ())


def _models(arguments: argparse.Namespace) -> Outcome:
    with _work(arguments.work) as folder:
        report = _report(arguments, folder)
    if arguments.picture:
        _draw(report, arguments.picture)
    value: dict[str, object] = {
        "stages": [asdict(stage) for stage in report.stages],
        "operators": [asdict(operator) for operator in report.operators],
        "notes": report.notes,
    }
    return _outcome(list(report.measures), arguments.markdown, value, tuple(_told(report)))


def _report(arguments: argparse.Namespace, folder: Path) -> Report:
    """Raises UsageError or EngineError."""
    question = _question(arguments, folder)
    if arguments.device == "cpu":
        if arguments.dry_run:
            raise UsageError("--dry-run goes with --device cuda.")
        from engine.evaluation import model_bench

        return model_bench.measure(question, _tell)
    if arguments.picture or arguments.precision:
        raise UsageError("--picture and --precision go with --device cpu.")
    from engine.evaluation import gpu_bench

    given = arguments.size or arguments.model
    sizes = (question.size,) if given else gpu_bench.SIZES
    return gpu_bench.measure(question, sizes, _tell, arguments.dry_run)


def _question(arguments: argparse.Namespace, folder: Path) -> Question:
    """Raises UsageError."""
    from engine.evaluation.checkpoint_configs import Size
    from engine.evaluation.model_report import Question

    if arguments.steps is not None and not 1 <= arguments.steps <= 1000:
        raise UsageError("--steps must be between 1 and 1000.")
    if not 1 <= arguments.repeats <= MAX_REPEATS:
        raise UsageError(f"--repeats must be between 1 and {MAX_REPEATS}.")
    if not 0.5 <= arguments.seconds <= MAX_SECONDS:
        raise UsageError(f"--seconds must be between 0.5 and {MAX_SECONDS:g}.")
    return Question(
        work=folder,
        size=Size(arguments.size or "s"),
        checkpoint=arguments.model.absolute() if arguments.model else None,
        variants=tuple(dict.fromkeys(arguments.precision or ("int8",))),
        steps=arguments.steps,
        seconds=arguments.seconds,
        repeats=arguments.repeats,
    )


@contextmanager
def _work(named: Path | None) -> Iterator[Path]:
    if named is not None:
        yield named.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="punchin-bench-") as folder:
        yield Path(folder)


def _draw(report: Report, path: Path) -> None:
    """Raises EngineError(CANT_WRITE)."""
    from engine.audio.atomic import new_file
    from engine.evaluation import bench
    from engine.evaluation.model_bench_picture import draw_report

    title = f"Text to audio beside diffusers. {date.today().isoformat()}, {bench.machine()}"
    content = BytesIO()
    draw_report(report, title).save(content, "PNG")
    with new_file(path, overwrite=True) as file:
        file.write(content.getvalue())


def _told(report: Report) -> Iterator[str]:
    """The operators of one step as lines, and what could not be measured."""
    if report.operators:
        total = sum(row.seconds for row in report.operators)
        yield ""
        yield "One guided step by operators:"
        yield ""
        yield "| operator | nodes | ms | share |"
        yield "|---|---|---|---|"
        for row in report.operators:
            share = 100 * row.seconds / total
            yield f"| {row.operator} | {row.nodes} | {1000 * row.seconds:.1f} | {share:.1f} % |"
    for note in report.notes:
        yield ""
        yield note


def _outcome(
    measures: list[Measure], as_markdown: bool, more: dict[str, object], told: tuple[str, ...]
) -> Outcome:
    from engine.evaluation import bench

    today = date.today()
    value = {
        "date": today.isoformat(),
        "machine": bench.machine(),
        "measures": [asdict(measure) | {"verdict": measure.verdict} for measure in measures],
        **more,
    }
    lines = bench.markdown(measures, today) if as_markdown else bench.table(measures)
    return Outcome(value, (*lines, *told))
