"""An AudioLDM checkpoint in this engine beside diffusers, in one process, turn by turn.

The machines this runs on are noisy: what counts are ratios of times that were measured one right after
the other. The targets are those of the default precision on a CPU, int8, on two threads.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.evaluation.bench import Measure, Tell, private_home
from engine.evaluation.model_report import (
    TARGET_VARIANT,
    THEIRS,
    VARIANTS,
    Question,
    Report,
    StageTime,
)
from engine.evaluation.stages import Stage, interleaved, times_faster

if TYPE_CHECKING:
    from engine.evaluation.arithmetic import PeakRates
    from engine.evaluation.installed import Installed
    from engine.evaluation.operator_profile import OperatorTime
    from engine.evaluation.published import Published

THREADS = 2
NEEDED = ("torch", "diffusers", "transformers", "onnx", "safetensors", "huggingface_hub")
LEAST_TIMES_FASTER = {Stage.STEP: 3.5, Stage.DECODE: 3.0, Stage.VOCODE: 3.0}
LEAST_WHOLE = 4.0
MOST_MEMORY = 40.0  # % of diffusers'
# Between these shares of the schedule guidance decides most (Kynkaanniemi et al. 2024, for pictures).
INTERVAL = (0.2, 0.8)


@dataclass(frozen=True)
class _Sides:
    """Both sides, and what a stage's arithmetic is."""

    theirs: Published
    ours: Mapping[str, Installed]
    operations: Mapping[Stage, int]
    peaks: PeakRates


def measure(question: Question, tell: Tell) -> Report:
    """Everything, in some minutes. Raises EngineError where an extra is missing or a model fails."""
    check_extras()
    from engine.evaluation.bench_install import installed_bundle

    question.work.mkdir(parents=True, exist_ok=True)
    with private_home(question.work / "home") as home, few_cores(THREADS):
        checkpoint = _checkpoint(question, tell)
        bundles = {
            variant: installed_bundle(checkpoint, VARIANTS[variant][0], tell) for variant in question.variants
        }
        distances = list(_distances(bundles))
        memory = list(_memory(question, checkpoint, bundles, tell))
        sides = _open(question, checkpoint, bundles, home, tell)
        stages, bars = _stage_measures(question, sides, tell)
        whole, whole_bars = _whole_measures(question, sides, tell)
        operators = _profile(question, bundles, sides, tell)
    rates = _rate_measures(sides.peaks)
    measures = (*stages, *whole, *memory, *distances, *rates)
    return Report(measures, (*bars, *whole_bars), operators, ())


