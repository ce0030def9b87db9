"""Where one network's time goes, by type of operator, as ONNX Runtime's own profile has it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.models.devices import thread_count

ROUNDS = 3


@dataclass(frozen=True)
class OperatorTime:
    """All nodes of one type in one run."""

    operator: str
    seconds: float
    nodes: int


def profile_graph(graph: Path, inputs: dict[str, NDArray[Any]], folder: Path) -> tuple[OperatorTime, ...]:
    """One run's time by type of operator, the slowest first; the first run, which warms up, is not counted.

    inputs: all that the graph takes. folder: where the runtime may leave its profile meanwhile.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / "profile")
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    for _ in range(ROUNDS):
        session.run(None, inputs)
    record = Path(session.end_profiling())
    events = json.loads(record.read_text(encoding="utf-8"))
    record.unlink()
    return summarise(events)


def summarise(events: list[dict[str, Any]]) -> tuple[OperatorTime, ...]:
    """The profile's events of all rounds but the first, as one round's mean."""
    nodes = [event for event in events if event.get("name", "").endswith("_kernel_time")]
    nodes = nodes[len(nodes) // ROUNDS :]
    microseconds: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for event in nodes:
        operator = str(event["args"]["op_name"])
        microseconds[operator] += int(event["dur"])
        count[operator] += 1
    rounds = ROUNDS - 1
    return tuple(
        OperatorTime(operator, total / 1e6 / rounds, count[operator] // rounds)
        for operator, total in microseconds.most_common()
    )


def denoiser_inputs(latents: tuple[int, ...], condition_width: int) -> dict[str, NDArray[Any]]:
    """Inputs of a denoiser's graph for one step, of ordinary size. latents: with the batch."""
    rng = np.random.default_rng(0)
    condition = rng.standard_normal((latents[0], condition_width), dtype=np.float32)
    return {
        "latents": rng.standard_normal(latents, dtype=np.float32),
        "timesteps": np.full(latents[0], 501.0, np.float32),
        "condition": condition / np.linalg.norm(condition, axis=1, keepdims=True),
    }
