"""The same comparison on a GPU, where there is one: half precision on both sides."""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import Home
from engine.evaluation.bench import Measure, Tell
from engine.evaluation.stages import interleaved, times_faster

if TYPE_CHECKING:
    from engine.evaluation.installed import Installed
    from engine.evaluation.model_report import Question
    from engine.evaluation.published import Published

# A take of the largest checkpoint in less than this.
MOST_SECONDS = 0.5
FP16 = "fp16"
THEIRS = "GPU, diffusers fp16"


def why_no_gpu() -> str:
    """Why nothing can be measured on a GPU, "" where it can."""
    if importlib.util.find_spec("torch") is None:
        return "because torch is not installed"
    import torch

    if not torch.cuda.is_available():
        return "because torch finds no CUDA device here"
    return ""


def gpu_measures(question: Question, checkpoint: Path, home: Home, tell: Tell) -> Iterator[Measure]:
    """Takes and memory of both runtimes beside diffusers, all in fp16. Raises EngineError."""
    from engine.evaluation.bench_install import installed_bundle
    from engine.evaluation.installed import Installed
    from engine.evaluation.published import Published
    from engine.models.devices import available_devices

    tell("on the GPU")
    bundle = installed_bundle(checkpoint, FP16, tell)
    devices: list[str] = [device for device in ("torch-cuda", "cuda") if device in available_devices()]
    yield from _memory(question, checkpoint, bundle, devices)
    theirs = Published(checkpoint, question.seconds, "cuda", "float16")
    ours = {device: Installed(bundle, device, question.seconds, home) for device in devices}
    yield from _takes(question, theirs, ours)


def _takes(question: Question, theirs: Published, ours: dict[str, Installed]) -> Iterator[Measure]:
    """Seconds of whole takes, and of ours to the first chunk."""
    works: dict[str, Callable[[], object]] = {THEIRS: lambda: theirs.generate(question.steps)}
    works |= {name: lambda side=side: side.generate(question.steps) for name, side in ours.items()}  # type: ignore[misc]
    seconds = interleaved(works, question.repeats)
    yield Measure(f"{THEIRS}: take", statistics.median(seconds[THEIRS]), "s")
    for device, side in ours.items():
        name = f"GPU, {device} {FP16}"
        yield Measure(f"{name}: take", statistics.median(seconds[device]), "s", MOST_SECONDS)
        yield Measure(f"{name}: times faster", times_faster(seconds[THEIRS], seconds[device]), "")
        firsts = [side.generate(question.steps).first_chunk for _ in range(question.repeats)]
        yield Measure(f"{name}: first chunk", statistics.median(firsts), "s")


def _memory(question: Question, checkpoint: Path, bundle: Path, devices: list[str]) -> Iterator[Measure]:
    """Bytes on the GPU, of fresh processes."""
    from engine.evaluation.peak_memory import measure_peak

    steps = question.steps or 0
    theirs = measure_peak(checkpoint, question.seconds, steps, "cuda", "float16").on_gpu
    yield Measure(f"{THEIRS}: memory", theirs / 1e6, "MB")
    for device in devices:
        ours = measure_peak(bundle, question.seconds, steps, device).on_gpu
        yield Measure(f"GPU, {device} {FP16}: memory", ours / 1e6, "MB")
