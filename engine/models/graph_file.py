"""What an ONNX file asks for and gives, read from its bytes.

This needs no runtime and runs nothing, so a bundle is checked whole before any of it is opened. Only
the few fields of the format that matter here are looked at (onnx.proto3, field numbers below);
weights are stepped over.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Content = bytes | mmap.mmap
Dimension = int | str  # a name, or "?", for one that may vary

ELEMENT_TYPES = {1: "float32", 6: "int32", 7: "int64", 10: "float16", 11: "float64"}
# Field numbers of onnx.proto3.
MODEL_GRAPH, MODEL_FUNCTION = 7, 25
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT, GRAPH_SPARSE_INITIALIZER = 1, 5, 11, 12, 15
FUNCTION_NODE, FUNCTION_ATTRIBUTE = 7, 11
NODE_ATTRIBUTE = 5
ATTRIBUTE_TENSOR, ATTRIBUTE_GRAPH, ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS = 5, 6, 10, 11
ATTRIBUTE_SPARSE_TENSOR, ATTRIBUTE_SPARSE_TENSORS = 22, 23
SPARSE_VALUES, SPARSE_INDICES = 1, 2
TENSOR_NAME, TENSOR_EXTERNAL_DATA = 8, 13
ENTRY_KEY, ENTRY_VALUE = 1, 2
VALUE_NAME, VALUE_TYPE = 1, 2
TYPE_TENSOR, TENSOR_ELEMENT, TENSOR_SHAPE = 1, 1, 2
SHAPE_DIMENSION, DIMENSION_VALUE, DIMENSION_NAME = 1, 1, 2
VARINT, EIGHT_BYTES, SIZED, FOUR_BYTES = 0, 1, 2, 5


@dataclass(frozen=True)
class TensorType:
    """Element type and shape of an input or output; ``shape`` is None when the file doesn't say."""

    element: str
    shape: tuple[Dimension, ...] | None

    def __str__(self) -> str:
        shape = "of any shape" if self.shape is None else f"({', '.join(map(str, self.shape))})"
        return f"{self.element} {shape}"


@dataclass(frozen=True)
class GraphFile:
    """The outside of a graph. ``external_files`` are the paths its weights are read from, as written."""

    inputs: dict[str, TensorType]
    outputs: dict[str, TensorType]
    external_files: frozenset[str]