def check_extras() -> None:
    """Raises EngineError(NOT_FOUND) with what to install."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise EngineError(
            ErrorCode.NOT_FOUND,
            f"The models' benchmark needs {', '.join(missing)}: pip install '.[models,oracle]' in Punch-In's "
            "folder.",
        )


@contextmanager
def few_cores(count: int) -> Iterator[None]:
    """While inside, this process and those it starts compute with at most so many threads."""
    import torch

    threads = torch.get_num_threads()
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if len(allowed) > count:
        os.sched_setaffinity(0, sorted(allowed)[:count])
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        if len(allowed) > count:
            os.sched_setaffinity(0, allowed)


def _checkpoint(question: Question, tell: Tell) -> Path:
    from engine.evaluation.checkpoint_configs import published_configs
    from engine.evaluation.random_checkpoint import write_random_checkpoint

    if question.checkpoint is not None:
        return question.checkpoint
    tell(f"a random checkpoint of size {question.size.upper()}")
    folder = question.work / f"audioldm-{question.size}-random"
    return write_random_checkpoint(folder, published_configs(question.size))


def _open(
    question: Question, checkpoint: Path, bundles: Mapping[str, Path], home: Home, tell: Tell
) -> _Sides:
    from engine.evaluation.arithmetic import count_operations, measure_peaks
    from engine.evaluation.installed import Installed
    from engine.evaluation.published import Published

    tell("opening both sides")
    ours = {
        variant: Installed(folder, VARIANTS[variant][1], question.seconds, home)
        for variant, folder in bundles.items()
    }
    theirs = Published(checkpoint, question.seconds)
    operations = {stage: count_operations(work) for stage, work in theirs.stages().items()}
    return _Sides(theirs, ours, operations, measure_peaks(home.state))


def _stage_measures(question: Question, sides: _Sides, tell: Tell) -> tuple[list[Measure], list[StageTime]]:
    measures: list[Measure] = []
    bars: list[StageTime] = []
    works = {THEIRS: sides.theirs.stages()} | {name: side.stages() for name, side in sides.ours.items()}
    for stage in Stage:
        tell(stage)
        seconds = interleaved({side: stages[stage] for side, stages in works.items()}, question.repeats)
        limit = _limit_of(sides, {stage: 1})
        measures.append(_theirs(stage, seconds))
        for side in sides.ours:
            measures += _compared(stage, side, seconds, LEAST_TIMES_FASTER.get(stage), limit(side))
        bars += _bars(stage, seconds, limit)
    return measures, bars


def _limit_of(sides: _Sides, stages: Mapping[Stage, int]) -> Callable[[str], float | None]:
    """The least seconds that the stages, each so many times, could take a variant on this machine.

    None for the text alone: the published pipeline pads it to 512 tokens, so its count is not ours.
    """
    operations = sum(
        sides.operations[stage] * count for stage, count in stages.items() if stage is not Stage.TEXT
    )
    return lambda variant: operations / sides.peaks.of(VARIANTS[variant][0]) if operations else None


def _theirs(what: str, seconds: Mapping[str, Sequence[float]]) -> Measure:
    return Measure(f"{what}: {THEIRS}", statistics.median(seconds[THEIRS]), "s")


def _compared(
    what: str, side: str, seconds: Mapping[str, Sequence[float]], least: float | None, limit: float | None
) -> Iterator[Measure]:
    """One of our sides: seconds, how many times faster it is, how near to what arithmetic allows."""
    median = statistics.median(seconds[side])
    yield Measure(f"{what}: {side}", median, "s")
    aim = least if side == TARGET_VARIANT else None
    yield Measure(
        f"{what}: {side}, times faster", times_faster(seconds[THEIRS], seconds[side]), "", None, aim
    )
    if limit is not None:
        yield Measure(f"{what}: {side}, share of the peak rate", 100.0 * limit / median, "%")


def _bars(
    stage: str, seconds: Mapping[str, Sequence[float]], limit: Callable[[str], float | None]
) -> Iterator[StageTime]:
    for side, taken in seconds.items():
        yield StageTime(stage, side, statistics.median(taken), None if side == THEIRS else limit(side))


def _whole_measures(question: Question, sides: _Sides, tell: Tell) -> tuple[list[Measure], list[StageTime]]:
    """Text to audio: as both sides do it, then what less guidance saves this one."""
    from engine.evaluation.installed import Guidance

    tell("text to audio")
    first, steps = question.variants[0], question.steps
    works: dict[str, Callable[[], object]] = {THEIRS: lambda: sides.theirs.generate(steps)}
    works |= {name: lambda side=side: side.generate(steps) for name, side in sides.ours.items()}  # type: ignore[misc]
    cheaper = {
        f"{first}, guidance 1": Guidance(scale=1.0),
        f"{first}, guided from {INTERVAL[0]:g} to {INTERVAL[1]:g}": Guidance(
            low=INTERVAL[0], high=INTERVAL[1]
        ),
    }
    works |= {
        name: lambda guidance=guidance: sides.ours[first].generate(steps, guidance)  # type: ignore[misc]
        for name, guidance in cheaper.items()
    }
    # Everything is warm from the stages.
    seconds = interleaved(works, question.repeats, warm=False)
    limit = _limit_of(sides, _whole_stages(question, sides))
    what = f"text to audio, {question.seconds:g} s"
    measures = [_theirs(what, seconds)]
    for side in sides.ours:
        measures += _compared(what, side, seconds, LEAST_WHOLE, limit(side))
    for side in cheaper:
        measures += _compared(what, side, seconds, None, None)
    plain = {side: taken for side, taken in seconds.items() if side not in cheaper}
    return measures, list(_bars(what, plain, limit))


def _whole_stages(question: Question, sides: _Sides) -> dict[Stage, int]:
    steps = question.steps or next(iter(sides.ours.values())).model.specification.defaults.steps
    return {Stage.STEP: steps, Stage.DECODE: 1, Stage.VOCODE: 1}


def _memory(
    question: Question, checkpoint: Path, bundles: Mapping[str, Path], tell: Tell
) -> Iterator[Measure]:
    """Peaks of fresh processes, each making one take."""
    from engine.evaluation.peak_memory import measure_peak

    tell("memory")
    steps = question.steps or 0
    theirs = measure_peak(checkpoint, question.seconds, steps, dtype="float32").resident
    yield Measure(f"peak memory: {THEIRS}", theirs / 1e6, "MB")
    for variant, folder in bundles.items():
        ours = measure_peak(folder, question.seconds, steps, VARIANTS[variant][1]).resident
        aim = MOST_MEMORY if variant == TARGET_VARIANT else None
        yield Measure(f"peak memory: {variant}", ours / 1e6, "MB")
        yield Measure(f"peak memory: {variant}, share of {THEIRS}'", 100.0 * ours / theirs, "%", aim)


def _distances(bundles: Mapping[str, Path]) -> Iterator[Measure]:
    """How far the bundles were from the checkpoint when they were installed."""
    from engine.install.verify import MEANINGS
    from engine.models.bundle import read_manifest

    for variant, folder in bundles.items():
        measured = read_manifest(folder).measured
        for name, meaning in MEANINGS.items():
            if name in measured:
                yield Measure(
                    f"distance from the original, {meaning}: {variant}", 100.0 * measured[name], "%"
                )


def _rate_measures(peaks: PeakRates) -> Iterator[Measure]:
    yield Measure("peak rate, fp32 product", peaks.fp32 / 1e9, "GFLOP/s")
    yield Measure("peak rate, int8 product", peaks.int8 / 1e9, "GFLOP/s")


def _profile(
    question: Question, bundles: Mapping[str, Path], sides: _Sides, tell: Tell
) -> tuple[OperatorTime, ...]:
    """One guided step by operators; nothing if only torch was asked for."""
    from engine.evaluation.operator_profile import denoiser_inputs, profile_graph
    from engine.models.bundle import load_bundle
    from engine.models.manifest import GraphName

    variant = next((name for name in question.variants if VARIANTS[name][1] == "cpu"), None)
    if variant is None:
        return ()
    tell("the step's operators")
    bundle = load_bundle(bundles[variant])
    specification = bundle.specification
    latents, mel = specification.latents, specification.mel
    frames = int(question.seconds / mel.frame_seconds) // latents.time_factor
    frames += -frames % latents.multiple  # as the engine pads them
    shape = (2, latents.channels, frames, mel.n_mels // latents.band_factor)
    width = sides.ours[variant].model.encode_text([""]).shape[1]
    return profile_graph(bundle.path(GraphName.DENOISER), denoiser_inputs(shape, width), question.work)
