"""The layers of int8 graphs that have weights, and the several ways in which a convolution is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.install.integer_nodes import IntegerNodes
from engine.install.integer_value import Bytes, Kind, Value
from engine.install.onnx_file import CONTRIB
from engine.install.quantise import LEVELS, quantise_sum, quantise_weight, steps_for
from engine.install.ranges import relative
from engine.networks.operations import Float32

END = int(np.iinfo(np.int64).max)
# [place, row seen, row of the 3x3 kernel]: which rows of the small image two neighbouring rows of the large
# one see, the lower half of one place and the upper half of the next, and through which rows of the kernel.
ROWS_SEEN = np.array([[[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 1]]], np.float32)


@dataclass(frozen=True)
class Convolution:
    """A layer's weights as they will be multiplied.

    kernel: (copies * channels, in, rows, columns); bias: (channels,); ``arrange`` brings the result's
    channels to their places; attributes: the operator's.
    """

    name: str
    kernel: Float32
    bias: Float32
    copies: int
    arrange: Callable[[str], str]
    attributes: Mapping[str, Any]


class IntegerLayers(IntegerNodes):
    """Adds layers to the graph."""

    # Layers.
    def _conv(self, name: str, x: Value, kind: Kind, bands: int, **attributes: Any) -> Value:
        weight = self._weight(name)
        kernel = weight if weight.ndim == 4 else weight[:, :, None]
        return self._layer(name, x, kind, bands, kernel, **attributes)

    def _layer(
        self,
        name: str,
        x: Value,
        kind: Kind,
        bands: int,
        kernel: Float32,
        *,
        copies: int = 1,
        arrange: Callable[[str], str] = str,
        **attributes: Any,
    ) -> Value:
        """A quantised convolution, written when it is known what is wanted of it.

        kernel: (copies * channels, in, rows, columns), whose channels ``arrange`` brings to their places.
        """
        bias = self._bias(name, len(kernel) // copies)
        conv = Convolution(name, kernel, bias, copies, arrange, attributes)
        if kind is Kind.IMAGE and not x.normalised:
            return Value(kind, len(bias), bands, first=self._stream_conv(conv, x, bands))
        steps = steps_for(self._range(self.ranges.inputs, name))
        given = self._bytes(x, steps)

        def emit(each_channel: bool) -> Bytes:
            out = self._output_steps(name, each_channel)
            offset = conv.bias + out.zero.astype(np.float32) * out.scale
            made = self._qlinear_conv(
                conv,
                given,
                self._steps(steps),
                out.scale / steps.scale,
                (offset / steps.scale).astype(np.float32),
            )
            return Bytes(made, out)

        return Value(kind, len(bias), bands, layer=emit)

    def _stream_conv(self, conv: Convolution, x: Value, bands: int) -> str:
        """A convolution of what no normalisation has been at: float, channels first.

        Such an image, the sum of all that the blocks before it gave, is a hundred times as large at one
        noise level as at another. So its range is measured while the graph runs, and the output's is in
        proportion to it.
        """
        image = self._last(x) if x.last else self._first(x)
        given, scale, zero = self._three_nodes("DynamicQuantizeLinear", image)
        if image == x.first or not x.last:
            given = self._node("Transpose", given, perm=(0, 2, 3, 1))
        out = steps_for(self._range(self.ranges.outputs, relative(conv.name)))
        # Of the span of the input, one step is a 255th.
        step = out.scale * np.float32(LEVELS)
        made = self._qlinear_conv(conv, given, (scale, zero), step, out.zero.astype(np.float32) * step)
        flat = Value(Kind.IMAGE, len(conv.bias), bands)
        scales = self._node("Mul", self.graph.constant(step), scale)
        exact = self._dequantised_first(flat, made, scales, self.graph.constant(out.zero))
        return self._node("Add", exact, self.graph.constant(conv.bias[:, None, None]))

    def _qlinear_conv(
        self,
        conv: Convolution,
        given: str,
        steps: tuple[str, str],
        out_step: Float32,
        offset: Float32,
    ) -> str:
        """Bytes, channels last. out_step and offset, one or one for each output, are in steps of the input.

        The operator allows one scale for all outputs. So that each channel has its own, the scales of the
        weights are divided by it, and its zero is part of the bias; what is left is the input's own scale,
        which then needn't be known.
        """
        channels = len(conv.bias)
        offset, out_step = (
            np.tile(np.broadcast_to(part, (channels,)), conv.copies).astype(np.float32)
            for part in (offset, out_step)
        )
        whole, scale = quantise_weight(conv.kernel, np.abs(offset))
        made = self._node(
            "QLinearConv",
            given,
            *steps,
            self._store_as(f"{conv.name}.weight", whole),
            self.graph.constant(scale / out_step),
            self.graph.constant(np.zeros(len(scale), np.int8)),
            steps[0],
            self.graph.constant(np.array(0, np.uint8)),
            self.graph.constant(quantise_sum(offset, scale)),
            domain=CONTRIB,
            channels_last=1,
            kernel_shape=conv.kernel.shape[2:],
            **conv.attributes,
        )
        return conv.arrange(made)

    def _three_nodes(self, operator: str, *inputs: str) -> list[str]:
        """A node with three outputs, or the one that does the same already."""
        key = (operator, inputs)
        if key not in self._several:
            self._several[key] = self.graph.nodes(operator, *inputs, outputs=3)
        return self._several[key]

    def _doubling_conv(self, name: str, small: Value) -> Value:
        """Nearest-neighbour doubling and a 3x3 convolution, as one 2x2 convolution of the small image.

        Each of four neighbours in the large image sees two rows and two columns of the small one, so that
        4/9 of the products are left. The corner between four places of the small image gives the four
        places of the large one around it, and those beyond its edge are cut off.
        """
        weight = self._weight(name)
        out, into = weight.shape[:2]
        kernel = np.einsum("ary,bsx,oiyx->aboirs", ROWS_SEEN, ROWS_SEEN, weight).reshape(4 * out, into, 2, 2)
        corners = small.bands + 1

        def arrange(name: str) -> str:
            parts = self._node("Reshape", name, self.graph.integers(0, -1, corners, 2, 2 * out))
            rows = self._node("Transpose", parts, perm=(0, 1, 3, 2, 4))
            large = self._node("Reshape", rows, self.graph.integers(0, -1, 2 * corners, out))
            edges = [self.graph.integers(*edge) for edge in ((1, 1), (-1, -1), (1, 2))]
            return self._node("Slice", large, *edges)

        kernel = kernel.astype(np.float32)
        return self._layer(
            name, small, Kind.IMAGE, 2 * small.bands, kernel, copies=4, arrange=arrange, pads=(1, 1, 1, 1)
        )

    def _few_conv(self, name: str, x: Value, padding: int, bands: int) -> Value:
        """One product for all places of the kernel, then their sum, each shifted to where it belongs."""
        weight = self._weight(name)
        kernel = weight if weight.ndim == 4 else weight[:, :, None]
        out, _, rows, columns = kernel.shape
        turned = kernel.transpose(1, 2, 3, 0).reshape(kernel.shape[1], -1)
        products = self._node("Transpose", self._product(name, x, turned, bias=False), perm=(0, 3, 1, 2))
        down = padding if rows > 1 else 0
        pads = self.graph.integers(0, 0, down, padding, 0, 0, down, padding)
        padded = self._node("Pad", products, pads)
        shifted = [
            self._shifted(padded, (row * columns + column) * out, out, (row, column), (rows, columns))
            for row in range(rows)
            for column in range(columns)
        ]
        total = self._node("Sum", *shifted)
        column = self.graph.constant(self._bias(name, out)[:, None, None])
        return Value(x.kind, out, bands, first=self._node("Add", total, column))

    def _shifted(
        self, padded: str, channel: int, channels: int, place: tuple[int, int], kernel: tuple[int, int]
    ) -> str:
        """``channels`` of an image from ``channel`` on, as one place of a kernel sees them."""
        ends = [seen - size + 1 or END for seen, size in zip(place, kernel, strict=True)]
        edges = ((channel, *place), (channel + channels, *ends), (1, 2, 3))
        return self._node("Slice", padded, *(self.graph.integers(*edge) for edge in edges))

    def _float_conv(
        self, name: str, x: Value, pads: tuple[int, int, int, int], stride: int, bands: int
    ) -> Value:
        weight = self._weight(name)
        made = self._node(
            "Conv",
            self._first(x),
            self._store(f"{name}.weight"),
            self.graph.constant(self._bias(name, len(weight))),
            kernel_shape=weight.shape[2:],
            pads=pads,
            strides=(stride, stride),
        )
        return Value(Kind.IMAGE, len(weight), bands, first=made)

    def _float_wave(self, name: str, x: Value, padding: int) -> Value:
        weight = self._weight(name)
        made = self._node(
            "Conv",
            self._first(x),
            self._store_as(f"{name}.weight", weight[:, :, None]),
            self.graph.constant(self._bias(name, len(weight))),
            kernel_shape=(1, weight.shape[2]),
            pads=(0, padding, 0, padding),
        )
        return Value(Kind.WAVE, len(weight), first=made)

    def _product(self, name: str, x: Value, weight: Float32, *, part: int = 0, bias: bool = True) -> str:
        """x @ weight, and the ``part``-th part of the layer's bias that is as long as the result is wide."""
        steps = steps_for(self._range(self.ranges.inputs, name))
        out = weight.shape[1]
        whole, scale = quantise_weight(np.ascontiguousarray(weight.T), np.zeros(out, np.float32))
        key = f"{name}.weight" if part == 0 else f"{name}.weight.{part}"
        inputs = [
            self._bytes(x, steps),
            self._store_as(key, np.ascontiguousarray(whole.T)),
            self.graph.constant(steps.scale),
            self.graph.constant(scale),
            self.graph.constant(steps.zero),
            self.graph.constant(np.zeros(out, np.int8)),
        ]
        if bias and f"{name}.bias" in self.weights:
            inputs.append(self.graph.constant(self._get(f"{name}.bias")[part * out : (part + 1) * out]))
        return self._node("MatMulIntegerToFloat", *inputs, domain=CONTRIB)

    def _float_product(self, name: str, x: Value) -> str:
        weight = self._store_as(f"{name}.weight", np.ascontiguousarray(self._weight(name).T))
        product = self._node("MatMul", self._float(x), weight)
        bias = self._bias(name, len(self._weight(name)))
        return self._node("Add", product, self.graph.constant(bias))
