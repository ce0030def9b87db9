"""What int8 graphs are written with: nodes that are made once, weights, and the forms of a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError, ErrorCode
from engine.install.integer_value import Bytes, Kind, Value
from engine.install.onnx_file import CONTRIB, Dimension, OnnxGraph
from engine.install.quantise import Steps, steps_for
from engine.install.ranges import LayerRanges, Range
from engine.install.safetensors_file import StoredTensor, stored_array
from engine.networks.operations import Float32


class IntegerNodes:
    """A graph in the making; equal nodes are one node.

    weights: of the checkpoint, by name; ranges: of its layers; stored: filled with what the weights' file
    must have.
    """

    def __init__(
        self,
        graph: OnnxGraph,
        weights: Mapping[str, Float32],
        ranges: LayerRanges,
        stored: dict[str, StoredTensor],
    ) -> None:
        self.graph = graph
        self.weights = weights
        self.ranges = ranges
        self.stored = stored
        self._made: dict[object, str] = {}
        self._several: dict[object, list[str]] = {}

    # The forms of a value.
    def _first(self, x: Value) -> str:
        """Float, channels first."""
        if x.first:
            return x.first
        if x.kind is Kind.OTHER:
            return x.last
        if x.leaky:
            return self._leaky(self._first(x.leaky[0]), x.leaky[1])
        if x.layer:
            made = x.layer(True)
            return self._dequantised_first(x, made.name, *self._steps(made.steps))
        return self._node("Transpose", self._last(x), perm=(0, 3, 1, 2))

    def _last(self, x: Value) -> str:
        """Float, channels last."""
        if x.last:
            return x.last
        if x.leaky:
            return self._leaky(self._last(x.leaky[0]), x.leaky[1])
        if x.places:
            return self._node("Reshape", self._last(x.places), self.graph.integers(0, -1, x.channels))
        if x.layer:
            # With channels last, scales of their own for each take eight times as long to multiply.
            made = x.layer(False)
            return self._node("DequantizeLinear", made.name, *self._steps(made.steps))
        return self._node("Transpose", self._first(x), perm=(0, 2, 3, 1))

    def _float(self, x: Value) -> str:
        """As ``Operations`` has its axes."""
        return self._first(x) if x.kind in (Kind.IMAGE, Kind.WAVE) else self._last(x)

    def _bytes(self, x: Value, steps: Steps) -> str:
        """Bytes, channels last."""
        if x.places:
            return self._node("Reshape", self._bytes(x.places, steps), self.graph.integers(0, -1, x.channels))
        if x.leaky and x.leaky[0].layer:
            return self._leaky_bytes(x.leaky[0].layer(False), x.leaky[1], steps)
        if x.first or (x.kind is Kind.IMAGE and x.layer) or (x.leaky and x.leaky[0].first):
            turned = self._node("QuantizeLinear", self._first(x), *self._steps(steps))
            return self._node("Transpose", turned, perm=(0, 2, 3, 1))
        return self._node("QuantizeLinear", self._last(x), *self._steps(steps))

    def _leaky_bytes(self, given: Bytes, slope: float, steps: Steps) -> str:
        inputs = (given.name, *self._steps(given.steps), *self._steps(steps))
        return self._node("QLinearLeakyRelu", *inputs, domain=CONTRIB, alpha=slope)

    def _dequantised_first(self, x: Value, name: str, scale: str, zero: str) -> str:
        """Bytes, channels last -> float, channels first.

        Turned before and not after, on a quarter of the memory. The Reshape between keeps ONNX Runtime from
        swapping the two, which it would.
        """
        flat = self._node("Reshape", name, self.graph.integers(0, -1, x.channels))
        turned = self._node("Transpose", flat, perm=(0, 2, 1))
        shape = (0, 0, 1, -1) if x.kind is Kind.WAVE else (0, 0, -1, x.bands)
        image = self._node("Reshape", turned, self.graph.integers(*shape))
        return self._node("DequantizeLinear", image, scale, zero, axis=1)

    def _leaky(self, name: str, slope: float) -> str:
        return self._node("LeakyRelu", name, alpha=slope)

    def _swish(self, name: str) -> str:
        """ONNX Runtime's QuickGelu: one pass, where Sigmoid and Mul are two."""
        return self._node("QuickGelu", name, domain=CONTRIB, alpha=1.0)

    def _image(self, like: Value, name: str) -> Value:
        return Value(Kind.IMAGE, like.channels, like.bands, first=name)

    def _as_last(self, like: Value, channels: int, name: str) -> Value:
        return Value(like.kind, channels, like.bands, last=name)

    def _other(self, like: Value, name: str) -> Value:
        return Value(Kind.OTHER, like.channels, last=name)

    def _same(self, x: Value, function: Callable[[str], str]) -> Value:
        """An elementwise function of a value, in the form that it has already."""
        if x.first:
            return Value(x.kind, x.channels, x.bands, first=function(x.first))
        return Value(x.kind, x.channels, x.bands, last=function(self._last(x)))

    # Nodes and numbers.
    def _node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """A node, or the one that does the same already."""
        key = (operator, inputs, tuple(sorted(attributes.items())))
        if key not in self._made:
            self._made[key] = self.graph.node(operator, *inputs, domain=domain, **attributes)
        return self._made[key]

    def _slice(self, name: str, axis: int, start: int, end: int) -> str:
        return self._node("Slice", name, *(self.graph.integers(number) for number in (start, end, axis)))

    def _steps(self, steps: Steps) -> tuple[str, str]:
        return self.graph.constant(steps.scale), self.graph.constant(steps.zero)

    def _output_steps(self, name: str, each_channel: bool) -> Steps:
        seen = self._range(self.ranges.outputs, name)
        return steps_for(seen if each_channel else Range(seen.low.min(), seen.high.max()))

    def _range(self, ranges: Mapping[str, Range], name: str) -> Range:
        if name not in ranges:
            raise ValueError(f"calibration saw nothing of {name}")
        return ranges[name]

    def _number(self, number: float) -> str:
        return self.graph.constant(np.array(number, np.float32))

    def _ones(self, count: int) -> str:
        return self.graph.constant(np.ones(count, np.float32))

    def _zeros(self, count: int) -> str:
        return self.graph.constant(np.zeros(count, np.float32))

    # Weights.
    def _get(self, key: str) -> Float32:
        """A weight. Raises EngineError(BAD_BUNDLE) if the checkpoint has no such weight."""
        if key not in self.weights:
            raise EngineError(
                ErrorCode.BAD_BUNDLE, f"The checkpoint lacks the weight {key}; download it again."
            )
        return self.weights[key]

    def _weight(self, name: str) -> Float32:
        return self._get(f"{name}.weight")

    def _bias(self, name: str, count: int) -> Float32:
        """The layer's bias, zeros if the checkpoint has none for it."""
        key = f"{name}.bias"
        return self.weights[key] if key in self.weights else np.zeros(count, np.float32)

    def _store(self, key: str) -> str:
        return self._store_as(key, self._get(key))

    def _store_as(self, key: str, array: NDArray[Any]) -> str:
        """A constant in the weights' file; a key always comes with the same array."""
        if key not in self.stored:
            self.stored[key] = stored_array(key, np.ascontiguousarray(array))
        return self.graph.weight(key, self.stored[key].dtype, array.shape)


def known(size: Dimension) -> int:
    assert isinstance(size, int)
    return size
