"""Graphs whose weights lie in a safetensors file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from engine.errors import EngineError, ErrorCode
from engine.install.onnx_file import OnnxGraph
from engine.install.safetensors_file import stored_array, write_safetensors
from engine.models.graph_file import read_graph_file

WEIGHT = np.arange(6, dtype=np.float32).reshape(2, 3)


def product() -> OnnxGraph:
    """x @ weight + 1."""
    graph = OnnxGraph("product")
    x = graph.input("x", "F32", ("batch", 2))
    y = graph.node("MatMul", x, graph.weight("layer.weight", "F32", (2, 3)))
    graph.output(graph.node("Add", y, graph.constant(np.ones(1, np.float32))), "y", "F32", ("batch", 3))
    return graph


def write(folder: Path) -> Path:
    """The graph and its weights."""
    places = write_safetensors(folder / "w.safetensors", [stored_array("layer.weight", WEIGHT)], {})
    product().write(folder / "product.onnx", places)
    return folder / "product.onnx"


def test_the_runtime_finds_the_weights(tmp_path: Path) -> None:
    """The right numbers come out."""
    path = write(tmp_path)
    onnx.checker.check_model(str(path), full_check=True)
    x = np.array([[1, 2], [3, 4], [0, 1]], np.float32)
    (y,) = onnxruntime.InferenceSession(path).run(None, {"x": x})
    np.testing.assert_array_equal(x @ WEIGHT + 1, y)


def test_the_weights_are_not_in_the_graphs_file(tmp_path: Path) -> None:
    """And the bundle's own reader sees which file they are in."""
    graph = read_graph_file(write(tmp_path))
    assert {"w.safetensors"} == graph.external_files
    assert ("batch", 2) == graph.inputs["x"].shape
    assert ("batch", 3) == graph.outputs["y"].shape


def test_equal_constants_are_kept_once() -> None:
    """Of one type and shape; others are told apart."""
    graph = OnnxGraph("constants")
    assert graph.integers(0, 1) == graph.integers(0, 1)
    assert graph.integers(0, 1) != graph.integers(1, 0)
    assert graph.integers(0) != graph.constant(np.array(0, np.int64))
    assert graph.integers(0) != graph.constant(np.zeros(2, np.int32))


def test_a_weight_has_one_shape() -> None:
    """A second use in another shape would silently get the first one."""
    graph = OnnxGraph("shapes")
    assert "w" == graph.weight("w", "F32", (2, 3))
    assert "w" == graph.weight("w", "F32", (2, 3))
    with pytest.raises(ValueError, match="two shapes"):
        graph.weight("w", "F32", (3, 2))
    assert frozenset({"w"}) == graph.sources


def test_a_weight_may_be_stored_under_another_name(tmp_path: Path) -> None:
    """So one stored weight can be used in two shapes."""
    graph = OnnxGraph("two")
    graph.input("x", "F32", (3,))
    row = graph.node("Squeeze", graph.weight("row", "F32", (1, 3), source="w"), graph.integers(0))
    total = graph.node("Add", graph.node("Add", "x", row), graph.weight("w", "F32", (3,)))
    graph.output(total, "y", "F32", (3,))
    places = write_safetensors(
        tmp_path / "w.safetensors", [stored_array("w", np.array([1, 2, 3], np.float32))], {}
    )
    graph.write(tmp_path / "two.onnx", places)
    (y,) = onnxruntime.InferenceSession(tmp_path / "two.onnx").run(None, {"x": np.zeros(3, np.float32)})
    np.testing.assert_array_equal(np.array([2, 4, 6], np.float32), y)


def test_a_graph_that_can_t_be_written_leaves_nothing(tmp_path: Path) -> None:
    """A name that is a folder's."""
    (tmp_path / "product.onnx").mkdir()
    with pytest.raises(EngineError) as caught:
        write(tmp_path)
    assert ErrorCode.BAD_ARGUMENT == caught.value.code
    assert {"product.onnx", "w.safetensors"} == {path.name for path in tmp_path.iterdir()}
