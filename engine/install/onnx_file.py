"""An ONNX graph in the making: nodes, small constants in the file, weights outside of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from engine.audio.atomic import new_file
from engine.install.safetensors_file import Place

OPSET = 20  # the first with Gelu; ONNX Runtime 1.17 and later read it
# ONNX Runtime's own operators, for what ONNX has no node for.
CONTRIB = "com.microsoft"
ELEMENTS = {
    "F32": TensorProto.FLOAT,
    "F16": TensorProto.FLOAT16,
    "I64": TensorProto.INT64,
    "I32": TensorProto.INT32,
    "I8": TensorProto.INT8,
    "U8": TensorProto.UINT8,
}
Dimension = int | str  # a name: may vary


class OnnxGraph:
    """Collects one graph. Values are tensor names, unique in the graph."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], TensorProto] = {}
        self._weights: dict[str, TensorProto] = {}
        self._sources: dict[str, str] = {}  # weight -> name in the weights' file

    def input(self, name: str, dtype: str, shape: Sequence[Dimension]) -> str:
        """A value that the caller gives."""
        self._inputs.append(helper.make_tensor_value_info(name, ELEMENTS[dtype], list(shape)))
        return name

    def output(self, value: str, name: str, dtype: str, shape: Sequence[Dimension]) -> None:
        """Give ``value`` to the caller as ``name``."""
        self._nodes.append(helper.make_node("Identity", [value], [name], name=f"Identity_{name}"))
        self._outputs.append(helper.make_tensor_value_info(name, ELEMENTS[dtype], list(shape)))

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """The output of an operator with one output; "" stands for an input left out."""
        return self.nodes(operator, *inputs, outputs=1, domain=domain, **attributes)[0]

    def nodes(
        self, operator: str, *inputs: str, outputs: int, domain: str = "", **attributes: Any
    ) -> list[str]:
        """The outputs of an operator with several."""
        name = f"{operator}_{len(self._nodes)}"
        names = [name] if outputs == 1 else [f"{name}_{index}" for index in range(outputs)]
        self._nodes.append(helper.make_node(operator, list(inputs), names, name, domain=domain, **attributes))
        return names

    def constant(self, array: NDArray[Any]) -> str:
        """A small constant, kept in the graph's own file; equal ones are kept once."""
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = numpy_helper.from_array(array.copy(), name)
        return self._constants[key].name

    def integers(self, *values: int) -> str:
        """A constant list of int64, as shapes and axes are."""
        return self.constant(np.array(values, np.int64))

    def weight(self, name: str, dtype: str, shape: Sequence[int], source: str | None = None) -> str:
        """A constant that lies in the weights' file as ``source`` (else ``name``).

        ``shape`` may differ from the one it is stored with as long as its bytes are the same.
        """
        if name not in self._weights:
            self._weights[name] = TensorProto(name=name, data_type=ELEMENTS[dtype], dims=list(shape))
            self._sources[name] = source or name
        if list(self._weights[name].dims) != list(shape):
            raise ValueError(f"{name} is used in two shapes; give the second use a name of its own")
        return name

    @property
    def sources(self) -> frozenset[str]:
        """What the weights' file must have."""
        return frozenset(self._sources.values())

    def write(self, path: Path, places: Mapping[str, Place]) -> None:
        """Write the graph, whole or not at all; the files of ``places`` lie in its folder.

        Raises EngineError(CANT_WRITE).
        """
        content = self.model(places).SerializeToString()
        with new_file(path, overwrite=True) as file:
            file.write(content)

    def model(self, places: Mapping[str, Place]) -> onnx.ModelProto:
        """The graph as a model."""
        weights = [_external(tensor, places[self._sources[name]]) for name, tensor in self._weights.items()]
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, [*self._constants.values(), *weights]
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="punch-in")


def _external(tensor: TensorProto, place: Place) -> TensorProto:
    outside = TensorProto()
    outside.CopyFrom(tensor)
    outside.data_location = TensorProto.EXTERNAL
    for key, value in (("location", place.location), ("offset", place.offset), ("length", place.length)):
        outside.external_data.add(key=key, value=str(value))
    return outside
