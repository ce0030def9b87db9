"""Attention in int8 graphs: both products are of bytes, the softmax between them is float."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.install.integer_layers import IntegerLayers
from engine.install.integer_value import Value
from engine.install.onnx_file import CONTRIB
from engine.install.quantise import LARGEST_WEIGHT, LEVELS, SMALLEST_SCALE
from engine.networks.operations import AttentionNames, Float32

Projected = tuple[str, str, str]  # queries, keys and values, (batch, tokens, width) in float


class IntegerAttention(IntegerLayers):
    """Adds attention to the graph."""

    def _attention(self, names: AttentionNames, x: Value, projected: Projected, heads: int) -> str:
        """The scores of each head, or of one head those of a part of the queries, at a time.

        So they stay in the processor's cache: MultiHeadAttention, whose products are float, takes longer. The
        whole scores of a VAE's one head over 4096 tokens never exist. Where one head's tokens are of no
        image, there is MultiHeadAttention, which keeps no scores either.
        """
        parts = x.places.bands if heads == 1 and x.places else 1
        if heads == parts == 1:
            return self._node("MultiHeadAttention", *projected, domain=CONTRIB, num_heads=1)
        query, key, value = projected
        steps = self._output_steps(names.query, each_channel=False)
        key_step = self._signed_steps(names.key, each_channel=False)
        value_steps = self._signed_steps(names.value, each_channel=True)
        bytes_of_query = self._node("QuantizeLinear", query, *self._steps(steps))
        turned = self._node("Transpose", self._signed_bytes(key, key_step), perm=(0, 2, 1))
        bytes_of_value = self._signed_bytes(value, value_steps)
        scale = self.graph.constant(steps.scale * np.float32((x.channels / heads) ** -0.5))
        numbers = scale, self.graph.constant(key_step), self.graph.constant(steps.zero), self._signed_zero()
        parted = self._parted(bytes_of_query, turned, bytes_of_value, heads, parts)
        mixed = [self._mixed(one, numbers) for one in parted]
        joined = self._node("Concat", *mixed, axis=1 if parts > 1 else 2)
        return self._node("Mul", joined, self.graph.constant(value_steps))

    def _signed_steps(self, name: str, each_channel: bool) -> Float32:
        """Scale of signed bytes: the second factor of products is signed, as weights are."""
        seen = self._range(self.ranges.outputs, name)
        largest = np.maximum(np.abs(seen.low), np.abs(seen.high))
        if not each_channel:
            largest = largest.max()
        steps: Float32 = np.maximum(largest / np.float32(LARGEST_WEIGHT), SMALLEST_SCALE).astype(np.float32)
        return steps

    def _signed_bytes(self, name: str, steps: Float32) -> str:
        """(batch, tokens, width) in signed bytes. steps: (), or (width,).

        With a scale for each channel, QuantizeLinear takes as long as all of attention's products.
        """
        if steps.ndim == 0:
            return self._node("QuantizeLinear", name, self.graph.constant(steps), self._signed_zero())
        scaled = self._node("Mul", name, self.graph.constant(1 / steps))
        return self._node("QuantizeLinear", scaled, self._number(1.0), self._signed_zero())

    def _signed_zero(self) -> str:
        return self.graph.constant(np.array(0, np.int8))

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

    def _mixed(self, parted: tuple[str, str, str], numbers: tuple[str, ...]) -> str:
        """The values, in their own steps, weighed by the softmax of the scores. numbers: scales and zeros of
        queries and keys.

        The probabilities of a query become bytes of its largest one in the batch, so that no query is too
        even for bytes: what is lost are those below a five-hundredth of the largest. 8 heads over 1024 tokens
        take 11.1 ms so on one core, with probabilities in float 14.9.
        """
        query, key, value = parted
        scores = self._node("MatMulIntegerToFloat", query, key, *numbers, domain=CONTRIB)
        chances = self._node("Softmax", scores, axis=-1)
        largest = self._node("ReduceMax", chances, self.graph.integers(0, 2), keepdims=0)
        step = self._node("Mul", largest, self._number(1.0 / LEVELS))
        # Without a zero point of its own the bytes are unsigned.
        bytes_of_chances = self._node("QuantizeLinear", chances, step, axis=1)
        one = self._number(1.0)
        mixed = self._node("MatMulIntegerToFloat", bytes_of_chances, value, one, one, domain=CONTRIB)
        return self._node("Mul", mixed, self._node("Unsqueeze", step, self.graph.integers(-1)))

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