@dataclass(frozen=True)
class Message:
    """A protobuf message: a span of the file's bytes."""

    content: Content
    start: int
    end: int

    def fields(self) -> Iterator[tuple[int, int, Message]]:
        """Number, value (of integers) and content (of everything with a size) of each field, in order."""
        position = self.start
        while position < self.end:
            tag, position = self._varint(position)
            number, kind = tag >> 3, tag & 7
            value, size = 0, 0
            if kind == VARINT:
                value, position = self._varint(position)
            elif kind == SIZED:
                size, position = self._varint(position)
            elif kind in (EIGHT_BYTES, FOUR_BYTES):
                size = 8 if kind == EIGHT_BYTES else 4
            else:
                raise ValueError(f"a field of unknown kind {kind}")
            if size > self.end - position:
                raise ValueError("a field goes beyond its end")
            yield number, value, Message(self.content, position, position + size)
            position += size

    def _varint(self, position: int) -> tuple[int, int]:
        """A variable-length integer and the position behind it."""
        value = 0
        for shift in range(0, 70, 7):
            if position >= self.end:
                raise ValueError("a number goes beyond its end")
            byte = self.content[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, position
        raise ValueError("a number of more than ten bytes")

    def parts(self, *numbers: int) -> Iterator[Message]:
        """The messages in the fields of these numbers."""
        return (content for number, _, content in self.fields() if number in numbers)

    def text(self, number: int) -> str:
        """The string in a field, the last one if it is repeated, "" if it is not there."""
        found = ""
        for part in self.parts(number):
            found = self.content[part.start : part.end].decode()
        return found

    def integer(self, number: int) -> int | None:
        """The integer in a field, the last one if it is repeated."""
        values = [value for found, value, _ in self.fields() if found == number]
        return values[-1] if values else None


def read_graph_file(path: Path) -> GraphFile:
    """The outside of the graph in ``path``. Raises ValueError if it is not an ONNX model, or OSError."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return read_graph(content)


def read_graph(content: Content) -> GraphFile:
    """The outside of a serialised ONNX model. Raises ValueError if it is not one."""
    model = Message(content, 0, len(content))
    graphs = list(model.parts(MODEL_GRAPH))
    if len(graphs) != 1:
        raise ValueError("not one graph in it")
    (graph,) = graphs
    # Old files list stored weights as inputs, too.
    stored = {tensor.text(TENSOR_NAME) for tensor in graph.parts(GRAPH_INITIALIZER)}
    inputs = dict(map(_value, graph.parts(GRAPH_INPUT)))
    return GraphFile(
        inputs={name: kind for name, kind in inputs.items() if name not in stored},
        outputs=dict(map(_value, graph.parts(GRAPH_OUTPUT))),
        external_files=frozenset(_external_files(model)),
    )


def _value(value: Message) -> tuple[str, TensorType]:
    element, shape = "unknown", None
    for kind in value.parts(VALUE_TYPE):
        for tensor in kind.parts(TYPE_TENSOR):
            element = ELEMENT_TYPES.get(tensor.integer(TENSOR_ELEMENT) or 0, "unknown")
            for dimensions in tensor.parts(TENSOR_SHAPE):
                shape = tuple(map(_dimension, dimensions.parts(SHAPE_DIMENSION)))
    return value.text(VALUE_NAME), TensorType(element, shape)


def _dimension(dimension: Message) -> Dimension:
    fixed = dimension.integer(DIMENSION_VALUE) or 0
    # Some exporters write a free dimension as 0 or -1 (as a protobuf integer: just under 2**64).
    return fixed if 0 < fixed < 2**63 else dimension.text(DIMENSION_NAME) or "?"


def _external_files(model: Message) -> Iterator[str]:
    """The locations of all tensors that lie outside of the file, those in nodes and functions included."""
    for graph in model.parts(MODEL_GRAPH):
        yield from _in_graph(graph)
    for function in model.parts(MODEL_FUNCTION):
        for node in function.parts(FUNCTION_NODE):
            yield from _in_node(node)
        for attribute in function.parts(FUNCTION_ATTRIBUTE):
            yield from _in_attribute(attribute)


def _in_graph(graph: Message) -> Iterator[str]:
    for number, _, part in graph.fields():
        if number == GRAPH_NODE:
            yield from _in_node(part)
        elif number == GRAPH_INITIALIZER:
            yield from _in_tensor(part)
        elif number == GRAPH_SPARSE_INITIALIZER:
            yield from _in_sparse_tensor(part)


def _in_node(node: Message) -> Iterator[str]:
    for attribute in node.parts(NODE_ATTRIBUTE):
        yield from _in_attribute(attribute)


def _in_attribute(attribute: Message) -> Iterator[str]:
    for number, _, part in attribute.fields():
        if number in (ATTRIBUTE_TENSOR, ATTRIBUTE_TENSORS):
            yield from _in_tensor(part)
        elif number in (ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS):
            yield from _in_graph(part)
        elif number in (ATTRIBUTE_SPARSE_TENSOR, ATTRIBUTE_SPARSE_TENSORS):
            yield from _in_sparse_tensor(part)


def _in_sparse_tensor(tensor: Message) -> Iterator[str]:
    for part in tensor.parts(SPARSE_VALUES, SPARSE_INDICES):
        yield from _in_tensor(part)


def _in_tensor(tensor: Message) -> Iterator[str]:
    for entry in tensor.parts(TENSOR_EXTERNAL_DATA):
        if entry.text(ENTRY_KEY) == "location":
            yield entry.text(ENTRY_VALUE)
