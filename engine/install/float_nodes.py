"""What float graphs are drawn with: values with shapes, weights on request, casts between precisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import EngineError, ErrorCode
from engine.install.onnx_file import ELEMENTS, Dimension, OnnxGraph

FREE = "?"
NUMPY = {"F32": np.float32, "F16": np.float16}


@dataclass(frozen=True)
class Value:
    """A tensor of the graph; names in ``shape`` stand for what is known at run time only."""

    name: str
    shape: tuple[Dimension, ...]
    dtype: str


@dataclass(frozen=True)
class Asked:
    """What a network asked the weights' file for."""

    dtypes: dict[str, str]
    input_first: set[str]


class FloatNodes:
    """Adds nodes to ``graph``.

    shapes: of the checkpoint's weights; dtype: "F32" or "F16", of the graph's inner values; asked:
    filled with what the weights' file must have.
    """

    def __init__(
        self, graph: OnnxGraph, shapes: Mapping[str, tuple[int, ...]], dtype: str, asked: Asked
    ) -> None:
        self.graph = graph
        self.shapes = shapes
        self.dtype = dtype
        self.asked = asked

    # The border.
    def input(self, name: str, dtype: str, shape: tuple[Dimension, ...]) -> Value:
        """What the caller gives; always float32 or int64 outside."""
        return Value(self.graph.input(name, dtype, shape), shape, dtype)

    def inner(self, x: Value) -> Value:
        """The same in the graph's own precision."""
        return self._cast(x, self.dtype)

    def output(self, x: Value, name: str, shape: tuple[Dimension, ...]) -> None:
        """What the caller gets, float32."""
        self.graph.output(self._cast(x, "F32").name, name, "F32", shape)

    # What operations are made of.
    def _node(self, operator: str, x: Value, *others: str, **attributes: Any) -> str:
        return self.graph.node(operator, x.name, *others, **attributes)

    def _like(self, x: Value, operator: str, *others: str) -> Value:
        return Value(self._node(operator, x, *others), x.shape, x.dtype)

    def _elementwise(self, operator: str, a: Value, b: Value) -> Value:
        if a.dtype != b.dtype:
            a, b = self.inner(a), self.inner(b)
        return Value(self._node(operator, a, b.name), broadcast(a.shape, b.shape), a.dtype)

    def _cast(self, x: Value, dtype: str) -> Value:
        if x.dtype == dtype:
            return x
        return Value(self._node("Cast", x, to=ELEMENTS[dtype]), x.shape, dtype)

    def _number(self, number: float, dtype: str) -> str:
        return self.graph.constant(np.array([number], NUMPY[dtype]))

    def _shape(self, key: str) -> tuple[int, ...]:
        """A weight's shape. Raises EngineError(BAD_BUNDLE) if the checkpoint has no such weight."""
        if key not in self.shapes:
            raise EngineError(
                ErrorCode.BAD_BUNDLE, f"The checkpoint lacks the weight {key}; download it again."
            )
        return self.shapes[key]

    def _weight(self, name: str, dtype: str, shape: tuple[int, ...]) -> str:
        self.asked.dtypes[name] = dtype
        return self.graph.weight(name, dtype, shape)

    def _bias(self, name: str, dtype: str) -> list[str]:
        """The layer's bias, if the checkpoint has one."""
        shape = self.shapes.get(f"{name}.bias")
        return [] if shape is None else [self._weight(f"{name}.bias", dtype, shape)]


def known(size: Dimension) -> int:
    if not isinstance(size, int):
        raise ValueError(f"the size {size} must be known when the graph is written")
    return size


def times(size: Dimension, factor: int) -> Dimension:
    return size * factor if isinstance(size, int) else FREE


def broadcast(a: tuple[Dimension, ...], b: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
    """The shape of a sum. Beside a fixed size a free one can only be that size, or 1."""
    long, short = (a, b) if len(a) >= len(b) else (b, a)
    padded = (1,) * (len(long) - len(short)) + short
    return tuple(y if x == 1 or (x == FREE and y != 1) else x for x, y in zip(long, padded, strict=True))
