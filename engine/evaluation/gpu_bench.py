"""AudioLDM checkpoints on a GPU, in half precision, in this engine beside diffusers.

Every side is a process of its own (``gpu_side.py``): what one can't do, takes, or breaks costs no number of
another. Nothing else is at work on a GPU that is measured, so sides come one after the other.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Timer

from engine.config import module_command
from engine.errors import EngineError, ErrorCode
from engine.evaluation.bench import Measure, Tell, private_home, table
from engine.evaluation.bench_install import installed_bundle
from engine.evaluation.checkpoint_configs import Size, published_configs, tiny_configs
from engine.evaluation.gpu_side import Number, Side, What
from engine.evaluation.model_report import Question, Report
from engine.evaluation.random_checkpoint import write_random_checkpoint
from engine.models.devices import available_devices
from engine.models.memory import ask_nvidia

SIZES = (Size.S, Size.L)
# A take of the largest checkpoint in less than this.
MOST_SECONDS = 0.5
FP16 = "fp16"
# On a GPU, and on the CPU of a dry run.
DEVICES = {
    Side.DIFFUSERS: ("cuda", "cpu"),
    Side.TORCH: ("torch-cuda", "torch-cpu"),
    Side.RECORDED: ("torch-cuda", "torch-cpu"),
    Side.ONNX: ("cuda", "cpu"),
}
# A side that hangs must not keep the others waiting for ever.
SIDE_SECONDS = 600.0

# A number, or the sentence that says why there is none.
Finding = Measure | str


@dataclass(frozen=True)
class _Sides:
    """One checkpoint's sides; ``takes`` has the seconds of those that are done."""

    label: str
    question: Question
    is_dry: bool
    takes: dict[Side, float] = field(default_factory=dict)


def measure(question: Question, sizes: Sequence[Size], tell: Tell, is_dry: bool = False) -> Report:
    """Every number of every side, each told as it comes. is_dry: on the CPU, with tiny checkpoints.

    Raises EngineError(NO_DEVICE) if there is no GPU, or where nothing could be measured.
    """
    if not is_dry and not {"cuda", "torch-cuda"} & set(available_devices()):
        raise EngineError(
            ErrorCode.NO_DEVICE,
            "Neither torch nor ONNX Runtime was installed for CUDA here; --dry-run measures on the CPU.",
        )
    question.work.mkdir(parents=True, exist_ok=True)
    measures: list[Measure] = []
    notes = [] if is_dry else [f"GPU: {ask_nvidia('name') or 'unknown'}."]
    with private_home(question.work / "home"):
        for size in sizes:
            for found in _size(replace(question, size=size), is_dry, tell):
                if isinstance(found, Measure):
                    measures.append(found)
                    tell(*table([found]))
                else:
                    notes.append(found)
                    tell(found)
    if not measures:
        raise EngineError(ErrorCode.NO_DEVICE, f"Nothing could be measured. {notes[-1]}")
    return Report(tuple(measures), (), (), tuple(notes))


def _size(question: Question, is_dry: bool, tell: Tell) -> Iterator[Finding]:
    checkpoint = _checkpoint(question, is_dry, tell)
    sides = _Sides(_label(question, is_dry), question, is_dry)
    tell(f"{sides.label}, {Side.DIFFUSERS}")
    yield from _side(sides, Side.DIFFUSERS, checkpoint)
    try:
        # On the CPU, so that a GPU's runtime that fails there costs its own numbers alone.
        bundle = installed_bundle(checkpoint, FP16, tell, device="cpu")
    except (EngineError, ImportError) as error:
        yield f"{sides.label}: not installed, so none of this engine's sides was measured. {error}"
        return
    for side in (Side.TORCH, Side.RECORDED, Side.ONNX):
        tell(f"{sides.label}, {side}")
        yield from _side(sides, side, bundle)


def _checkpoint(question: Question, is_dry: bool, tell: Tell) -> Path:
    if question.checkpoint is not None:
        return question.checkpoint
    kind, configs = ("tiny", tiny_configs) if is_dry else ("random", published_configs)
    tell(f"a {kind} checkpoint of size {question.size.upper()}")
    return write_random_checkpoint(question.work / f"audioldm-{question.size}-{kind}", configs(question.size))


def _label(question: Question, is_dry: bool) -> str:
    name = question.checkpoint.name if question.checkpoint else question.size.upper()
    return f"{name} on the CPU" if is_dry else name


def _side(sides: _Sides, side: Side, folder: Path) -> Iterator[Finding]:
    """Its numbers, and a sentence if they end early."""
    name = f"{sides.label}, {side}"
    try:
        for what, value, unit in _numbers(sides, side, folder):
            if what is What.TAKE:
                sides.takes[side] = value
            # diffusers has no chunks.
            if (side, what) != (Side.DIFFUSERS, What.CHUNK):
                yield Measure(f"{name}: {what}", value, unit, _most(sides, side, what))
    except EngineError as error:
        yield f"{name}: not measured any further. {error.sentence}"
    if side is not Side.DIFFUSERS and {side, Side.DIFFUSERS} <= sides.takes.keys():
        ratio = sides.takes[Side.DIFFUSERS] / sides.takes[side]
        yield Measure(f"{name}: times faster", ratio, "")


def _most(sides: _Sides, side: Side, what: What) -> float | None:
    """The target: a take of L, made by this engine on a GPU."""
    is_ours = side is not Side.DIFFUSERS and what is What.TAKE
    is_large = sides.question.checkpoint is None and sides.question.size is Size.L
    return MOST_SECONDS if is_ours and is_large and not sides.is_dry else None


def _numbers(sides: _Sides, side: Side, folder: Path) -> Iterator[Number]:
    """As its process prints them. Raises EngineError(WORKER_DIED) with the last that it had to say."""
    question, device = sides.question, DEVICES[side][sides.is_dry]
    values = (side, folder, device, question.seconds, question.steps or 0, question.repeats)
    command = module_command("engine.evaluation.gpu_side", *map(str, values))
    with (
        tempfile.TemporaryFile("w+", errors="replace") as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        late = Event()

        def stop() -> None:
            late.set()
            process.kill()

        limit = Timer(SIDE_SECONDS, stop)
        limit.start()
        try:
            for line in process.stdout or ():
                if line.startswith("{"):
                    number = json.loads(line)
                    yield What(number["what"]), number["value"], number["unit"]
            process.wait()
        except BaseException:  # nobody wants its numbers any more
            process.kill()
            raise
        finally:
            limit.cancel()
        if process.returncode != 0:
            said.seek(0)
            last = f"It took longer than {SIDE_SECONDS:g} s." if late.is_set() else _last_line(said.read())
            raise EngineError(ErrorCode.WORKER_DIED, last or f"It ended with {process.returncode}.")


def _last_line(said: str) -> str:
    """Where Python says what went wrong."""
    return "".join(said.strip().splitlines()[-1:])[:300]
