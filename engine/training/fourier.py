"""Fourier bases that a graph makes for itself: 8 MB less to carry, for a few milliseconds when it is opened.

``RefinedVocoder`` has two matrices of sines and cosines. The runtime folds what does not depend on inputs
when it opens a graph, so a graph that computes them runs as fast as one that has them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

ANALYSIS, SYNTHESIS = "analysis", "synthesis"
# Sines are computed in single precision.
_MOST_DIFFERENCE = 2e-6


def generate_bases(path: Path) -> None:
    """Replace both matrices of a vocoder's file; one that makes them already stays as it is.

    analysis: (2 bins, 1, n_fft), windowed cosines, then windowed negative sines; synthesis: each of its rows
    times a number. Raises ValueError for matrices that are not so.
    """
    model = onnx.load(path)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    if ANALYSIS not in stored:
        return
    analysis, synthesis = (numpy_helper.to_array(stored[name]) for name in (ANALYSIS, SYNTHESIS))
    window, weights = _window(analysis), _weights(analysis, synthesis)
    _check(analysis, synthesis, window, weights)
    for name in (ANALYSIS, SYNTHESIS):
        model.graph.initializer.remove(stored[name])
    constants, nodes = _generator(len(analysis) // 2, analysis.shape[2], window, weights)
    model.graph.initializer.extend(constants)
    for number, node in enumerate(nodes):
        model.graph.node.insert(number, node)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _window(analysis: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosine of frequency 0 is 1 everywhere: what is left is the window."""
    window: NDArray[np.float32] = analysis[0, 0]
    return window


def _weights(analysis: NDArray[np.float32], synthesis: NDArray[np.float32]) -> NDArray[np.float32]:
    """(2 bins, 1, 1): least squares of each row; those of nothing but zeros get 0."""
    energy = np.square(analysis, dtype=np.float64).sum(axis=2, keepdims=True)
    shared = (analysis.astype(np.float64) * synthesis).sum(axis=2, keepdims=True)
    return np.asarray(shared / np.maximum(energy, 1e-6), np.float32)


def _check(
    analysis: NDArray[np.float32],
    synthesis: NDArray[np.float32],
    window: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> None:
    bins, size = len(analysis) // 2, analysis.shape[2]
    phase = 2.0 * np.pi * (np.outer(np.arange(bins), np.arange(size)) % size) / size
    expected = (np.concatenate([np.cos(phase), -np.sin(phase)]) * window)[:, None]
    for found, wanted in ((analysis, expected), (synthesis, expected * weights)):
        if np.abs(found - wanted).max() > _MOST_DIFFERENCE:
            raise ValueError("The vocoder's matrices are not windowed sines and cosines.")


def _generator(
    bins: int, size: int, window: NDArray[np.float32], weights: NDArray[np.float32]
) -> tuple[list[TensorProto], list[NodeProto]]:
    """Phases are reduced as whole numbers: a float has no room for a thousand turns."""
    constants = {
        "fourier.bins": np.arange(bins, dtype=np.int64)[:, None],
        "fourier.places": np.arange(size, dtype=np.int64)[None],
        "fourier.size": np.array(size, np.int64),
        "fourier.turn": np.array(2.0 * np.pi / size, np.float32),
        "fourier.window": window,
        "fourier.shape": np.array([2 * bins, 1, size], np.int64),
        "fourier.weights": weights,
    }
    steps: tuple[tuple[str, tuple[str, ...], str, dict[str, Any]], ...] = (
        ("Mul", ("fourier.bins", "fourier.places"), "fourier.product", {}),
        ("Mod", ("fourier.product", "fourier.size"), "fourier.reduced", {}),
        ("Cast", ("fourier.reduced",), "fourier.float", {"to": TensorProto.FLOAT}),
        ("Mul", ("fourier.float", "fourier.turn"), "fourier.phase", {}),
        ("Cos", ("fourier.phase",), "fourier.cosines", {}),
        ("Sin", ("fourier.phase",), "fourier.sines", {}),
        ("Neg", ("fourier.sines",), "fourier.negative", {}),
        ("Concat", ("fourier.cosines", "fourier.negative"), "fourier.rows", {"axis": 0}),
        ("Mul", ("fourier.rows", "fourier.window"), "fourier.windowed", {}),
        ("Reshape", ("fourier.windowed", "fourier.shape"), ANALYSIS, {}),
        ("Mul", (ANALYSIS, "fourier.weights"), SYNTHESIS, {}),
    )
    tensors = [numpy_helper.from_array(np.array(values), name) for name, values in constants.items()]
    nodes = [helper.make_node(kind, list(given), [made], **more) for kind, given, made, more in steps]
    return tensors, nodes
