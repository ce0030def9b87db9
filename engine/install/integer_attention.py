"""Attention in int8 graphs: scores are products of bytes, softmax and what it weighs are float."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.install.integer_layers import IntegerLayers
from engine.install.integer_value import Value
from engine.install.onnx_file import CONTRIB
from engine.install.quantise import LARGEST_WEIGHT, SMALLEST_SCALE
from engine.networks.operations import AttentionNames

Projected = tuple[str, str, str]  # queries, keys and values, (batch, tokens, width) in float


class IntegerAttention(IntegerLayers):
    """Adds attention to the graph."""

    def _attention(self, names: AttentionNames, x: Value, projected: Projected, heads: int) -> str:
        """The scores of each head, or of one head those of a part of the queries, at a time.

        So they stay in the processor's cache: for 8 heads over 1024 tokens on one core it takes 10.7 ms, and
        13.3 in MultiHeadAttention, whose products are float. The whole scores of a VAE's one head over 4096
        tokens never exist. Where one head's tokens are of no image, there is MultiHeadAttention, which keeps
        no scores either.
        """
        parts = x.places.bands if heads == 1 and x.places else 1
        if heads == parts == 1:
            return self._node("MultiHeadAttention", *projected, domain=CONTRIB, num_heads=1)
        query, key, value = projected
        steps = self._output_steps(names.query, each_channel=False)
        key_scale, key_zero = self._key_steps(names.key)
        bytes_of_query = self._node("QuantizeLinear", query, *self._steps(steps))
        bytes_of_key = self._node("QuantizeLinear", key, key_scale, key_zero)
        turned = self._node("Transpose", bytes_of_key, perm=(0, 2, 1))
        scale = self.graph.constant(steps.scale * np.float32((x.channels / heads) ** -0.5))
        numbers = scale, key_scale, self.graph.constant(steps.zero), key_zero
        mixed = [
            self._mixed(part, keys, values, numbers)
            for part, keys, values in self._parted(bytes_of_query, turned, value, heads, parts)
        ]
        return self._node("Concat", *mixed, axis=1 if parts > 1 else 2)

    def _key_steps(self, name: str) -> tuple[str, str]:
        """Scale and zero of signed bytes: the second factor of products is signed, as weights are."""
        seen = self._range(self.ranges.outputs, name)
        largest = max(float(np.abs(seen.low).max()), float(np.abs(seen.high).max()))
        scale = np.maximum(np.float32(largest / LARGEST_WEIGHT), SMALLEST_SCALE)
        return self.graph.constant(scale), self.graph.constant(np.array(0, np.int8))

    def _parted(
        self, query: str, key: str, value: str, heads: int, parts: int
    ) -> Iterator[tuple[str, str, str]]:
        """What attends to each other: each head's queries, keys and values, or each part of the queries and
        all the rest. An image's queries can always be cut into as many parts as it has bands."""
        if parts > 1:
            yield from ((part, key, value) for part in self._split(query, 1, parts))
            return
        pieces = self._split(query, 2, heads), self._split(key, 1, heads), self._split(value, 2, heads)
        yield from zip(*pieces, strict=True)

    def _mixed(self, query: str, key: str, value: str, numbers: tuple[str, ...]) -> str:
        """The values, weighed by the softmax of the scores. numbers: scales and zeros of the bytes."""
        scores = self._node("MatMulIntegerToFloat", query, key, *numbers, domain=CONTRIB)
        return self._node("MatMul", self._node("Softmax", scores, axis=-1), value)

    def _split(self, name: str, axis: int, count: int) -> list[str]:
        return self.graph.nodes("Split", name, outputs=count, axis=axis, num_outputs=count)

    def _biased_attention(self, projected: Projected, heads: int, width: int, bias: str) -> str:
        """Scores with a bias, for short sequences."""
        shape = self.graph.integers(0, 0, heads, width // heads)
        query, key, value = (
            self._node("Transpose", self._node("Reshape", name, shape), perm=perm)
            for name, perm in zip(projected, ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)), strict=True)
        )
        scaled = self._node("Mul", query, self._number((width / heads) ** -0.5))
        scores = self._node("Add", self._node("MatMul", scaled, key), bias)
        mixed = self._node("MatMul", self._node("Softmax", scores, axis=-1), value)
        joined = self._node("Transpose", mixed, perm=(0, 2, 1, 3))
        return self._node("Reshape", joined, self.graph.integers(0, 0, width))
