"""One side of the comparison on a GPU, in a process that does nothing else, its numbers one by one.

``python -m engine.evaluation.gpu_side SIDE FOLDER DEVICE SECONDS STEPS REPEATS`` prints each as a line of
JSON when it has it. STEPS 0 are the side's own default.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

from engine.config import find_home
from engine.errors import EngineError
from engine.evaluation.installed import Installed, TakeTime
from engine.evaluation.peak_memory import peak_resident_bytes
from engine.models.memory import free_bytes

# Of the length that all takes had: another one, which nothing was prepared for.
OTHER_LENGTH = 0.75


class Side(StrEnum):
    """Who makes the takes, all in half precision. The values are for people."""

    DIFFUSERS = "diffusers fp16"
    TORCH = "torch fp16"
    RECORDED = "torch fp16, CUDA graphs"
    ONNX = "ONNX Runtime fp16"


class What(StrEnum):
    """What is measured of a side. The values are for people."""

    FIRST = "first take after opening"
    CHUNK = "first chunk"
    TAKE = "take"
    NEW_LENGTH = "first take of a new length"
    MEMORY = "memory"


# Seconds of sound -> how long it took.
Make = Callable[[float], TakeTime]
Number = tuple[What, float, str]


def numbers(make: Make, device: str, seconds: float, repeats: int) -> Iterator[Number]:
    """What a side takes, with its unit; what ``make`` opens, it opens in its first call."""
    free_before = free_bytes(device)
    yield What.FIRST, make(seconds).total, "s"
    takes = [make(seconds) for _ in range(repeats)]
    yield What.CHUNK, statistics.median(take.first_chunk for take in takes), "s"
    yield What.TAKE, statistics.median(take.total for take in takes), "s"
    yield What.NEW_LENGTH, make(OTHER_LENGTH * seconds).total, "s"
    taken = _taken(device, free_before)
    if taken is not None:
        yield What.MEMORY, taken / 1e6, "MB"


def _taken(device: str, free_before: int | None) -> int | None:
    """Bytes: on a GPU all that is gone, caches and the driver's own included; None if nobody knows."""
    if not device.endswith("cuda"):
        return peak_resident_bytes()
    free = free_bytes(device)
    return None if free is None or free_before is None else free_before - free


def opener(side: Side, folder: Path, device: str, seconds: float, steps: int) -> Make:
    """Takes of one side, which is opened with the first."""
    opened: list[Make] = []

    def make(length: float) -> TakeTime:
        began = time.perf_counter()
        if opened:
            return opened[0](length)
        opened.append(_open(side, folder, device, seconds, steps))
        first = opened[0](length)
        opening = time.perf_counter() - began - first.total
        return TakeTime(opening + first.first_chunk, opening + first.total)

    return make


def _open(side: Side, folder: Path, device: str, seconds: float, steps: int) -> Make:
    if side is Side.DIFFUSERS:
        from engine.evaluation.published import Published

        # torch's fp16 on CPUs is for nothing but slow; our torch side is fp32 there, too.
        theirs = Published(folder, seconds, device, "float16" if device == "cuda" else "float32")
        return lambda length: _timed(lambda: theirs.generate(steps, length))
    ours = Installed(folder, device, seconds, find_home(), recorded=side is Side.RECORDED)
    return lambda length: ours.generate(steps, seconds=length)


def _timed(work: Callable[[], object]) -> TakeTime:
    """Of a side that has no chunks: the first one is all of it."""
    began = time.perf_counter()
    work()
    total = time.perf_counter() - began
    return TakeTime(total, total)


def main() -> None:
    """One side; an error that has a sentence ends it with that."""
    name, folder, device, seconds, steps, repeats = sys.argv[1:]
    make = opener(Side(name), Path(folder), device, float(seconds), int(steps))
    try:
        for what, value, unit in numbers(make, device, float(seconds), int(repeats)):
            print(json.dumps({"what": what, "value": value, "unit": unit}), flush=True)
    except EngineError as error:
        sys.exit(error.sentence)


if __name__ == "__main__":
    main()
