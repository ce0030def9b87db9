"""The small reader of ONNX files, with the onnx library as its oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from engine.models.graph_file import TensorType, read_graph, read_graph_file
from tests.bundles import make_tiny_bundle


def external(name: str, location: str) -> onnx.TensorProto:
    """A tensor whose values lie in another file."""
    tensor = numpy_helper.from_array(np.zeros(4, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    # The value before the key's neighbours: protobuf leaves the order to the writer.
    tensor.external_data.add(key="offset", value="0")
    tensor.external_data.add(key="location", value=location)
    return tensor


def model_of(nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto]) -> onnx.ModelProto:
    """A model around some nodes, with an input and an output nobody uses."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])
    return helper.make_model(helper.make_graph(nodes, "g", [x], [y], tensors))


def test_ports_are_what_onnx_says(tmp_path: Path) -> None:
    """Names, types and shapes of every graph agree with the onnx library's reading."""
    for path in make_tiny_bundle(tmp_path).glob("*.onnx"):
        graph = onnx.load(path).graph
        found = read_graph_file(path)
        for values, ports in ((graph.input, found.inputs), (graph.output, found.outputs)):
            kinds = {value.name: value.type.tensor_type for value in values}
            assert list(ports) == list(kinds)
            for name, kind in kinds.items():
                shape = tuple(dim.dim_param or dim.dim_value for dim in kind.shape.dim)
                element = helper.tensor_dtype_to_np_dtype(kind.elem_type).name
                assert ports[name] == TensorType(element, shape)
        assert found.external_files == frozenset()


def test_weights_in_another_file_are_found_wherever_they_hide() -> None:
    """Initializers, attributes, subgraphs and functions are all looked into."""
    branch = helper.make_graph([], "branch", [], [], [external("b", "branch.bin")])
    nodes = [
        helper.make_node("Constant", [], ["c"], value=external("c", "../attribute.bin")),
        helper.make_node("If", ["c"], ["d"], then_branch=branch, else_branch=branch),
    ]
    model = model_of(nodes, [external("w", "/initializer.bin")])
    inner = helper.make_node("Constant", [], ["f"], value=external("f", "function.bin"))
    function = helper.make_function("own", "f", [], ["f"], [inner], [helper.make_opsetid("", 17)])
    function.attribute_proto.append(helper.make_attribute("default", external("a", "default.bin")))
    model.functions.append(function)
    found = read_graph(model.SerializeToString()).external_files
    assert found == {"branch.bin", "../attribute.bin", "/initializer.bin", "function.bin", "default.bin"}


def test_stored_weights_are_no_inputs() -> None:
    """Old files list initializers among the inputs; nobody needs to feed those."""
    model = model_of([], [numpy_helper.from_array(np.zeros((1, 4), np.float32), "w")])
    model.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [1, 4]))
    assert list(read_graph(model.SerializeToString()).inputs) == ["x"]


def test_free_dimensions_have_names_or_a_question_mark() -> None:
    """Unnamed, zero and negative dimensions are free; a port without shape has none."""
    model = model_of([], [])
    model.graph.input.append(helper.make_tensor_value_info("a", TensorProto.FLOAT, [None, 0, -1, 7]))
    model.graph.input.append(helper.make_tensor_value_info("b", TensorProto.INT64, None))
    inputs = read_graph(model.SerializeToString()).inputs
    assert inputs["a"] == TensorType("float32", ("?", "?", "?", 7))
    assert inputs["b"] == TensorType("int64", None)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\x00" * 100, b"\xff" * 100, b"{}", b"\x3a\x00" * 2]
)
def test_what_is_no_model_raises_value_error(tmp_path: Path, content: bytes) -> None:
    """Files that are something else, or nothing, are told apart from models."""
    path = tmp_path / "x.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError):
        read_graph_file(path)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Random bytes never raise anything but ValueError."""
    try:
        read_graph(content)
    except ValueError:
        return


MODEL = model_of([helper.make_node("Relu", ["x"], ["y"])], [external("w", "w.bin")]).SerializeToString()


@settings(deadline=None)
@given(st.integers(0, len(MODEL) - 1), st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused(position: int, value: int) -> None:
    """A model with one byte altered, or cut there, never raises anything but ValueError."""
    for content in (MODEL[:position] + bytes([value]) + MODEL[position + 1 :], MODEL[:position]):
        try:
            read_graph(content)
        except ValueError:
            continue
