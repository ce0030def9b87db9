"""How fast this machine could be: the networks' multiplications over the rate of a plain matrix product."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from engine.models.devices import thread_count

# Large enough that a product is all arithmetic, small enough for the caches and for a tenth of a second.
PRODUCT = 1536
TRIES = 7


@dataclass(frozen=True)
class PeakRates:
    """Operations in a second, a multiplication and an addition counted as two, with the engine's threads."""

    fp32: float
    int8: float

    def of(self, precision: str) -> float:
        """The rate that a model of this precision could reach on a CPU."""
        return self.int8 if precision == "int8" else self.fp32


def count_operations(work: Callable[[], object]) -> int:
    """Additions and multiplications of the convolutions and products that torch runs in ``work``."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())


def measure_peaks(folder: Path) -> PeakRates:
    """The best of a few products of two square matrices, by the runtime that the engine uses."""
    rng = np.random.default_rng(0)
    floats = rng.standard_normal((2, PRODUCT, PRODUCT), dtype=np.float32)
    bytes_ = rng.integers(0, 255, (PRODUCT, PRODUCT), dtype=np.uint8)
    integers = rng.integers(-127, 127, (PRODUCT, PRODUCT), dtype=np.int8)
    return PeakRates(
        _rate(folder / "product_fp32.onnx", "MatMul", floats[0], floats[1]),
        _rate(folder / "product_int8.onnx", "MatMulInteger", bytes_, integers),
    )


def _rate(path: Path, operator: str, left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> float:
    """Operations in a second of ``left @ right``, the right one constant as weights are."""
    _write_product(path, operator, left, right)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    session.run(None, {"left": left})
    return 2.0 * PRODUCT**3 / min(_seconds(lambda: session.run(None, {"left": left})) for _ in range(TRIES))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _write_product(
    path: Path, operator: str, left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]
) -> None:
    from engine.install.onnx_file import OnnxGraph

    is_float = left.dtype == np.float32
    graph = OnnxGraph("product")
    value = graph.input("left", "F32" if is_float else "U8", left.shape)
    product = graph.node(operator, value, graph.constant(right))
    graph.output(product, "product", "F32" if is_float else "I32", left.shape)
    graph.write(path, {})
