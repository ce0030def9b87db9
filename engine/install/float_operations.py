"""Networks written down as ONNX graphs in fp32 or fp16 (``Operations`` over values of a graph).

Images are (batch, channels, time, bands) and waves (batch, channels, 1, frames): ONNX Runtime has
faster convolutions for two dimensions than for one. In fp16, sums that could overflow or lose what
matters (normalisation, softmax, timesteps) are fp32.
"""

from __future__ import annotations

import math

import numpy as np

from engine.install.float_nodes import FREE, FloatNodes, Value, known, times
from engine.install.onnx_file import CONTRIB, ELEMENTS
from engine.networks.operations import AttentionNames, Float32, Integers

LONGEST_PERIOD = 10000.0
# Softmax makes exactly zero of this in fp32.
MASKED = 1e9


class FloatOperations(FloatNodes):
    """The arithmetic of a network as nodes."""

    # Images.
    def conv2d(self, name: str, x: Value, *, stride: int = 1, padding: int = 0, pad_end: int = 0) -> Value:
        """One Conv."""
        out, into, rows, columns = self._shape(f"{name}.weight")
        pads = (padding, padding, padding + pad_end, padding + pad_end)
        return self._conv(name, x, (out, into, rows, columns), pads, stride=stride)

    def group_norm(self, name: str, x: Value, *, groups: int, eps: float, silu: bool) -> Value:
        """Each group as one row of a LayerNormalization, whose sums are fp32 in every precision.

        On long rows far from zero it is the most accurate of the runtime's ways and about the fastest:
        with a mean of 100 deviations 2e-5 off, where InstanceNormalization is 4e-4 and squares are 1.
        """
        channels, bands = known(x.shape[1]), known(x.shape[3])
        rows = self._node("Reshape", x, self.graph.integers(0, groups, -1))
        width = self.graph.node("Shape", rows, start=2, end=3)
        ones = self.graph.node("Expand", self._number(1.0, x.dtype), width)
        normal = self.graph.node("LayerNormalization", rows, ones, epsilon=eps, axis=-1, stash_type=1)
        image = self.graph.node("Reshape", normal, self.graph.integers(0, channels, -1, bands))
        scale = self._weight(f"{name}.weight", x.dtype, (channels, 1, 1))
        shift = self._weight(f"{name}.bias", x.dtype, (channels, 1, 1))
        scaled = self.graph.node("Add", self.graph.node("Mul", image, scale), shift)
        result = Value(scaled, x.shape, x.dtype)
        return self.silu(result) if silu else result

    def add_vector(self, x: Value, vector: Value) -> Value:
        """A broadcast Add."""
        column = self._node("Unsqueeze", vector, self.graph.integers(2, 3))
        return Value(self._node("Add", x, column), x.shape, x.dtype)

    def upsample(self, x: Value) -> Value:
        """A nearest-neighbour Resize."""
        batch, channels, time, bands = x.shape
        scales = self.graph.constant(np.array([1, 1, 2, 2], np.float32))
        name = self._node(
            "Resize",
            x,
            "",
            scales,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        return Value(name, (batch, channels, times(time, 2), times(bands, 2)), x.dtype)

    def to_tokens(self, x: Value) -> Value:
        """Flatten, then transpose."""
        batch, channels, _, _ = x.shape
        flat = self._node("Reshape", x, self.graph.integers(0, 0, -1))
        return Value(self.graph.node("Transpose", flat, perm=(0, 2, 1)), (batch, FREE, channels), x.dtype)

    def to_image(self, tokens: Value, like: Value) -> Value:
        """Transpose, then fold by the number of bands, which is always known."""
        flat = self._node("Transpose", tokens, perm=(0, 2, 1))
        shape = (*like.shape[:1], tokens.shape[2], *like.shape[2:])
        bands = known(like.shape[3])
        return Value(
            self.graph.node("Reshape", flat, self.graph.integers(0, 0, -1, bands)), shape, tokens.dtype
        )

    # Waves.
    def conv1d(self, name: str, x: Value, *, padding: int, dilation: int = 1) -> Value:
        """One Conv over images of one row."""
        out, into, taps = self._shape(f"{name}.weight")
        return self._conv(name, x, (out, into, 1, taps), (0, padding, 0, padding), dilations=(1, dilation))

    def conv_transpose1d(self, name: str, x: Value, *, stride: int, padding: int) -> Value:
        """One ConvTranspose over images of one row."""
        into, out, taps = self._shape(f"{name}.weight")
        inputs = [self._weight(f"{name}.weight", x.dtype, (into, out, 1, taps)), *self._bias(name, x.dtype)]
        result = self._node(
            "ConvTranspose",
            x,
            *inputs,
            strides=(1, stride),
            pads=(0, padding, 0, padding),
            kernel_shape=(1, taps),
        )
        return Value(result, (x.shape[0], out, 1, FREE), x.dtype)

    def standardise(self, mean: str, scale: str, mel: Value) -> Value:
        """Sub and Div, fp32 in every precision."""
        centre, deviation = (self._weight(key, "F32", self._shape(key)) for key in (mean, scale))
        centred = self._node("Sub", self._cast(mel, "F32"), centre)
        return self._cast(Value(self.graph.node("Div", centred, deviation), mel.shape, "F32"), mel.dtype)

    def mel_to_wave(self, mel: Value) -> Value:
        """Transpose, and a row of its own for each."""
        turned = self._node("Transpose", mel, perm=(0, 2, 1))
        row = self.graph.node("Unsqueeze", turned, self.graph.integers(2))
        return Value(row, (mel.shape[0], mel.shape[2], 1, FREE), mel.dtype)

    def only_channel(self, x: Value) -> Value:
        """Without channel and row."""
        return Value(self._node("Squeeze", x, self.graph.integers(1, 2)), (x.shape[0], FREE), x.dtype)

    # Tokens and vectors.
    def linear(self, name: str, x: Value) -> Value:
        """MatMul with an input-first weight, then Add."""
        out, into = self._shape(f"{name}.weight")
        self.asked.input_first.add(f"{name}.weight")
        product = self._node("MatMul", x, self._weight(f"{name}.weight", x.dtype, (into, out)))
        for bias in self._bias(name, x.dtype):
            product = self.graph.node("Add", product, bias)
        return Value(product, (*x.shape[:-1], out), x.dtype)

    def layer_norm(self, name: str, x: Value, *, eps: float) -> Value:
        """LayerNormalization, whose sums are fp32 in every precision."""
        (width,) = self._shape(f"{name}.weight")
        scale, shift = (self._weight(f"{name}.{part}", x.dtype, (width,)) for part in ("weight", "bias"))
        result = self._node("LayerNormalization", x, scale, shift, epsilon=eps, axis=-1, stash_type=1)
        return Value(result, x.shape, x.dtype)

    def self_attention(
        self, names: AttentionNames, x: Value, *, heads: int, bias: Value | None = None
    ) -> Value:
        """Projections around either form of attention; one MatMul for all three and a Split is slower."""
        query, key, value = (self.linear(name, x) for name in (names.query, names.key, names.value))
        if bias is None:
            attended = self._flash_attention(query, key, value, heads)
        else:
            attended = self._biased_attention(query, key, value, heads, bias)
        return self.linear(names.out, attended)

    def geglu(self, name: str, x: Value) -> Value:
        """One MatMul, split."""
        both = self.linear(name, x)
        width = known(both.shape[-1]) // 2
        kept, gate = self.graph.nodes("Split", both.name, outputs=2, axis=-1, num_outputs=2)
        shape = (*both.shape[:-1], width)
        open_gate = self.gelu(Value(gate, shape, x.dtype))
        return Value(self._node("Mul", Value(kept, shape, x.dtype), open_gate.name), shape, x.dtype)

    def sinusoid(self, timesteps: Value, *, width: int) -> Value:
        """Computed in fp32: fp16 has no 999.5, and its cosine of 900 is noise."""
        half = width // 2
        rates = np.exp(-math.log(LONGEST_PERIOD) * np.arange(half) / half).astype(np.float32)
        column = self._node("Unsqueeze", self._cast(timesteps, "F32"), self.graph.integers(1))
        angles = self.graph.node("Mul", column, self.graph.constant(rates[None]))
        waves = [self.graph.node(function, angles) for function in ("Cos", "Sin")]
        joined = self.graph.node("Concat", *waves, axis=1)
        return self.inner(Value(joined, (timesteps.shape[0], width), "F32"))

    def first_token(self, x: Value) -> Value:
        """Gather."""
        first = self.graph.constant(np.array(0, np.int64))
        return Value(self._node("Gather", x, first, axis=1), (x.shape[0], x.shape[2]), x.dtype)

    def mean_token(self, x: Value) -> Value:
        """ReduceMean."""
        mean = self._node("ReduceMean", x, self.graph.integers(1), keepdims=0)
        return Value(mean, (x.shape[0], x.shape[2]), x.dtype)

    # Ids.
    def embed(self, name: str, ids: Value) -> Value:
        """Gather from the table."""
        rows, width = self._shape(f"{name}.weight")
        table = self._weight(f"{name}.weight", self.dtype, (rows, width))
        return Value(self.graph.node("Gather", table, ids.name, axis=0), (*ids.shape, width), self.dtype)

    def positions(self, ids: Value, *, pad_id: int) -> Value:
        """The running number of ids that are not padding."""
        pad = self.graph.integers(pad_id)
        mask = self.graph.node("Not", self._node("Equal", ids, pad))
        ones = self.graph.node("Cast", mask, to=ELEMENTS["I64"])
        counted = self.graph.node("CumSum", ones, self.graph.constant(np.array(1, np.int64)))
        places = self.graph.node("Add", self.graph.node("Mul", counted, ones), pad)
        return Value(places, ids.shape, "I64")

    def mask_bias(self, mask: Value) -> Value:
        """(mask - 1) times a large number, fp32 in every precision."""
        less = self.graph.node("Sub", self._cast(mask, "F32").name, self._number(1.0, "F32"))
        bias = self.graph.node("Mul", less, self._number(MASKED, "F32"))
        row = self.graph.node("Unsqueeze", bias, self.graph.integers(1, 2))
        return Value(row, (mask.shape[0], 1, 1, mask.shape[1]), "F32")

    # Arrays.
    def constant(self, values: Float32) -> Value:
        """A constant in the graph's own file, fp32 until it meets something else."""
        return Value(self.graph.constant(values.astype(np.float32)), values.shape, "F32")

    def rows(self, key: str, index: Integers) -> Value:
        """Gather of constants, which ONNX Runtime does once; fp32 until it meets something else."""
        rows, width = self._shape(key)
        table = self._weight(key, "F32", (rows, width))
        places = self.graph.constant(index.astype(np.int64))
        return Value(self.graph.node("Gather", table, places, axis=0), (*index.shape, width), "F32")

    def reshape(self, x: Value, shape: tuple[int, ...]) -> Value:
        """Reshape."""
        known = tuple(FREE if size < 0 else size for size in shape)
        return Value(self._node("Reshape", x, self.graph.integers(*shape)), known, x.dtype)

    def transpose(self, x: Value, axes: tuple[int, ...]) -> Value:
        """Transpose."""
        return Value(self._node("Transpose", x, perm=axes), tuple(x.shape[axis] for axis in axes), x.dtype)

    def take(self, x: Value, index: Integers, *, axis: int) -> Value:
        """Gather."""
        places = self.graph.constant(index.astype(np.int64))
        shape = (*x.shape[:axis], len(index), *x.shape[axis + 1 :])
        return Value(self._node("Gather", x, places, axis=axis), shape, x.dtype)

    def repeat_like(self, x: Value, like: Value) -> Value:
        """Tile, as often as the other's first axis says."""
        entries = self._node("Shape", like, start=0, end=1)
        times = self.graph.node("Div", entries, self.graph.integers(known(x.shape[0])))
        ones = [self.graph.integers(*[1] * (len(x.shape) - 1))] if len(x.shape) > 1 else []
        repeats = self.graph.node("Concat", times, *ones, axis=0)
        return Value(self._node("Tile", x, repeats), (like.shape[0], *x.shape[1:]), x.dtype)

    def batch_norm(self, name: str, x: Value, *, eps: float) -> Value:
        """Scale and shift, worked out of constants, which ONNX Runtime does once; fp32 in every precision."""
        scale, shift, mean, variance = (
            self._weight(f"{name}.{part}", "F32", self._shape(f"{name}.{part}"))
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        node = self.graph.node
        deviation = node("Sqrt", node("Add", variance, self._number(eps, "F32")))
        gain = node("Div", scale, deviation)
        offset = node("Sub", shift, node("Mul", mean, gain))
        normal = node("Add", node("Mul", self._cast(x, "F32").name, gain), offset)
        return self._cast(Value(normal, x.shape, "F32"), x.dtype)

    # Anything.
    def add(self, a: Value, b: Value) -> Value:
        """Add."""
        return self._elementwise("Add", a, b)

    def multiply(self, a: Value, b: Value) -> Value:
        """Mul."""
        return self._elementwise("Mul", a, b)

    def concat(self, a: Value, b: Value) -> Value:
        """Concat along axis 1."""
        parts = a.shape[1], b.shape[1]
        joined = parts[0] + parts[1] if isinstance(parts[0], int) and isinstance(parts[1], int) else FREE
        return Value(self._node("Concat", a, b.name, axis=1), (a.shape[0], joined, *a.shape[2:]), a.dtype)

    def scale(self, x: Value, factor: float) -> Value:
        """Mul by a number."""
        return self._like(x, "Mul", self._number(factor, x.dtype))

    def silu(self, x: Value) -> Value:
        """Sigmoid and Mul, which ONNX Runtime makes one node of where it has one."""
        return self._like(x, "Mul", self._node("Sigmoid", x))

    def gelu(self, x: Value) -> Value:
        """Gelu."""
        return self._like(x, "Gelu")

    def relu(self, x: Value) -> Value:
        """Relu."""
        return self._like(x, "Relu")

    def tanh(self, x: Value) -> Value:
        """Tanh."""
        return self._like(x, "Tanh")

    def leaky_relu(self, x: Value, *, slope: float) -> Value:
        """LeakyRelu."""
        return Value(self._node("LeakyRelu", x, alpha=slope), x.shape, x.dtype)

    # What only some of the above share.
    def _conv(
        self,
        name: str,
        x: Value,
        kernel: tuple[int, int, int, int],
        pads: tuple[int, int, int, int],
        *,
        stride: int = 1,
        dilations: tuple[int, int] = (1, 1),
    ) -> Value:
        weights = [self._weight(f"{name}.weight", x.dtype, kernel), *self._bias(name, x.dtype)]
        result = self._node(
            "Conv",
            x,
            *weights,
            kernel_shape=kernel[2:],
            pads=pads,
            strides=(stride, stride),
            dilations=dilations,
        )
        batch, _, time, bands = x.shape
        after = [
            (size + pads[axis] + pads[axis + 2] - dilations[axis] * (kernel[2 + axis] - 1) - 1) // stride + 1
            if isinstance(size, int)
            else FREE
            for axis, size in enumerate((time, bands))
        ]
        return Value(result, (batch, kernel[0], *after), x.dtype)

    def _flash_attention(self, query: Value, key: Value, value: Value, heads: int) -> Value:
        """ONNX Runtime's own operator, which goes through the scores in blocks and keeps none of them.

        A single head of 16384 tokens of 512 takes 128 MiB, the scores alone would be 1024. At 1024 tokens
        it is also twice as fast as the plain form, at 256 and 4096 about as fast.
        """
        attended = self.graph.node(
            "MultiHeadAttention", query.name, key.name, value.name, domain=CONTRIB, num_heads=heads
        )
        return Value(attended, query.shape, query.dtype)

    def _biased_attention(self, query: Value, key: Value, value: Value, heads: int, bias: Value) -> Value:
        """Scores in fp32, with a bias."""
        width = known(query.shape[2]) // heads
        turned = self._scaled(self._heads(key, heads, (0, 2, 3, 1)), width, query.dtype)
        scores = Value(
            self.graph.node("MatMul", self._heads(query, heads, (0, 2, 1, 3)), turned), (), query.dtype
        )
        exact = self.graph.node("Add", self._cast(scores, "F32").name, self._cast(bias, "F32").name)
        shares = self._cast(Value(self.graph.node("Softmax", exact, axis=-1), (), "F32"), query.dtype).name
        mixed = self.graph.node("MatMul", shares, self._heads(value, heads, (0, 2, 1, 3)))
        joined = self.graph.node("Transpose", mixed, perm=(0, 2, 1, 3))
        return Value(
            self.graph.node("Reshape", joined, self.graph.integers(0, 0, heads * width)),
            query.shape,
            query.dtype,
        )

    def _heads(self, x: Value, heads: int, order: tuple[int, ...]) -> str:
        """(batch, tokens, width) -> (batch, tokens, heads, width / heads), then put in ``order``."""
        apart = self._node("Reshape", x, self.graph.integers(0, 0, heads, -1))
        return self.graph.node("Transpose", apart, perm=order)

    def _scaled(self, name: str, width: int, dtype: str) -> str:
        return self.graph.node("Mul", name, self._number(width**-0.5, dtype))
